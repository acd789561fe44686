"""From what a log says and what people decided to what becomes evidence: pure.

A preview is everything with its match; an outcome is the stays that count, of whom, with nothing left open.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from sessions_app.attendance.evidence import Cause, Evidence, EvidenceKind
from sessions_app.attendance.imports.rules.lines import ParsedLog
from sessions_app.attendance.imports.rules.matching import By, Match, Seat, Staff, match
from sessions_app.attendance.imports.rules.stays import Entry, Stay, entries_of
from sessions_app.attendance.intervals import Interval
from vio.common.errors import BadInputError

WHO, UNTIL_END = "who", "end"


@dataclass(frozen=True)
class Known:
    """One entry and who it is."""

    entry: Entry
    match: Match

    @property
    def asks(self) -> bool:
        """Whether a person has to say who this is before the log can count."""
        return self.entry.counts and not self.match.certain


@dataclass(frozen=True)
class Preview:
    """A log as it would be taken: nothing of it counts yet."""

    log: ParsedLog
    known: tuple[Known, ...]
    session: Interval

    @property
    def certain(self) -> list[Known]:
        """Clients of the sheet, by account or address."""
        return [one for one in self.known if one.match.client_id is not None]

    @property
    def asked(self) -> list[Known]:
        """Who a person has to decide about."""
        return [one for one in self.known if one.asks]

    @property
    def staff(self) -> list[Known]:
        """Who works here."""
        return [one for one in self.known if one.match.by is By.STAFF]

    @property
    def idle(self) -> list[Known]:
        """Nobody known, and nothing of it could count."""
        return [one for one in self.known if not one.match.certain and not one.asks]


@dataclass(frozen=True)
class Counted:
    """One stay that counts, of one client, with its end."""

    client_id: UUID
    stay: Stay
    join: datetime
    leave: datetime


def preview_of(log: ParsedLog, session: Interval, seats: Sequence[Seat], staff: Staff) -> Preview:
    """Everybody in the log with who they are by rule."""
    entries = entries_of(log.lines, session)
    return Preview(log, tuple(Known(entry, match(entry, seats, staff)) for entry in entries), session)


def field_of(known: Known) -> str:
    """The name of the input that says who this is."""
    return f"{WHO}-{known.entry.key}"


def decided(
    preview: Preview, who: Mapping[str, UUID | None], until_end: Collection[str], roster: Collection[UUID]
) -> list[Counted]:
    """What counts after people decided. Raises BadInputError with a field `who-<entry>` for each that is left open or
    names nobody of the sheet, and when nothing at all would count.
    """
    left_open = [known for known in preview.asked if known.entry.key not in who]
    open_ones = {field_of(known): "Say who this is, or that it is not a client." for known in left_open}
    unknown = [key for key, client in who.items() if client and client not in roster]
    strangers = {f"{WHO}-{key}": "Choose somebody from the sheet." for key in unknown}
    if open_ones or strangers:
        raise BadInputError(code="people_left_open", fields={**open_ones, **strangers})
    counted = [stay for known in preview.known for stay in _of(known, who, until_end, preview.session.end)]
    if not counted:
        raise BadInputError("Nothing in this log would count for anybody.", code="nothing_to_count")
    return counted


def _of(
    known: Known, who: Mapping[str, UUID | None], until_end: Collection[str], end: datetime
) -> Iterable[Counted]:
    client = known.match.client_id if known.match.certain else who.get(known.entry.key)
    if client is None:
        return
    for stay in known.entry.stays:
        leave = end if stay.needs_end and stay.key in until_end else stay.leave
        if stay.counts and stay.join and leave and leave > stay.join:
            yield Counted(client, stay, stay.join, leave)


def connection_of(import_id: UUID, stay: Stay) -> UUID:
    """The connection under which a stay of this import is evidence: always the same one."""
    return uuid5(import_id, stay.key)


def evidence_of(import_id: UUID, counted: Counted) -> list[Evidence]:
    """The rows of one stay. One in the waiting room was never admitted."""
    connection = connection_of(import_id, counted.stay)
    rows = [Evidence(connection, EvidenceKind.OPENED, counted.join)]
    if not counted.stay.lobby:
        rows.append(Evidence(connection, EvidenceKind.ADMITTED, counted.join))
    return [*rows, Evidence(connection, EvidenceKind.CLOSED, counted.leave, Cause.IMPORTED.value)]
