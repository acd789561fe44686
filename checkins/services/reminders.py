"""A quiet reminder of the daily check-in: one a day, before tonight's group or in the early evening, in local time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Exists, Min, OuterRef, Q
from django.urls import reverse

from checkins.models import CheckIn
from groups.access import in_force
from groups.models import Client, Enrolment, Membership, Program
from vio.common import outbox
from vio.common.localtime import to_instant
from vio.common.models import Delivery

KIND = "checkin_reminder"
BEFORE_GROUP = timedelta(minutes=60)
EVENING = time(18, 0)
QUIET_BEFORE = time(9, 0)
QUIET_FROM = time(20, 30)


@dataclass(frozen=True)
class Reminder:
    """Who is reminded of which local date, and when it is due."""

    client: Client
    on: date
    due_at: datetime


def due(program: Program, now: datetime) -> list[Reminder]:
    """Clients enrolled today who have not checked in, whose time has come and who were not reminded today."""
    today = now.astimezone(program.zone).date()
    if not QUIET_BEFORE <= now.astimezone(program.zone).time() < QUIET_FROM:
        return []
    first = _first_groups(program, today)
    reminders = [
        Reminder(client, today, reminder_time(first.get(client.pk), today, program))
        for client in _not_checked_in(program, today)
    ]
    ripe = [r for r in reminders if r.due_at <= now]
    known = _reminded([_key(r) for r in ripe])
    return [r for r in ripe if _key(r) not in known]


def reminder_time(first_group: datetime | None, today: date, program: Program) -> datetime:
    """An hour before the first group of the day, but not before 9 in the morning; without a group at 6 in the evening."""
    earliest = to_instant(datetime.combine(today, QUIET_BEFORE), program.zone)
    if first_group is None:
        return to_instant(datetime.combine(today, EVENING), program.zone)
    return max(first_group - BEFORE_GROUP, earliest)


def remind(*, program: Program, now: datetime) -> int:
    """Puts the due reminders into the outbox; returns how many. The key holds the date: never two a day."""
    found = due(program, now)
    for reminder in found:
        outbox.post(
            program_id=program.pk,
            recipients=[reminder.client.person],
            kind=KIND,
            about=f"{reminder.client.pk}:{reminder.on}",
            path=reverse("checkin"),
            due_at=now,
        )
    return len(found)


def _key(reminder: Reminder) -> str:
    return f"{KIND}:{reminder.client.pk}:{reminder.on}:{reminder.client.person_id}"


def _reminded(keys: list[str]) -> set[str]:
    return set(Delivery.objects.filter(key__in=keys).values_list("key", flat=True))


def _not_checked_in(program: Program, today: date) -> list[Client]:
    enrolled = Enrolment.objects.filter(in_force(today), client=OuterRef("pk"))
    answered = CheckIn.objects.filter(client=OuterRef("pk"), local_date=today)
    waiting = Client.objects.filter(
        Exists(enrolled), ~Exists(answered), program=program, person__is_active=True
    )
    return list(waiting.select_related("person"))


def _first_groups(program: Program, today: date) -> dict[UUID, datetime]:
    """{client id: start of their first group of the day}."""
    tonight = Q(group__sessions__local_date=today, group__sessions__is_rehearsal=False)
    off = Q(group__sessions__status="cancelled")
    rows = (
        Membership.objects.filter(in_force(today), program=program)
        .values_list("client_id")
        .annotate(first=Min("group__sessions__starts_at", filter=tonight & ~off))
    )
    return {client_id: first for client_id, first in rows if first is not None}


def withdraw_reminder(client_id: UUID, on: date, now: datetime) -> None:
    """Takes back a reminder that was not sent yet: the client has checked in."""
    outbox.cancel(kind=KIND, about=f"{client_id}:{on}", now=now)
