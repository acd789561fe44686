"""Attendance: the sheet, one client's line with its explanation, corrections, the signature, and one's own evening."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from django.utils import timezone
from pydantic import StringConstraints

from groups.access import own_client
from groups.api.refs import PersonRef, person_ref
from groups.models import Client
from sessions_app.access import session_for
from sessions_app.attendance import selectors, services
from sessions_app.attendance.corrections import REASON_LENGTH, Changes
from sessions_app.attendance.imports.api import ImportOut, import_out
from sessions_app.attendance.intervals import Interval
from sessions_app.attendance.rules import RULE_VERSION, Status
from sessions_app.attendance.seals import latest_head
from sessions_app.attendance.selectors import Line, OwnPage
from sessions_app.attendance.services.disputing import TEXT_LENGTH
from sessions_app.attendance.signature_api import ProposalOut, proposal_out
from sessions_app.models import AttendanceDispute, AttendanceRecord, AttendanceSheet, Session
from vio.common import audit
from vio.common.api.edges import Edges
from vio.common.api.schemas import Input, Instant, Moment, Output, Version, whole
from vio.common.errors import ConflictError, NotFoundError
from vio.common.http import PageRequest
from vio.common.permissions import Permission

edges = Edges("attendance")
Reason = Annotated[str, StringConstraints(min_length=1, max_length=REASON_LENGTH)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_LENGTH)]
Minutes = Annotated[int, whole(0, 1440)]


class RecordOut(Output):
    """What one client is credited with: the version that counts."""

    version: int
    status: str
    flags: list[str]
    credited_minutes: int
    credited_seconds: int
    scheduled_minutes: int
    delivered_minutes: int
    minutes_by_date: dict[str, int]
    first_at: Instant | None
    last_at: Instant | None
    source: str
    recorded_at: Instant


class LineOut(Output):
    """One client on the sheet."""

    client_id: UUID
    name: str
    expected: bool
    record: RecordOut
    waits_for_answer: bool


class SheetOut(Output):
    """The sheet of a session. `group_size` counts who was held (R13); once signed it is locked. `evidence_head` is the
    SHA-256 chain over the evidence it was computed from."""

    session_id: UUID
    local_date: date
    computed_at: Instant
    group_size: int
    group_size_flag: bool
    evidence_rows: int
    evidence_head: str
    attested_at: Instant | None
    attested_by: PersonRef | None
    lines: list[LineOut]


class Stretch(Output):
    """From one instant to another, the end not included."""

    start: Instant
    end: Instant


class GapOut(Stretch):
    """A time away between two stays, and why; `technical` was our fault."""

    cause: str
    technical: bool


class EarlierOut(Output):
    """An earlier version: never overwritten, only followed."""

    version: int
    status: str
    credited_minutes: int
    source: str
    author: PersonRef | None
    reason: str
    recorded_at: Instant


class DisputeOut(Output):
    """The client said that night is wrong."""

    id: UUID
    text: str
    raised_at: Instant
    answer_due_at: Instant
    answer: str
    answered_at: Instant | None


class ExplanationOut(Output):
    """A figure with everything it follows from: window, stays, gaps, rule and policy version."""

    session_id: UUID
    client_id: UUID
    expected: bool
    record: RecordOut
    rule_version: int
    policy_version: int
    window: list[Stretch]
    in_room: list[Stretch]
    credited: list[Stretch]
    gaps: list[GapOut]
    sentences: list[str]
    disputes: list[DisputeOut]


class StaffExplanationOut(ExplanationOut):
    """The same for staff, with name, author and every version before."""

    name: str
    author: PersonRef | None
    reason: str
    history: list[EarlierOut]
    proposals: list[ProposalOut]
    open_imports: list[ImportOut]


class CorrectionIn(Input):
    """What to change about a line; what is not sent stays. `seen_version` is the version you looked at."""

    credited_minutes: Minutes | None = None
    first_at: Moment | None = None
    last_at: Moment | None = None
    status: Status | None = None
    reason: Reason
    seen_version: Version


class ExcuseIn(Input):
    """Why the absence is accepted."""

    reason: Reason


class ExcusedOut(Output):
    """An absence that was accepted."""

    session_id: UUID
    client_id: UUID
    accepted_at: Instant


class DisputeIn(Input):
    """What the client says is wrong about that night."""

    text: Words


class AnswerIn(Input):
    """What the client will read."""

    answer: Words


def record_out(row: AttendanceRecord) -> RecordOut:
    """A version as it goes out."""
    return RecordOut(
        version=row.version, status=row.status, flags=row.flags, credited_minutes=row.credited_minutes,
        credited_seconds=row.credited_seconds, scheduled_minutes=row.scheduled_minutes,
        delivered_minutes=row.delivered_minutes, minutes_by_date=row.by_date, first_at=row.first_at,
        last_at=row.last_at, source=row.source, recorded_at=row.recorded_at,
    )  # fmt: skip


def line_out(line: Line) -> LineOut:
    """A line of the sheet."""
    return LineOut(
        client_id=line.record.client_id, name=line.record.client.person.full_name, expected=line.expected,
        record=record_out(line.record), waits_for_answer=line.open_dispute is not None,
    )  # fmt: skip


def sheet_out(session: Session, sheet: AttendanceSheet, lines: Iterable[Line]) -> SheetOut:
    """The sheet as it goes out."""
    return SheetOut(
        session_id=session.pk, local_date=session.local_date, computed_at=sheet.computed_at,
        group_size=sheet.group_size, group_size_flag=sheet.size_flag, evidence_rows=sheet.evidence_rows,
        evidence_head=latest_head(session),
        attested_at=sheet.attested_at, attested_by=person_ref(sheet.attested_by),
        lines=[line_out(line) for line in lines],
    )  # fmt: skip


def dispute_out(row: AttendanceDispute) -> DisputeOut:
    """A dispute as it goes out."""
    return DisputeOut(
        id=row.pk, text=row.text, raised_at=row.raised_at, answer_due_at=row.answer_due_at,
        answer=row.answer, answered_at=row.answered_at,
    )  # fmt: skip


def _stretches(intervals: Iterable[Interval]) -> list[Stretch]:
    return [Stretch(start=part.start, end=part.end) for part in intervals]


def explanation_out(page: OwnPage) -> ExplanationOut:
    """One client's figure and what it follows from."""
    reading, record = page.line.reading, page.record
    gaps = [
        GapOut(start=gap.interval.start, end=gap.interval.end, cause=gap.cause, technical=gap.technical)
        for gap in reading.gaps
    ]
    return ExplanationOut(
        session_id=page.session.pk, client_id=record.client_id, expected=page.line.expected,
        record=record_out(record), rule_version=RULE_VERSION, policy_version=record.policy.version,
        window=_stretches(reading.window), in_room=_stretches(reading.presence.in_room),
        credited=_stretches(reading.result.credited_intervals), gaps=gaps, sentences=list(page.gaps),
        disputes=[dispute_out(dispute) for dispute in page.line.disputes],
    )  # fmt: skip


def _earlier(row: AttendanceRecord) -> EarlierOut:
    return EarlierOut(
        version=row.version, status=row.status, credited_minutes=row.credited_minutes, source=row.source,
        author=person_ref(row.author), reason=row.reason, recorded_at=row.recorded_at,
    )  # fmt: skip


def _not_computed() -> ConflictError:
    return ConflictError("The attendance of this session is not counted yet.", code="not_computed_yet")


@edges.get("/sessions/{uuid:session_id}/attendance", Permission.SEE_ATTENDANCE, SheetOut)
def show_sheet(request: PageRequest, session_id: UUID) -> SheetOut:
    """The attendance sheet; 409 `not_computed_yet` until the session is over and counted."""
    session = session_for(request.actor, session_id, Permission.SEE_ATTENDANCE)
    page = selectors.sheet_page(session)
    if page is None:
        raise _not_computed()
    audit.record(
        actor=request.actor, action="attendance.viewed", program_id=session.program_id, subject=session
    )
    return sheet_out(session, page.sheet, page.lines)


@edges.get(
    "/sessions/{uuid:session_id}/attendance/{uuid:client_id}", Permission.SEE_ATTENDANCE, StaffExplanationOut
)
def explain_attendance(request: PageRequest, session_id: UUID, client_id: UUID) -> StaffExplanationOut:
    """One client's figure, its evidence, every version of it, rule and policy version."""
    session = session_for(request.actor, session_id, Permission.SEE_ATTENDANCE)
    return _explained(request, session, _client(session, client_id))


def _client(session: Session, client_id: UUID) -> Client:
    found = selectors.client_of(session, client_id)
    if found is None:
        raise NotFoundError
    return found


def _explained(request: PageRequest, session: Session, client: Client) -> StaffExplanationOut:
    page = selectors.own_page(session, client, staff=True)
    if page is None:
        raise _not_computed()
    audit.record(
        actor=request.actor, action="attendance.viewed", program_id=session.program_id, subject=session,
        client_id=client.pk,
    )  # fmt: skip
    return StaffExplanationOut(
        **explanation_out(page).model_dump(), name=client.person.full_name, reason=page.record.reason,
        author=person_ref(page.record.author), history=[_earlier(row) for row in page.line.history],
        proposals=[proposal_out(row) for row in selectors.proposals_of(session, client.pk)],
        open_imports=[import_out(row) for row in selectors.open_imports(session)],
    )  # fmt: skip


@edges.post(
    "/sessions/{uuid:session_id}/attendance/{uuid:client_id}/corrections", Permission.CORRECT_ATTENDANCE,
    StaffExplanationOut, status=201,
)  # fmt: skip
def correct_attendance(
    request: PageRequest, session_id: UUID, client_id: UUID, body: CorrectionIn
) -> StaffExplanationOut:
    """Puts a corrected version after the one you looked at, with your reason; a signed sheet needs a supervisor.

    After the correction window it is only proposed: `proposals` holds it, and the figure stays until it is signed.
    """
    session = session_for(request.actor, session_id, Permission.CORRECT_ATTENDANCE)
    client = _client(session, client_id)
    services.correct_attendance(
        actor=request.actor, session=session, client=client, changes=_changes(body), reason=body.reason,
        seen_version=body.seen_version, now=timezone.now(),
    )  # fmt: skip
    return _explained(request, session, client)


def _changes(body: CorrectionIn) -> Changes:
    first: datetime | None = body.first_at
    return Changes(
        status=body.status, credited_minutes=body.credited_minutes, first_at=first, last_at=body.last_at
    )


@edges.post("/sessions/{uuid:session_id}/attendance/attest", Permission.ATTEST_ATTENDANCE, SheetOut)
def attest_sheet(request: PageRequest, session_id: UUID) -> SheetOut:
    """Signs and locks the sheet."""
    session = session_for(request.actor, session_id, Permission.ATTEST_ATTENDANCE)
    services.attest_sheet(actor=request.actor, session=session, now=timezone.now())
    page = selectors.sheet_page(session)
    if page is None:  # it was there a moment ago: the signature stands on it
        raise _not_computed()
    return sheet_out(session, page.sheet, page.lines)


@edges.get("/my/sessions/{uuid:session_id}/attendance", Permission.OWN_ATTENDANCE, ExplanationOut)
def explain_my_attendance(request: PageRequest, session_id: UUID) -> ExplanationOut:
    """What was counted for a client, and why; only their own."""
    session = session_for(request.actor, session_id, Permission.OWN_ATTENDANCE)
    client = own_client(request.actor, Permission.OWN_ATTENDANCE, program_id=session.program_id)
    page = selectors.own_page(session, client)
    if page is None:
        raise _not_computed()
    return explanation_out(page)


@edges.post(
    "/sessions/{uuid:session_id}/attendance/{uuid:client_id}/excuse", Permission.CORRECT_ATTENDANCE, ExcusedOut,
    status=201,
)  # fmt: skip
def excuse_client(request: PageRequest, session_id: UUID, client_id: UUID, body: ExcuseIn) -> ExcusedOut:
    """Accepts an absence, before the session or after it."""
    session = session_for(request.actor, session_id, Permission.CORRECT_ATTENDANCE)
    row = services.excuse_client(
        actor=request.actor, session=session, client=_client(session, client_id), reason=body.reason,
        now=timezone.now(),
    )  # fmt: skip
    return ExcusedOut(session_id=row.session_id, client_id=row.client_id, accepted_at=row.accepted_at)


@edges.post(
    "/sessions/{uuid:session_id}/disputes/{uuid:attendance_dispute_id}/answer",
    Permission.CORRECT_ATTENDANCE,
    DisputeOut,
)
def answer_dispute(
    request: PageRequest, session_id: UUID, attendance_dispute_id: UUID, body: AnswerIn
) -> DisputeOut:
    """Answers a client who said "that night is wrong"; answered before: 409."""
    session = session_for(request.actor, session_id, Permission.CORRECT_ATTENDANCE)
    row = services.answer_dispute(
        actor=request.actor,
        session=session,
        dispute_id=attendance_dispute_id,
        answer=body.answer,
        now=timezone.now(),
    )
    return dispute_out(row)


@edges.post(
    "/my/sessions/{uuid:session_id}/attendance/disputes", Permission.OWN_ATTENDANCE, DisputeOut, status=201
)
def dispute_my_attendance(request: PageRequest, session_id: UUID, body: DisputeIn) -> DisputeOut:
    """The client says "that night is wrong"; the answer says by when they hear from us. One open at a time: 409."""
    session = session_for(request.actor, session_id, Permission.OWN_ATTENDANCE)
    client = own_client(request.actor, Permission.OWN_ATTENDANCE, program_id=session.program_id)
    row = services.raise_dispute(
        actor=request.actor, session=session, client=client, text=body.text, now=timezone.now()
    )
    return dispute_out(row)
