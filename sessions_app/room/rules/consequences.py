"""What follows by itself from what happened: a private talk without its people ends, a turn without its speaker goes on."""

from __future__ import annotations

from dataclasses import replace

from sessions_app.room.fold import apply_all
from sessions_app.room.rules.case import Case, Events
from sessions_app.room.rules.rounds import go_on
from sessions_app.room.rules.sides import end_aside
from sessions_app.room.state import Room
from sessions_app.room.words import Phase, Place


def settle(case: Case, events: Events) -> Events:
    """The events, and those they lead to."""
    if not events or not (case.state.asides or case.state.round):
        return events
    after = apply_all(case.state, events)
    if after.phase is Phase.ENDED:
        return events
    then = replace(case, state=after)
    left = [end for client in after.asides if _is_over(after, client) for end in end_aside(then, client)]
    return [*events, *left, *_turn(then)]


def _is_over(state: Room, client: str) -> bool:
    return state.place_of(client) is not Place.IN or not state.asides[client].staff


def _turn(case: Case) -> Events:
    round_ = case.state.round
    if round_ is None or case.state.place_of(round_.speaker) is Place.IN:
        return []
    return go_on(case, round_, by=None)
