"""The week bar of a client from a reading of the week."""

from __future__ import annotations

from datetime import date

from sessions_app.hours.reading import WeekReading
from vio.common import wording
from vio.common.charts.week import Seat, Week, WeekSeat

_NOT_COUNTED = {"cancelled": Seat.OFF, "no_show": Seat.MISSED}


def week_value(reading: WeekReading, *, title: str = "My hours this week", words: str = "") -> Week:
    """Counted sessions filled, booked ones as ghosts, the prescribed minutes as the mark."""
    done = [
        WeekSeat(part.record.local_date, Seat.DONE, part.minutes) for part in reading.parts if part.minutes
    ]
    lost = [
        WeekSeat(part.record.local_date, _NOT_COUNTED[part.record.status], 0)
        for part in reading.parts
        if part.record.status in _NOT_COUNTED and reading.first <= part.record.local_date <= reading.last
    ]
    ghosts = [WeekSeat(seat.day, Seat.GHOST, seat.minutes) for seat in reading.booked]
    return Week(
        key=f"week-{str(reading.client.pk)[:8]}-{reading.week.first:%m%d}",
        seats=tuple(sorted([*done, *lost, *ghosts], key=lambda seat: seat.on)),
        goal=reading.dose.minutes,
        title=title,
        words=words or sentence(reading),
    )


def sentence(reading: WeekReading) -> str:
    """Where the week stands, in plain words and without blame."""
    goal, so_far = reading.dose.minutes, wording.hours_words(reading.minutes)
    if goal == 0:
        return f"{so_far} so far this week."
    begin = f"{so_far} of {wording.hours_words(goal)} so far."
    outlook = reading.outlook
    if outlook.outlook == "met":
        return f"{so_far}: you have your {wording.hours_words(goal)} this week."
    if outlook.reached_with is not None:
        return f"{begin} {_day(outlook.reached_with.day)} completes your week."
    if outlook.fixes:
        named = " and ".join(map(_day, sorted({seat.day for seat in outlook.fixes[0]})))
        return f"{begin} One more group helps, for example on {named}. Ask us for a seat."
    if outlook.missing_minutes == 0:
        days = "day" if outlook.missing_days == 1 else "days"
        return f"{begin} You have the time. We still look for {outlook.missing_days} more {days}."
    return f"{begin} The groups left this week are not enough. Let's talk about how to fit in the rest."


def _day(day: date) -> str:
    return f"{day:%A}"
