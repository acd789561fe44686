"""Times of one evening, short to write: Wednesday 6 May 2026, 18:00 to 20:00 in New York, UTC-4."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sessions_app.attendance.intervals import Interval
from sessions_app.attendance.rules import Presence, SessionTimes
from vio.common.localtime import zone

NEW_YORK = zone("America/New_York")
DAY = date(2026, 5, 6)
START = datetime(2026, 5, 6, 22, tzinfo=UTC)


def at(minute: float) -> datetime:
    """So many minutes after the scheduled start."""
    return START + timedelta(minutes=minute)


def span(start: float, end: float) -> Interval:
    """From minute to minute."""
    return Interval(at(start), at(end))


def stay(start: float, end: float | None = None) -> Presence:
    """In the room from minute to minute, or still there."""
    return Presence(at(start), None if end is None else at(end))


def evening(*breaks: Interval, opened: float | None = None, closed: float | None = None) -> SessionTimes:
    """The session, held as planned unless said otherwise."""
    return SessionTimes(
        span(0, 120),
        NEW_YORK,
        actual_start=None if opened is None else at(opened),
        actual_end=None if closed is None else at(closed),
        breaks=breaks,
    )
