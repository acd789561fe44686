"""After a session ended: evidence becomes attendance, once, whoever and however many try."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction

from sessions_app.attendance.figures import SessionFacts, figures, read_client, size_of_group
from sessions_app.attendance.gather import gather
from sessions_app.attendance.records import (
    announce,
    computed_record,
    expected_at_first,
    latest,
    stored_figures,
)
from sessions_app.attendance.seals import seal
from sessions_app.attendance.services.locking import lock_if_free, lock_session
from sessions_app.models import AttendanceRecord, AttendanceSheet, Session
from sessions_app.signals import session_ended
from vio.common import audit
from vio.common.actors import Actor
from vio.common.permissions import Permission

_OVER = (Session.Status.ENDED, Session.Status.CANCELLED)


@transaction.atomic
def finalise_session(*, session_id: UUID, now: datetime, actor: Actor) -> bool:
    """Computes version 1 for everybody expected or seen, and the sheet (R2-R8, R13, C2, C3).

    True when this call did it; False when it is done already, is being done, or the session is not over.
    """
    session = lock_if_free(session_id)
    if session is None or session.finalised_at is not None or session.status not in _OVER:
        return False
    actor.require(Permission.SYSTEM, session.program_id)
    facts = gather(session)
    records = _first_versions(facts, now=now)
    AttendanceRecord.objects.bulk_create(records)
    sheet = AttendanceSheet(session=session, program_id=session.program_id, computed_at=now)
    size_up(sheet, session, {r.client_id: r.credited_minutes for r in records}, facts)
    # The lock has decided already; the condition keeps this true for whoever calls without it.
    Session.objects.filter(pk=session.pk, finalised_at=None).update(finalised_at=now)
    _tell(session, records, sheet, facts, actor=actor, now=now)
    return True


def size_up(
    sheet: AttendanceSheet, session: Session, minutes: Mapping[UUID, int], facts: SessionFacts
) -> None:
    """Writes the sheet's group size from each client's minutes (R13) and how much evidence it stands on."""
    size = size_of_group(
        minutes, facts.policy, smallest=session.group.min_size, largest=session.group.max_size
    )
    sheet.group_size, sheet.size_flag = size.size, size.violation
    sheet.evidence_rows = facts.evidence_rows
    sheet.save()


def _seal(session: Session, *, now: datetime) -> dict[str, str | int | None]:
    """Seals the evidence that was computed from; what the audit entry says of it."""
    sealed = seal(session, now=now)
    return {} if sealed is None else {"evidence_rows": sealed.rows, "evidence_head": sealed.head}


def _first_versions(facts: SessionFacts, *, now: datetime) -> list[AttendanceRecord]:
    return [
        computed_record(facts, client_id, figures(read_client(facts, client_id)), version=1, now=now)
        for client_id in facts.clients
    ]


def _tell(
    session: Session,
    records: list[AttendanceRecord],
    sheet: AttendanceSheet,
    facts: SessionFacts,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    audit.record(
        actor=actor,
        action="attendance.finalised",
        program_id=session.program_id,
        subject=session,
        details={
            "clients": len(records),
            "group_size": sheet.group_size,
            "policy_version": facts.policy_version,
            **_seal(session, now=now),
        },
    )
    announce(session, records, cause="finalised", now=now)
    if session.status == Session.Status.ENDED:
        news = partial(session_ended.send_robust, sender=Session)
        transaction.on_commit(partial(news, session_id=session.pk, program_id=session.program_id, now=now))


@transaction.atomic
def refresh_session(
    *, session_id: UUID, now: datetime, actor: Actor, cause: str = "recomputed", signed_too: bool = False
) -> list[UUID]:
    """Computes again after late evidence, an excuse or an import; a new version only where figures differ.

    What a person corrected stands, and so does an attested sheet, unless with `signed_too` the caller has made sure
    that the actor may change one (R14). Returns the clients with a new version.
    """
    session = lock_session(session_id)
    sheet = AttendanceSheet.objects.filter(session=session).first()
    if sheet is None:
        return []
    before = {record.client_id: record for record in latest(session).select_related("policy")}
    facts = facts_again(session, before)
    records = [] if sheet.attested_at and not signed_too else _changed_versions(facts, before, now=now)
    AttendanceRecord.objects.bulk_create(records)
    now_latest = before | {record.client_id: record for record in records}
    size_up(sheet, session, {k: r.credited_minutes for k, r in now_latest.items()}, facts)
    sealed = _seal(session, now=now)
    if records or sealed:
        audit.record(
            actor=actor, action=f"attendance.{cause}", program_id=session.program_id, subject=session,
            details={"clients": len(records), **sealed},
        )  # fmt: skip
    if records:
        announce(session, records, cause=cause, now=now)
    return [record.client_id for record in records]


def facts_again(
    session: Session, before: Mapping[UUID, AttendanceRecord], *, client_id: UUID | None = None
) -> SessionFacts:
    """The facts under the policy and with the roster that the first computation had (of one client, if given)."""
    policy = next((record.policy for record in before.values()), None)
    return gather(session, policy=policy, client_id=client_id, expected=expected_at_first(before))


def _changed_versions(
    facts: SessionFacts, before: Mapping[UUID, AttendanceRecord], *, now: datetime
) -> list[AttendanceRecord]:
    changed = []
    for client_id in facts.clients:
        columns, old = figures(read_client(facts, client_id)), before.get(client_id)
        if old is not None and (old.source == "corrected" or stored_figures(old) == columns):
            continue
        version = old.version + 1 if old else 1
        changed.append(computed_record(facts, client_id, columns, version=version, now=now))
    return changed
