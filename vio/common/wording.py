"""How instants, lengths of time and hours are said on pages. Pure: the clock and the zone are passed in.

The charts and the template tags both speak through here, so a figure reads the same wherever it stands.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


def zone(name: str | tzinfo) -> tzinfo:
    """An IANA name or a zone as a zone. Raises ZoneInfoNotFoundError for a name nobody knows."""
    return ZoneInfo(name) if isinstance(name, str) else name


def hours_words(minutes: int) -> str:
    """Whole minutes as "7 h 30 min", "2 h" or "45 min" (R5: minutes are floored once, before they get here)."""
    sign = "-" if minutes < 0 else ""
    whole, rest = divmod(abs(minutes), 60)
    if whole and rest:
        return f"{sign}{whole} h {rest} min"
    return f"{sign}{whole} h" if whole else f"{sign}{rest} min"


def decimal_hours(minutes: int) -> str:
    """Minutes as hours with two decimals, half up (R11): 539 is "8.98"."""
    return str((Decimal(minutes) / 60).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP))


def clock(instant: datetime, tz: str | tzinfo) -> str:
    """The wall time of an instant in a zone, the way US readers say it: "5:30 PM"."""
    local = instant.astimezone(zone(tz))
    return f"{local.hour % 12 or 12}:{local:%M} {'AM' if local.hour < 12 else 'PM'}"


def day(value: date) -> str:
    """A date with its weekday: "Mon, Apr 13"."""
    return f"{value:%a}, {value:%b} {value.day}"


def local_day(instant: datetime, tz: str | tzinfo) -> str:
    """The local date of an instant: "Mon, Apr 13"."""
    return day(instant.astimezone(zone(tz)).date())


def length_words(length: timedelta) -> str:
    """A length of time in its one or two largest units: "45 s", "12 min", "1 h 5 min", "3 days"."""
    seconds = int(length.total_seconds())
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _DAY:
        return hours_words(seconds // _MINUTE)
    days = seconds // _DAY
    return f"{days} day{'s' if days > 1 else ''}"


def relative(instant: datetime, now: datetime) -> str:
    """How long ago, or how far ahead: "just now", "12 min ago", "in 2 h 5 min"."""
    ahead = instant - now
    if abs(ahead) < timedelta(minutes=1):
        return "just now" if ahead <= timedelta(0) else "in a moment"
    return f"in {length_words(ahead)}" if ahead > timedelta(0) else f"{length_words(-ahead)} ago"


def initials(name: str) -> str:
    """One or two letters for a person's disc: "Maria K." is "MK", an empty name "?"."""
    words = [word for word in name.split() if word[:1].isalnum()]
    picked = words[:1] + words[-1:] if len(words) > 1 else words
    return "".join(word[0] for word in picked).upper() or "?"
