"""Invented, believable values for the style guide: one evening of one group. No row of the database is read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from vio.common.charts.strip import Piece, Strip, StripPiece, StripRow, axis_around
from vio.common.charts.trend import LevelChange, Mark, Trend, TrendDay, TrendMark
from vio.common.charts.weather import Weather, WeatherDot
from vio.common.charts.week import Seat, Week, WeekSeat

TZ = ZoneInfo("America/New_York")
MONDAY = date(2026, 4, 13)

# mood and urge of eight weeks, day by day; "-" is a day without a check-in
_MOODS = "43545563454456643546567756577668676787--98878998787889"
_URGES = "77866657765556545654443434533353532433--21222132213121"


def at(clock: str, on: date = MONDAY) -> datetime:
    """An instant of the invented evening from "17:30" or "17:30:20", in the group's zone."""
    return datetime.fromisoformat(f"{on.isoformat()}T{clock}").replace(tzinfo=TZ)


def pieces(*told: tuple[str, str, str] | tuple[str, str, str, str]) -> tuple[StripPiece, ...]:
    """Stretches from (kind, from, to, cause) as people write them down."""
    return tuple(
        StripPiece(Piece(one[0]), at(one[1]), at(one[2]), one[3] if len(one) > 3 else "") for one in told
    )


_PAUSE = ("break", "19:00", "19:15")
_ROWS = (
    StripRow(
        "Maria K.",
        pieces(
            ("lobby", "17:24", "17:30"),
            ("in", "17:30", "19:00"),
            _PAUSE,
            ("in", "19:15", "20:45"),
            ("outside", "20:45", "20:48"),
        ),
        "3 h of 3 h",
    ),
    StripRow(
        "James T.",
        pieces(
            ("lobby", "17:38", "17:41:20"),
            ("in", "17:41:20", "18:12"),
            ("gap", "18:12", "18:27", "connection lost"),
            ("in", "18:27", "19:00"),
            _PAUSE,
            ("gap", "19:15", "19:20:30", "came back late from the break"),
            ("in", "19:20:30", "20:31"),
        ),
        "2 h 14 min of 3 h",
    ),
    StripRow("Aaliyah R.", pieces(("in", "17:30", "19:00"), _PAUSE, ("in", "19:15", "20:45")), "3 h of 3 h"),
    StripRow(
        "Daniel O.",
        pieces(
            ("in", "17:33", "18:02"),
            ("gap", "18:02", "18:06", "phone changed networks"),
            ("in", "18:06", "19:00"),
            _PAUSE,
            ("in", "19:15", "20:45"),
        ),
        "2 h 53 min of 3 h",
    ),
    StripRow("Sam W.", pieces(("lobby", "17:52", "17:58"), ("in", "17:58", "18:40")), "42 min of 3 h"),
    StripRow("Priya N.", (), "0 min of 3 h"),
)


def evening(
    rows: tuple[StripRow, ...] = _ROWS, key: str = "evening", title: str = "Monday group, minute by minute"
) -> Strip:
    """The minute strip of the sample evening."""
    start, end = axis_around(at("17:30"), at("20:45"))
    return Strip(
        key=key,
        title=title,
        start=start,
        end=end,
        scheduled=(at("17:30"), at("20:45")),
        tz=TZ,
        rows=rows,
        breaks=((at("19:00"), at("19:15")),),
    )


def own_evening() -> Strip:
    """One client's own strip, as they see it after the group."""
    strip = evening((_ROWS[1],), "own", "Your Monday group")
    words = (
        "You were here 2 h 14 min. From 6:12 to 6:27 PM your connection was lost. Tell us if that is wrong."
    )
    return replace(strip, words=words)


def _seat(after: int, kind: Seat, minutes: int) -> WeekSeat:
    return WeekSeat(MONDAY + timedelta(days=after), kind, minutes)


def week_on_course(key: str = "week") -> Week:
    """Three evenings counted, Thursday still to come."""
    return Week(
        key,
        (
            _seat(0, Seat.DONE, 148),
            _seat(1, Seat.DONE, 137),
            _seat(2, Seat.DONE, 165),
            _seat(3, Seat.GHOST, 180),
        ),
    )


def weeks() -> list[Week]:
    """The four ways a week can stand."""
    return [
        Week("met", tuple(_seat(n, Seat.DONE, 180) for n in range(4)), title="Met"),
        week_on_course("course"),
        Week(
            "more",
            (_seat(0, Seat.DONE, 180), _seat(1, Seat.MISSED, 0), _seat(2, Seat.GHOST, 180), _seat(3, Seat.GHOST, 180)),
            title="Needs every seat left",
        ),
        Week(
            "short",
            (_seat(0, Seat.MISSED, 0), _seat(1, Seat.DONE, 150), _seat(2, Seat.MISSED, 0), _seat(3, Seat.GHOST, 180)),
            title="Cannot reach it",
        ),
    ]  # fmt: skip


def eight_weeks() -> Trend:
    """Eight weeks of check-ins with sessions, misses, an alert and a change of level."""
    first = MONDAY - timedelta(days=len(_MOODS) - 1)
    days = [
        TrendDay(first + timedelta(days=n), _digit(mood), _digit(urge))
        for n, (mood, urge) in enumerate(zip(_MOODS, _URGES, strict=True))
    ]
    marks = [
        TrendMark(day.on, _session_mark(n)) for n, day in enumerate(days) if day.on.weekday() < 4  # Mon-Thu groups
    ]  # fmt: skip
    marks.append(TrendMark(first + timedelta(days=6), Mark.ALERT))
    return Trend(
        "trend",
        first,
        MONDAY,
        tuple(days),
        tuple(marks),
        (LevelChange(first + timedelta(days=35), "12 h to 9 h"),),
        words="Urges have come down since early March. Two days had no check-in.",
    )


def _digit(letter: str) -> int | None:
    return None if letter == "-" else int(letter)


def _session_mark(n: int) -> Mark:
    return {5: Mark.MISSED, 13: Mark.PARTIAL, 20: Mark.MISSED, 40: Mark.MISSED, 41: Mark.EXCUSED}.get(
        n, Mark.ATTENDED
    )


def tonight_weather() -> Weather:
    """Eight of eleven have checked in at the door."""
    told = ((7, 2), (6, 3), (7, 2), (4, 6), (8, 1), (5, 4), (3, 7), (6, 2))
    return Weather("weather", tuple(WeatherDot(mood, urge) for mood, urge in told), 11)
