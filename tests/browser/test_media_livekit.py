"""The way into a LiveKit server, by its own client in our page, as far as a server without media can tell."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from sessions_app.room.media import jwt
from tests.browser.devices import browser
from tests.browser.group import Group
from tests.browser.server import Server, serving
from tests.sessions_app.media.livekit_server import KEY, SECRET, LiveKitServer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]
__all__ = ["browser"]


@pytest.fixture(scope="module")
def livekit() -> Iterator[LiveKitServer]:
    """A server that answers calls and turns browsers away."""
    running = LiveKitServer()
    yield running
    running.close()


@pytest.fixture(scope="module")
def server(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory, livekit: LiveKitServer
) -> Iterator[Server]:
    """The product, told of it."""
    known = {
        "VIO_MEDIA": "livekit",
        "VIO_LIVEKIT_URL": livekit.url,
        "VIO_LIVEKIT_KEY": KEY,
        "VIO_LIVEKIT_SECRET": SECRET,
    }
    with serving(tmp_path_factory.mktemp("server"), known) as running:
        yield running


async def test_the_page_knocks_with_a_token_for_this_room_and_says_when_nobody_opens(
    group: Group, livekit: LiveKitServer
) -> None:
    phone = await group.opens(group.world.facilitator, "desktop")
    phone.may_lose_network = True  # it is turned away; anything else the browser complains of fails this test
    await phone.sees("Sound and picture do not work right now")
    await phone.sees("Connected")
    asked = [urlsplit(knock) for knock in livekit.knocks]
    assert asked
    assert all(one.path.startswith("/rtc") for one in asked)
    (token,) = {parse_qs(one.query)["access_token"][0] for one in asked[:1]}
    claims = jwt.read(token, SECRET, now=timezone.now())
    assert (claims["iss"], claims["sub"]) == (KEY, str(group.world.facilitator.pk))
    assert claims["video"]["room"] == str(group.session.pk)
    assert claims["video"]["canPublishSources"] == ["microphone", "camera", "screen_share"]
