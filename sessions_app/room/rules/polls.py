"""Polls: a question, one choice each, a result that staff may share.

What was chosen in an anonymous poll is in no event and in no state, only in the ballot box beside the room
(`ballots.py`): the box says whether somebody answered (`known.voted`) and, at the close, how many chose what.
"""

from __future__ import annotations

from sessions_app.room import activity_commands as ac
from sessions_app.room import activity_events as a
from sessions_app.room.activity_state import Poll
from sessions_app.room.errors import RoomError
from sessions_app.room.rules.case import Case, Events, require_host, require_live, require_taking_part
from sessions_app.room.words import Role

FEWEST = 3
"""With fewer answers the result of an anonymous poll would tell who chose what: it is withheld."""


def open_poll(case: Case, command: ac.PollOpen) -> Events:
    require_host(case)
    require_live(case)
    if case.state.poll is not None and case.state.poll.open:
        raise RoomError("poll_open")
    opened = a.PollOpened(
        at=case.now,
        by=case.me,
        poll=command.id,
        question=command.question,
        options=tuple(command.options),
        anonymous=command.anonymous,
    )
    return [opened]


def vote(case: Case, command: ac.PollVote) -> Events:
    require_taking_part(case)
    if case.actor.role is not Role.CLIENT:
        raise RoomError("not_a_client")
    poll = _open(case)
    if command.option >= poll.options:
        raise RoomError("no_such_option")
    if case.known.voted or case.me in poll.choices:
        raise RoomError("already_voted")
    answered = a.PollAnswered(at=case.now, answered=poll.answered + 1)
    if poll.anonymous:
        return [answered]
    return [
        answered,
        a.PollVoted(at=case.now, person=case.me, option=command.option),
        a.YouVoted(at=case.now, person=case.me, option=command.option),
    ]


def close_poll(case: Case, command: ac.PollClose) -> Events:
    require_host(case)
    poll = _open(case)
    return [a.PollClosed(at=case.now, by=case.me), a.PollCounted(at=case.now, counts=_count(case, poll))]


def share_poll(case: Case, command: ac.PollShare) -> Events:
    require_host(case)
    poll = case.state.poll
    if poll is None or poll.open:
        raise RoomError("poll_not_closed")
    if poll.result is None:
        raise RoomError("too_few_answers")
    if poll.shared is not None:
        raise RoomError("already_shared")
    return [a.PollShared(at=case.now, by=case.me, counts=poll.result)]


def _open(case: Case) -> Poll:
    poll = case.state.poll
    if poll is None or not poll.open:
        raise RoomError("no_poll")
    return poll


def _count(case: Case, poll: Poll) -> tuple[int, ...] | None:
    if not poll.anonymous:
        chosen = list(poll.choices.values())
        return tuple(chosen.count(option) for option in range(poll.options))
    return case.known.counts if poll.answered >= FEWEST else None
