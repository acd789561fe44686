"""A client's own week as it is drawn on their home, from the hours wing's own reading."""

from __future__ import annotations

from datetime import datetime

from groups.models import Client
from sessions_app.hours.drawing import week_value
from sessions_app.hours.reading import read_week
from vio.common.charts.week import Week
from vio.common.localtime import WeekStart, week_of


def week_drawing(client: Client, *, now: datetime) -> Week | None:
    """The week bar of this local week; None for somebody who is not enrolled in it."""
    today = now.astimezone(client.program.zone).date()
    reading = read_week(client, week_of(today, WeekStart(client.program.week_start)), now=now)
    return None if reading is None else week_value(reading)
