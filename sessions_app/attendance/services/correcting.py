"""Manual corrections: a new version with author, time and reason, never an overwritten figure (R14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from groups.models import Client
from sessions_app.attendance.corrections import Changes, Frame, checked_reason, corrected
from sessions_app.attendance.figures import Figures, SessionFacts
from sessions_app.attendance.intervals import subtract, union
from sessions_app.attendance.records import announce, corrected_record, latest, stored_figures
from sessions_app.attendance.rules import Status
from sessions_app.attendance.services.finalising import facts_again, size_up
from sessions_app.attendance.services.locking import lock_session, sheet_of
from sessions_app.models import AttendanceRecord, AttendanceSheet, ProposedCorrection, Session
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import ConflictError, NotAllowedError, NotFoundError
from vio.common.permissions import Permission
from vio.common.realtime import ring_on_commit


@dataclass(frozen=True)
class Place:
    """A client's line under the session's lock: the versions that count, and the facts they are held against."""

    session: Session
    sheet: AttendanceSheet
    records: dict[UUID, AttendanceRecord]
    facts: SessionFacts
    before: AttendanceRecord

    def columns(self, changes: Changes) -> Figures:
        """The figures after the changes; raises BadInputError or IllegalTransitionError."""
        return corrected(stored_figures(self.before), changes, frame_of(self.facts, self.before))


def lock_line(session_id: UUID, client_id: UUID) -> Place:
    """The line, locked until commit; NotFoundError for a client without a record."""
    locked = lock_session(session_id)
    sheet = sheet_of(locked)
    records = {record.client_id: record for record in latest(locked).select_related("policy")}
    before = records.get(client_id)
    if before is None:
        raise NotFoundError
    return Place(locked, sheet, records, facts_again(locked, records), before)


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
) -> AttendanceRecord | ProposedCorrection:
    """Puts a corrected version after the latest one and returns it (R14).

    After the program's correction window it is only proposed: nothing counts until a second person signs it
    (`second_signature.py`). `seen_version` is the version the author looked at: ConflictError if another came in
    between, or while another correction waits. Raises BadInputError, IllegalTransitionError, NotFoundError (no record),
    NotAllowedError (a signed sheet needs a supervisor).
    """
    actor.require(Permission.CORRECT_ATTENDANCE, session.program_id)
    why = checked_reason(reason)
    place = lock_line(session.pk, client.pk)
    require_open(place.sheet, actor)
    if seen_version is not None and seen_version != place.before.version:
        raise ConflictError
    columns = place.columns(changes)
    if now > window_ends(place.session):
        return _propose(actor, place, changes, why, now=now)
    return put_version(actor, place, columns, author_id=actor.person_id, reason=why, now=now)


def window_ends(session: Session) -> datetime:
    """Until when one person may correct this session alone."""
    return (session.ended_at or session.ends_at) + timedelta(hours=session.program.correction_window_hours)


def put_version(
    actor: Actor, place: Place, columns: Figures, *, author_id: UUID | None, reason: str, now: datetime
) -> AttendanceRecord:
    """Writes the corrected version, the group size that follows and the audit entry; tells what depends on it."""
    before = place.before
    after = corrected_record(before, columns, author_id=author_id, reason=reason, now=now)
    AttendanceRecord.objects.bulk_create([after])
    minutes = {key: record.credited_minutes for key, record in place.records.items()}
    size_up(place.sheet, place.session, minutes | {before.client_id: after.credited_minutes}, place.facts)
    _record(actor, place.session, before, after)
    announce(place.session, [after], cause="corrected", now=now)
    return after


def _propose(
    actor: Actor, place: Place, changes: Changes, reason: str, *, now: datetime
) -> ProposedCorrection:
    if actor.person_id is None:
        raise NotAllowedError
    open_one = ProposedCorrection.objects.filter(
        session=place.session, client=place.before.client_id, state="open"
    )
    if open_one.exists():
        raise ConflictError(
            "Another correction of this line waits for a second signature.", code="already_proposed"
        )
    made = ProposedCorrection.objects.create(
        program_id=place.session.program_id, session=place.session, client_id=place.before.client_id,
        base_version=place.before.version, status=changes.status or "", credited_minutes=changes.credited_minutes,
        first_at=changes.first_at, last_at=changes.last_at, reason=reason, proposed_by_id=actor.person_id,
        proposed_at=now,
    )  # fmt: skip
    audit.record(
        actor=actor, action="attendance.proposed", program_id=made.program_id, subject=place.session,
        client_id=made.client_id, details={"on_version": made.base_version},
    )  # fmt: skip
    ring_on_commit(f"desk:{made.program_id}", {"kind": "session", "id": str(place.session.pk)})
    return made


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
