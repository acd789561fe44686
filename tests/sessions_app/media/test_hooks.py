"""LiveKit's webhook: believed only with its token, and then whoever has no place is put out."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client as Caller
from django.utils import timezone
from pytest_django import Settings

from sessions_app.room.media import jwt
from tests.sessions_app.media.livekit_server import KEY, SECRET, LiveKitServer
from tests.sessions_app.room.live import LiveRoom

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/hooks/livekit/"


@pytest.fixture
def server(settings: Settings) -> Iterator[LiveKitServer]:
    running = LiveKitServer()
    settings.MEDIA_KIND = "livekit"
    settings.MEDIA_LIVEKIT = {"url": running.url, "key": KEY, "secret": SECRET}
    yield running
    running.close()


@pytest.fixture
def room(live: LiveRoom) -> LiveRoom:
    return live.running_with(live.world.ana)


def tells(room: str, *, secret: str = SECRET) -> int:
    """The status of one webhook about somebody who came into this room."""
    told = {"event": "participant_joined", "room": {"name": room}, "participant": {"identity": "stranger"}}
    body = json.dumps(told).encode()
    mark = base64.b64encode(hashlib.sha256(body).digest()).decode()
    expires = int((timezone.now() + timedelta(minutes=5)).timestamp())
    token = jwt.sign({"iss": KEY, "exp": expires, "sha256": mark}, secret)
    caller = Caller(enforce_csrf_checks=True, headers={"host": "localhost"})
    answer = caller.post(
        PATH, body, content_type="application/webhook+json", headers={"Authorization": token}
    )
    return answer.status_code


def test_a_stranger_who_came_in_is_put_out_at_once(room: LiveRoom, server: LiveKitServer) -> None:
    name, ana = str(room.session.pk), str(room.world.ana.person_id)
    server.rooms = {name: {ana: [], "stranger": []}}
    assert tells(name) == 204
    assert server.rooms == {name: {ana: []}}


def test_nobody_else_is_believed(room: LiveRoom, server: LiveKitServer) -> None:
    server.rooms = {str(room.session.pk): {"stranger": []}}
    assert tells(str(room.session.pk), secret="guessed") == 403
    assert Caller().post(PATH, b"{}", content_type="application/json").status_code == 403
    assert tells("not a session of ours") == 403
    assert server.calls == []


def test_without_livekit_nobody_is_believed(room: LiveRoom, settings: Settings) -> None:
    settings.MEDIA_KIND = "mesh"
    assert tells(str(room.session.pk)) == 403
