"""The calendar address: times and nothing else, for whoever holds the secret, as long as it stands."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse
from icalendar import Calendar

from groups.models import CalendarFeed, GroupStaff
from groups.services.calendar_feeds import actor_for_feed, end_feed, make_feed
from sessions_app.calendar import TITLE
from tests.factories import MONDAY_START, make_session
from tests.groups.visitor import Visitor
from tests.worlds import World
from vio.common.actors import Actor
from vio.common.errors import NotAllowedError
from vio.common.models import AuditEntry

NOW = MONDAY_START - timedelta(hours=3)


@pytest.fixture(autouse=True)
def afternoon() -> object:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def feed_of(world: World, who: object) -> str:
    return make_feed(actor=world.actor(who), now=NOW)  # type: ignore[arg-type]  # a person or a client


def read(secret: str) -> Calendar:
    answer = Browser().get(reverse("calendar_feed", args=[secret]))
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert "no-store" in answer["Cache-Control"]
    return Calendar.from_ical(answer.content)


def ids(calendar: Calendar) -> set[str]:
    return {str(event["uid"]) for event in calendar.walk("VEVENT")}


def test_a_client_gets_their_own_times_in_neutral_words(world: World) -> None:
    own = make_session(world.group, starts_at=MONDAY_START, title="Relapse prevention")
    make_session(world.other_group, starts_at=MONDAY_START)
    make_session(world.group, starts_at=MONDAY_START + timedelta(days=90))
    calendar = read(feed_of(world, world.ana))
    (event,) = calendar.walk("VEVENT")
    assert event["uid"] == f"{own.pk}@vio"
    assert (event["summary"], event["status"], event["class"]) == (TITLE, "CONFIRMED", "PRIVATE")
    assert (event["dtstart"].dt, event["dtend"].dt) == (own.starts_at, own.ends_at)
    text = calendar.to_ical().decode().lower()
    for word in ("relapse", "evening a", "harbor", "ana", "moreno", "therapy", "http"):
        assert word not in text


def test_a_facilitator_gets_what_they_lead_and_a_clinician_nothing(world: World) -> None:
    own = make_session(world.group, starts_at=MONDAY_START)
    make_session(world.other_group, starts_at=MONDAY_START)
    assert ids(read(feed_of(world, world.facilitator))) == {f"{own.pk}@vio"}
    assert ids(read(feed_of(world, world.clinician))) == set()


def test_a_session_that_was_called_off_says_so(world: World) -> None:
    make_session(world.group, starts_at=MONDAY_START, status="cancelled")
    (event,) = read(feed_of(world, world.ana)).walk("VEVENT")
    assert event["status"] == "CANCELLED"


def test_rights_that_end_end_the_times(world: World) -> None:
    make_session(world.group, starts_at=MONDAY_START + timedelta(days=3))
    secret = feed_of(world, world.facilitator)
    assert len(ids(read(secret))) == 1
    GroupStaff.objects.filter(person=world.facilitator).update(ends_on=NOW.date() - timedelta(days=1))
    assert ids(read(secret)) == set()
    world.facilitator.is_active = False
    world.facilitator.save()
    assert Browser().get(reverse("calendar_feed", args=[secret])).status_code == 404


def test_a_new_address_ends_the_old_one_and_only_a_hash_is_kept(world: World) -> None:
    first = feed_of(world, world.ana)
    second = feed_of(world, world.ana)
    assert actor_for_feed(first) is None
    assert actor_for_feed(second) is not None
    assert second not in CalendarFeed.objects.get().token_hash
    assert end_feed(actor=world.actor(world.ana))
    assert actor_for_feed(second) is None
    assert not end_feed(actor=world.actor(world.ana))
    actions = AuditEntry.objects.filter(action__startswith="calendar").order_by("id")
    assert [entry.action for entry in actions] == ["calendar.made", "calendar.made", "calendar.ended"]


@pytest.mark.parametrize("secret", ["x", "a" * 500, "%00", "..", "ä"])
def test_an_unknown_secret_is_nothing(world: World, secret: str) -> None:
    assert Browser().get(f"/calendar/{secret}.ics").status_code == 404


def test_who_is_nothing_anywhere_gets_none(world: World) -> None:
    with pytest.raises(NotAllowedError):
        make_feed(actor=Actor(person_id=world.ana.person_id), now=NOW)


def test_the_page_shows_a_new_address_once(world: World) -> None:
    visitor = Visitor()
    visitor.sign_in(world.facilitator)
    made = visitor.post(reverse("calendar"), {}).content.decode()
    found = re.search(r"/calendar/([\w-]{32})\.ics", made)
    assert found is not None
    assert actor_for_feed(found.group(1)) is not None
    assert found.group(1) not in visitor.get(reverse("calendar")).content.decode()
    assert visitor.post(reverse("calendar_end"), {}).status_code == 302
    assert actor_for_feed(found.group(1)) is None
    assert Browser().post(reverse("calendar"), {}).status_code == 302  # nobody is asked to sign in
