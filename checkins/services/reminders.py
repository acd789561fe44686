"""A quiet reminder of the daily check-in: one a day, before tonight's group or in the early evening, in local time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.urls import reverse

from checkins.models import CheckIn
from groups.access import in_force
from groups.models import Client, Enrolment, Program
from groups.services.contact_ways import tell_client
from sessions_app.coming.reminders import due_at, first_groups, reminded
from vio.common import outbox
from vio.common.localtime import to_instant
from vio.common.models import Delivery

KIND = "checkin_reminder"
BEFORE_GROUP = timedelta(minutes=60)
EVENING = time(18, 0)


@dataclass(frozen=True)
class Reminder:
    """Who is reminded of which local date, and when it is due."""

    client: Client
    on: date
    due_at: datetime


def due(program: Program, now: datetime) -> list[Reminder]:
    """Clients enrolled today who have not checked in, whose time has come and who were not written to today.

    Who is reminded of a group is not reminded of the check-in as well: that message leads to both.
    """
    today = now.astimezone(program.zone).date()
    if program.quiet.cover(now):
        return []
    first = first_groups(program, today)
    merged = {client for client, starts_at in first.items() if due_at(program, starts_at) is not None}
    merged |= reminded(program, today)
    reminders = [
        Reminder(client, today, reminder_time(first.get(client.pk), today, program))
        for client in _not_checked_in(program, today)
        if client.pk not in merged
    ]
    ripe = [r for r in reminders if r.due_at <= now]
    known = _reminded(program, today)
    return [r for r in ripe if r.client.pk not in known]


def reminder_time(first_group: datetime | None, today: date, program: Program) -> datetime:
    """An hour before the first group of the day, or when the quiet hours end; without a group at 6 in the evening."""
    if first_group is None:
        return to_instant(datetime.combine(today, EVENING), program.zone)
    before = first_group - BEFORE_GROUP
    return max(before, program.quiet.over_at(before))


def remind(*, program: Program, now: datetime) -> int:
    """Puts the due reminders into the outbox; returns how many. The key holds the date: never two a day."""
    found = due(program, now)
    for reminder in found:
        tell_client(
            client=reminder.client, kind=KIND, about=f"{reminder.client.pk}:{reminder.on}", path=reverse("checkin"),
            due_at=now, void_at=program.quiet.next_at(now),
        )  # fmt: skip
    return len(found)


def _reminded(program: Program, on: date) -> set[UUID]:
    rows = Delivery.objects.filter(program_id=program.pk, kind=KIND, key__contains=f":{on}:")
    return {UUID(key.split(":")[1]) for key in rows.values_list("key", flat=True)}


def _not_checked_in(program: Program, today: date) -> list[Client]:
    enrolled = Enrolment.objects.filter(in_force(today), client=OuterRef("pk"))
    answered = CheckIn.objects.filter(client=OuterRef("pk"), local_date=today)
    waiting = Client.objects.filter(
        Exists(enrolled), ~Exists(answered), program=program, person__is_active=True
    )
    return list(waiting.select_related("person", "contact_ways"))


def withdraw_reminder(client_id: UUID, on: date, now: datetime) -> None:
    """Takes back a reminder that was not sent yet: the client has checked in."""
    outbox.cancel(kind=KIND, about=f"{client_id}:{on}", now=now)
