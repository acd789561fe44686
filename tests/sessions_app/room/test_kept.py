"""What a process remembers of the state rows it wrote is used only while they are the ones it wrote."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from sessions_app.room import commands as c
from sessions_app.room import kept
from sessions_app.room.kept import Memory, StateRow, Stored
from sessions_app.room.state import Room
from tests.sessions_app.room.live import LiveRoom


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The documents that were read from the database, one entry each time."""
    found: list[Any] = []

    def reading(document: Any) -> Stored:
        found.append(document)
        return Stored(kept.room_of(document), document)

    monkeypatch.setattr(Stored, "read", reading)
    monkeypatch.setattr(kept, "memory", Memory())
    return found


def lock() -> c.Command:
    return c.RoomLock(id=uuid4())


def chat() -> c.Command:
    return c.ChatSend(id=uuid4(), text="hello")


def test_a_room_that_we_wrote_last_is_not_read_again(live: LiveRoom, read: list[Any]) -> None:
    live.running_with(live.world.ana)
    assert len(read) == 1
    live.ok(live.world.facilitator, lock())
    for _ in range(3):
        live.ok(live.world.facilitator, chat())
    assert len(read) == 1
    assert live.room.locked
    assert kept.memory.of([live.session.pk])[live.session.pk][1].stored.room == live.room


def test_what_another_process_wrote_is_read(
    live: LiveRoom, read: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    live.running_with(live.world.ana)
    ours = kept.memory
    monkeypatch.setattr(kept, "memory", Memory())
    live.ok(live.world.facilitator, lock())
    monkeypatch.setattr(kept, "memory", ours)
    before = len(read)
    live.ok(live.world.facilitator, c.RoomUnlock(id=uuid4()))
    assert len(read) == before + 1
    assert not live.room.locked
    assert live.kinds("room")[-2:] == ["room.locked", "room.unlocked"]


def test_what_was_rolled_back_is_not_believed(live: LiveRoom, read: list[Any]) -> None:
    live.running_with(live.world.ana)
    with transaction.atomic():
        live.ok(live.world.facilitator, lock())
        transaction.set_rollback(True)
    assert not live.room.locked
    live.ok(live.world.facilitator, lock())
    assert live.room.locked
    assert live.kinds("room")[-1] == "room.locked"


def test_the_number_of_a_lost_transaction_that_was_given_to_another_is_not_believed(
    live: LiveRoom, read: list[Any]
) -> None:
    """After a crash the database hands out again what never reached its disk: ours was lost, another's has its number."""
    live.running_with(live.world.ana)
    live.ok(live.world.facilitator, lock())
    mark, theirs = kept.memory.of([live.session.pk])[live.session.pk]
    number, _, instant = mark.partition("/")
    unlocked = theirs.stored.room.model_copy(update={"locked": False})
    lost = replace(theirs, stored=Stored(unlocked, theirs.stored.document))
    kept.memory.keep(f"{number}/{float(instant) - 0.000001:.6f}", lost)
    before = len(read)
    live.ok(live.world.facilitator, c.RoomUnlock(id=uuid4()))
    assert len(read) == before + 1
    assert live.kinds("room")[-2:] == ["room.locked", "room.unlocked"]


def test_rooms_beyond_the_most_are_read_again() -> None:
    memory = Memory()
    rooms = [uuid4() for _ in range(kept.MOST + 1)]
    for room in rooms:
        memory.keep("1", StateRow(room, uuid4(), 0, {}, Stored(Room(), {})))
    assert list(memory.of(rooms)) == rooms[-1:]
