"""Whoever manages the staff is told before a licence ends: thirty days before, and seven.

Found by asking the database, so that an outage delays a warning and loses none. The outbox keeps each to one message per
person who manages: it is named by whose licence, which state, which last day and which step. A licence that is prolonged has
another last day, and is warned of anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time

from django.db.models import QuerySet
from django.urls import reverse

from groups.licences import Licence
from groups.models import Person, Program, StaffRole
from groups.selectors import today_of
from vio.common import outbox
from vio.common.localtime import to_instant, to_local
from vio.common.permissions import ROLE_PERMISSIONS, Permission

KIND = "licence_ending"
NOT_BEFORE = time(8, 0)
"""Nobody is woken for a date: on the clock of the program, a warning leaves in the morning."""
MANAGING = tuple(role.value for role, may in ROLE_PERMISSIONS.items() if Permission.MANAGE_STAFF in may)


@dataclass(frozen=True)
class Ending:
    """A licence that somebody of the staff holds by a role in force, and that ends soon or has ended."""

    role: StaffRole
    licence: Licence
    is_over: bool


def endings(program: Program, now: datetime) -> list[Ending]:
    """The licences of a program's staff that end within thirty days or are over, the next to end first; one of each."""
    today = today_of(program, now)
    found = {
        (role.person_id, one.state, one.ends_on): Ending(role, one, not one.counts(today))
        for role in _licensed(program)
        for one in role.held_licences
        if one.ends_soon(today) or not one.counts(today)
    }
    return sorted(found.values(), key=lambda each: (str(each.licence.ends_on), each.role.person.full_name))


def _licensed(program: Program) -> QuerySet[StaffRole]:
    held = program.staff_roles.filter(withdrawn_at=None, person__is_active=True).exclude(licence_ends={})
    return held.select_related("person").order_by("person", "granted_at", "pk")


def warn_of_endings(*, now: datetime) -> int:
    """Puts the warnings that are due into the outbox; returns how many licences they are about. Safe to run twice (FL-3)."""
    programs = Program.objects.filter(staff_roles__withdrawn_at=None).distinct()
    return sum(_warn(program, now) for program in programs.order_by("pk"))


def _warn(program: Program, now: datetime) -> int:
    about = list(_due(program, now))
    if not about:
        return 0
    managing = StaffRole.objects.filter(program=program, withdrawn_at=None, role__in=MANAGING)
    people = list(Person.objects.filter(pk__in=managing.values("person"), is_active=True).order_by("pk"))
    for each in about:
        outbox.post(
            program_id=program.pk, recipients=people, kind=KIND, about=each,
            path=reverse("manage_staff", args=[program.pk]), due_at=_morning(program, now),
        )  # fmt: skip
    return len(about)


def _due(program: Program, now: datetime) -> Iterator[str]:
    """What each warning that is due is about, by ids and dates."""
    today = today_of(program, now)
    for each in endings(program, now):
        step = each.licence.warning_on(today)
        if step is not None:
            yield f"{each.role.person_id}:{each.licence.state}:{each.licence.ends_on}:{step}"


def _morning(program: Program, now: datetime) -> datetime:
    local = to_local(now, program.zone)
    return max(now, to_instant(datetime.combine(local.date(), NOT_BEFORE), program.zone))
