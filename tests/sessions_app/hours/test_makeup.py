"""Make-up seats: offered when they help, taken once, given back before the group begins, and never past a full group."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse

from groups.models import Membership, NoContact
from sessions_app.hours.makeup import make_up_seats, take_seat
from sessions_app.hours.reading import read_week
from sessions_app.hours.services import compute_week
from sessions_app.models import Session, WeekHours
from tests.factories import make_client, make_session
from tests.sessions_app.attendance.evenings import finalised, held
from tests.sessions_app.hours.programs import TUESDAY, WEEK
from tests.signed_in import browser_of
from tests.worlds import World
from vio.common.errors import ConflictError, DomainError, NotAllowedError
from vio.common.models import AuditEntry
from vio.common.scope import every_program

pytestmark = pytest.mark.usefixtures("tuesday")


@pytest.fixture
def short(world: World) -> Session:
    """Ana missed Monday's three hours of nine; Wednesday evening the other group meets for three hours."""
    monday = held(world.group, minutes=180)
    finalised(monday)
    for days in (1, 3):
        make_session(world.group, starts_at=monday.starts_at + timedelta(days=days), minutes=180)
    seat = make_session(world.other_group, starts_at=monday.starts_at + timedelta(days=2), minutes=180)
    compute_week(program=world.program, week=WEEK, now=TUESDAY)
    return seat


@pytest.fixture
def ana(world: World) -> Browser:
    return browser_of(world.ana.person)


def state(world: World) -> str:
    return WeekHours.objects.get(client=world.ana, week=WEEK.first).forecast


def take(browser: Browser, seat: Session, **sent: str) -> str:
    answer = browser.post(reverse("make_up", args=[seat.pk]), sent, follow=True)
    assert answer.redirect_chain == [(reverse("my_week"), 302)]
    return str(answer.content.decode())


def test_a_seat_that_saves_the_week_is_one_tap_away_and_can_be_given_back(
    world: World, short: Session, ana: Browser
) -> None:
    assert state(world) == "needs_one_more"
    assert "Take this seat" in ana.get(reverse("my_week")).content.decode()
    page = take(ana, short)
    assert "You have a seat: Wed, Apr 15, 5:30 PM." in page
    assert "Give it back" in page
    assert state(world) == "on_course"
    place = Membership.objects.get(client=world.ana, group=world.other_group)
    assert (place.starts_on, place.ends_on, place.is_visit) == (short.local_date, short.local_date, True)
    assert "You gave back the seat" in take(ana, short, give_back="1")
    assert not Membership.objects.filter(client=world.ana, group=world.other_group).exists()
    assert state(world) == "needs_one_more"
    acts = AuditEntry.objects.filter(action__startswith="membership.visit").order_by("number")
    assert [(entry.action, entry.actor_id) for entry in acts] == [
        ("membership.visit_taken", world.ana.person_id),
        ("membership.visit_given_back", world.ana.person_id),
    ]


def test_taking_it_twice_is_taking_it_once(world: World, short: Session, ana: Browser) -> None:
    take(ana, short)
    assert "not open any more" in take(ana, short)
    assert Membership.objects.filter(client=world.ana, group=world.other_group).count() == 1


@pytest.mark.parametrize("why", ["full", "closed", "other_track", "begun", "called_off", "clash"])
def test_a_seat_that_does_not_fit_is_neither_offered_nor_given(
    world: World, short: Session, ana: Browser, why: str
) -> None:
    group = world.other_group
    if why == "full":
        group.min_size, group.max_size = 1, 1
        group.save()
    elif why == "closed":
        group.is_active = False
        group.save()
    elif why == "other_track":
        group.track, world.group.track = "trauma", "evening"
        group.save()
        world.group.save()
    elif why == "clash":
        make_session(world.group, starts_at=short.starts_at + timedelta(hours=1), minutes=60)
    else:
        changed = {"begun": {"starts_at": TUESDAY}, "called_off": {"status": "cancelled"}}[why]
        Session.objects.filter(pk=short.pk).update(**changed)
    assert "Take this seat" not in ana.get(reverse("my_week")).content.decode()
    assert "not open any more" in take(ana, short)
    assert not Membership.objects.filter(client=world.ana, group=group).exists()


def test_nobody_takes_a_seat_for_somebody_else_or_in_another_program(
    world: World, short: Session, ana: Browser
) -> None:
    with pytest.raises(NotAllowedError):
        take_seat(actor=world.actor(world.ben), client=world.ana, session_id=short.pk, now=TUESDAY)
    elsewhere = make_session(world.lakeside_group, starts_at=short.starts_at, minutes=180)
    assert "not open any more" in take(ana, elsewhere)
    assert browser_of(world.facilitator).post(reverse("make_up", args=[short.pk])).status_code == 403
    assert Membership.objects.filter(client=world.ana).count() == 1


def test_after_the_group_has_begun_the_seat_stays(world: World, short: Session, ana: Browser) -> None:
    take(ana, short)
    Session.objects.filter(pk=short.pk).update(starts_at=TUESDAY - timedelta(minutes=1), status="live")
    assert "cannot be given back" in take(ana, short, give_back="1")
    assert Membership.objects.filter(client=world.ana, group=world.other_group).exists()


def test_only_a_seat_of_ones_own_taking_can_be_given_back(world: World, ana: Browser) -> None:
    own = make_session(world.group, starts_at=TUESDAY + timedelta(days=1))
    assert "cannot be given back" in take(ana, own, give_back="1")
    assert Membership.objects.filter(client=world.ana, group=world.group).exists()


def test_a_week_on_course_offers_nothing(world: World, ana: Browser) -> None:
    for days in range(4):
        make_session(world.group, starts_at=TUESDAY + timedelta(days=days, hours=1), minutes=180)
    make_session(world.other_group, starts_at=TUESDAY + timedelta(hours=7), minutes=60)
    assert "Make up hours" not in ana.get(reverse("my_week")).content.decode()


def test_where_one_seat_is_not_enough_the_page_says_how_many_are(world: World, ana: Browser) -> None:
    """Three hours are missing, and the other group meets for an hour and a half at a time."""
    for days in (0, 1):
        make_session(world.group, starts_at=TUESDAY + timedelta(days=days, hours=1), minutes=180)
    for days in (1, 2):
        make_session(world.other_group, starts_at=TUESDAY + timedelta(days=days, hours=6), minutes=90)
    reading = read_week(world.ana, WEEK, now=TUESDAY)
    assert reading is not None
    assert [needed for _, needed in make_up_seats(reading).open_seats] == [2, 2]
    assert "You would need 2 of these" in ana.get(reverse("my_week")).content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_people_never_get_the_last_seat(world: World, short: Session) -> None:
    world.other_group.max_size = 2  # Cleo is in it
    world.other_group.save()
    second = make_client(world.program, world.group, first_name="Dee", last_name="Ward")
    compute_week(program=world.program, week=WEEK, now=TUESDAY)
    start, refused = threading.Barrier(2), []

    def race(client: object) -> None:
        try:
            with every_program():
                start.wait(10)
                take_seat(actor=world.actor(client), client=client, session_id=short.pk, now=TUESDAY)  # type: ignore[arg-type]  # one of two clients
        except DomainError as error:
            refused.append(error.code)
        finally:
            connection.close()

    racers = [threading.Thread(target=race, args=(client,)) for client in (world.ana, second)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(30)
    assert len(refused) == 1
    assert refused[0] in {"seat_gone", "group_full"}
    assert Membership.objects.filter(group=world.other_group, is_visit=True).count() == 1


def test_the_error_tells_nothing_of_others(world: World, short: Session) -> None:
    with pytest.raises(ConflictError) as refusal:
        take_seat(actor=world.actor(world.cleo), client=world.cleo, session_id=short.pk, now=TUESDAY)
    assert refusal.value.code == "seat_gone"


def test_a_seat_beside_somebody_one_is_kept_apart_from_is_gone(
    world: World, short: Session, ana: Browser
) -> None:
    first, second = sorted((world.ana, world.cleo), key=lambda client: client.pk)
    NoContact.objects.create(program=world.program, first=first, second=second, recorded_at=TUESDAY)
    assert "Take this seat" not in ana.get(reverse("my_week")).content.decode()
    assert "not open any more" in take(ana, short)
    assert not Membership.objects.filter(client=world.ana, group=world.other_group).exists()


def test_a_visit_leaves_the_other_evenings_of_that_group_open(
    world: World, short: Session, ana: Browser
) -> None:
    later = make_session(world.other_group, starts_at=short.starts_at + timedelta(days=2), minutes=180)
    take(ana, short)
    Session.objects.filter(group=world.group, starts_at__gt=short.starts_at).update(status="cancelled")
    reading = read_week(world.ana, WEEK, now=TUESDAY)
    assert reading is not None
    assert [seat.session_id for seat, _ in make_up_seats(reading).open_seats] == [later.pk]
