"""Proves stored attendance: every computed figure again from its evidence, every correction against the audit (AT-8).

Reads only. A difference means that a figure, its evidence or the program itself was changed behind the services' back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Max, QuerySet

from sessions_app.attendance.figures import Figures, SessionFacts, figures, read_client
from sessions_app.attendance.records import stored_figures
from sessions_app.attendance.seals import problem_of
from sessions_app.attendance.services.finalising import facts_again
from sessions_app.models import AttendanceImport, AttendanceRecord, Session
from vio.common.models import AuditEntry


@dataclass(frozen=True)
class Difference:
    """One stored figure that does not follow from what it should follow from."""

    session_id: UUID
    client_id: UUID | None  # None: of the session as a whole
    what: str  # the column, "missing", "versions", "correction" or "evidence"
    stored: str
    found: str


@dataclass(frozen=True)
class Report:
    """What was checked and what did not agree."""

    sessions: int
    records: int
    differences: tuple[Difference, ...]


def recompute(sessions: QuerySet[Session] | None = None) -> Report:
    """Checks the finalised sessions given (all in scope by default)."""
    chosen = Session.objects.all() if sessions is None else sessions
    rows = chosen.filter(finalised_at__isnull=False).select_related("group", "program").order_by("starts_at")
    checked = records = 0
    found: list[Difference] = []
    for session in rows.iterator(chunk_size=200):
        count, differences = recompute_session(session)
        checked, records = checked + 1, records + count
        found += differences
    return Report(checked, records, tuple(found))


def recompute_session(session: Session) -> tuple[int, list[Difference]]:
    """How many records one session has, and which do not agree."""
    versions: dict[UUID, list[AttendanceRecord]] = defaultdict(list)
    stored = AttendanceRecord.objects.filter(session=session).select_related("policy").order_by("version")
    for record in stored:
        versions[record.client_id].append(record)
    facts = facts_again(session, {client: rows[0] for client, rows in versions.items()})
    grown = _imports_changed_at(session)
    found = [d for client, rows in versions.items() for d in _check_client(facts, client, rows, grown)]
    found += [
        Difference(session.pk, client, "missing", "no record", "evidence")
        for client in facts.evidence
        if client not in versions
    ]
    if (wrong := problem_of(session)) is not None:
        found.append(Difference(session.pk, None, "evidence", *wrong))
    return sum(map(len, versions.values())), found


def _imports_changed_at(session: Session) -> datetime | None:
    """When an import last added evidence or took some back."""
    rows = AttendanceImport.objects.filter(session=session, status__in=["accepted", "withdrawn"])
    times = rows.aggregate(accepted=Max("decided_at"), withdrawn=Max("withdrawn_at"))
    return max((at for at in times.values() if at is not None), default=None)


def _check_client(
    facts: SessionFacts, client_id: UUID, rows: list[AttendanceRecord], grown: datetime | None
) -> Iterator[Difference]:
    numbers = [row.version for row in rows]
    if numbers != list(range(1, len(rows) + 1)):
        yield Difference(
            facts.session_id, client_id, "versions", str(numbers), str(list(range(1, len(rows) + 1)))
        )
    computed = [row for row in rows if row.source == "computed"]
    # A correction stands when an import comes after it: the computed figure before it follows from less evidence.
    corrected = rows[-1].source == "corrected"
    if computed and not (corrected and grown is not None and computed[-1].recorded_at < grown):
        again = figures(read_client(facts, client_id))
        yield from _compare(facts.session_id, client_id, stored_figures(computed[-1]), again)
    yield from _check_corrections(facts.session_id, client_id, [r for r in rows if r.source == "corrected"])


def _compare(session_id: UUID, client_id: UUID, stored: Figures, found: Figures) -> Iterator[Difference]:
    for column, value in vars(stored).items():
        again = getattr(found, column)
        if value != again:
            yield Difference(session_id, client_id, column, str(value), str(again))


def _check_corrections(
    session_id: UUID, client_id: UUID, rows: Iterable[AttendanceRecord]
) -> Iterator[Difference]:
    """A corrected figure follows from no evidence; the audit entry of its transaction says what was entered."""
    for row in rows:
        entered = AuditEntry.objects.filter(
            action="attendance.corrected",
            client_id=client_id,
            subject_id=str(session_id),
            details__version=row.version,
        ).first()
        said = (
            None if entered is None else (entered.details["minutes_after"], entered.details["status_after"])
        )
        if said != (row.credited_minutes, row.status):
            stored = f"v{row.version} {row.credited_minutes} {row.status}"
            yield Difference(session_id, client_id, "correction", stored, str(said))
