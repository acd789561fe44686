"""The desk's socket over the real consumer, Valkey and PostgreSQL: who hears what, how soon, and what is left without Redis."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.sessions.models import Session as Login
from django.utils import timezone

from checkins.desk import hub as hub_module
from checkins.desk.handlers import HANDLERS
from checkins.desk.hub import DeskHub, desk_hub, forget_desk_hub
from checkins.models import Alert
from checkins.services.alerts import acknowledge_alert
from groups.models import Person, StaffRole
from tests.checkins.answers import red_alert, send
from tests.sessions_app.room.live import sign_in
from tests.worlds import World, build_world
from vio.common.permissions import Permission, mark
from vio.common.realtime import ring_now
from vio.sockets import routes

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]
ORIGIN = "http://localhost:8000"
APPLICATION: Any = URLRouter(routes)


@pytest.fixture
def house(transactional_db: None) -> World:
    return build_world()


@pytest_asyncio.fixture
async def hub() -> AsyncIterator[DeskHub]:
    running = desk_hub()
    yield running
    await running.stop()
    forget_desk_hub()


def desk(login: str, *, origin: str | None = ORIGIN) -> WebsocketCommunicator:
    headers = [(b"cookie", f"vio={login}".encode()), (b"host", b"localhost:8000")]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    return WebsocketCommunicator(APPLICATION, "/ws/desk/", headers=headers)


async def frame(socket: WebsocketCommunicator, seconds: float = 5) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(await socket.receive_from(timeout=seconds))
    return found


async def opened(world: World, who: str) -> WebsocketCommunicator:
    person = getattr(world, who)
    socket = desk(await sync_to_async(sign_in)(person))
    accepted, _ = await socket.connect(timeout=5)
    assert accepted
    assert await frame(socket) == {"type": "desk.rang", "kind": "look", "id": ""}
    return socket


async def closed_with(socket: WebsocketCommunicator, seconds: float = 6) -> int:
    async with asyncio.timeout(seconds):
        while True:
            message = await socket.receive_output(timeout=seconds)
            if message["type"] == "websocket.close":
                return int(message["code"])


async def heard(hub: DeskHub) -> None:
    async with asyncio.timeout(5):
        while not hub.listener.connected:  # noqa: ASYNC110  # another connection, not this loop
            await asyncio.sleep(0.01)


# --- coming in -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["clinician", "supervisor", "director", "facilitator"])
async def test_staff_with_a_desk_come_in(house: World, hub: DeskHub, who: str) -> None:
    socket = await opened(house, who)
    await socket.disconnect()


@pytest.mark.parametrize("who", ["ana", "admin", "records"])
async def test_nobody_else_does(house: World, hub: DeskHub, who: str) -> None:
    socket = desk(await sync_to_async(sign_in)(getattr(house, who)))
    accepted, _ = await socket.connect(timeout=5)
    assert not accepted
    assert hub.links == {}


@pytest.mark.parametrize("login", ["", "unknown", "x" * 5000])
async def test_nor_without_a_login(house: World, hub: DeskHub, login: str) -> None:
    accepted, _ = await desk(login).connect(timeout=5)
    assert not accepted


@pytest.mark.parametrize(
    "origin", [None, "null", "https://localhost:8000", "http://localhost:8001", "http://evil.example"]
)
async def test_nor_from_another_origin(house: World, hub: DeskHub, origin: str | None) -> None:
    socket = desk(await sync_to_async(sign_in)(house.clinician), origin=origin)
    accepted, _ = await socket.connect(timeout=5)
    assert not accepted


async def test_nor_without_a_second_factor_or_after_the_idle_time(house: World, hub: DeskHub) -> None:
    def prepare() -> tuple[str, str]:
        from tests.factories import make_staff
        from vio.common.permissions import Role

        bare = sign_in(make_staff(house.program, Role.CLINICIAN, factor=False))
        from django.contrib.sessions.backends.db import SessionStore

        idle = SessionStore(sign_in(house.clinician))
        idle.update({"vio_kind": "staff", "vio_seen": time.time() - 901, "vio_began": time.time() - 1000})
        idle.save()
        return bare, str(idle.session_key)

    for login in await sync_to_async(prepare)():
        accepted, _ = await desk(login).connect(timeout=5)
        assert not accepted


# --- hearing ---------------------------------------------------------------------------------------------------


async def test_a_red_check_in_is_heard_within_two_seconds_by_id_alone(house: World, hub: DeskHub) -> None:
    socket = await opened(house, "clinician")
    await heard(hub)
    await sync_to_async(red_alert)(
        house, house.ben, now=timezone.now()
    )  # what runs for the first time is loaded first
    assert (await frame(socket))["kind"] == "alert"
    began = time.monotonic()
    alert = await sync_to_async(red_alert)(house, house.ana, now=timezone.now())
    assert await frame(socket) == {"type": "desk.rang", "kind": "alert", "id": str(alert.pk)}
    assert time.monotonic() - began < 2
    await socket.disconnect()


async def test_each_hears_of_the_clients_in_reach_and_nobody_of_others(house: World, hub: DeskHub) -> None:
    everybody = {
        who: await opened(house, who)
        for who in ("facilitator", "other_facilitator", "supervisor", "lakeside_clinician")
    }
    await heard(hub)
    alert = await sync_to_async(red_alert)(house, house.ana, now=timezone.now())
    for who in ("facilitator", "supervisor"):
        assert (await frame(everybody[who]))["id"] == str(alert.pk)
    for who in ("other_facilitator", "lakeside_clinician"):
        assert await everybody[who].receive_nothing(timeout=0.4)
    for socket in everybody.values():
        await socket.disconnect()


async def test_an_act_is_heard_too(house: World, hub: DeskHub) -> None:
    alert = await sync_to_async(red_alert)(house, house.ana, now=timezone.now())
    socket = await opened(house, "supervisor")
    await heard(hub)
    actor = await sync_to_async(house.actor)(house.clinician)
    await sync_to_async(acknowledge_alert)(actor=actor, alert_id=alert.pk, version=1, now=timezone.now())
    assert (await frame(socket))["id"] == str(alert.pk)
    await socket.disconnect()


async def test_without_redis_the_database_is_asked(
    house: World, hub: DeskHub, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vio.common import realtime

    monkeypatch.setattr(hub_module, "POLL", 0.3)
    monkeypatch.setattr(hub_module, "RECHECK", 0.3)
    settings.BELL_URL = "unix:///nowhere/redis.sock"
    monkeypatch.setattr(realtime, "_publisher", None)
    socket = await opened(house, "clinician")
    alert = await sync_to_async(send)(house, house.ana, now=timezone.now(), used="yes")
    found = await frame(socket, seconds=10)
    assert (found["kind"], found["id"]) == ("alert", str(alert.alert.pk))
    assert await socket.receive_nothing(timeout=1)  # told once, however often it is asked
    await socket.disconnect()


async def test_a_bell_that_is_not_ours_changes_nothing(house: World, hub: DeskHub) -> None:
    socket = await opened(house, "clinician")
    await heard(hub)
    topic = f"desk:{house.program.pk}"
    for facts in (
        {"kind": "alert", "id": str(uuid4())},
        {"kind": "nonsense", "id": "x"},
        {},
        {"kind": "alert", "id": "x"},
    ):
        ring_now(topic, facts)
    assert await socket.receive_nothing(timeout=0.6)
    alert = await sync_to_async(red_alert)(house, house.ana, now=timezone.now())
    assert (await frame(socket))["id"] == str(alert.pk)
    await socket.disconnect()


# --- rights that end -----------------------------------------------------------------------------------------------


async def test_a_withdrawn_role_closes_the_desk(house: World, hub: DeskHub) -> None:
    socket = await opened(house, "clinician")
    await heard(hub)
    await StaffRole.objects.filter(person=house.clinician).aupdate(withdrawn_at=timezone.now())
    ring_now(f"person:{house.clinician.pk}", {"kind": "rights"})
    assert await closed_with(socket) == 4403
    assert hub.links == {}


async def test_signing_out_closes_it_even_when_no_bell_rings(house: World, hub: DeskHub) -> None:
    socket = await opened(house, "clinician")
    await Login.objects.all().adelete()
    assert await closed_with(socket, 8) == 4401


async def test_after_a_change_of_password_nothing_more_is_told(house: World, hub: DeskHub) -> None:
    socket = await opened(house, "clinician")
    await heard(hub)
    await Person.objects.filter(pk=house.clinician.pk).aupdate(login_epoch=7)
    await sync_to_async(red_alert)(house, house.ana, now=timezone.now())
    assert await closed_with(socket) == 4401
    assert await Alert.objects.acount() == 1


# --- frames ------------------------------------------------------------------------------------------------------


async def test_the_heartbeat_is_answered(house: World, hub: DeskHub) -> None:
    socket = await opened(house, "clinician")
    await heard(hub)
    key = str(uuid4())
    await socket.send_to(text_data=json.dumps({"id": key, "type": "ping"}))
    assert await frame(socket) == {"type": "pong", "id": key, "live": True}
    await socket.send_to(text_data=json.dumps({"id": key, "type": "look"}))
    assert (await frame(socket))["kind"] == "look"
    await socket.disconnect()


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("{", "bad_json"),
        ("[]", "bad_json"),
        (json.dumps({"id": "a600dea1-4cb8-4412-8e29-e10508bb79fe", "type": "chat.send"}), "unknown_type"),
        (
            json.dumps({"id": "a600dea1-4cb8-4412-8e29-e10508bb79fe", "type": "ping", "extra": 1}),
            "unknown_field",
        ),
        ('{"type":"ping"}', "missing_field"),
        ('{"id":"x","type":"ping"}', "bad_field"),
        ('{"id":NaN,"type":"ping"}', "bad_number"),
        ('{"id":"a","id":"b","type":"ping"}', "duplicate_key"),
        ("x" * 70_000, "frame_too_large"),
    ],
)
async def test_a_bad_frame_is_refused_and_the_socket_stays(
    house: World, hub: DeskHub, sent: str, code: str
) -> None:
    socket = await opened(house, "clinician")
    await socket.send_to(text_data=sent)
    assert (await frame(socket))["code"] == code
    await socket.send_to(text_data=json.dumps({"id": str(uuid4()), "type": "ping"}))
    assert (await frame(socket))["type"] == "pong"
    await socket.disconnect()


async def test_an_unexpected_error_costs_the_command_and_not_the_socket(
    house: World, hub: DeskHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: object) -> None:
        raise RuntimeError("a defect")

    socket = await opened(house, "clinician")
    ping = json.dumps({"id": str(uuid4()), "type": "ping"})
    with monkeypatch.context() as patch:
        broken = dict.fromkeys(HANDLERS, mark(fails, Permission.SEE_ALERTS))
        patch.setattr("checkins.desk.consumer.HANDLERS", broken)
        await socket.send_to(text_data=ping)
        assert (await frame(socket))["code"] == "internal_error"
    await socket.send_to(text_data=ping)
    assert (await frame(socket))["type"] == "pong"
    await socket.disconnect()


async def test_bytes_are_refused_too(house: World, hub: DeskHub) -> None:
    socket = await opened(house, "clinician")
    await socket.send_to(bytes_data=b"\x00")
    assert (await frame(socket))["code"] == "not_text"
    await socket.disconnect()


async def test_ten_bad_frames_end_the_connection(house: World, hub: DeskHub) -> None:
    socket = await opened(house, "clinician")
    for _ in range(10):
        await socket.send_to(text_data="{")
    assert await closed_with(socket) == 1008
    assert hub.links == {}


async def test_the_oldest_of_six_gives_way(house: World, hub: DeskHub) -> None:
    sockets = [await opened(house, "clinician") for _ in range(6)]
    assert await closed_with(sockets[0]) == 4409
    assert len(hub.links) == 5
    for socket in sockets[1:]:
        await socket.disconnect()
    assert hub.links == {}
