"""The client's pages: home, check-in, help. What was typed is kept; help is shown whatever is broken (AL-7)."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client as Browser
from django.urls import reverse

from checkins.models import Alert, CheckIn
from sessions_app.models import Session
from tests.checkins.answers import NOW, send
from tests.factories import MONDAY_START, make_person, make_session, make_staff
from tests.worlds import World
from vio.common.permissions import Role

CALM = {"mood": "7", "urge": "2", "used": "no", "safety": "no"}


@pytest.fixture
def ana(world: World, client: Browser) -> Browser:
    client.force_login(world.ana.person)
    return client


def post(browser: Browser, **given: Any) -> Any:
    return browser.post("/checkin/", {"submission_id": str(uuid.uuid4()), **CALM, **given})


def text(response: Any) -> str:
    """What stands on the page, without tags."""
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))
    return re.sub(r" ([.,])", r"\1", words)


def down(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
    raise OperationalError("the database does not answer")


# --- home ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "leads_to"),
    [
        ("facilitator", "/tonight/"),
        ("clinician", "/tonight/"),
        ("supervisor", "/tonight/"),
        ("records", "/tonight/"),
        ("admin", "/manage/"),
    ],
)
@pytest.mark.urls("tests.checkins.addresses")
def test_staff_are_sent_to_their_board(world: World, client: Browser, who: str, leads_to: str) -> None:
    client.force_login(getattr(world, who))
    assert client.get("/")["Location"] == leads_to


def test_nobody_is_asked_to_sign_in(db: None, client: Browser) -> None:
    assert client.get("/")["Location"].startswith("/account/login/")


def test_staff_without_a_second_factor_are_sent_to_set_it_up(world: World, client: Browser) -> None:
    client.force_login(make_staff(world.program, Role.CLINICIAN, factor=False))
    assert client.get("/")["Location"] == reverse("second_factor")


def test_a_person_without_a_place_is_told_so(world: World, client: Browser) -> None:
    client.force_login(make_person())
    assert "There is no program for you here right now" in text(client.get("/"))


@pytest.mark.urls("tests.checkins.addresses")
def test_home_shows_tonight_with_one_join_button_when_the_room_opens(world: World, ana: Browser) -> None:
    session = make_session(world.group)
    with time_machine.travel(MONDAY_START - timedelta(minutes=16), tick=False):
        early = ana.get("/")
        assert "The room opens at 5:15 PM" in text(early)
        assert b"Join the room" not in early.content
    with time_machine.travel(MONDAY_START - timedelta(minutes=15), tick=False):
        page = ana.get("/")
    assert page.content.count(b"Join the room") == 1
    assert f"/sessions/{session.pk}/room/".encode() in page.content
    assert "Starts in 15 min" in text(page)


@pytest.mark.urls("tests.checkins.addresses")
def test_a_running_session_can_be_joined_after_its_planned_end(world: World, ana: Browser) -> None:
    make_session(world.group, status="live")
    with time_machine.travel(MONDAY_START + timedelta(minutes=95), tick=False):
        assert b"Join the room" in ana.get("/").content


@pytest.mark.parametrize("status", ["ended", "cancelled"])
def test_what_is_over_is_not_offered(world: World, ana: Browser, status: str) -> None:
    make_session(world.group, status=status)
    make_session(world.other_group)  # not hers
    with time_machine.travel(MONDAY_START, tick=False):
        page = ana.get("/")
    assert b"Join the room" not in page.content
    assert "No group today" in text(page)


def test_home_shows_the_next_sessions_the_week_and_the_check_in(world: World, ana: Browser) -> None:
    for days in (1, 2, 3):
        make_session(world.group, starts_at=MONDAY_START + timedelta(days=days))
    with time_machine.travel(NOW, tick=False):
        shown = text(ana.get("/"))
        assert "Your next one is Tue, Apr 14 at 5:30 PM" in shown
        assert "0 min of 9 h so far" in shown
        assert "How are you today?" in shown
        send(world, world.ana, mood=6, urge=3)
        assert "You checked in today at 5:00 PM. Mood 6, urge 3." in text(ana.get("/"))


def test_home_takes_few_queries(world: World, ana: Browser, django_assert_max_num_queries: Any) -> None:
    for days in range(8):
        make_session(world.group, starts_at=MONDAY_START + timedelta(days=days))
    with time_machine.travel(NOW, tick=False):
        ana.get("/")
        with django_assert_max_num_queries(45):
            ana.get("/")


# --- the form -----------------------------------------------------------------------------------------------


def test_the_form_works_without_scripts_and_shows_the_numbers(world: World, ana: Browser) -> None:
    page = ana.get("/checkin/")
    body = page.content.decode()
    for name in ("mood", "urge", "used", "safety", "sleep_hours", "medication", "note"):
        assert f'name="{name}"' in body
    assert body.count('type="radio" name="mood"') == 11
    assert body.count("data-step") == 3
    assert "Your team may not see your answers at once." in text(page)
    assert 'href="tel:988"' in body
    assert body.count('type="submit"') >= 1


def test_each_filling_has_an_id_of_its_own(world: World, ana: Browser) -> None:
    def found() -> str:
        match = re.search(r'name="submission_id" value="([^"]+)"', ana.get("/checkin/").content.decode())
        assert match
        return match[1]

    assert uuid.UUID(found()) != uuid.UUID(found())


def test_sending_thanks_and_draws_the_trend(world: World, ana: Browser) -> None:
    page = post(ana, sleep_hours="6.5", note="Long day.")
    assert page.status_code == 200
    assert "Thank you. That is done for today." in text(page)
    assert b"trend-plot" in page.content
    assert CheckIn.objects.get().note == "Long day."


def test_sending_twice_is_one_check_in(world: World, ana: Browser) -> None:
    key = str(uuid.uuid4())
    assert [post(ana, submission_id=key).status_code for _ in range(2)] == [200, 200]
    assert CheckIn.objects.count() == 1


def test_nonsense_keeps_what_was_typed_beside_its_errors(world: World, ana: Browser) -> None:
    page = post(
        ana, mood="99", sleep_hours="thirty", note="<b>Hard day</b>", medication="taken", submission_id="x"
    )
    assert page.status_code == 422
    body = page.content.decode()
    assert "This can only be a whole number from 0 to 10." in body
    assert "Please give the hours you slept" in text(page)
    assert 'value="thirty"' in body
    assert "&lt;b&gt;Hard day&lt;/b&gt;" in body
    assert re.search(r'name="urge"[^>]*value="2" checked', body)
    assert re.search(r'name="medication"[^>]*value="taken" checked', body)
    assert "Nothing you typed was lost" in text(page)
    assert not CheckIn.objects.exists()


def test_a_field_that_does_not_belong_is_refused(world: World, ana: Browser) -> None:
    assert post(ana, level="none").status_code == 422
    assert not CheckIn.objects.exists()


@pytest.mark.parametrize("who", ["clinician", "facilitator", "admin"])
def test_staff_have_no_check_in(world: World, client: Browser, who: str) -> None:
    client.force_login(getattr(world, who))
    assert client.get("/checkin/").status_code == 403
    assert post(client).status_code == 403
    assert not CheckIn.objects.exists()


def test_looking_changes_nothing(world: World, ana: Browser) -> None:
    ana.get("/checkin/", {**CALM, "safety": "yes"})
    assert not CheckIn.objects.exists()
    assert not Alert.objects.exists()


# --- red: help first ------------------------------------------------------------------------------------------


def assert_help(page: Any) -> None:
    body = page.content.decode()
    assert "You do not have to be alone with this" in body
    for number in ("tel:988", "tel:911", "tel:+18006624357"):
        assert number in body


def test_a_yes_shows_help_in_the_same_answer_before_anything_else(world: World, ana: Browser) -> None:
    page = post(ana, safety="yes")
    assert page.status_code == 200
    assert_help(page)
    main = page.content.decode().split('id="main"')[1]
    assert main.index("tel:988") < main.index("Thank you for telling us")
    assert "555-0100" in main
    assert Alert.objects.get().level == "red"


def test_one_yes_among_several_answers_is_a_yes(world: World, ana: Browser) -> None:
    page = post(ana, safety=["no", "yes", "no"])
    assert_help(page)
    assert Alert.objects.exists()


def test_a_yes_in_a_form_that_cannot_be_read_shows_help_and_keeps_the_form(
    world: World, ana: Browser
) -> None:
    page = post(ana, safety="yes", urge="42", note="please")
    assert_help(page)
    assert "please" in page.content.decode()
    assert Alert.objects.get().level == "red"
    assert not CheckIn.objects.exists()


def test_help_is_shown_while_the_database_is_down(world: World, ana: Browser) -> None:
    ana.raise_request_exception = False
    with connection.execute_wrapper(down):
        page = post(ana, safety="yes")
    assert page.status_code == 500
    assert_help(page)
    assert "We may not have your answers" in text(page)


def test_help_is_shown_when_the_alert_cannot_be_stored(world: World, ana: Browser) -> None:
    def full(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        if sql.startswith("INSERT"):
            raise OperationalError("disk full")
        return execute(sql, params, many, context)

    ana.raise_request_exception = False
    with connection.execute_wrapper(full):
        page = post(ana, safety="yes")
    assert_help(page)
    assert "We may not have your answers" in text(page)


def test_help_is_shown_when_the_page_after_storing_cannot_be_drawn(world: World, ana: Browser) -> None:
    """The answers are stored, then the database goes away: the client still sees whom to call."""
    stored = False

    def after_storing(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        nonlocal stored
        if stored and sql.startswith("SELECT"):
            raise OperationalError("gone")
        stored = stored or "checkin.submitted" in str(params)
        return execute(sql, params, many, context)

    ana.raise_request_exception = False
    with connection.execute_wrapper(after_storing):
        page = post(ana, safety="yes")
    assert_help(page)
    assert Alert.objects.get().level == "red"


def test_help_is_shown_to_somebody_whose_login_has_ended(world: World, client: Browser) -> None:
    page = post(client, safety="yes")
    assert page.status_code == 200
    assert_help(page)


def test_help_is_shown_when_the_form_came_too_late(world: World) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(world.ana.person)
    page = post(browser, safety="yes")
    assert page.status_code == 403
    assert_help(page)


def test_without_a_yes_a_failure_is_the_ordinary_one(world: World, ana: Browser) -> None:
    ana.raise_request_exception = False
    with connection.execute_wrapper(down):
        page = post(ana)
    assert page.status_code == 500
    assert b"We may not have your answers" not in page.content


@pytest.mark.parametrize("body", [b"\xff\xfe", b"safety=%FF%FE", b"safety=yes&" + b"a=1&" * 600])
def test_a_broken_body_is_no_reason_to_break(world: World, ana: Browser, body: bytes) -> None:
    ana.raise_request_exception = False
    page = ana.generic("POST", "/checkin/", body, content_type="application/x-www-form-urlencoded")
    assert page.status_code < 500


def test_help_with_redis_down(
    world: World, ana: Browser, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vio.common import realtime

    settings.BELL_URL = "unix:///nowhere/redis.sock"
    monkeypatch.setattr(realtime, "_publisher", None)
    page = post(ana, safety="yes")
    assert page.status_code == 200
    assert_help(page)
    assert Alert.objects.get().level == "red"


# --- the help page ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [None, "ana", "clinician"])
def test_the_help_page_is_for_everybody(world: World, client: Browser, who: str | None) -> None:
    if who:
        client.force_login(world.ana.person if who == "ana" else world.clinician)
    page = client.get("/help/")
    assert page.status_code == 200
    for number in ("tel:988", "tel:911", "tel:+18006624357", "741741"):
        assert number in page.content.decode()


def test_the_help_page_opens_without_a_database(world: World, ana: Browser) -> None:
    ana.raise_request_exception = False
    with connection.execute_wrapper(down):
        page = ana.get("/help/")
    assert page.status_code == 200
    for number in ("tel:988", "tel:911", "tel:+18006624357", "741741"):
        assert number in page.content.decode()


def test_no_title_tells_what_the_page_is_about(world: World, ana: Browser) -> None:
    for page in (ana.get("/"), ana.get("/checkin/"), post(ana, safety="yes"), ana.get("/help/")):
        title = re.search(r"<title>(.*?)</title>", page.content.decode())
        assert title
        assert title[1] in {"Tonight", "Check-in", "vio", "Help"}


def test_sessions_of_a_group_left_long_ago_are_not_shown(world: World, ana: Browser) -> None:
    make_session(world.group)
    world.ana.memberships.update(ends_on=(NOW - timedelta(days=30)).date())
    with time_machine.travel(NOW, tick=False):
        assert "No group today" in text(ana.get("/"))
    assert Session.objects.exists()
