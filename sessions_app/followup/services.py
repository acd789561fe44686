"""The work on one follow-up: attempts, owner, closing (F2, F3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from groups.cover import away_now, away_until, with_covers
from groups.models import Person, StaffRole
from sessions_app.attendance.services.excusing import excuse_client
from sessions_app.attendance.services.locking import lock_session
from sessions_app.coming.models import ABSENT
from sessions_app.coming.selectors import notice_of
from sessions_app.followup import rules
from sessions_app.followup.handovers import note_handover
from sessions_app.models import ContactAttempt, FollowUp, Handover
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError, NotAllowedError, NotFoundError
from vio.common.models import Delivery
from vio.common.permissions import ROLE_PERMISSIONS, Permission, Role
from vio.common.realtime import ring_on_commit

RUNNING = ("open", "escalated")


@dataclass(frozen=True)
class Attempt:
    """One try to reach the client, as it was typed."""

    channel: str
    outcome: rules.Outcome
    barrier: str = "unknown"
    note: str = ""
    medical_emergency: bool = False


def running(follow_up_id: UUID) -> FollowUp:
    """The follow-up, locked; ConflictError when it has ended meanwhile, NotFoundError when there is none."""
    found = FollowUp.objects.select_for_update(no_key=True).filter(pk=follow_up_id).first()
    if found is None:
        raise NotFoundError
    if found.status not in RUNNING:
        raise ConflictError("This follow-up has ended already.", code="follow_up_ended")
    return found


@transaction.atomic
def record_attempt(*, actor: Actor, follow_up_id: UUID, attempt: Attempt, now: datetime) -> FollowUp:
    """Appends one attempt; reaching the client closes the task, the third failure escalates it (F3).

    An emergency contact may be tried only within the consent given, or in a medical emergency (F6).
    """
    task = running(follow_up_id)
    actor.require(Permission.ACT_ON_FOLLOW_UP, task.program_id)
    if attempt.channel == "emergency_contact":
        _require_consent(task, attempt)
    ContactAttempt.objects.create(
        program_id=task.program_id,
        follow_up=task,
        person_id=actor.who,
        at=now,
        channel=attempt.channel,
        outcome=attempt.outcome.value,
        barrier=attempt.barrier,
        note=attempt.note,
    )
    _advance(task, now)
    if task.owner_id is None:
        task.owner_id = actor.who
        note_handover(actor, task, None, because="taken", now=now)
    task.save(update_fields=["status", "next_due_at", "escalated_at", "closed_at", "owner"])
    audit.record(
        actor=actor,
        action="follow_up.attempted",
        program_id=task.program_id,
        subject=task,
        client_id=task.client_id,
        details={"outcome": attempt.outcome.value, "channel": attempt.channel},
    )
    tell_desk(task)
    return task


def _require_consent(task: FollowUp, attempt: Attempt) -> None:
    consented = task.client.emergency_contacts.filter(consent_given=True).exists()
    if not rules.may_call_contact(consented=consented, medical_emergency=attempt.medical_emergency):
        raise BadInputError(
            fields={
                "channel": "There is no consent to call an emergency contact. In a medical emergency, say so below."
            }
        )


def _advance(task: FollowUp, now: datetime) -> None:
    outcomes = [
        rules.Outcome(o) for o in task.attempts.order_by("at", "pk").values_list("outcome", flat=True)
    ]
    plan = rules.ladder(task.session.starts_at, rules.Risk(task.risk))
    progress = rules.progress(plan, outcomes)
    was_open = task.status == "open"
    task.status = progress.state.value
    task.next_due_at = progress.next_due
    if progress.state is rules.TaskState.REACHED:
        task.closed_at = now
    if progress.state is rules.TaskState.ESCALATED and was_open:
        task.escalated_at = now
        _tell_supervisors(task, now)


def _tell_supervisors(task: FollowUp, now: datetime) -> None:
    held = StaffRole.objects.filter(program_id=task.program_id, role=Role.SUPERVISOR, withdrawn_at=None)
    supervisors = Person.objects.filter(pk__in=held.values("person_id"))
    told, _ = with_covers(supervisors, away_now(task.program_id, now), now)
    Delivery.objects.bulk_create(
        [delivery(task, person.pk, "follow_up_escalated", "escalated", now) for person in told],
        ignore_conflicts=True,
    )


def delivery(task: FollowUp, person_id: UUID, kind: str, step: str, now: datetime) -> Delivery:
    """A neutral message about a follow-up; the key makes each step one message per person (AL-3)."""
    return Delivery(
        program_id=task.program_id,
        recipient_id=person_id,
        kind=kind,
        key=f"follow_up:{task.pk}:{step}:{person_id}",
        path=f"/follow-ups/{task.pk}/",
        due_at=now,
    )


@transaction.atomic
def assign(*, actor: Actor, follow_up_id: UUID, owner_id: UUID, now: datetime) -> FollowUp:
    """Gives the follow-up to somebody of the program who may work on it and is not away; they find a message."""
    task = running(follow_up_id)
    actor.require(Permission.ACT_ON_FOLLOW_UP, task.program_id)
    if owner_id not in {person.pk for person in possible_owners(task.program_id)}:
        raise BadInputError(fields={"owner": "Please choose somebody of the clinical team."})
    if owner_id in away_until(task.program_id, now):
        raise BadInputError(fields={"owner": "This person is away now. Please choose somebody who is there."})
    giver_id, task.owner_id = task.owner_id, owner_id
    task.save(update_fields=["owner"])
    row = note_handover(actor, task, giver_id, because="given", now=now)
    if owner_id != actor.person_id:
        tell_owner(task, row, now)
    audit.record(
        actor=actor,
        action="follow_up.assigned",
        program_id=task.program_id,
        subject=task,
        client_id=task.client_id,
        details={"owner": str(owner_id)},
    )
    tell_desk(task)
    return task


def tell_owner(task: FollowUp, row: Handover | None, now: datetime) -> None:
    """A message to who was given the follow-up; once for each time it changes hands."""
    if row is not None and row.owner_id is not None:
        told = delivery(task, row.owner_id, "follow_up_assigned", f"to-{row.pk.hex}", now)
        Delivery.objects.bulk_create([told], ignore_conflicts=True)


def possible_owners(program_id: UUID) -> list[Person]:
    """Staff of the program who may work on follow-ups, by name."""
    roles = [role for role, may in ROLE_PERMISSIONS.items() if Permission.ACT_ON_FOLLOW_UP in may]
    held = StaffRole.objects.filter(program_id=program_id, role__in=roles, withdrawn_at=None)
    people = Person.objects.filter(pk__in=held.values("person_id"), is_active=True)
    return list(people.order_by("first_name", "last_name", "pk"))


@transaction.atomic
def close(*, actor: Actor, follow_up_id: UUID, reason: str, now: datetime) -> FollowUp:
    """Ends a follow-up without having reached the client; only with a reason in words."""
    task = running(follow_up_id)
    actor.require(Permission.ACT_ON_FOLLOW_UP, task.program_id)
    if not reason.strip():
        raise BadInputError(fields={"reason": "Please write why this can end."})
    task.status = "closed"
    task.closed_at = now
    task.next_due_at = None
    task.close_reason = reason
    task.save(update_fields=["status", "closed_at", "next_due_at", "close_reason"])
    audit.record(
        actor=actor,
        action="follow_up.closed",
        program_id=task.program_id,
        subject=task,
        client_id=task.client_id,
    )
    tell_desk(task)
    return task


@transaction.atomic
def accept_excuse(*, actor: Actor, follow_up_id: UUID, now: datetime) -> FollowUp:
    """What the client said about not coming is accepted as the excuse (R7); that takes the miss back.

    Who may correct attendance accepts any; who may excuse misses accepts those of follow-ups they own. Raises
    NotAllowedError (`not_owner` where taking it over would do), ConflictError when the client did not say so.
    """
    session_id = FollowUp.objects.filter(pk=follow_up_id).values_list("session", flat=True).first()
    if session_id is not None:
        lock_session(session_id)  # before the follow-up, as whoever counts the session
    task = running(follow_up_id)
    actor.require(Permission.ACT_ON_FOLLOW_UP, task.program_id)
    right = excusing_right(actor, task)
    if right is None:
        actor.require(Permission.EXCUSE_MISS, task.program_id)
        raise NotAllowedError("Take this follow-up over first; then you can accept it.", code="not_owner")
    notice = notice_of(task.session_id, task.client_id)
    if notice is None or notice.kind != ABSENT:
        raise ConflictError("This client did not say that they cannot come.", code="nothing_said")
    reason = notice.reason or "The client said before that they cannot come."
    excuse_client(
        actor=actor, session=task.session, client=task.client, reason=reason, now=now, right=right
    )  # fmt: skip
    task.refresh_from_db()
    return task


def excusing_right(actor: Actor, task: FollowUp) -> Permission | None:
    """By which permission the actor may accept an excuse in this follow-up; None for who may not."""
    if actor.may(Permission.CORRECT_ATTENDANCE, task.program_id):
        return Permission.CORRECT_ATTENDANCE
    owns = actor.person_id is not None and task.owner_id == actor.person_id
    return Permission.EXCUSE_MISS if owns and actor.may(Permission.EXCUSE_MISS, task.program_id) else None


def tell_desk(task: FollowUp) -> None:
    """Rings the desk of the program after the commit: look at the misses again."""
    ring_on_commit(f"desk:{task.program_id}", {"kind": "miss", "id": str(task.pk)})
