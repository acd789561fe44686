"""The reminder before group: one neutral message a day and client, before the first group they are still awaited in.

It leads to the client's start page, where tonight and the check-in are, so it is the check-in's reminder as well: who gets
this one gets no other that day.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from groups.models import Client, Program
from groups.quiet_rules import reminder_due, void_from
from groups.selectors import today_of
from groups.services.contact_ways import tell_client
from sessions_app.coming.models import ABSENT
from sessions_app.models import ArrivalNotice, Excuse, PresenceEvidence, Session
from sessions_app.selectors import expected_by_session
from vio.common.models import Delivery

KIND = "group_reminder"


def remind(*, program: Program, now: datetime) -> int:
    """Posts the reminders that are due; returns how many clients are reminded. The key holds the date: never two a day."""
    on = today_of(program, now)
    ripe = {
        client_id: starts_at
        for client_id, starts_at in awaited(program, on, now).items()
        if is_due(program, starts_at, now)
    }
    missing = ripe.keys() - reminded(program, on, taken_back=True)
    clients = Client.objects.filter(pk__in=missing, person__is_active=True)
    told = 0
    for client in clients.select_related("person", "contact_ways"):
        void_at = void_from(now, ripe[client.pk], program.quiet)
        about = f"{client.pk}:{on}"
        posted = tell_client(
            client=client, kind=KIND, about=about, path=reverse("home"), due_at=now, void_at=void_at
        )
        told += bool(posted)
    return told


def is_due(program: Program, starts_at: datetime, now: datetime) -> bool:
    """Whether the time has come to remind of a group, and it is not quiet."""
    due = due_at(program, starts_at)
    return due is not None and due <= now and not program.quiet.cover(now)


def due_at(program: Program, starts_at: datetime) -> datetime | None:
    """When clients are reminded of a group that starts then; None: not at all."""
    if not program.reminder_minutes:
        return None
    return reminder_due(starts_at, program.reminder_minutes, program.quiet)


def first_groups(program: Program, on: date, client_id: UUID | None = None) -> dict[UUID, datetime]:
    """{client id: start of their first group of a date}, without what was called off, excused, or they cannot come to."""
    sessions = _sessions(program, on)
    away = _pairs(Excuse.objects.filter(session__in=sessions)) | _pairs(
        ArrivalNotice.objects.filter(session__in=sessions, kind=ABSENT, withdrawn_at=None)
    )
    expected = expected_by_session(sessions)
    first: dict[UUID, datetime] = {}
    for session_id, starts_at in sessions.items():
        for client in expected.get(session_id, ()):
            if (session_id, client) not in away and client_id in {None, client}:
                first.setdefault(client, starts_at)
    return first


def awaited(program: Program, on: date, now: datetime, client_id: UUID | None = None) -> dict[UUID, datetime]:
    """`first_groups` that have not begun, of clients who were not seen that day and did not say they come later."""
    first = first_groups(program, on, client_id)
    coming = {client: starts_at for client, starts_at in first.items() if starts_at > now}
    if not coming:
        return {}
    sessions = list(_sessions(program, on))
    seen = PresenceEvidence.objects.filter(session__in=sessions, client__in=coming)
    said = ArrivalNotice.objects.filter(session__in=sessions, client__in=coming, withdrawn_at=None)
    known = {*seen.values_list("client_id", flat=True).distinct(), *said.values_list("client_id", flat=True)}
    return {client: starts_at for client, starts_at in coming.items() if client not in known}


def still_wanted(*, key: str, now: datetime) -> bool:
    """Whether a reminder that was posted should still leave: its client is awaited, and the group is on (`outbox`)."""
    _, client_id, on, *_ = key.split(":")
    client = Client.objects.select_related("program").filter(pk=UUID(client_id)).first()
    if client is None:
        return False
    return client.pk in awaited(client.program, date.fromisoformat(on), now, client.pk)


def _sessions(program: Program, on: date) -> dict[UUID, datetime]:
    rows = Session.objects.filter(program=program, local_date=on, is_rehearsal=False)
    held = rows.exclude(status=Session.Status.CANCELLED).order_by("starts_at", "pk")
    return dict(held.values_list("pk", "starts_at"))


def _pairs(rows: QuerySet[Excuse] | QuerySet[ArrivalNotice]) -> set[tuple[UUID, UUID]]:
    return set(rows.values_list("session_id", "client_id"))


def reminded(program: Program, on: date, *, taken_back: bool = False) -> set[UUID]:
    """The clients told of a date's group, on whatever channel; with `taken_back` also those whose message was stopped."""
    rows = Delivery.objects.filter(program_id=program.pk, kind=KIND, key__contains=f":{on}:")
    if not taken_back:
        rows = rows.filter(cancelled_at=None)
    return {UUID(key.split(":")[1]) for key in rows.values_list("key", flat=True)}
