"""What each event of a group's activities changes; part of the one fold (`fold.py`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sessions_app.room import activity_events as a
from sessions_app.room.activity_state import Aside, Poll, Round, Timer
from sessions_app.room.state import Occupant, Room
from sessions_app.room.words import Place, Role

Fold = Callable[[Room, Any], Room]
NOTHING_GOING_ON: dict[str, object] = {
    "host": None,
    "spotlight": None,
    "timer": None,
    "breakouts": (),
    "breakouts_end": None,
    "asides": {},
    "poll": None,
    "round": None,
    "text": None,
}


def with_host(state: Room) -> Room:
    """Never without a host while one is here: who leads goes on, else another facilitator does at once.

    Decided by what everybody in the room sees (role, id), so that every view comes to the same.
    """
    leading = state.people.get(state.host or "")
    if leading is not None and can_lead(leading):
        return state
    ready = sorted(
        (person for person in state.people.values() if can_lead(person)),
        key=lambda person: (person.role is not Role.FACILITATOR, person.id),
    )
    host = ready[0].id if ready else None
    return state if host == state.host else _set(state, host=host)


def can_lead(person: Occupant) -> bool:
    """A facilitator of either kind who is in the room and connected."""
    return person.role.hosts and person.place is Place.IN and person.connected


def out_of_sides(state: Room, person: str) -> Room:
    """The state without somebody in side rooms and in the spotlight."""
    changes: dict[str, object] = {}
    if any(person in room.people for room in state.breakouts):
        changes["breakouts"] = _without(state, person)
    if any(person in aside.staff for aside in state.asides.values()):
        changes["asides"] = _out_of_asides(state, person)
    if state.spotlight == person:
        changes["spotlight"] = None
    return _set(state, **changes) if changes else state


def _set(state: Room, **changes: object) -> Room:
    return state.model_copy(update=changes)


def _without(state: Room, person: str) -> tuple[Any, ...]:
    return tuple(
        room.model_copy(update={"people": tuple(other for other in room.people if other != person)})
        for room in state.breakouts
    )


def _out_of_asides(state: Room, person: str) -> dict[str, Aside]:
    return {
        client: aside.model_copy(update={"staff": tuple(other for other in aside.staff if other != person)})
        for client, aside in state.asides.items()
    }


def _host(state: Room, event: a.HostChanged) -> Room:
    return _set(state, host=event.person)


def _spotlight(state: Room, event: a.SpotlightChanged) -> Room:
    return _set(state, spotlight=event.person)


def _timer_started(state: Room, event: a.TimerStarted) -> Room:
    return _set(state, timer=Timer(started_at=event.at, ends_at=event.ends_at))


def _timer_stopped(state: Room, event: a.TimerStopped) -> Room:
    return _set(state, timer=None)


def _breakouts_opened(state: Room, event: a.BreakoutsOpened) -> Room:
    return _set(state, breakouts=event.rooms, breakouts_end=event.ends_at)


def _breakouts_closed(state: Room, event: a.BreakoutsClosed) -> Room:
    return _set(state, breakouts=(), breakouts_end=None)


def _breakout_moved(state: Room, event: a.BreakoutMoved) -> Room:
    rooms = tuple(
        room.model_copy(update={"people": (*room.people, event.person)}) if room.side == event.side else room
        for room in _without(state, event.person)
    )
    return _set(state, breakouts=rooms)


def _aside_opened(state: Room, event: a.AsideOpened) -> Room:
    others = _out_of_asides(state, event.by)
    return _set(state, asides={**others, event.person: Aside(side=event.side, staff=(event.by,))})


def _aside_joined(state: Room, event: a.AsideJoined) -> Room:
    asides = _out_of_asides(state, event.by)
    aside = asides.get(event.person)
    if event.joined and aside is not None:
        asides[event.person] = aside.model_copy(update={"staff": (*aside.staff, event.by)})
    return _set(state, asides=asides)


def _aside_closed(state: Room, event: a.AsideClosed) -> Room:
    return _set(state, asides={key: aside for key, aside in state.asides.items() if key != event.person})


def _overdue(state: Room, event: a.SupportOverdue) -> Room:
    return _set(state, overdue=state.overdue | {event.person})


def _poll_opened(state: Room, event: a.PollOpened) -> Room:
    poll = Poll(id=str(event.poll), options=len(event.options), anonymous=event.anonymous)
    return _set(state, poll=poll)


def _poll(state: Room, **changes: object) -> Room:
    return state if state.poll is None else _set(state, poll=state.poll.model_copy(update=changes))


def _poll_answered(state: Room, event: a.PollAnswered) -> Room:
    return _poll(state, answered=event.answered)


def _poll_voted(state: Room, event: a.PollVoted | a.YouVoted) -> Room:
    choices = state.poll.choices if state.poll else {}
    return _poll(state, choices={**choices, event.person: event.option})


def _poll_closed(state: Room, event: a.PollClosed) -> Room:
    return _poll(state, open=False)


def _poll_counted(state: Room, event: a.PollCounted) -> Room:
    return _poll(state, result=event.counts)


def _poll_shared(state: Room, event: a.PollShared) -> Room:
    return _poll(state, shared=event.counts)


def _round_started(state: Room, event: a.RoundStarted) -> Room:
    made = Round(
        id=str(event.round),
        kind=event.kind,
        order=event.order,
        turn=0,
        turn_since=event.at,
        seconds=event.seconds,
    )
    return _set(state, round=made)


def _round(state: Room, **changes: object) -> Room:
    return state if state.round is None else _set(state, round=state.round.model_copy(update=changes))


def _round_moved(state: Room, event: a.RoundMoved) -> Room:
    passed = state.round.passed if state.round else ()
    more = (event.passed,) if event.passed else ()
    return _round(state, turn=event.turn, turn_since=event.at, passed=(*passed, *more))


def _round_answered(state: Room, event: a.RoundAnswered | a.YouAnswered) -> Room:
    answered = state.round.answered if state.round else ()
    return state if event.person in answered else _round(state, answered=(*answered, event.person))


def _round_ended(state: Room, event: a.RoundEnded) -> Room:
    return _set(state, round=None)


def _text_shown(state: Room, event: a.TextShown) -> Room:
    return _set(state, text=str(event.text_id))


def _text_hidden(state: Room, event: a.TextHidden) -> Room:
    return _set(state, text=None)


def _unchanged(state: Room, event: object) -> Room:
    return state


ACTIVITY_FOLDS: dict[type, Fold] = {
    a.HostChanged: _host,
    a.SpotlightChanged: _spotlight,
    a.TimerStarted: _timer_started,
    a.TimerStopped: _timer_stopped,
    a.BreakoutsOpened: _breakouts_opened,
    a.BreakoutsClosed: _breakouts_closed,
    a.BreakoutMoved: _breakout_moved,
    a.SideChatSent: _unchanged,
    a.AsideOpened: _aside_opened,
    a.AsideJoined: _aside_joined,
    a.AsideClosed: _aside_closed,
    a.SupportOverdue: _overdue,
    a.PollOpened: _poll_opened,
    a.PollAnswered: _poll_answered,
    a.PollVoted: _poll_voted,
    a.PollClosed: _poll_closed,
    a.PollCounted: _poll_counted,
    a.PollShared: _poll_shared,
    a.RoundStarted: _round_started,
    a.RoundMoved: _round_moved,
    a.RoundAnswered: _round_answered,
    a.RoundEnded: _round_ended,
    a.TextShown: _text_shown,
    a.TextHidden: _text_hidden,
    a.YouMoved: _unchanged,
    a.YouVoted: _poll_voted,
    a.YouAnswered: _round_answered,
}
