"""Weeks that are rolled up together are committed one by one: one that cannot be written takes no other with it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import psycopg
import pytest
from django.db import OperationalError, connection

from sessions_app.hours.roll_up import roll_up
from sessions_app.models import WeekHours
from tests.sessions_app.room.slow import address
from tests.worlds import build_world
from vio.common.localtime import Week

NOW = datetime(2026, 5, 3, 12, tzinfo=UTC)
WEEKS = [Week(date(2026, 4, 12)), Week(date(2026, 4, 19)), Week(date(2026, 4, 26))]


@pytest.mark.django_db(transaction=True)
def test_a_week_that_somebody_holds_leaves_those_before_it_put_right() -> None:
    world = build_world()
    roll_up(program=world.program, weeks=WEEKS, now=NOW)
    ana = WeekHours.objects.filter(client=world.ana).order_by("week")
    ana.update(minutes=7)
    with psycopg.connect(**address()) as other, connection.cursor() as cursor:
        other.execute("SELECT 1 FROM sessions_app_weekhours WHERE week = %s FOR UPDATE", (WEEKS[1].first,))
        cursor.execute("SET lock_timeout = '100ms'")
        with pytest.raises(OperationalError, match="lock timeout"):
            roll_up(program=world.program, weeks=WEEKS, now=NOW)
        cursor.execute("RESET lock_timeout")
    assert list(ana.values_list("minutes", flat=True)) == [0, 7, 7]
    roll_up(program=world.program, weeks=WEEKS, now=NOW)
    assert list(ana.values_list("minutes", flat=True)) == [0, 0, 0]
