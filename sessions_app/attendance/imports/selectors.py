"""Reads for imports: who is on the sheet, who works here, a log as it would count."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from groups.models import StaffRole
from sessions_app.attendance.evidence import Evidence
from sessions_app.attendance.figures import read_client
from sessions_app.attendance.imports.rules.contents import Contents, empty, read
from sessions_app.attendance.imports.rules.lines import ParsedLog, Vendor
from sessions_app.attendance.imports.rules.matching import Seat, Staff
from sessions_app.attendance.imports.rules.outcome import Counted, Preview, evidence_of, preview_of
from sessions_app.attendance.intervals import Interval
from sessions_app.attendance.records import latest
from sessions_app.attendance.services.finalising import facts_again
from sessions_app.models import AttendanceImport, AttendanceRecord, Session
from vio.common.errors import NotFoundError

KEPT_AS_DRAFT = timedelta(days=14)


def import_of(session: Session, import_id: UUID) -> AttendanceImport:
    """An import of this session, which the caller has reached by `session_for`; else NotFoundError."""
    rows = AttendanceImport.objects.filter(session=session).select_related(
        "created_by", "decided_by", "withdrawn_by"
    )
    found = rows.filter(pk=import_id).first()
    if found is None:
        raise NotFoundError
    return found


def imports_of(session: Session) -> list[AttendanceImport]:
    """All imports of a session, newest first; discarded ones too, of which nothing is left but that they were."""
    rows = AttendanceImport.objects.filter(session=session).defer("content", "reason")
    return list(rows.select_related("created_by", "decided_by", "withdrawn_by").order_by("-created_at"))


def contents_of(row: AttendanceImport) -> Contents:
    """What is kept of the log."""
    return read(row.content) if row.content else empty(Vendor(row.vendor))


def seats_of(session: Session) -> list[Seat]:
    """The clients on the session's sheet, by name: the only people a log can be matched to."""
    rows = latest(session).select_related("client__person").defer("reason")
    seats = [
        Seat(row.client_id, row.client.person_id, row.client.person.email, row.client.person.full_name)
        for row in rows
    ]
    return sorted(seats, key=lambda seat: (seat.name.casefold(), str(seat.client_id)))


def staff_of(session: Session) -> Staff:
    """Who works, or worked, in the session's program."""
    rows = list(
        StaffRole.objects.filter(program=session.program_id).values_list("person_id", "person__email")
    )
    return Staff(frozenset(person for person, _ in rows), frozenset(email.lower() for _, email in rows))


def held_interval(session: Session) -> Interval:
    """The time in which being there counts, breaks aside (R2); as planned while the room was never started."""
    planned = Interval(session.starts_at, session.ends_at)
    if session.started_at is None or session.ended_at is None:
        return planned
    held = Interval(max(session.starts_at, session.started_at), min(session.ends_at, session.ended_at))
    return held if held.length else planned


def preview(session: Session, log: ParsedLog) -> Preview:
    """A log as it would be taken for this session (two queries)."""
    return preview_of(log, held_interval(session), seats_of(session), staff_of(session))


@dataclass(frozen=True)
class Change:
    """What a log would change for one client: minutes counted now, and with it. `by_hand`: corrected, which stands."""

    name: str
    before: int
    after: int
    by_hand: bool


def changes(session: Session, row: AttendanceImport, counted: list[Counted]) -> list[Change]:
    """What these stays would change, by the rules that will count them."""
    records = {record.client_id: record for record in _records(session)}
    facts = facts_again(session, records)
    more: dict[UUID, list[Evidence]] = defaultdict(list)
    for one in counted:
        more[one.client_id] += evidence_of(row.pk, one)
    joined = {client: [*facts.evidence.get(client, ()), *rows] for client, rows in more.items()}
    facts = replace(facts, evidence={**facts.evidence, **joined})
    found = []
    for client in more:
        record = records[client]
        by_hand = record.source == "corrected"
        after = record.credited_minutes if by_hand else read_client(facts, client).result.credited_minutes
        found.append(Change(record.client.person.full_name, record.credited_minutes, after, by_hand))
    return sorted(found, key=lambda change: change.name.casefold())


def _records(session: Session) -> list[AttendanceRecord]:
    return list(latest(session).select_related("policy", "client__person"))
