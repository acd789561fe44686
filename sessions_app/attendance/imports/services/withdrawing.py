"""Taking an import back: its evidence stays where it is and counts no more; attendance gets a new version (R14)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from sessions_app.attendance.corrections import checked_reason
from sessions_app.attendance.imports.selectors import contents_of
from sessions_app.attendance.imports.services.locking import lock_import, lock_open_session
from sessions_app.attendance.services.finalising import refresh_session
from sessions_app.models import AttendanceImport, PresenceEvidence, Session
from sessions_app.signals import evidence_withdrawn
from vio.common import audit
from vio.common.actors import Actor


@transaction.atomic
def withdraw_import(
    *, actor: Actor, session: Session, import_id: UUID, reason: str, now: datetime
) -> AttendanceImport:
    """Appends to each of its connections that it is withdrawn, and computes attendance again.

    Raises BadInputError without a reason, NotFoundError, NotAllowedError, ConflictError unless it is accepted.
    """
    why = checked_reason(reason)
    locked = lock_open_session(actor, session)
    row = lock_import(locked, import_id, status=AttendanceImport.Status.ACCEPTED)
    opened = PresenceEvidence.objects.filter(
        session=locked, connection__in=contents_of(row).connections, kind="opened"
    )
    taken_back = [_withdrawn(fact, now) for fact in opened]
    PresenceEvidence.objects.bulk_create(taken_back)
    row.status = AttendanceImport.Status.WITHDRAWN
    row.withdrawn_by_id, row.withdrawn_at, row.reason = actor.person_id, now, why
    row.save()
    _give_times_back(locked, row)
    audit.record(
        actor=actor, action="attendance.import_withdrawn", program_id=locked.program_id, subject=locked,
        details={"import": str(row.pk), "vendor": row.vendor, "stays": len(taken_back)},
    )  # fmt: skip
    refresh_session(session_id=locked.pk, now=now, actor=actor, cause="recomputed", signed_too=True)
    evidence_withdrawn.send(
        sender=AttendanceImport, session_id=locked.pk, client_ids={fact.client_id for fact in taken_back}, now=now
    )  # fmt: skip
    return row


def _withdrawn(fact: PresenceEvidence, now: datetime) -> PresenceEvidence:
    return PresenceEvidence(
        session_id=fact.session_id, program_id=fact.program_id, person_id=fact.person_id, client_id=fact.client_id,
        connection=fact.connection, kind="withdrawn", at=now, source=fact.source,
    )  # fmt: skip


def _give_times_back(session: Session, row: AttendanceImport) -> None:
    """The room was never started: without any import the session was not held. Another import that stands keeps it."""
    if row.held_from is None:
        return
    other = AttendanceImport.objects.filter(session=session, status=AttendanceImport.Status.ACCEPTED).first()
    if other is not None:
        AttendanceImport.objects.filter(pk=other.pk).update(
            held_from=row.held_from, held_to=row.held_to, room_ended_at=row.room_ended_at
        )
        return
    session.started_at, session.ended_at = None, row.room_ended_at
    session.save(update_fields=["started_at", "ended_at"])
