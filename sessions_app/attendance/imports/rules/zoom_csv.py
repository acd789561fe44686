"""Zoom: the participants report as CSV, with or without the lines about the meeting above it. Pure.

Its times are wall times of the account, without offset unless one is written behind them: the zone is asked for, and so
is whether the month or the day comes first. A wall time that occurred twice, or never, is a bad line and no guess.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from sessions_app.attendance.imports.rules import lines
from sessions_app.attendance.imports.rules.documents import read_one, too_many
from sessions_app.attendance.imports.rules.lines import (
    MOST_LINES,
    BadLine,
    FileRefusedError,
    LogLine,
    ParsedLog,
    Trouble,
    Unreadable,
    Vendor,
    within,
)
from vio.common.localtime import to_instant

_LOOK_FOR_HEADER = 20
_COLUMNS: Mapping[str, frozenset[str]] = {
    "name": frozenset(
        {"name", "nameoriginalname", "username", "participant", "participantname", "displayname"}
    ),
    "email": frozenset({"useremail", "email", "emailaddress"}),
    "join": frozenset({"jointime", "joined", "joinedat", "timejoined"}),
    "leave": frozenset({"leavetime", "left", "leftat", "timeleft", "leftmeeting"}),
    "lobby": frozenset({"inwaitingroom"}),
    "total": frozenset({"totaldurationminutes", "totalduration"}),
}
_OFFSET = re.compile(r"\s*\(?(?:GMT|UTC)?\s*(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d{2})\)?$")
_WALL = re.compile(
    r"(?P<day>\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}|[A-Za-z]{3,9} \d{1,2}, ?\d{4})(?:T|,? +)"
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?\s*(?P<half>[AaPp])?\.?[Mm]?\.?",
    re.ASCII,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YES = frozenset({"yes", "y", "true", "1"})


@dataclass(frozen=True)
class Written:
    """How wall times are meant: the zone, and whether "03/02" is the third of February."""

    zone: ZoneInfo
    day_first: bool = False


def parse(content: str, written: Written) -> ParsedLog:
    """Reads the report; FileRefusedError when no header with name, join and leave is found."""
    rows = _rows(content)
    start, columns = _header(rows)
    found: list[LogLine] = []
    bad: list[BadLine] = []
    for number, row in rows[start + 1 :]:
        if not any(cell.strip() for cell in row):
            continue
        line = _read(number, row, columns, written)
        if isinstance(line, LogLine):
            found.append(line)
        else:
            bad.append(BadLine(number, line, lines.shown(", ".join(row))))
    return ParsedLog(Vendor.ZOOM, tuple(found), tuple(bad))


Row = tuple[int, Sequence[str]]


def _rows(content: str) -> list[Row]:
    """The rows by the separator under which a header appears: comma, semicolon or tab."""
    for separator in ",;\t":
        rows = _split(content, separator)
        if any("join" in _columns(row) for _, row in rows[:_LOOK_FOR_HEADER]):
            return rows
    return _split(content, ",")


def _split(content: str, separator: str) -> list[Row]:
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=separator)
    found: list[Row] = []
    try:
        for row in reader:
            found.append((reader.line_num, row))
            if len(found) > MOST_LINES:
                raise too_many()
    except csv.Error as error:
        raise FileRefusedError("This file is damaged; export it again.", code="not_csv") from error
    return found


def _columns(row: Iterable[str]) -> dict[str, int]:
    """{what: place} of a header row."""
    plain = [re.sub(r"[^a-z]", "", cell.lower()) for cell in row]
    return {
        what: next(place for place, word in enumerate(plain) if word in words)
        for what, words in _COLUMNS.items()
        if words & set(plain)
    }


def _header(rows: Sequence[Row]) -> tuple[int, dict[str, int]]:
    heads = [(place, _columns(row)) for place, (_, row) in enumerate(rows[:_LOOK_FOR_HEADER])]
    for place, columns in heads:
        if {"name", "join", "leave"} <= set(columns):
            return place, columns
    if any({"name", "total"} <= set(columns) for _, columns in heads):
        message = "This report has no join and leave times. Export it again without “Show unique users”."
        raise FileRefusedError(message, code="no_times")
    raise FileRefusedError("No header with name, join time and leave time was found.", code="no_header")


def _read(number: int, row: Sequence[str], columns: Mapping[str, int], written: Written) -> LogLine | Trouble:
    if len(row) <= max(columns[what] for what in ("name", "join", "leave")):
        return Trouble.TOO_FEW_COLUMNS
    cells = {what: row[place].strip() if place < len(row) else "" for what, place in columns.items()}
    return read_one(lambda: _line(cells, written), number)


def _line(cells: Mapping[str, str], written: Written) -> LogLine:
    return LogLine(
        vendor_ref="",
        display_name=lines.name(cells["name"]),
        email=lines.email(cells.get("email", "")),
        account_ref=None,
        join=wall_time(cells["join"], written),
        leave=wall_time(cells["leave"], written),
        lobby=cells.get("lobby", "").lower() in _YES,
    )


def wall_time(cell: str, written: Written) -> datetime | None:
    """The instant of a written time; None for none. Raises Unreadable."""
    if not cell or cell in {"-", "--"}:
        return None
    offset = _OFFSET.search(cell)
    if offset:
        return within(_naive(cell[: offset.start()], written).replace(tzinfo=_zone(offset)))
    if cell.endswith("Z"):
        return lines.iso(cell)
    return within(_only_instant(_naive(cell, written), written.zone))


def _zone(offset: re.Match[str]) -> timezone:
    hours, minutes = int(offset["hours"]), int(offset["minutes"])
    if hours > 14 or minutes > 59:  # the widest offset there is; minutes of an hour
        raise Unreadable(Trouble.BAD_TIME)
    length = timedelta(hours=hours, minutes=minutes)
    return timezone(-length if offset["sign"] == "-" else length)


def _naive(cell: str, written: Written) -> datetime:
    """The wall time as written; seconds that are not written are 0."""
    found = _WALL.fullmatch(cell.strip())
    if found is None:
        raise Unreadable(Trouble.BAD_TIME)
    hour = int(found["hour"])
    if found["half"] and not 1 <= hour <= 12:  # hours of a half day
        raise Unreadable(Trouble.BAD_TIME)
    if found["half"]:
        hour = hour % 12 + (12 if found["half"] in "Pp" else 0)
    year, month, day = _date(found["day"], written)
    try:
        return datetime(year, month, day, hour, int(found["minute"]), int(found["second"] or 0))  # noqa: DTZ001  # a wall time
    except ValueError:
        raise Unreadable(Trouble.BAD_TIME) from None


def _date(cell: str, written: Written) -> tuple[int, int, int]:
    """Year, month, day; the year is where four digits stand."""
    if cell[0].isalpha():
        word, day, year = cell.replace(",", " ").split()
        if word[:3].lower() not in _MONTHS:
            raise Unreadable(Trouble.BAD_TIME)
        return int(year), _MONTHS.index(word[:3].lower()) + 1, int(day)
    first, second, third = re.split(r"[/.-]", cell)
    if len(first) == len("2026"):
        return int(first), int(second), int(third)
    if len(third) != len("2026"):
        raise Unreadable(Trouble.BAD_TIME)
    month, day = (second, first) if written.day_first else (first, second)
    return int(third), int(month), int(day)


def _only_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    try:
        first, second = to_instant(wall, zone), to_instant(wall, zone, fold=1)
        shown = first.astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        raise Unreadable(Trouble.BAD_TIME) from None
    if first != second:
        raise Unreadable(Trouble.AMBIGUOUS_TIME)
    if shown != wall:
        raise Unreadable(Trouble.NO_SUCH_TIME)
    return first
