"""The lead, the spotlight, the timer, the shown text."""

from __future__ import annotations

from datetime import timedelta

from sessions_app.room import activity_commands as ac
from sessions_app.room import activity_events as a
from sessions_app.room.activity_fold import can_lead
from sessions_app.room.errors import RoomError
from sessions_app.room.rules.case import Case, Events, require_host, require_live
from sessions_app.room.words import Place


def hand_over(case: Case, command: ac.HostHand) -> Events:
    require_host(case)
    if not can_lead(case[command.person]):
        raise RoomError("cannot_lead")
    if command.person == case.state.host:
        raise RoomError("leads_already")
    return [a.HostChanged(at=case.now, person=command.person, by=case.me)]


def spotlight(case: Case, command: ac.SpotlightSet) -> Events:
    require_host(case)
    require_live(case)
    if command.person == case.state.spotlight:
        raise RoomError("same_spotlight")
    if command.person is not None and case[command.person].place is not Place.IN:
        raise RoomError("no_such_person")
    return [a.SpotlightChanged(at=case.now, person=command.person, by=case.me)]


def start_timer(case: Case, command: ac.TimerStart) -> Events:
    require_host(case)
    require_live(case)
    ends_at = case.now + timedelta(seconds=command.seconds)
    return [a.TimerStarted(at=case.now, by=case.me, ends_at=ends_at)]


def stop_timer(case: Case, command: ac.TimerStop) -> Events:
    require_host(case)
    if case.state.timer is None:
        raise RoomError("no_timer")
    return [a.TimerStopped(at=case.now, by=case.me)]


def show_text(case: Case, command: ac.TextShow) -> Events:
    require_host(case)
    require_live(case)
    if not command.text.strip() and command.link is None:
        raise RoomError("nothing_to_show")
    shown = a.TextShown(
        at=case.now,
        by=case.me,
        text_id=command.id,
        title=command.title,
        text=command.text,
        link=command.link,
    )
    return [shown]


def hide_text(case: Case, command: ac.TextHide) -> Events:
    require_host(case)
    if case.state.text is None:
        raise RoomError("nothing_shown")
    return [a.TextHidden(at=case.now, by=case.me)]
