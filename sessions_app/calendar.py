"""Somebody's times as iCalendar: neutral words only, because calendars are shared, synced and shown on lock screens (DP-4)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from icalendar import Calendar, Event

from groups.models import Client
from groups.selectors import today_of
from sessions_app.models import Session
from sessions_app.selectors import client_sessions, staff_sessions
from vio.common.actors import Actor
from vio.common.permissions import Permission

BACK, AHEAD = timedelta(days=7), timedelta(days=60)
TITLE = "Appointment"


def times_of(actor: Actor, *, now: datetime) -> list[Session]:
    """The meetings a person is expected in or leads, a week back and two months ahead, by time; other staff have none."""
    found: dict[object, Session] = {}
    for client in Client.objects.filter(person_id=actor.who).select_related("program"):
        today = today_of(client.program, now)
        found |= {s.pk: s for s in client_sessions(client, today - BACK, today + AHEAD)}
    led = staff_sessions(actor, Permission.HOST_ROOM, (now - BACK).date(), (now + AHEAD).date())
    found |= {s.pk: s for s in led}
    return sorted(found.values(), key=lambda s: (s.starts_at, s.pk))


def as_calendar(sessions: Iterable[Session], *, now: datetime) -> bytes:
    """RFC 5545 text. An event has an id, times in UTC, a state, and the same title for everybody; no place, no link, no names."""
    calendar = Calendar()
    calendar.add("prodid", "-//vio//calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "Appointments")
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    for session in sessions:
        calendar.add_component(_event(session, now))
    return bytes(calendar.to_ical())


def _event(session: Session, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"{session.pk}@vio")
    event.add("dtstamp", now)
    event.add("dtstart", session.starts_at)
    event.add("dtend", session.ends_at)
    event.add("summary", TITLE)
    event.add("class", "PRIVATE")
    event.add("status", "CANCELLED" if session.status == Session.Status.CANCELLED else "CONFIRMED")
    return event
