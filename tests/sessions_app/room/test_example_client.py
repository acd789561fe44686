"""The example in docs/ works as it stands there: signs in by the pages, follows a room over a killed server, loses nothing."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.hashers import Argon2PasswordHasher

from groups.models import Person
from tests.groups.visitor import PASSWORD, code_now
from tests.sessions_app.room.live import LiveRoom
from tests.sessions_app.room.test_processes import Server, says, server

__all__ = ["server"]
pytestmark = [pytest.mark.asyncio, pytest.mark.real, pytest.mark.django_db(transaction=True)]
FILE = Path("docs/example_client.py")


@pytest.fixture
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("example_client", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def hash_as_in_production(person: Person) -> None:
    """Tests hash passwords quickly; the server under test knows production's way only."""
    person.password = Argon2PasswordHasher().encode(PASSWORD, "salt-of-the-test")
    person.save()


async def printed(capsys: pytest.CaptureFixture[str], so_far: list[str], words: str) -> None:
    """Waits until the example has printed these words."""
    async with asyncio.timeout(40):
        while words not in "".join(so_far):
            so_far.append(capsys.readouterr().out)
            await asyncio.sleep(0.05)


async def test_the_example_follows_a_room_over_a_killed_server(
    live: LiveRoom, server: Server, example: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    second = live.world.cofacilitator
    await sync_to_async(hash_as_in_production)(live.world.facilitator)
    other, _ = await server.joins(live, second)
    email, code = live.world.facilitator.email, await sync_to_async(code_now)()
    cookie = await asyncio.to_thread(example.sign_in, server.origin, email, PASSWORD, code)
    said: asyncio.Queue[str] = asyncio.Queue()
    room = example.Room(server.origin, str(live.session.pk), cookie)
    staying, out = asyncio.create_task(room.stay(said)), list[str]()
    await printed(capsys, out, "people")
    await says(other, "chat.send", text="before the fall")
    await printed(capsys, out, "before the fall")
    server.process.kill()
    server.process.wait()
    said.put_nowait("said into the void")
    server.process = server.start()
    other, _ = await server.joins(live, second)
    await says(other, "chat.send", text="after the fall")
    await printed(capsys, out, "after the fall")
    await printed(capsys, out, "said into the void")
    await says(other, "room.start")
    assert (await says(other, "room.end"))["type"] == "ack"
    await printed(capsys, out, "room.ended")
    staying.cancel()
    text = "".join([*out, capsys.readouterr().out])
    for words in ("before the fall", "after the fall", "said into the void"):
        assert text.count(words) == 1


async def test_a_wrong_password_ends_in_plain_words(
    live: LiveRoom, server: Server, example: ModuleType
) -> None:
    await server.joins(live, live.world.cofacilitator)  # the pages answer
    with pytest.raises(SystemExit, match="do not fit together"):
        await asyncio.to_thread(
            example.sign_in, server.origin, live.world.facilitator.email, "wrong", "000000"
        )
