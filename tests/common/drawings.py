"""Small drawings to look at, and how a test looks at them: as the tree of elements they are."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

from vio.common.charts.strip import Piece, Strip, StripPiece, StripRow
from vio.common.charts.trend import TrendDay
from vio.common.charts.weather import WeatherDot
from vio.common.charts.week import Seat, WeekSeat

NEW_YORK = ZoneInfo("America/New_York")
START = datetime(2026, 4, 13, 17, 30, tzinfo=NEW_YORK)
MONDAY = date(2026, 4, 13)
NASTY = "<script>alert('x')</script>\"&"


def minute(after: float) -> datetime:
    """An instant so many minutes after the start."""
    return START + timedelta(minutes=after)


def piece(kind: Piece, first: float, last: float, cause: str = "") -> StripPiece:
    """A stretch in minutes after the start."""
    return StripPiece(kind, minute(first), minute(last), cause)


def a_strip(*pieces: StripPiece, name: str = "Maria K.") -> Strip:
    """A strip of 180 minutes whose axis is exactly the schedule."""
    return Strip(
        "evening",
        "Monday group",
        START,
        minute(180),
        (START, minute(180)),
        NEW_YORK,
        (StripRow(name, pieces, "2 h"),),
    )


def tree(markup: str) -> ElementTree.Element:
    """The markup as a tree; fails when it is not well formed."""
    return ElementTree.fromstring(f"<root>{markup}</root>")  # noqa: S314  # our own markup


def with_class(markup: str, css: str) -> list[ElementTree.Element]:
    """Every element that has the class."""
    return [one for one in tree(markup).iter() if css in (one.get("class") or "").split()]


def seats(*told: tuple[int, Seat, int]) -> tuple[WeekSeat, ...]:
    """Seats from (days after Monday, kind, minutes)."""
    return tuple(WeekSeat(MONDAY + timedelta(days=after), kind, minutes) for after, kind, minutes in told)


def days(moods: str) -> tuple[TrendDay, ...]:
    """Days from Monday on; "-" is a day without a row, "?" a row without an answer."""
    return tuple(
        TrendDay(MONDAY + timedelta(days=n), None if sign == "?" else int(sign), 1)
        for n, sign in enumerate(moods)
        if sign != "-"
    )


def dots(*told: tuple[int, int]) -> tuple[WeatherDot, ...]:
    """Dots from (mood, urge)."""
    return tuple(WeatherDot(mood, urge) for mood, urge in told)


def lines(markup: str, css: str) -> list[int]:
    """How many points each stretch of a line has."""
    return [len((one.get("points") or "").split()) for one in with_class(markup, css)]
