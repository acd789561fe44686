"""A person has looked at a log and said who is who: it becomes presence evidence, and attendance is computed again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from sessions_app.attendance.imports.rules.contents import Contents, only, written
from sessions_app.attendance.imports.rules.lines import Vendor
from sessions_app.attendance.imports.rules.matching import Seat
from sessions_app.attendance.imports.rules.outcome import Counted, connection_of, decided, evidence_of
from sessions_app.attendance.imports.selectors import contents_of, preview, seats_of
from sessions_app.attendance.imports.services.locking import lock_import, lock_open_session
from sessions_app.attendance.intervals import Interval
from sessions_app.attendance.services.finalising import refresh_session
from sessions_app.models import AttendanceImport, PresenceEvidence, Session
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import BadInputError

# When a group met by itself elsewhere, it was this near to when it was planned.
NEAR = timedelta(hours=6)


@dataclass(frozen=True)
class Decisions:
    """What a person decided: `who` {entry key: client, or None for nobody's}, stays `until_end`, and, for a room that
    was never started, when the group met (`held`)."""

    who: Mapping[str, UUID | None] = field(default_factory=dict)
    until_end: frozenset[str] = frozenset()
    held: Interval | None = None


@transaction.atomic
def accept_import(
    *, actor: Actor, session: Session, import_id: UUID, decisions: Decisions, now: datetime
) -> AttendanceImport:
    """Turns what counts into evidence with the source `import:<vendor>` and computes attendance again (R2-R5, R14).

    All or nothing, once: a second call finds it decided. What a person corrected stands. Raises BadInputError (fields
    `who-<entry>`, `held_from`, `held_to`; codes `people_left_open`, `nothing_to_count`), NotFoundError, NotAllowedError,
    ConflictError.
    """
    locked = lock_open_session(actor, session)
    row = lock_import(locked, import_id, status=AttendanceImport.Status.DRAFT)
    _set_times(locked, row, decisions.held, now)
    contents = contents_of(row)
    seats = seats_of(locked)
    found = preview(locked, contents.log)
    counted = decided(found, decisions.who, decisions.until_end, {seat.client_id for seat in seats})
    rows = _evidence(locked, row, counted, seats)
    PresenceEvidence.objects.bulk_create(rows)
    _settle(row, contents, decisions, counted)
    row.decided_by_id, row.decided_at, row.evidence_rows = actor.person_id, now, len(rows)
    row.save()
    audit.record(
        actor=actor, action="attendance.import_accepted", program_id=locked.program_id, subject=locked,
        details={"import": str(row.pk), "vendor": row.vendor, "stays": len(counted), "evidence": len(rows),
                 "clients": len({one.client_id for one in counted}), "held_elsewhere": row.held_from is not None},
    )  # fmt: skip
    refresh_session(session_id=locked.pk, now=now, actor=actor, cause="imported", signed_too=True)
    return row


def _set_times(session: Session, row: AttendanceImport, held: Interval | None, now: datetime) -> None:
    """A room that was never started held nothing (C2): when the group met elsewhere has to be said by a person."""
    if session.started_at is not None:
        return
    if held is None:
        raise BadInputError(fields={"held_from": "The room was never started. Say when the group met."})
    if not held.length:
        raise BadInputError(fields={"held_to": "This must be after the start."})
    if held.start < session.starts_at - NEAR or held.end > min(session.ends_at + NEAR, now):
        raise BadInputError(fields={"held_from": "This is not the time of this session."})
    row.held_from, row.held_to, row.room_ended_at = held.start, held.end, session.ended_at
    session.started_at, session.ended_at = held.start, held.end
    session.save(update_fields=["started_at", "ended_at"])


def _evidence(
    session: Session, row: AttendanceImport, counted: list[Counted], seats: list[Seat]
) -> list[PresenceEvidence]:
    people = {seat.client_id: seat.person_id for seat in seats}
    return [
        PresenceEvidence(
            session=session, program_id=session.program_id, person_id=people[one.client_id],
            client_id=one.client_id, connection=fact.connection, kind=fact.kind.value, cause=fact.cause, at=fact.at,
            source=f"import:{Vendor(row.vendor).value}",
        )
        for one in counted
        for fact in evidence_of(row.pk, one)
    ]  # fmt: skip


def _settle(row: AttendanceImport, contents: Contents, decisions: Decisions, counted: list[Counted]) -> None:
    """Keeps what became evidence, and forgets everybody and everything else in the log."""
    lines = frozenset(line for one in counted for line in one.stay.lines)
    kept = replace(
        only(contents, lines),
        who={key: client for key, client in decisions.who.items() if client is not None},
        until_end=decisions.until_end & {one.stay.key for one in counted},
        connections=tuple(connection_of(row.pk, one.stay) for one in counted),
    )
    row.status = AttendanceImport.Status.ACCEPTED
    row.content = written(kept)
