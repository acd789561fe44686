"""The agreement: read and accepted in the version shown, and the way on stays in our house."""

from __future__ import annotations

import pytest
from django.test import Client as Browser

from groups.models import (
    AgreementAcceptance,
)
from tests.factories import make_client
from tests.groups.managing import director, noon, text_of
from tests.signed_in import browser_of
from tests.worlds import World

__all__ = ["director", "noon"]


def test_a_client_reads_accepts_and_goes_on(world: World, noon: None) -> None:
    newcomer = make_client(world.program, world.group, agreed=False)
    who = browser_of(newcomer)
    assert "What is said here stays here." in text_of(who.get("/agreement/?next=/week/"))
    for _ in range(2):
        done = who.post("/agreement/", {"version": "1", "next": "/sessions/x/room/"})
        assert done["Location"] == "/sessions/x/room/"
    assert AgreementAcceptance.objects.filter(client=newcomer).count() == 1
    assert "You agreed on" in text_of(who.get("/agreement/"))


@pytest.mark.parametrize("version", ["0", "2", "", "x"])
def test_another_version_than_the_one_shown_is_not_accepted(world: World, noon: None, version: str) -> None:
    newcomer = make_client(world.program, world.group, agreed=False)
    response = browser_of(newcomer).post("/agreement/", {"version": version})
    assert response.status_code == 409
    assert not AgreementAcceptance.objects.filter(client=newcomer).exists()


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/x", "javascript:alert(1)", "week"]
)
def test_the_way_on_stays_in_our_house(world: World, noon: None, target: str) -> None:
    response = browser_of(world.ana).post("/agreement/", {"version": "1", "next": target})
    assert response["Location"] == "/"


def test_staff_have_no_agreement_of_their_own(world: World, director: Browser) -> None:
    assert director.get("/agreement/").status_code == 403
