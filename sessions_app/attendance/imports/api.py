"""Imports for programs: a log read into a draft, looked at, counted, thrown away or taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.utils import timezone
from pydantic import Field, StringConstraints

from groups.api.refs import PersonRef, person_ref
from sessions_app.access import session_for
from sessions_app.attendance.corrections import REASON_LENGTH
from sessions_app.attendance.imports import selectors, services
from sessions_app.attendance.imports.rules.lines import MOST_BYTES, Vendor
from sessions_app.attendance.imports.rules.outcome import Known
from sessions_app.attendance.imports.rules.zoom_csv import Written
from sessions_app.attendance.intervals import Interval
from sessions_app.models import AttendanceImport, Session
from vio.common import audit
from vio.common.api.edges import Edges
from vio.common.api.schemas import Flag, Input, Instant, Moment, Output
from vio.common.errors import BadInputError
from vio.common.http import PageRequest
from vio.common.localtime import zone
from vio.common.permissions import Permission

edges = Edges("attendance imports")
_IMPORTS = "/sessions/{uuid:session_id}/attendance/imports"
_ONE = f"{_IMPORTS}/{{uuid:attendance_import_id}}"
Reason = Annotated[str, StringConstraints(min_length=1, max_length=REASON_LENGTH)]
Log = Annotated[str, StringConstraints(min_length=1, max_length=MOST_BYTES)]
Key = Annotated[str, StringConstraints(pattern="^[0-9a-f]{20}$")]


class ImportIn(Input):
    """A log as text. `timezone` and `day_first` say how Zoom's CSV writes its times; the program's zone otherwise."""

    vendor: Vendor
    log: Log
    timezone: Annotated[str, StringConstraints(max_length=64)] = ""
    day_first: Flag = False


class DecisionsIn(Input):
    """`who` says for each entry that asks which client it is, or null for nobody's; `until_end` names stays without an end
    that lasted to the end. `held_from` and `held_to`: when the group met, for a room that was never started."""

    who: Annotated[dict[Key, UUID | None], Field(max_length=500)] = Field(default_factory=dict)
    until_end: Annotated[list[Key], Field(max_length=500)] = Field(default_factory=list)
    held_from: Moment | None = None
    held_to: Moment | None = None


class WithdrawIn(Input):
    """Why it is taken back."""

    reason: Reason


class StayOut(Output):
    """One stay in a log; `counts` is false for what is never counted, `needs_end` asks for `until_end`."""

    key: str
    join: Instant | None
    leave: Instant | None
    lobby: bool
    counts: bool
    needs_end: bool
    findings: list[str]
    lines: list[int]


class EntryOut(Output):
    """Somebody in a log. `client_id` when that is certain, `by` what it follows from; `asks` when a person has to say."""

    key: str
    names: list[str]
    emails: list[str]
    client_id: UUID | None
    by: str
    asks: bool
    stays: list[StayOut]


class BadLineOut(Output):
    """A line that could not be used, and why."""

    number: int
    code: str
    shown: str


class ImportOut(Output):
    """One import: draft, accepted, withdrawn or discarded."""

    id: UUID
    session_id: UUID
    vendor: str
    status: str
    lines: int
    bad_lines: int
    evidence_rows: int
    created_at: Instant
    created_by: PersonRef | None
    decided_at: Instant | None
    decided_by: PersonRef | None
    withdrawn_at: Instant | None
    withdrawn_by: PersonRef | None
    reason: str


class ImportPageOut(ImportOut):
    """The same with what it says: of a draft everything, of an accepted one what counts (for those who see attendance), of
    a discarded one nothing."""

    entries: list[EntryOut]
    not_used: list[BadLineOut]
    skipped: int


class ImportsOut(Output):
    """The imports of a session, newest first."""

    items: list[ImportOut]


def _entry_out(known: Known) -> EntryOut:
    stays = [
        StayOut(
            key=stay.key, join=stay.join, leave=stay.leave, lobby=stay.lobby, counts=stay.counts,
            needs_end=stay.needs_end, findings=[str(f) for f in stay.findings], lines=list(stay.numbers),
        )
        for stay in known.entry.stays
    ]  # fmt: skip
    return EntryOut(
        key=known.entry.key, names=list(known.entry.names), emails=list(known.entry.emails),
        client_id=known.match.client_id, by=str(known.match.by), asks=known.asks, stays=stays,
    )  # fmt: skip


def import_out(row: AttendanceImport, *, reason: str = "") -> ImportOut:
    """One row."""
    return ImportOut(
        id=row.pk, session_id=row.session_id, vendor=row.vendor, status=row.status, lines=row.lines,
        bad_lines=row.bad_lines, evidence_rows=row.evidence_rows, created_at=row.created_at,
        created_by=person_ref(row.created_by), decided_at=row.decided_at, decided_by=person_ref(row.decided_by),
        withdrawn_at=row.withdrawn_at, withdrawn_by=person_ref(row.withdrawn_by), reason=reason,
    )  # fmt: skip


def _page(request: PageRequest, session: Session, row: AttendanceImport) -> ImportPageOut:
    log = selectors.contents_of(row).log
    shown = row.status == AttendanceImport.Status.DRAFT or request.actor.may(
        Permission.SEE_ATTENDANCE, session.program_id
    )
    found = selectors.preview(session, log)
    audit.record(
        actor=request.actor, action="attendance.imports_viewed", program_id=session.program_id, subject=session
    )  # fmt: skip
    return ImportPageOut(
        **import_out(row, reason=row.reason).model_dump(),
        entries=[_entry_out(known) for known in found.known] if shown else [],
        not_used=[BadLineOut(number=b.number, code=b.code.value, shown=b.shown) for b in log.bad],
        skipped=log.skipped,
    )


@edges.get(_IMPORTS, Permission.IMPORT_LOGS, ImportsOut)
def list_imports(request: PageRequest, session_id: UUID) -> ImportsOut:
    """The imports of a session, without what they say."""
    session = session_for(request.actor, session_id, Permission.IMPORT_LOGS)
    audit.record(
        actor=request.actor, action="attendance.imports_viewed", program_id=session.program_id, subject=session
    )  # fmt: skip
    return ImportsOut(items=[import_out(row) for row in selectors.imports_of(session)])


@edges.post(_IMPORTS, Permission.IMPORT_LOGS, ImportPageOut, status=201)
def start_import(request: PageRequest, session_id: UUID, body: ImportIn) -> ImportPageOut:
    """Reads a log into a draft, which counts for nothing; the same log again is the same draft, a counted one is 409."""
    session = session_for(request.actor, session_id, Permission.IMPORT_LOGS)
    row = services.start_import(
        actor=request.actor, session=session, vendor=body.vendor, raw=body.log.encode("utf-8", "replace"),
        written=_written(session, body), now=timezone.now(),
    )  # fmt: skip
    return _page(request, session, row)


def _written(session: Session, body: ImportIn) -> Written:
    try:
        return Written(zone(body.timezone) if body.timezone else session.program.zone, body.day_first)
    except ValueError as error:
        raise BadInputError(fields={"timezone": "Write it like America/New_York."}) from error


@edges.get(_ONE, Permission.IMPORT_LOGS, ImportPageOut)
def show_import(request: PageRequest, session_id: UUID, attendance_import_id: UUID) -> ImportPageOut:
    """What a log says, who is who by rule, and whom a person has to decide about."""
    session = session_for(request.actor, session_id, Permission.IMPORT_LOGS)
    return _page(request, session, selectors.import_of(session, attendance_import_id))


@edges.post(f"{_ONE}/accept", Permission.IMPORT_LOGS, ImportOut)
def accept_import(
    request: PageRequest, session_id: UUID, attendance_import_id: UUID, body: DecisionsIn
) -> ImportOut:
    """Counts a draft: its stays become presence evidence and attendance is computed again. Fields `who-<key>` are open."""
    session = session_for(request.actor, session_id, Permission.IMPORT_LOGS)
    row = services.accept_import(
        actor=request.actor, session=session, import_id=attendance_import_id, now=timezone.now(),
        decisions=services.Decisions(body.who, frozenset(body.until_end), _held(body.held_from, body.held_to)),
    )  # fmt: skip
    return import_out(row)


def _held(first: datetime | None, last: datetime | None) -> Interval | None:
    return Interval(first, last) if first is not None and last is not None else None


@edges.post(f"{_ONE}/discard", Permission.IMPORT_LOGS, ImportOut)
def discard_import(request: PageRequest, session_id: UUID, attendance_import_id: UUID) -> ImportOut:
    """Throws a draft away; nothing of it is kept."""
    session = session_for(request.actor, session_id, Permission.IMPORT_LOGS)
    row = services.discard_import(
        actor=request.actor, session=session, import_id=attendance_import_id, now=timezone.now()
    )  # fmt: skip
    return import_out(row)


@edges.post(f"{_ONE}/withdraw", Permission.IMPORT_LOGS, ImportOut)
def withdraw_import(
    request: PageRequest, session_id: UUID, attendance_import_id: UUID, body: WithdrawIn
) -> ImportOut:
    """Takes a counted import back: it stays in the record, counts no more, and attendance is computed again."""
    session = session_for(request.actor, session_id, Permission.IMPORT_LOGS)
    row = services.withdraw_import(
        actor=request.actor, session=session, import_id=attendance_import_id, reason=body.reason, now=timezone.now()
    )  # fmt: skip
    return import_out(row, reason=row.reason)
