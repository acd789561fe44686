"""The evening's course: opening, start, breaks, end, lock."""

from sessions_app.room import acts
from sessions_app.room import commands as c
from sessions_app.room import events as e
from sessions_app.room.errors import RoomError
from sessions_app.room.rules.case import (
    Case,
    Events,
    require_host,
    require_live,
)
from sessions_app.room.rules.door import admit_waiting
from sessions_app.room.words import Phase, Place


def open_room(case: Case, command: c.RoomOpen) -> Events:
    require_host(case)
    return _open_by(case, case.me)


def open_due(case: Case, act: acts.OpenDue) -> Events:
    return _open_by(case, None)


def _open_by(case: Case, by: str | None) -> Events:
    if case.state.phase is Phase.ENDED:
        raise RoomError("room_ended")
    if case.state.phase is not Phase.CLOSED:
        raise RoomError("already_open")
    return [e.RoomOpened(at=case.now, by=by)]


def start_room(case: Case, command: c.RoomStart) -> Events:
    require_host(case)
    require_live(case)
    if case.state.phase is not Phase.LOBBY:
        raise RoomError("already_started")
    return [e.RoomStarted(at=case.now, by=case.me), *admit_waiting(case, phase=Phase.RUNNING)]


def break_start(case: Case, command: c.BreakStart) -> Events:
    require_host(case)
    require_live(case)
    if case.state.phase is not Phase.RUNNING:
        raise RoomError("on_break" if case.state.phase is Phase.BREAK else "not_running")
    return [e.BreakStarted(at=case.now, by=case.me)]


def break_end(case: Case, command: c.BreakEnd) -> Events:
    require_host(case)
    require_live(case)
    if case.state.phase is not Phase.BREAK:
        raise RoomError("no_break")
    return [e.BreakEnded(at=case.now, by=case.me)]


def end_room(case: Case, command: c.RoomEnd) -> Events:
    require_host(case)
    require_live(case)
    return _end_by(case, case.me)


def end_due(case: Case, act: acts.EndDue) -> Events:
    if case.state.phase is Phase.ENDED:
        raise RoomError("room_ended")
    return _end_by(case, None)


def _end_by(case: Case, by: str | None) -> Events:
    waiting = [e.YouDismissed(at=case.now, person=person.id) for person in case.state.at(Place.WAITING)]
    return [e.RoomEnded(at=case.now, by=by), *waiting]


def lock_room(case: Case, command: c.RoomLock) -> Events:
    require_host(case)
    require_live(case)
    if case.state.locked:
        raise RoomError("already_locked")
    return [e.RoomLocked(at=case.now, by=case.me)]


def unlock_room(case: Case, command: c.RoomUnlock) -> Events:
    require_host(case)
    require_live(case)
    if not case.state.locked:
        raise RoomError("not_locked")
    return [e.RoomUnlocked(at=case.now, by=case.me), *admit_waiting(case, locked=False)]
