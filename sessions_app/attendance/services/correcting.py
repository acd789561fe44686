"""Manual corrections: a new version with author, time and reason, never an overwritten figure (R14)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from groups.models import Client
from sessions_app.attendance.corrections import Changes, Frame, checked_reason, corrected
from sessions_app.attendance.figures import SessionFacts
from sessions_app.attendance.intervals import subtract, union
from sessions_app.attendance.records import announce, corrected_record, latest, stored_figures
from sessions_app.attendance.rules import Status
from sessions_app.attendance.services.finalising import facts_again, size_up
from sessions_app.attendance.services.locking import lock_session, sheet_of
from sessions_app.models import AttendanceRecord, AttendanceSheet, Session
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import ConflictError, NotAllowedError, NotFoundError
from vio.common.permissions import Permission


@transaction.atomic
def correct_attendance(
    *,
    actor: Actor,
    session: Session,
    client: Client,
    changes: Changes,
    reason: str,
    now: datetime,
    seen_version: int | None = None,
) -> AttendanceRecord:
    """Puts a corrected version after the latest one and returns it (R14).

    `seen_version` is the version the author looked at: ConflictError if another came in between. Raises
    BadInputError, IllegalTransitionError, NotFoundError (no record), NotAllowedError (a signed sheet needs a
    supervisor).
    """
    actor.require(Permission.CORRECT_ATTENDANCE, session.program_id)
    why = checked_reason(reason)
    locked = lock_session(session.pk)
    sheet = sheet_of(locked)
    require_open(sheet, actor)
    records = {record.client_id: record for record in latest(locked).select_related("policy")}
    before = records.get(client.pk)
    if before is None:
        raise NotFoundError
    if seen_version is not None and seen_version != before.version:
        raise ConflictError
    facts = facts_again(locked, records)
    columns = corrected(stored_figures(before), changes, frame_of(facts, before))
    after = corrected_record(before, columns, author_id=actor.person_id, reason=why, now=now)
    AttendanceRecord.objects.bulk_create([after])
    minutes = {key: record.credited_minutes for key, record in records.items()}
    size_up(sheet, locked, minutes | {client.pk: after.credited_minutes}, facts)
    _record(actor, locked, before, after)
    announce(locked, [after], cause="corrected", now=now)
    return after


def require_open(sheet: AttendanceSheet, actor: Actor) -> None:
    """Raises NotAllowedError for a signed sheet, unless the actor may still change it."""
    if sheet.attested_at is not None and not actor.may(Permission.CORRECT_ATTESTED, sheet.program_id):
        raise NotAllowedError("This sheet is signed. A supervisor can still correct it.", code="sheet_signed")


def frame_of(facts: SessionFacts, before: AttendanceRecord) -> Frame:
    """What could be credited: W, or what was planned when the session was called off (C2, C3)."""
    called_off = before.status == Status.CANCELLED
    breaks = union(facts.times.breaks)
    planned = subtract(union([facts.times.scheduled]), breaks)
    short = sum((i.length.total_seconds() for i in facts.times.countable_window()), 0.0) < 60
    return Frame(facts.policy, planned if called_off or short else facts.times.countable_window())


def _record(actor: Actor, session: Session, before: AttendanceRecord, after: AttendanceRecord) -> None:
    audit.record(
        actor=actor,
        action="attendance.corrected",
        program_id=session.program_id,
        subject=session,
        client_id=after.client_id,
        details={
            "version": after.version,
            "minutes_before": before.credited_minutes,
            "minutes_after": after.credited_minutes,
            "status_before": before.status,
            "status_after": after.status,
        },
    )
