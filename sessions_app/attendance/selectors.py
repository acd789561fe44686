"""Reads for the attendance sheet and for the client's own page: a fixed number of queries, however many people."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from groups.models import Client
from sessions_app.access import sessions_for
from sessions_app.attendance.figures import Reading, SessionFacts, read_client
from sessions_app.attendance.gather import expected_clients
from sessions_app.attendance.records import latest
from sessions_app.attendance.services.finalising import facts_again
from sessions_app.attendance.strips import CLIENT_CAUSES, STAFF_CAUSES, gap_sentences, strip_of
from sessions_app.models import (
    AttendanceDispute,
    AttendanceImport,
    AttendanceRecord,
    AttendanceSheet,
    Excuse,
    ProposedCorrection,
    Session,
)
from vio.common import wording
from vio.common.actors import Actor
from vio.common.charts.strip import Strip
from vio.common.permissions import Permission

WITH_SHEET = ("sheet__attested_by",)
"""What a page of a session's sheet has read along with the session."""


@dataclass(frozen=True)
class Line:
    """One client on the sheet: the version that counts, the ones before it, what the evidence says, their disputes."""

    record: AttendanceRecord
    history: tuple[AttendanceRecord, ...]
    reading: Reading
    disputes: tuple[AttendanceDispute, ...]

    @property
    def expected(self) -> bool:
        """Whether they had a place in the group that day."""
        return self.reading.expected

    @property
    def open_dispute(self) -> AttendanceDispute | None:
        """The client's open "that night is wrong"."""
        return next((d for d in self.disputes if d.answered_at is None), None)

    @property
    def answered(self) -> tuple[AttendanceDispute, ...]:
        """Disputes with an answer."""
        return tuple(d for d in self.disputes if d.answered_at is not None)


@dataclass(frozen=True)
class SheetPage:
    """The attendance sheet of one session."""

    session: Session
    sheet: AttendanceSheet
    facts: SessionFacts
    lines: tuple[Line, ...]
    strip: Strip

    @property
    def unexpected(self) -> list[Line]:
        """Who came without a place in the group."""
        return [line for line in self.lines if not line.expected]

    @property
    def open_disputes(self) -> int:
        """How many clients wait for an answer."""
        return sum(1 for line in self.lines if line.open_dispute)


def sheet_page(session: Session) -> SheetPage | None:
    """The sheet; None while attendance is not computed yet."""
    sheet = sheet_of(session)
    if sheet is None:
        return None
    lines, facts = _lines(session)
    names = {line.record.client_id: line.record.client.person.full_name for line in lines}
    strip = strip_of(
        facts,
        [line.reading for line in lines],
        names,
        {line.record.client_id: summary_words(line.record) for line in lines},
        title="Minute by minute",
    )
    return SheetPage(session, sheet, facts, tuple(lines), strip)


def summary_words(record: AttendanceRecord) -> str:
    """ "2 h 28 min of 3 h"."""
    credited, delivered = record.credited_minutes, record.delivered_minutes
    return f"{wording.hours_words(credited)} of {wording.hours_words(delivered)}"


def _lines(session: Session) -> tuple[list[Line], SessionFacts]:
    versions = _versions(session)
    disputes: dict[UUID, list[AttendanceDispute]] = defaultdict(list)
    for dispute in AttendanceDispute.objects.filter(session=session).order_by("raised_at"):
        disputes[dispute.client_id].append(dispute)
    facts = facts_again(session, {client: rows[0] for client, rows in versions.items()})
    lines = [
        Line(rows[-1], tuple(rows[:-1]), read_client(facts, client), tuple(disputes[client]))
        for client, rows in versions.items()
    ]
    return sorted(lines, key=_by_name), facts


def _by_name(line: Line) -> tuple[bool, str, str]:
    return (
        not line.expected,
        line.record.client.person.full_name.casefold(),
        str(line.record.client_id),
    )


def _versions(session: Session, only: Q | None = None) -> dict[UUID, list[AttendanceRecord]]:
    rows = (
        AttendanceRecord.objects.filter(only or Q(), session=session)
        .select_related("client__person", "author", "policy")
        .order_by("client_id", "version")
    )
    found: dict[UUID, list[AttendanceRecord]] = defaultdict(list)
    for row in rows:
        found[row.client_id].append(row)
    return dict(found)


def line_of(session: Session, client_id: UUID) -> tuple[Line, SessionFacts] | None:
    """One client's line and the facts of the session; None without a record."""
    versions = _versions(session, Q(client=client_id))
    if client_id not in versions:
        return None
    rows = versions[client_id]
    facts = facts_again(session, {client_id: rows[0]}, client_id=client_id)
    disputes = AttendanceDispute.objects.filter(session=session, client=client_id).order_by("raised_at")
    return Line(rows[-1], tuple(rows[:-1]), read_client(facts, client_id), tuple(disputes)), facts


@dataclass(frozen=True)
class OwnPage:
    """What a client sees of one session: only their own."""

    session: Session
    line: Line
    strip: Strip
    gaps: tuple[str, ...]
    came: str  # when they were counted from and to, in words; empty when never

    @property
    def record(self) -> AttendanceRecord:
        """The version that counts."""
        return self.line.record


def own_page(session: Session, client: Client, *, staff: bool = False) -> OwnPage | None:
    """What was counted for one client and why, for themselves or for staff; None while it is not computed yet."""
    found = line_of(session, client.pk)
    if found is None:
        return None
    line, facts = found
    zone = session.program.zone
    record = line.record
    came = ""
    if record.first_at is not None and record.last_at is not None:
        came = f"from {wording.clock(record.first_at, zone)} to {wording.clock(record.last_at, zone)}"
    strip = strip_of(
        facts,
        [line.reading],
        {client.pk: client.person.full_name if staff else "You"},
        {client.pk: summary_words(record)},
        title="Minute by minute" if staff else "Your minutes",
        causes=STAFF_CAUSES if staff else CLIENT_CAUSES,
    )
    return OwnPage(session, line, strip, tuple(gap_sentences(line.reading, zone)), came)


def open_imports(session: Session) -> list[AttendanceImport]:
    """Logs of another service that were read for this session and that nobody has decided about, oldest first.

    Nothing of them counts yet; without what they say.
    """
    rows = AttendanceImport.objects.filter(session=session, status=AttendanceImport.Status.DRAFT)
    rows = rows.select_related("created_by", "decided_by", "withdrawn_by").defer("content", "reason")
    return list(rows.order_by("created_at", "pk"))


def proposals_of(session: Session, client_id: UUID | None = None) -> list[ProposedCorrection]:
    """Corrections made after the window, of a session or one client in it, the newest first."""
    rows = ProposedCorrection.objects.filter(session=session)
    rows = rows if client_id is None else rows.filter(client=client_id)
    return list(rows.select_related("client__person", "proposed_by", "decided_by").order_by("-proposed_at"))


def waiting_proposals(actor: Actor) -> QuerySet[ProposedCorrection]:
    """Corrections that wait for a second signature, in reach of somebody who may sign, the oldest first."""
    return (
        ProposedCorrection.objects.filter(
            state="open", session__in=sessions_for(actor, Permission.CORRECT_ATTESTED)
        )
        .select_related("client__person", "session__program", "proposed_by")
        .order_by("proposed_at")
    )


def expected_people(session: Session) -> list[Client]:
    """Who has a place in the group on the session's date, by name; for a session that is not counted yet."""
    rows = Client.objects.filter(pk__in=expected_clients(session)).select_related("person")
    return sorted(rows, key=lambda client: (client.person.full_name.casefold(), str(client.pk)))


def excused_clients(session: Session) -> frozenset[UUID]:
    """Who has an accepted excuse."""
    return frozenset(Excuse.objects.filter(session=session).values_list("client_id", flat=True))


def client_of(session: Session, client_id: UUID) -> Client | None:
    """A client with a record in this session, or expected in it."""
    known = AttendanceRecord.objects.filter(session=session, client=client_id).exists()
    if not known and client_id not in expected_clients(session):
        return None
    return Client.objects.filter(pk=client_id).select_related("person", "program").first()


def sheet_of(session: Session) -> AttendanceSheet | None:
    """The computed sheet, if there is one; no query for a session that was read `WITH_SHEET`."""
    if Session._meta.get_field("sheet").is_cached(session):
        return getattr(session, "sheet", None)
    return AttendanceSheet.objects.filter(session=session).select_related("attested_by").first()


__all__ = [
    "client_of",
    "excused_clients",
    "expected_people",
    "latest",
    "line_of",
    "own_page",
    "proposals_of",
    "sheet_of",
    "sheet_page",
    "waiting_proposals",
]
