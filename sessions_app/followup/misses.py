"""Missed sessions: found while the group is still running, withdrawn the moment the client appears (F1, F2)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from groups.access import in_force
from groups.cover import answering_for
from groups.models import Client, Enrolment, Membership
from sessions_app.followup import rules
from sessions_app.followup.services import delivery, tell_desk
from sessions_app.models import Excuse, Flag, FollowUp, PresenceEvidence, Session
from sessions_app.signals import client_risk_asked
from vio.common import audit
from vio.common.actors import Actor
from vio.common.models import Delivery

RULE_VERSION = 1
BATCH = 100


def raise_missed(*, actor: Actor, now: datetime) -> int:
    """Determines who is missing in every session that began 15 minutes ago or more; returns how many misses were raised.

    Each session is determined once, under a lock that others skip; however late, with the time it fell due (FL-2).
    """
    raised = 0
    while (session_id := _next_session(now)) is not None:
        raised += _determine(actor, session_id, now)
    return raised


def _next_session(now: datetime) -> UUID | None:
    due = Session.objects.filter(misses_found_at=None, starts_at__lte=now - rules.DETERMINED_AFTER)
    return due.order_by("starts_at").values_list("pk", flat=True).first()


@transaction.atomic
def _determine(actor: Actor, session_id: UUID, now: datetime) -> int:
    session = (
        Session.objects.select_for_update(of=("self",), no_key=True)
        .select_related("group")
        .filter(pk=session_id, misses_found_at=None)
        .first()
    )
    if session is None:  # another scheduler was quicker
        return 0
    missing = [] if session.status == "cancelled" else list(_missing_clients(session))
    for client in missing:
        _raise(actor, session, client, now)
    session.misses_found_at = now
    session.save(update_fields=["misses_found_at"])
    return len(missing)


def _missing_clients(session: Session) -> QuerySet[Client]:
    """Expected on the session's date, not excused, and no connection of theirs was ever seen in it."""
    on = session.local_date
    excused = Excuse.objects.filter(session=session, client=OuterRef("pk"))
    expected = Membership.objects.filter(in_force(on), group=session.group_id, client=OuterRef("pk"))
    enrolled = Enrolment.objects.filter(in_force(on), client=OuterRef("pk"))
    seen = _presence().filter(session=session, client=OuterRef("pk"))
    there = Client.objects.filter(Exists(expected), Exists(enrolled))
    return there.filter(~Exists(seen), ~Exists(excused)).order_by("pk")


def _presence() -> QuerySet[PresenceEvidence]:
    """Proof that somebody was there, without connections that were taken back (a log that was withdrawn)."""
    taken_back = PresenceEvidence.objects.filter(connection=OuterRef("connection"), kind="withdrawn")
    return PresenceEvidence.objects.filter(~Exists(taken_back))


def _raise(actor: Actor, session: Session, client: Client, now: datetime) -> None:
    due = rules.determined_at(session.starts_at)
    flag, made = Flag.objects.get_or_create(
        kind="missed_session",
        client=client,
        subject=session.pk,
        period=session.local_date.isoformat(),
        rule_version=RULE_VERSION,
        defaults={"program_id": session.program_id, "session": session, "due_at": due, "raised_at": now},
    )
    if not made:
        return
    risk = risk_of(client.pk)
    plan = rules.ladder(session.starts_at, risk)
    task = FollowUp.objects.create(
        program_id=session.program_id,
        flag=flag,
        client=client,
        session=session,
        risk=risk.value,
        owner_id=answering_for(client, now),
        determined_at=due,
        next_due_at=plan.first_attempt_due,
        contacts_due_at=plan.contacts_due,
    )
    audit.record(
        actor=actor, action="follow_up.opened", program_id=session.program_id, subject=task, client_id=client.pk,
        details={"risk": risk.value},
    )  # fmt: skip
    if risk is rules.Risk.HIGH and task.owner_id is not None:
        row = delivery(task, task.owner_id, "follow_up_due", "attempt-0", now)
        Delivery.objects.bulk_create([row], ignore_conflicts=True)
    tell_desk(task)


def risk_of(client_id: UUID) -> rules.Risk:
    """High when anybody above says so: an open red alert, a high tier (F2)."""
    answers = [answer for _, answer in client_risk_asked.send(sender=None, client_id=client_id)]
    return rules.Risk.HIGH if "high" in answers else rules.Risk.STANDARD


@transaction.atomic
def withdraw_miss(*, actor: Actor, session_id: UUID, client_id: UUID, because: str, now: datetime) -> bool:
    """Takes a miss back: the client appeared, or was excused. True if there was one running (F1, C9)."""
    task = (
        FollowUp.objects.select_for_update(no_key=True)
        .filter(session_id=session_id, client_id=client_id, status__in=("open", "escalated"))
        .first()
    )
    if task is None:
        return False
    task.status = "withdrawn"
    task.closed_at = now
    task.next_due_at = None
    task.save(update_fields=["status", "closed_at", "next_due_at"])
    Flag.objects.filter(pk=task.flag_id).update(withdrawn_at=now, withdrawn_because=because)
    Delivery.objects.filter(key__startswith=f"follow_up:{task.pk}:", sent_at=None, cancelled_at=None).update(
        cancelled_at=now
    )
    audit.record(
        actor=actor, action="follow_up.withdrawn", program_id=task.program_id, subject=task, client_id=client_id,
        reason=because,
    )  # fmt: skip
    tell_desk(task)
    return True


def withdraw_answered(*, actor: Actor, now: datetime) -> int:
    """Withdraws every running miss whose client has been seen in the session after all; returns how many.

    The room tells at once (`clients_appeared`); this finds what was not told, after a fault.
    """
    seen = _presence().filter(session=OuterRef("session"), client=OuterRef("client"))
    running = FollowUp.objects.filter(Exists(seen), status__in=("open", "escalated")).values_list(
        "session_id", "client_id"
    )
    return sum(
        withdraw_miss(actor=actor, session_id=session_id, client_id=client_id, because="appeared", now=now)
        for session_id, client_id in running[:BATCH]
    )


@transaction.atomic
def judge_again(*, actor: Actor, session_id: UUID, client_ids: Collection[UUID], now: datetime) -> int:
    """What had shown these clients to be there was taken back: who is missing is missing again (F1). Returns how many.

    A follow-up that ended because they appeared runs on with the attempts made so far and the due times of its miss,
    however long ago; its owner hears of it once. One that ended for another reason, or is excused, stays ended.
    """
    session = (
        Session.objects.select_for_update(of=("self",), no_key=True)
        .select_related("group")
        .get(pk=session_id)
    )
    if session.status == "cancelled" or session.misses_found_at is None:
        return 0  # it counts against nobody, or the ordinary determination is still to come
    missing = _missing_clients(session).filter(pk__in=client_ids)
    again = 0
    for client in missing:
        task = FollowUp.objects.select_for_update(no_key=True).filter(session=session, client=client).first()
        if task is None:
            _raise(actor, session, client, now)
            again += 1
        elif task.status == "withdrawn" and task.flag.withdrawn_because == "appeared":
            _reopen(actor, task, now)
            again += 1
    return again


def _reopen(actor: Actor, task: FollowUp, now: datetime) -> None:
    outcomes = [
        rules.Outcome(o) for o in task.attempts.order_by("at", "pk").values_list("outcome", flat=True)
    ]
    found = rules.progress(rules.ladder(task.session.starts_at, rules.Risk(task.risk)), outcomes)
    task.status, task.next_due_at, task.closed_at = found.state.value, found.next_due, None
    task.save(update_fields=["status", "next_due_at", "closed_at"])
    Flag.objects.filter(pk=task.flag_id).update(withdrawn_at=None, withdrawn_because="")
    if task.owner_id is not None:
        # The message of the attempt that is due was cancelled when they appeared; its key is used up.
        row = delivery(task, task.owner_id, "follow_up_due", f"again-{now:%Y%m%d%H%M%S}", now)
        Delivery.objects.bulk_create([row], ignore_conflicts=True)
    audit.record(
        actor=actor, action="follow_up.reopened", program_id=task.program_id, subject=task,
        client_id=task.client_id,
    )  # fmt: skip
    tell_desk(task)
