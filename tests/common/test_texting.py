"""Texts to phones: numbers read strictly, neutral words, the outbox's own lease and retry, one channel never in another's way."""

from __future__ import annotations

import stat
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from hypothesis import given
from hypothesis import strategies as st

from tests.checkins.answers import NOW
from tests.worlds import World
from vio.cli.doctor import _texts
from vio.common import outbox, texting
from vio.common.models import Delivery
from vio.common.phones import e164
from vio.common.signals import address_asked, still_wanted_asked
from vio.embedded.errors import StackError

NUMBER = "+15185550142"


@pytest.fixture
def phone(settings: Any, tmp_path: Path) -> Path:
    """The file a phone's texts land in."""
    settings.SMS_BACKEND, settings.SMS_FILE_PATH = "file", str(tmp_path)
    return tmp_path / "texts.log"


@pytest.fixture
def number() -> Any:
    """Everybody of this test has the number."""

    def answer(channel: str, **_: object) -> str | None:
        return NUMBER if channel == "sms" else None

    address_asked.connect(answer, dispatch_uid="tests.number")
    yield
    address_asked.disconnect(dispatch_uid="tests.number")


def put(world: World, about: str = "subject", **more: Any) -> None:
    outbox.post(
        program_id=world.program.pk, recipients=[world.clinician], kind="alert", about=about, path="/desk/",
        due_at=NOW, **more,
    )  # fmt: skip


# --- numbers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("518-555-0142", NUMBER), ("(518) 555-0142", NUMBER), ("+1 518 555 0142", NUMBER), ("1.518.555.0142", NUMBER),
        ("+44 20 7946 0958", "+442079460958"), ("+49 30 901820", "+4930901820"),
        ("555-0142", None), ("518-555-0142 x12", None), ("118-555-0142", None), ("518-155-0142", None),
        ("+1 18 555 0142", None), ("+0123456789", None), ("+12345678901234567", None), ("", None), ("call me", None),
        ("\uff15185550142", None),
    ],
)  # fmt: skip
def test_a_number_is_read_strictly(written: str, found: str | None) -> None:
    assert e164(written) == found


@given(st.text(max_size=40))
def test_whatever_is_written_gives_a_number_or_none(written: str) -> None:
    found = e164(written)
    assert found is None or (found.startswith("+") and found[1:].isdigit() and 8 <= len(found[1:]) <= 15)
    assert found is None or e164(found) == found


# --- the outbox ---------------------------------------------------------------------------------------------------


def test_a_text_is_neutral_and_carries_the_message_key(world: World, phone: Path, number: None) -> None:
    put(world, channels=["sms"])
    assert outbox.send_due(now=NOW) == 1
    row = Delivery.objects.get()
    to, text = phone.read_text().strip().split("\t")
    assert (to, row.sent_at, row.channel) == (NUMBER, NOW, "sms")
    assert text == f"You have a message. Please sign in to read it: http://localhost:8000/m/{row.pk}/"
    assert stat.S_IMODE(phone.stat().st_mode) == 0o600
    assert mail.outbox == []


def test_mail_and_text_are_two_rows_and_each_is_posted_once(world: World, phone: Path, number: None) -> None:
    put(world, channels=["mail", "sms"])
    put(world, channels=["mail", "sms"])
    assert sorted(Delivery.objects.values_list("channel", flat=True)) == ["mail", "sms"]
    assert outbox.send_due(now=NOW) == 2
    assert outbox.send_due(now=NOW + timedelta(hours=1)) == 0
    assert len(phone.read_text().splitlines()) == len(mail.outbox) == 1


def test_a_text_that_fails_delays_no_mail_and_is_tried_again(
    world: World, phone: Path, number: None, settings: Any
) -> None:
    settings.SMS_FILE_PATH = str(phone)
    phone.write_text("a file where a folder should be")
    put(world, channels=["sms", "mail"])
    assert outbox.send_due(now=NOW) == 1
    failed = Delivery.objects.get(channel="sms")
    assert (failed.sent_at, failed.attempts, failed.error_code) == (None, 1, "FileExistsError")
    phone.unlink()
    assert outbox.send_due(now=NOW + timedelta(seconds=60)) == 1


def test_what_trying_again_cannot_mend_is_not_tried_again(world: World, phone: Path, number: None) -> None:
    put(world, channels=["sms"])
    outbox._mark(Delivery.objects.get().pk, "twilio_21610", NOW)
    row = Delivery.objects.get()
    assert (row.cancelled_at, row.error_code) == (NOW, "twilio_21610")


@pytest.mark.parametrize("backend", ["off", "file"])
def test_without_a_service_or_a_number_no_text_waits(
    world: World, phone: Path, settings: Any, backend: str
) -> None:
    settings.SMS_BACKEND = backend
    put(world, channels=["sms"])
    assert outbox.send_due(now=NOW) == 0
    assert Delivery.objects.get().error_code == "no_way"


def test_from_a_time_on_a_message_is_not_worth_sending(world: World) -> None:
    put(world, void_at=NOW + timedelta(minutes=30))
    put(world, "other", void_at=NOW + timedelta(minutes=31))
    assert outbox.send_due(now=NOW + timedelta(minutes=30)) == 1
    assert Delivery.objects.get(cancelled_at=None).key.startswith("alert:other")
    assert Delivery.objects.get(sent_at=None).error_code == "too_late"


def test_a_message_that_is_not_wanted_any_more_is_taken_back_the_moment_before_it_leaves(
    world: World,
) -> None:
    def answer(kind: str, **_: object) -> bool | None:
        return False if kind == "alert" else None

    put(world)
    still_wanted_asked.connect(answer, dispatch_uid="tests.unwanted")
    try:
        assert outbox.send_due(now=NOW) == 0
    finally:
        still_wanted_asked.disconnect(dispatch_uid="tests.unwanted")
    assert (Delivery.objects.get().error_code, mail.outbox) == ("not_wanted", [])


# --- the ways ------------------------------------------------------------------------------------------------------


def test_the_console_shows_texts(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    settings.SMS_BACKEND = "console"
    texting.service().send(to=NUMBER, text="hello")
    assert capsys.readouterr().out == f"text to {NUMBER}: hello\n"


def twilio(settings: Any) -> None:
    settings.SMS_BACKEND, settings.SMS_FROM = "twilio", "+15185550100"
    settings.SMS_ACCOUNT, settings.SMS_TOKEN = "AC" + "0" * 32, "secret"


def test_without_its_library_the_message_waits_and_the_reason_is_said(
    world: World, number: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    twilio(settings)
    monkeypatch.setitem(sys.modules, "twilio.base.exceptions", None)
    put(world, channels=["sms"])
    assert outbox.send_due(now=NOW) == 0
    row = Delivery.objects.get()
    assert (row.error_code, row.cancelled_at) == ("library_missing", None)
    with pytest.raises(StackError, match=r"library_missing; .*vio\[sms\]"):
        _texts()


def test_the_doctor_says_what_carries_texts(settings: Any, phone: Path) -> None:
    assert _texts() == "file"
    settings.SMS_BACKEND = "off"
    assert _texts() == "off: clients get mail only"
    twilio(settings)
    settings.SMS_TOKEN = ""
    with pytest.raises(StackError, match="not_set_up"):
        _texts()
