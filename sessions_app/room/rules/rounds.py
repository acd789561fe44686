"""The go-round: in an order, one after the other, and each may pass. Mood and urge are told to the staff alone."""

from __future__ import annotations

from uuid import UUID

from sessions_app.room import activity_commands as ac
from sessions_app.room import activity_events as a
from sessions_app.room.activity_state import Round
from sessions_app.room.errors import RoomError
from sessions_app.room.rules.case import (
    Case,
    Events,
    client_in,
    require_host,
    require_live,
    require_taking_part,
)
from sessions_app.room.words import Place, Role


def start_round(case: Case, command: ac.RoundStart) -> Events:
    require_host(case)
    require_live(case)
    if case.state.round is not None:
        raise RoomError("round_running")
    started = a.RoundStarted(
        at=case.now,
        by=case.me,
        round=command.id,
        kind=command.kind,
        order=tuple(_order(case, command.order)),
        seconds=command.seconds,
    )
    return [started]


def _order(case: Case, wanted: list[str] | None) -> list[str]:
    if wanted is None:
        order = [person.id for person in case.state.at(Place.IN) if person.role is Role.CLIENT]
        if not order:
            raise RoomError("too_few_people")
        return order
    if len(set(wanted)) < len(wanted):
        raise RoomError("assigned_twice")
    return [client_in(case, person, Place.IN, otherwise="not_in_room").id for person in wanted]


def next_turn(case: Case, command: ac.RoundNext) -> Events:
    round_ = _running(case)
    if case.me != round_.speaker:
        require_host(case)
    else:
        require_taking_part(case)
    return go_on(case, round_, by=case.me, passed=round_.speaker if command.skip else None)


def go_on(case: Case, round_: Round, *, by: str | None, passed: str | None = None) -> Events:
    """The turn of the next person of the order who is here; the end when there is none."""
    for turn in range(round_.turn + 1, len(round_.order)):
        if case.state.place_of(round_.order[turn]) is Place.IN:
            return [a.RoundMoved(at=case.now, by=by, turn=turn, passed=passed)]
    return [a.RoundEnded(at=case.now, by=by)]


def answer(case: Case, command: ac.RoundAnswer) -> Events:
    require_taking_part(case)
    round_ = _running(case)
    if case.me not in round_.order:
        raise RoomError("not_in_round")
    if case.me in round_.answered:
        raise RoomError("already_answered")
    told = a.RoundAnswered(
        at=case.now,
        person=case.me,
        round=UUID(round_.id),
        mood=command.mood,
        urge=command.urge,
        kept=command.keep,
    )
    return [told, a.YouAnswered(at=case.now, person=case.me, kept=command.keep)]


def stop_round(case: Case, command: ac.RoundStop) -> Events:
    require_host(case)
    _running(case)
    return [a.RoundEnded(at=case.now, by=case.me)]


def _running(case: Case) -> Round:
    if case.state.round is None:
        raise RoomError("no_round")
    return case.state.round
