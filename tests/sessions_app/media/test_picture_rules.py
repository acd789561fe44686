"""Cameras and shared screens by the room's rules: who may stop, who may lift, what the state keeps."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sessions_app.room import commands as c
from sessions_app.room.errors import RoomError
from sessions_app.room.media.grants import Seat
from sessions_app.room.rules import RoomActor
from sessions_app.room.words import Role
from tests.sessions_app.room.evening import (
    ALICE,
    BEN,
    FAY,
    GUS,
    ID,
    OLGA,
    Evening,
    arrive,
    id_of,
    open_room,
    running_room,
)

OFF = c.ClientCameraOff(id=ID, person="alice")
ON = c.ClientCameraOn(id=ID)
SHARE = c.ShareAllow(id=ID, allowed=True)


def full() -> Evening:
    return running_room(ALICE, BEN, GUS, OLGA)


@pytest.mark.parametrize("host", [FAY, GUS])
def test_a_host_stops_a_camera_and_only_its_owner_lifts_it(host: RoomActor) -> None:
    evening = full()
    events = evening.does(host, OFF)
    assert [(event.audience, event.model_dump()["by"]) for event in events] == [("room", host.person)]
    assert evening.state.cameras_stopped == {"alice"}
    evening.does(ALICE, ON)
    assert evening.state.cameras_stopped == frozenset()


@pytest.mark.parametrize(
    ("actor", "command", "code"),
    [
        (BEN, OFF, "not_allowed"),
        (OLGA, OFF, "not_allowed"),
        (FAY, c.ClientCameraOff(id=ID, person="gus"), "not_a_client"),
        (FAY, c.ClientCameraOff(id=ID, person="zoe"), "no_such_person"),
        (ALICE, ON, "camera_not_stopped"),
        (OLGA, ON, "not_allowed"),
        (ALICE, SHARE, "not_allowed"),
        (OLGA, SHARE, "not_allowed"),
        (FAY, c.ShareAllow(id=ID, allowed=False), "same_share"),
    ],
)
def test_refused(actor: RoomActor, command: c.Command, code: str) -> None:
    evening = full()
    before = evening.state
    with pytest.raises(RoomError) as refusal:
        evening.does(actor, command)
    assert (refusal.value.code, evening.state) == (code, before)


def test_a_stopped_camera_is_not_stopped_again() -> None:
    evening = full()
    evening.does(FAY, OFF)
    with pytest.raises(RoomError, match="camera_already_stopped"):
        evening.does(GUS, OFF)


def test_a_camera_in_the_lobby_is_nobodys_to_stop() -> None:
    evening = open_room()
    evening.does(ALICE, arrive(ALICE))
    with pytest.raises(RoomError) as refusal:
        evening.does(FAY, OFF)
    assert refusal.value.code == "not_in_room"


@pytest.mark.parametrize(
    "leaves",
    [
        lambda evening: evening.does(ALICE, c.RoomLeave(id=id_of(3))),
        lambda evening: evening.does(FAY, c.ClientToLobby(id=id_of(3), person="alice")),
        lambda evening: evening.does(FAY, c.RoomEnd(id=id_of(3))),
    ],
)
def test_who_is_out_starts_anew(leaves: Callable[[Evening], object]) -> None:
    evening = full()
    evening.does(FAY, OFF)
    leaves(evening)
    assert evening.state.cameras_stopped == frozenset()


def test_sharing_is_opened_and_closed() -> None:
    evening = full()
    evening.does(GUS, SHARE)
    assert evening.state.share_open
    evening.does(FAY, c.ShareAllow(id=id_of(4), allowed=False))
    assert not evening.state.share_open


@pytest.mark.parametrize(
    ("role", "share_open", "may"),
    [
        (Role.CLIENT, False, ("mic", "camera")),
        (Role.CLIENT, True, ("mic", "camera", "screen")),
        (Role.FACILITATOR, False, ("mic", "camera", "screen")),
        (Role.COFACILITATOR, False, ("mic", "camera", "screen")),
        (Role.OBSERVER, True, ()),
    ],
)
def test_what_a_seat_may_send(role: Role, share_open: bool, may: tuple[str, ...]) -> None:
    seat = Seat(session=id_of(1), person="alice", role=role, share_open=share_open)
    assert seat.may_publish == may
