"""Fixtures of the tests that go through a media server: a real Janus, and the product told of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sessions_app.room.media.janus import Janus, JanusSettings
from tests.browser.janus import RunningJanus
from tests.browser.server import Server, serving


@pytest.fixture(scope="module")
def janus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningJanus]:
    """The media server."""
    running = RunningJanus(tmp_path_factory.mktemp("janus"))
    yield running
    running.close()


@pytest.fixture(scope="module")
def server(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory, janus: RunningJanus
) -> Iterator[Server]:
    """The product, told of it."""
    with serving(tmp_path_factory.mktemp("server"), janus.settings()) as running:
        yield running


def admin(janus: RunningJanus) -> Janus:
    """The same interface the product uses."""
    known = janus.server.environment()
    return Janus(
        JanusSettings(
            url=known["VIO_JANUS_URL"],
            admin_url=known["VIO_JANUS_ADMIN_URL"],
            admin_secret=known["VIO_JANUS_ADMIN_SECRET"],
            token_secret=known["VIO_JANUS_TOKEN_SECRET"],
            room_key=known["VIO_JANUS_ROOM_KEY"],
        )
    )
