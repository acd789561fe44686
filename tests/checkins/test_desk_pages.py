"""The desk, an alert and its acts over HTTP: worst first, why in plain words, refusals, versions, nothing typed lost."""

from __future__ import annotations

import json
import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser

from checkins.models import Alert
from groups.models import EmergencyContact
from sessions_app.models import Flag, FollowUp
from tests.checkins.answers import NOW, red_alert, send
from tests.checkins.test_client_pages import text
from tests.factories import make_session
from tests.worlds import World
from vio.common.models import AuditEntry
from vio.common.periodic import report_alive

SOON = NOW + timedelta(minutes=4)
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(SOON, tick=False) as travelled:
        yield travelled


@pytest.fixture
def desk(world: World, client: Browser) -> Browser:
    """The clinician at the desk, everything running."""
    report_alive()
    client.force_login(world.clinician)
    return client


def names_in_order(page: Any) -> list[str]:
    queue = page.content.decode().split("data-left")[1].split('id="context"')[0]
    return re.findall(r"<b>([^<]+)</b>", queue)


def act(browser: Browser, alert: Alert, name: str, **given: Any) -> Any:
    extra = {key: given.pop(key) for key in list(given) if key.startswith("HTTP_")}
    return browser.post(f"/alerts/{alert.pk}/{name}/", {"version": 1, **given}, **extra)


# --- the queue -----------------------------------------------------------------------------------------------


def test_worst_first_with_the_reason_and_the_clock(world: World, desk: Browser) -> None:
    send(world, world.ben, urge=7)
    send(world, world.cleo, used="yes")
    red_alert(world, world.ana)
    page = desk.get("/desk/")
    assert names_in_order(page) == ["Ana Moreno", "Cleo Park", "Ben Okafor"]
    shown = text(page)
    assert "Answered yes to the safety question. (A1)" in shown
    assert "Reported use since the last check-in. (A3)" in shown
    assert "Answer in 11 min" in shown
    assert "Nobody yet" in shown


def test_waiting_ones_come_before_those_somebody_has(world: World, desk: Browser) -> None:
    first = red_alert(world, world.ana)
    red_alert(world, world.ben, now=NOW + timedelta(minutes=1))
    act(desk, first, "acknowledge")
    assert names_in_order(desk.get("/desk/")) == ["Ben Okafor", "Ana Moreno"]


def test_an_overdue_answer_says_so(world: World, desk: Browser, clock: Any) -> None:
    red_alert(world, world.ana)
    clock.move_to(NOW + timedelta(minutes=18))
    assert "Answer was due 3 min ago" in text(desk.get("/desk/"))


def test_closed_ones_leave_the_queue(world: World, desk: Browser) -> None:
    alert = red_alert(world, world.ana)
    act(desk, alert, "resolve", text="Reached, safe.")
    assert "No open alerts" in text(desk.get("/desk/"))


def test_empty_is_a_screen_of_its_own(world: World, desk: Browser) -> None:
    assert "Nobody is waiting" in text(desk.get("/desk/"))


def test_misses_stand_beside_with_owner_and_due_time(world: World, desk: Browser) -> None:
    session = make_session(world.group)
    flag = Flag.objects.create(
        program=world.program, kind="missed_session", client=world.ben, session=session, subject=session.pk,
        due_at=NOW, raised_at=NOW,
    )  # fmt: skip
    FollowUp.objects.create(
        program=world.program, flag=flag, client=world.ben, session=session, owner=world.clinician,
        determined_at=NOW, next_due_at=NOW + timedelta(hours=24),
    )  # fmt: skip
    shown = text(desk.get("/desk/"))
    assert "Missed groups" in shown
    assert "Due in 23 h 56 min" in shown
    assert "With Clinician S." in shown


def test_the_title_counts_nothing_and_names_nobody(world: World, desk: Browser) -> None:
    alert = red_alert(world, world.ana)
    for address in ("/desk/", f"/alerts/{alert.pk}/", f"/clients/{world.ana.pk}/", "/clients/"):
        title = re.search(r"<title>(.*?)</title>", desk.get(address).content.decode())
        assert title
        assert title[1] in {"Desk", "Alert", "Client", "Clients"}


def test_a_bounded_number_of_queries_however_long_the_queue(
    world: World, desk: Browser, django_assert_max_num_queries: Any
) -> None:
    from tests.factories import make_client

    for number in range(12):
        red_alert(world, make_client(world.program, world.group, first_name=f"C{number}"))
    with django_assert_max_num_queries(55):
        desk.get("/desk/")
    with django_assert_max_num_queries(25):
        desk.get("/desk/queue/")


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("clinician", ["Ana Moreno", "Cleo Park"]),
        ("supervisor", ["Ana Moreno", "Cleo Park"]),
        ("facilitator", ["Ana Moreno"]),
        ("other_facilitator", ["Cleo Park"]),
        ("lakeside_clinician", []),
    ],
)
def test_everybody_sees_the_clients_in_reach(
    world: World, client: Browser, who: str, sees: list[str]
) -> None:
    red_alert(world, world.ana)
    red_alert(world, world.cleo)
    client.force_login(getattr(world, who))
    for address in ("/desk/", "/desk/queue/"):
        body = client.get(address).content.decode()
        assert sorted(set(re.findall(r"<b>([A-Z]\w+ [A-Z]\w+)</b>", body))) == sees


@pytest.mark.parametrize("who", ["admin", "records", "ana"])
@pytest.mark.parametrize("address", ["/desk/", "/desk/queue/"])
def test_others_have_no_desk(world: World, client: Browser, who: str, address: str) -> None:
    client.force_login(world.ana.person if who == "ana" else getattr(world, who))
    assert client.get(address).status_code == 403


def test_the_desk_of_somebody_is_on_record(world: World, desk: Browser) -> None:
    red_alert(world, world.ana)
    desk.get("/desk/")
    seen = AuditEntry.objects.filter(actor_id=world.clinician.pk).values_list("action", flat=True)
    assert {"desk.viewed", "alert.viewed"} <= set(seen)


def test_nonsense_in_the_address_is_not_found(world: World, desk: Browser) -> None:
    assert desk.get("/desk/?alert=nonsense").status_code == 404
    assert desk.get(f"/desk/?alert={uuid.uuid4()}").status_code == 404


# --- one alert ------------------------------------------------------------------------------------------------


def test_the_person_in_context(world: World, desk: Browser) -> None:
    EmergencyContact.objects.create(
        program=world.program, client=world.ana, name="Rosa", relation="sister", phone="555-0199"
    )
    world.ana.phone = "555-0142"
    world.ana.save()
    make_session(world.group)
    alert = red_alert(world, world.ana)
    shown = text(desk.get(f"/alerts/{alert.pk}/"))
    for words in (
        "Answered yes to the safety question. (A1)", "555-0142", "Rosa, sister", "555-0199",
        "Only in a medical emergency: no consent", "Evening group, 5:30 PM", "Last check-ins", "What was done",
    ):  # fmt: skip
        assert words in shown, words


def test_a_facilitator_sees_it_without_the_acts(world: World, client: Browser) -> None:
    alert = red_alert(world, world.ana)
    client.force_login(world.facilitator)
    page = client.get(f"/alerts/{alert.pk}/")
    assert "Answered yes to the safety question." in text(page)
    assert b"I take this" not in page.content
    assert act(client, alert, "acknowledge").status_code == 403
    assert Alert.objects.get().status == "open"


@pytest.mark.parametrize("who", ["other_facilitator", "lakeside_clinician"])
def test_out_of_reach_is_not_there(world: World, client: Browser, who: str) -> None:
    alert = red_alert(world, world.ana)
    client.force_login(getattr(world, who))
    there, not_there = client.get(f"/alerts/{alert.pk}/"), client.get(f"/alerts/{uuid.uuid4()}/")
    assert there.status_code == not_there.status_code == 404
    for name in ("acknowledge", "assign", "contact", "resolve"):
        assert act(client, alert, name).status_code in {403, 404}
    assert Alert.objects.get().version == 1


@pytest.mark.parametrize("name", ["acknowledge", "assign", "contact", "resolve"])
def test_acts_are_posted(world: World, desk: Browser, name: str) -> None:
    alert = red_alert(world, world.ana)
    assert desk.get(f"/alerts/{alert.pk}/{name}/").status_code == 405


def test_every_act_works_without_scripts(world: World, desk: Browser) -> None:
    alert = red_alert(world, world.ana)
    back = act(desk, alert, "acknowledge", **{"from": "desk"})
    assert back["Location"] == f"/desk/?alert={alert.pk}"
    act(desk, alert, "assign", version=2, person=str(world.supervisor.pk))
    act(desk, alert, "contact", version=3, text="Called, no answer.")
    assert (
        act(desk, alert, "resolve", version=4, text="Reached her sister.")["Location"]
        == f"/alerts/{alert.pk}/"
    )
    shown = text(desk.get(f"/alerts/{alert.pk}/"))
    assert Alert.objects.get().status == "resolved"
    for words in ("Called, no answer.", "Reached her sister.", "Assigned", "Contacted", "Clinician Staff"):
        assert words in shown


def test_with_htmx_the_part_is_drawn_anew_and_the_queue_is_told(world: World, desk: Browser) -> None:
    alert = red_alert(world, world.ana)
    page = act(desk, alert, "acknowledge", **HTMX)
    assert page.status_code == 200
    assert b"<html" not in page.content
    assert b'data-version="2"' in page.content
    assert json.loads(page["HX-Trigger"]).keys() == {"desk:changed", "toast"}


def test_a_part_fetched_for_the_desk_leads_back_to_it(world: World, desk: Browser) -> None:
    alert = red_alert(world, world.ana)
    marked = '<input type="hidden" name="from" value="desk">'
    address = f"/alerts/{alert.pk}/"
    assert f'hx-get="{address}?from=desk"' in desk.get("/desk/").content.decode()
    assert marked in desk.get(f"{address}?from=desk", **HTMX).content.decode()
    assert marked not in desk.get(address).content.decode()
    assert marked in act(desk, alert, "acknowledge", **{"from": "desk"}, **HTMX).content.decode()
    plain = act(desk, alert, "contact", version=2, text="Called.", **{"from": "desk"})
    assert plain["Location"] == f"/desk/?alert={alert.pk}"


@pytest.mark.parametrize("name", ["contact", "resolve"])
@pytest.mark.parametrize("scripts", [{}, HTMX])
def test_an_old_version_is_409_and_keeps_the_text(
    world: World, desk: Browser, name: str, scripts: dict[str, str]
) -> None:
    alert = red_alert(world, world.ana)
    send(world, world.ana, now=SOON, mood=1)
    page = act(desk, alert, name, text="She is <safe> with her sister.", **scripts)
    assert page.status_code == 409
    body = page.content.decode()
    assert "She is &lt;safe&gt; with her sister." in body
    assert "This has changed since you opened it" in text(page)
    assert Alert.objects.get().status == "open"
    newest = re.findall(r'name="version" value="(\d+)"', body)
    assert set(newest) == {"2"}


@pytest.mark.parametrize("name", ["contact", "resolve"])
def test_a_missing_text_is_422_beside_its_field(world: World, desk: Browser, name: str) -> None:
    alert = red_alert(world, world.ana)
    page = act(desk, alert, name, text="   ")
    assert page.status_code == 422
    assert b"field-error" in page.content
    assert Alert.objects.get().status == "open"


@pytest.mark.parametrize(
    "given", [{"version": ""}, {"version": "x"}, {"version": "0"}, {"version": "99999999999999999999"}]
)
def test_a_nonsense_version_is_refused(world: World, desk: Browser, given: dict[str, str]) -> None:
    alert = red_alert(world, world.ana)
    assert act(desk, alert, "acknowledge", **given).status_code == 422
    assert Alert.objects.get().status == "open"


@pytest.mark.parametrize("person", ["", "nonsense", "63be3718-0cae-4478-bd93-975a1fdc5de6"])
def test_assigning_to_nobody_says_so(world: World, desk: Browser, person: str) -> None:
    alert = red_alert(world, world.ana)
    page = act(desk, alert, "assign", person=person)
    assert page.status_code == 422
    assert b"field-error" in page.content
    assert Alert.objects.get().owner is None


def test_text_of_a_client_is_shown_as_text(world: World, desk: Browser) -> None:
    send(world, world.ana, used="yes", note="<script>alert(1)</script>")
    body = desk.get("/desk/").content.decode()
    assert "&lt;script&gt;alert(1)" in body
    assert "<script>alert(1)" not in body


def test_a_long_queue_is_drawn_in_part_and_says_how_many_follow(world: World, desk: Browser) -> None:
    send(world, world.ana, urge=7)
    given = Alert.objects.get()
    Alert.objects.bulk_create(
        Alert(
            program=world.program, client=world.ana, local_date=NOW.date() - timedelta(days=n), level="yellow",
            reasons=given.reasons, rule_version=given.rule_version, raised_at=NOW, changed_at=NOW,
        )
        for n in range(1, 60)
    )  # fmt: skip
    red_alert(world, world.ben)
    page = desk.get("/desk/")
    assert len(names_in_order(page)) == 40
    assert names_in_order(page)[0] == "Ben Okafor"
    assert "21 more below, none more urgent" in text(page)
    more = desk.get("/desk/?shown=80")
    assert len(names_in_order(more)) == 61
    assert "more below" not in text(more)
    assert len(names_in_order(desk.get("/desk/?shown=x"))) == 40
