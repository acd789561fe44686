"""The room by its services alone: tonight's session, what is said in it, what its log folds to."""

from __future__ import annotations

from uuid import uuid4

import pytest

from sessions_app.room import commands as c
from sessions_app.room.events import EVENTS
from sessions_app.room.fold import apply_all
from sessions_app.room.replies import event_fields
from tests.sessions_app.room.live import LiveRoom
from tests.worlds import World
from vio.common.errors import DomainError


@pytest.fixture
def live(world: World) -> LiveRoom:
    """The room of tonight's session of group A."""
    return LiveRoom(world)


def chat(text: str = "hello", **fields: object) -> c.ChatSend:
    return c.ChatSend.model_validate({"id": uuid4(), "text": text, **fields})


def is_folded(live: LiveRoom) -> bool:
    """The stored state is the fold of the log, from the room as its group sets it."""
    events = [EVENTS.validate_python(event_fields(frame)) for frame in live.frames()]
    first = live.room.model_copy(update={"chat_mode": live.session.group.chat_mode})
    return apply_all(type(live.room)(chat_mode=first.chat_mode), events) == live.room


def code_of(outcome: object) -> str | None:
    error = getattr(outcome, "error", None)
    return error.code if isinstance(error, DomainError) else None
