"""A client's own week as it is drawn on their home: what counted, what is still to come, the goal."""

from __future__ import annotations

from datetime import datetime

from groups.models import Client
from sessions_app.hours.reading import Part, WeekReading, read_week
from vio.common.charts import week as chart
from vio.common.localtime import WeekStart, week_of


def week_drawing(client: Client, *, now: datetime) -> chart.Week | None:
    """The week bar of this local week, from the hours wing's own reading; None for somebody who is not enrolled."""
    today = now.astimezone(client.program.zone).date()
    reading = read_week(client, week_of(today, WeekStart(client.program.week_start)), now=now)
    if reading is None:
        return None
    return chart.Week("my-week", _seats(reading), reading.dose.minutes)


def _seats(reading: WeekReading) -> tuple[chart.WeekSeat, ...]:
    seats = [_counted(part) for part in reading.parts]
    seats += [chart.WeekSeat(seat.day, chart.Seat.GHOST, seat.minutes) for seat in reading.booked]
    return tuple(sorted(seats, key=lambda seat: seat.on))


def _counted(part: Part) -> chart.WeekSeat:
    if part.record.status == "cancelled":
        return chart.WeekSeat(part.record.local_date, chart.Seat.OFF, 0)
    kind = chart.Seat.DONE if part.minutes else chart.Seat.MISSED
    return chart.WeekSeat(part.record.local_date, kind, part.minutes)
