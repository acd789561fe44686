"""What the clock does inside a room: breakouts whose time is over, calls for help that nobody answers."""

from __future__ import annotations

from datetime import datetime, timedelta

from sessions_app.room import activity_events as a
from sessions_app.room.acts import Tick
from sessions_app.room.rules.case import Case, Events
from sessions_app.room.rules.sides import close_breakouts
from sessions_app.room.state import Room

ANSWER_WITHIN = timedelta(seconds=60)
"""How long a silent hand may wait before the clinical team is told."""


def next_due(state: Room) -> datetime | None:
    """The earliest instant at which `tick` would do something; None when nothing waits for the clock."""
    waiting = [at + ANSWER_WITHIN for person, at in state.support.items() if person not in state.overdue]
    closing = [state.breakouts_end] if state.breakouts and state.breakouts_end else []
    return min([*waiting, *closing], default=None)


def tick(case: Case, act: Tick) -> Events:
    """Everything that is due by now; nothing when it was done already, so ticks may be doubled or late (FL-3)."""
    state = case.state
    late = [
        a.SupportOverdue(at=case.now, person=person)
        for person, at in state.support.items()
        if person not in state.overdue and at + ANSWER_WITHIN <= case.now
    ]
    end = state.breakouts_end
    over = close_breakouts(case, None) if state.breakouts and end is not None and end <= case.now else []
    return [*late, *over]
