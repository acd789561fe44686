"""How soon an alert must be answered, in words that agree with its clock (A10). Pure.

The clock counts business days: an orange alert of a Saturday is due on Monday, and then says so instead of "today".
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from vio.common.badges import badge_for
from vio.common.localtime import local_date
from vio.common.wording import day

_A_WEEK = timedelta(days=6)


def level_words(level: str, status: str, answer_by: datetime | None, *, now: datetime, zone: ZoneInfo) -> str:
    """The level with what is to be done by when: "Orange: act today", "Orange: act by Monday", "Orange: act now".

    Without a clock that runs (answered, closed, no next group) it is the level's own word.
    """
    plain = badge_for("level", level).word
    if status != "open" or answer_by is None or level not in {"orange", "yellow"}:
        return plain
    if answer_by <= now:
        return "Orange: act now" if level == "orange" else "Yellow: look now"
    if level == "yellow":
        return "Yellow: look before the next group"
    return f"Orange: act {_by(answer_by, now, zone)}"


def _by(answer_by: datetime, now: datetime, zone: ZoneInfo) -> str:
    """The last day on which it is in time; a clock that ends at midnight ends the day before."""
    today, last = local_date(now, zone), local_date(answer_by - timedelta(microseconds=1), zone)
    if last == today:
        return "today"
    return f"by {_named(last, today)}"


def _named(last: date, today: date) -> str:
    return f"{last:%A}" if last - today <= _A_WEEK else day(last)
