"""The outbox against a real conversation with a mail server that takes, refuses, is gone or never answers (AL-3, AL-5, DP-4)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connections
from django.test import Client as Browser

from groups.models import Person
from tests.checkins.answers import NOW, red_alert
from tests.common.mailserver import MailServer, closed_port, mail_server
from tests.worlds import World, build_world
from vio.common import outbox, scope
from vio.common.health import worker_alive
from vio.common.models import Delivery, Heartbeat
from vio.common.periodic import report_alive, send_deliveries


@pytest.fixture
def smtp(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    monkeypatch.setattr(outbox, "TIMEOUT_SECONDS", 1)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_HOST_USER, settings.EMAIL_USE_TLS = "127.0.0.1", "", False
    with mail_server() as server:
        settings.EMAIL_PORT = server.port
        yield server


def put(world: World, *people: Person, about: str = "subject:step") -> None:
    outbox.post(
        program_id=world.program.pk, recipients=people, kind="alert", about=about, path="/desk/", due_at=NOW
    )


def test_what_is_due_is_sent_once_and_marked(world: World, smtp: MailServer) -> None:
    put(world, world.clinician, world.supervisor)
    assert outbox.send_due(now=NOW) == 2
    assert {to for to, _ in smtp.taken} == {world.clinician.email, world.supervisor.email}
    assert set(Delivery.objects.values_list("sent_at", flat=True)) == {NOW}
    assert outbox.send_due(now=NOW + timedelta(hours=1)) == 0


def test_another_mailer_may_be_named_for_people_without_a_mailbox(world: World, smtp: MailServer) -> None:
    put(world, world.clinician)
    assert outbox.send_due(now=NOW, mailer="django.core.mail.backends.dummy.EmailBackend") == 1
    assert smtp.taken == []
    assert Delivery.objects.get().sent_at == NOW


def test_nothing_is_sent_before_it_is_due(world: World, smtp: MailServer) -> None:
    put(world, world.clinician)
    assert outbox.send_due(now=NOW - timedelta(seconds=1)) == 0
    assert smtp.taken == []


def test_the_mail_says_that_there_is_a_message_and_nothing_else(world: World, smtp: MailServer) -> None:
    alert = red_alert(world, world.ana)
    outbox.send_due(now=NOW)
    _, mail = smtp.taken[0]
    delivery = Delivery.objects.get()
    assert mail["Subject"] == "You have a message"
    assert mail["Message-ID"] == f"<{delivery.pk}@vio>"
    whole = mail.as_string().lower()
    for word in (
        "alert", "red", "safety", "suicid", "crisis", "check", "client", "recovery", "treatment", "iop", "harbor",
        "ana", "moreno", str(alert.pk), str(world.ana.pk),
    ):  # fmt: skip
        assert word not in whole.replace("delivered", "").replace("rendered", ""), word


def test_the_link_leads_its_recipient_to_the_page_and_nobody_else(
    world: World, smtp: MailServer, client: Browser
) -> None:
    red_alert(world, world.ana)
    delivery = Delivery.objects.get()
    address = outbox.link(delivery.pk).split("8000")[-1]
    assert client.get(address).status_code == 302  # to signing in
    assert "/account/" in client.get(address)["Location"]
    client.force_login(world.clinician)
    assert client.get(address)["Location"] == delivery.path
    client.force_login(world.supervisor)
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("mode", ["refuse", "hang"])
def test_a_failure_is_tried_again_within_a_minute_under_the_same_id(
    world: World, smtp: MailServer, mode: str
) -> None:
    put(world, world.clinician)
    smtp.mode = mode
    assert outbox.send_due(now=NOW) == 0
    failed = Delivery.objects.get()
    assert (failed.sent_at, failed.attempts) == (None, 1)
    assert failed.error_code
    assert world.clinician.email not in failed.error_code
    smtp.mode = "take"
    assert outbox.send_due(now=NOW + timedelta(seconds=60)) == 1
    assert smtp.taken[0][1]["Message-ID"] == f"<{failed.pk}@vio>"
    assert Delivery.objects.get().error_code == ""


def test_a_server_that_is_gone(world: World, smtp: MailServer, settings: Any) -> None:
    settings.EMAIL_PORT = closed_port()
    put(world, world.clinician)
    assert outbox.send_due(now=NOW) == 0
    assert Delivery.objects.get().error_code == "ConnectionRefusedError"


def test_one_slow_mail_delays_nobody(world: World, smtp: MailServer) -> None:
    smtp.hang_on = frozenset({world.clinician.email})
    put(world, world.clinician)
    put(world, world.supervisor, world.director, world.facilitator, about="later")
    began = time.monotonic()
    assert outbox.send_due(now=NOW) == 3
    assert time.monotonic() - began < 8  # one time-out, not four
    assert {to for to, _ in smtp.taken} == {
        p.email for p in (world.supervisor, world.director, world.facilitator)
    }


def test_what_failed_often_lets_the_others_go_first(world: World) -> None:
    put(world, world.clinician)
    Delivery.objects.update(attempts=9)
    put(world, world.supervisor)
    first = Delivery.objects.get(pk=outbox.claim(now=NOW, limit=1)[0])
    assert first.recipient == world.supervisor


def test_a_sender_that_died_gives_its_mail_back(world: World, smtp: MailServer) -> None:
    put(world, world.clinician)
    assert len(outbox.claim(now=NOW)) == 1  # and then the process is killed
    assert outbox.send_due(now=NOW + timedelta(seconds=59)) == 0
    assert outbox.send_due(now=NOW + timedelta(seconds=60)) == 1


def test_the_same_message_posted_twice_is_one(world: World) -> None:
    put(world, world.clinician)
    put(world, world.clinician)
    put(world, world.clinician, about="subject:other")
    assert Delivery.objects.count() == 2


def test_cancelled_messages_stay_here(world: World, smtp: MailServer) -> None:
    put(world, world.clinician)
    put(world, world.clinician, about="other:step")
    assert outbox.cancel(kind="alert", about="subject", now=NOW) == 1
    assert outbox.send_due(now=NOW) == 1


def test_a_person_who_was_switched_off_gets_nothing(world: World, smtp: MailServer) -> None:
    put(world, world.clinician)
    Person.objects.filter(pk=world.clinician.pk).update(is_active=False)
    assert outbox.send_due(now=NOW) == 0
    assert (smtp.taken, Delivery.objects.get().error_code) == ([], "not_active")


def test_yesterdays_news_is_given_up(world: World, smtp: MailServer) -> None:
    put(world, world.clinician)
    assert outbox.send_due(now=NOW + timedelta(hours=24)) == 0
    assert Delivery.objects.get().cancelled_at == NOW + timedelta(hours=24)


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_each_message_once(smtp: MailServer) -> None:
    world = build_world()
    for number in range(10):
        put(world, world.clinician, about=f"m{number}")

    def work(_: int) -> int:
        try:
            with scope.every_program():
                return outbox.send_due(now=NOW, limit=4)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        sent = sum(pool.map(work, range(4)))
    assert sent == len(smtp.taken) == 10
    assert len({mail["Message-ID"] for _, mail in smtp.taken}) == 10


# --- the tasks ---------------------------------------------------------------------------------------------------


def test_worker_and_scheduler_know_every_task_of_the_schedule() -> None:
    from vio.celery import app

    app.loader.import_default_modules()
    app.finalize()
    for name in (
        "vio.common.send_deliveries", "vio.common.report_alive", "checkins.alerts.escalate_due_alerts",
        "checkins.checkins.raise_missed_checkins", "checkins.checkins.remind_of_checkins",
    ):  # fmt: skip
        assert name in app.tasks
        assert name in {entry["task"] for entry in app.conf.beat_schedule.values()}


def test_the_task_sends(world: World, smtp: MailServer) -> None:
    put(world, world.clinician)
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        assert send_deliveries() == 1


def test_a_sign_of_life_counts_for_two_minutes(db: None) -> None:
    with time_machine.travel(NOW, tick=False):
        assert not worker_alive()
        report_alive()
        report_alive()
        assert worker_alive()
    assert Heartbeat.objects.count() == 2
    with time_machine.travel(NOW + timedelta(seconds=121), tick=False):
        assert not worker_alive()


# --- what staff see of it (AL-5, AL-6) -------------------------------------------------------------------------------


def says_delayed(browser: Browser) -> bool:
    page = browser.get("/desk/")
    assert page.status_code == 200
    return b"Messages are delayed" in page.content


def test_staff_see_that_messages_are_late(world: World, client: Browser) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        client.force_login(world.clinician)
        assert says_delayed(client)  # nothing has reported yet
        report_alive()
        assert not says_delayed(client)
        put(world, world.supervisor)
        assert not says_delayed(client)
        clock.shift(timedelta(seconds=119))
        report_alive()
        assert not says_delayed(client)
        clock.shift(timedelta(seconds=2))
        report_alive()
        assert says_delayed(client)
        Delivery.objects.update(sent_at=NOW)
        assert not says_delayed(client)


def test_another_programs_late_mail_is_not_ours_to_see(world: World, client: Browser) -> None:
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        report_alive()
        outbox.post(
            program_id=world.lakeside.pk,
            recipients=[world.lakeside_admin],
            kind="x",
            about="y",
            path="/",
            due_at=NOW,
        )
        client.force_login(world.clinician)
        assert not says_delayed(client)
