"""RT-4: the old view and its events make the new view, for every event type, every viewer, any history."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions_app.room import events as e
from sessions_app.room.errors import RoomError
from sessions_app.room.fold import FOLDS, apply_all
from sessions_app.room.rules import RoomActor
from sessions_app.room.state import Room
from sessions_app.room.views import hears, viewer_of
from sessions_app.room.words import (
    Admission,
    ChatMode,
    MovedTo,
    Role,
    RoundKind,
)
from tests.sessions_app.room.evening import (
    EVERYBODY,
    GUS,
    START,
    arrive,
    id_of,
    open_room,
)
from tests.sessions_app.room.histories import (
    COUNT,
    ENDINGS,
    Step,
    busy_room,
    carried_on,
    empty_room,
    everybody_carries_on,
    full_room,
    holds_together,
    moves,
    remember_side,
    whoever_moves_is_told,
)


@settings(max_examples=2_000, deadline=None)
@given(
    begin=st.sampled_from(["empty", "lobby", "full", "busy", "busy"]),
    history=st.lists(moves, max_size=40),
    ending=st.sampled_from(ENDINGS),
)
def test_any_history_carries_every_view_on(
    begin: str, history: list[tuple[RoomActor, Step | None, str]], ending: Step
) -> None:
    COUNT[0] = count(1)
    evening = {"empty": empty_room, "lobby": open_room, "full": full_room, "busy": busy_room}[begin]()
    first = Room(admission=evening.state.admission)
    for actor, step, who in [*history, (GUS, ending, ""), *history[:5]]:
        before = evening.state
        remember_side(before)
        try:
            events = evening.does(actor, step(who) if step else arrive(actor))
        except RoomError:
            assert evening.state is before
            continue
        everybody_carries_on(before, evening.state, events)
        whoever_moves_is_told(before, evening.state, events)
        holds_together(evening.state)
    assert apply_all(first, evening.log) == evening.state


OF_ACTIVITIES: dict[str, object] = {
    "ends_at": START + timedelta(minutes=5),
    "rooms": ({"side": "0000000a", "people": ("ben",)}, {"side": "0000000b", "people": ()}),
    "side": "0000000a",
    "joined": True,
    "poll": id_of(8),
    "question": "How?",
    "options": ("so", "so-so"),
    "anonymous": True,
    "answered": 2,
    "option": 1,
    "counts": (1, 2),
    "round": id_of(9),
    "kind": RoundKind.CHECKIN,
    "order": ("ben", "alice"),
    "seconds": 60,
    "turn": 0,
    "mood": 4,
    "urge": 7,
    "kept": True,
    "text_id": id_of(10),
    "title": "Plan",
    "link": None,
    "to": MovedTo.BREAKOUT,
}


def example(kind: type[e.Event]) -> e.Event:
    """One event of a type, about Ben, by Fay."""
    facts: dict[str, object] = {
        "at": full_room().now,
        "person": "ben",
        "by": "fay",
        "name": "Ben X.",
        "staff_name": "Ben Xavier",
        "role": Role.COFACILITATOR,
        "reason": "left",
        "mode": ChatMode.OFF,
        "policy": Admission.ALL,
        "message": id_of(7),
        "text": "hello",
        "reason_code": "safety",
        "connected": True,
        "allowed": True,
        **OF_ACTIVITIES,
    }
    return kind.model_validate({name: facts[name] for name in kind.model_fields if name in facts})


@pytest.mark.parametrize("kind", e.EVENT_CLASSES, ids=lambda kind: kind.model_fields["type"].default)
def test_every_event_type_travels_and_folds_alike(kind: type[e.Event]) -> None:
    event = example(kind)
    assert e.EVENTS.validate_json(event.model_dump_json()) == event
    before = full_room().state
    after = apply_all(before, [event])
    # Whoever hears the event and sees no more and no less than before arrives at the same view.
    for actor in EVERYBODY:
        viewer = viewer_of(before, actor.person, actor.role)
        if hears(viewer, event) and viewer == viewer_of(after, actor.person, actor.role):
            carried_on(before, after, [event], viewer)


def test_every_event_has_a_fold_and_an_audience() -> None:
    assert set(FOLDS) == set(e.EVENT_CLASSES)
    audiences = {example(kind).audience for kind in e.EVENT_CLASSES}
    assert audiences == {"room", "staff", "person:ben", "side:0000000a"}
