"""The scene, once for each file of tests; requests undo what they do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from django.db import transaction
from django.test import Client as Browser
from pytest_django import DjangoDbBlocker

from groups.services.tokens import create_token
from tests.api.scene import NOW, Scene, build_scene
from tests.guards.test_walk import sign_in

PEOPLE = (
    "ana", "cleo", "dov", "facilitator", "cofacilitator", "other_facilitator", "clinician", "supervisor",
    "director", "records", "admin", "lakeside_admin", "lakeside_clinician", "lakeside_supervisor",
)  # fmt: skip


class Door:
    """Browsers and tokens of the scene's people: made beforehand, because what a test makes is undone with it."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._browsers = {
            (name, checks): sign_in(scene.person(name), checks=checks)
            for name in PEOPLE
            for checks in (False, True)
        }
        self._tokens = {name: self._made(name) for name in PEOPLE}

    def _made(self, name: str) -> str:
        actor = self.scene.world.actor(self.scene.person(name))
        return create_token(actor=actor, name="tests", days=30, now=NOW)[1]

    def browser(self, name: str, *, checks: bool = False) -> Browser:
        """The browser of somebody who signed in a moment ago."""
        return self._browsers[name, checks]

    def token(self, name: str) -> dict[str, str]:
        """The header with a personal token."""
        return {"HTTP_AUTHORIZATION": f"Bearer {self._tokens[name]}"}


@pytest.fixture(scope="module")
def door(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Door]:
    """Everybody of the scene, at its hour."""
    with (
        django_db_blocker.unblock(),
        time_machine.travel(NOW, tick=False),
        transaction.atomic(),
    ):
        yield Door(build_scene())
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def scene(door: Door) -> Scene:
    """The rows."""
    return door.scene
