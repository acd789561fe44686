"""The words of a level and its clock say the same: on a weekday, a weekend, a holiday, late, answered; on page and API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client as Browser

from checkins import rules
from checkins.models import Alert
from checkins.services.alerts import acknowledge_alert
from checkins.urgency import level_words
from groups.models import Holiday
from tests.checkins.answers import send
from tests.worlds import World

NEW_YORK = ZoneInfo("America/New_York")


def at(day: int, hour: int = 17, minute: int = 0) -> datetime:
    """A wall time in New York in April 2026; the 13th is a Monday."""
    return datetime(2026, 4, day, hour, minute, tzinfo=NEW_YORK).astimezone(UTC)


@pytest.mark.parametrize(
    ("raised", "now", "words"),
    [
        (at(13), at(13), "Orange: act today"),
        (at(13, 0), at(13, 23, 59), "Orange: act today"),
        (at(13), at(14, 0), "Orange: act now"),  # the day is over
        (at(17, 23, 59), at(17, 23, 59), "Orange: act today"),  # Friday night
        (at(18), at(18), "Orange: act by Monday"),  # Saturday
        (at(18), at(19, 23, 59), "Orange: act by Monday"),
        (at(18), at(20, 0), "Orange: act today"),  # Monday has come
        (at(18), at(21, 0), "Orange: act now"),
    ],
)
def test_orange_says_by_when(raised: datetime, now: datetime, words: str) -> None:
    due = rules.orange_due(raised, NEW_YORK)
    assert level_words("orange", "open", due, now=now, zone=NEW_YORK) == words


def test_holidays_push_it_further() -> None:
    monday = at(20).date()
    due = rules.orange_due(at(18), NEW_YORK, {monday})
    assert level_words("orange", "open", due, now=at(18), zone=NEW_YORK) == "Orange: act by Tuesday"
    weeks = {monday + timedelta(days=step) for step in range(10)}
    due = rules.orange_due(at(18), NEW_YORK, weeks)
    assert level_words("orange", "open", due, now=at(18), zone=NEW_YORK) == "Orange: act by Thu, Apr 30"


@pytest.mark.parametrize("hours", range(72))
def test_the_countdown_beside_it_never_names_another_day(hours: int) -> None:
    """A whole number of days ahead of now lies on the day that is named, at any hour of a weekend."""
    now = at(17, 12, 30) + timedelta(hours=hours)
    due = rules.orange_due(now, NEW_YORK)
    counted = now + timedelta(days=(due - now).days)
    words = level_words("orange", "open", due, now=now, zone=NEW_YORK)
    named = counted.astimezone(NEW_YORK).strftime("by %A") if (due - now).days else "today"
    if "today" in words:
        assert (due - now).days == 0
    else:
        assert words == f"Orange: act {named}"


@pytest.mark.parametrize(
    ("level", "status", "due", "words"),
    [
        ("red", "open", at(13), "Red: safety"),
        ("red", "open", at(12), "Red: safety"),
        ("yellow", "open", at(14), "Yellow: look before the next group"),
        ("yellow", "open", at(12), "Yellow: look now"),
        ("yellow", "open", None, "Yellow: look soon"),
        ("orange", "acknowledged", at(12), "Orange: same business day"),
        ("orange", "resolved", at(12), "Orange: same business day"),
    ],
)
def test_the_other_levels_and_what_is_answered(
    level: str, status: str, due: datetime | None, words: str
) -> None:
    assert level_words(level, status, due, now=at(13), zone=NEW_YORK) == words


def orange_of_a_saturday(world: World) -> Alert:
    alert = send(world, world.ana, now=at(18), used="yes").alert
    assert alert is not None
    assert alert.level == "orange"
    return alert


def read(world: World, now: datetime, path: str) -> str:
    browser = Browser()
    with time_machine.travel(now, tick=False):
        browser.force_login(world.clinician)
        answer = browser.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_desk_alert_page_and_api_say_the_same(world: World) -> None:
    alert = orange_of_a_saturday(world)
    for now, words in ((at(18, 18), "Orange: act by Monday"), (at(20, 9), "Orange: act today")):
        for path in ("/desk/", "/desk/queue/", f"/alerts/{alert.pk}/"):
            shown = read(world, now, path)
            assert words in shown, path
            assert ("act today" in shown) is ("today" in words)
        assert f'"urgency": "{words}"' in read(world, now, f"/api/v1/alerts/{alert.pk}")
        assert words in read(world, now, "/api/v1/alerts")


def test_an_alert_that_is_answered_names_no_day(world: World) -> None:
    alert = orange_of_a_saturday(world)
    acknowledge_alert(actor=world.actor(world.clinician), alert_id=alert.pk, version=1, now=at(18, 18))
    shown = read(world, at(18, 18), f"/alerts/{alert.pk}/")
    assert "Orange: same business day" in shown
    assert "act " not in shown.split("card-head")[1].split("</div>")[0]


def test_a_holiday_of_the_program_counts(world: World) -> None:
    Holiday.objects.create(program=world.program, on=at(20).date(), name="Parade")
    alert = orange_of_a_saturday(world)
    assert "Orange: act by Tuesday" in read(world, at(18, 18), f"/alerts/{alert.pk}/")
