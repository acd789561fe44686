"""Weekly targets from the tables: what is prescribed, what the timetable held, what a person set; and in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction

from groups.models import Client, Enrolment, Membership, PrescribedDose, Program
from groups.services.enrolment import lock_chart
from sessions_app.attendance.corrections import checked_reason
from sessions_app.hours.forecast import Dose
from sessions_app.hours.policies import Versions
from sessions_app.hours.seats import timetable
from sessions_app.hours.target import (
    WEEK_DAYS,
    Basis,
    Override,
    OwnSession,
    Proration,
    Target,
    dose_parts,
    target,
)
from sessions_app.models import WeekTarget
from vio.common import audit, wording
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError, NotAllowedError
from vio.common.localtime import Week, WeekStart, week_of
from vio.common.permissions import Permission

MOST_MINUTES, MOST_DAYS = 10_080, 7


def target_of(
    client: Client, enrolment: Enrolment, week: Week, versions: Versions, places: Iterable[Membership]
) -> Target:
    """What one client's week is judged by (three to five queries). The rule is that of the week's first day."""
    first, last = max(enrolment.starts_on, week.first), min(enrolment.ends_on or week.last, week.last)
    doses = {
        row.starts_on: Dose(row.weekly_minutes, row.weekly_days)
        for row in PrescribedDose.objects.filter(enrolment=enrolment, starts_on__lte=last)
    }
    level = Dose(enrolment.level.weekly_minutes, enrolment.level.weekly_days)
    proration = Proration(versions.at(week.first).proration)
    sessions: list[OwnSession] = []
    if proration is Proration.SCHEDULED:
        sessions = _own_sessions(client.program, week, versions, list(places), (first, last))
    return target(
        dose_parts(doses, level, first=first, last=last), sessions, proration, _override(client, week)
    )


def _own_sessions(
    program: Program, week: Week, versions: Versions, places: list[Membership], days: tuple[date, date]
) -> list[OwnSession]:
    groups = {place.group_id for place in places}
    # Whether a seat is still free does not matter here, so no instant is needed.
    rows = timetable(program, week, versions, groups, now=datetime.max.replace(tzinfo=program.zone))
    return [
        OwnSession(seat.day, seat.minutes, called_off)
        for seat, called_off in rows
        if days[0] <= seat.day <= days[1]
        and any(p.group_id == seat.group_id and _holds(p, seat.day) for p in places)
    ]


def _holds(place: Membership, day: date) -> bool:
    return place.starts_on <= day and (place.ends_on is None or day <= place.ends_on)


def newest_target(client: Client, week: Week) -> WeekTarget | None:
    """The newest thing a person said about this week's target, with its author and reason."""
    rows = WeekTarget.objects.filter(client=client, week=week.first).select_related("author")
    return rows.order_by("-version").first()


def _override(client: Client, week: Week) -> Override | None:
    row = newest_target(client, week)
    if row is None or row.minutes is None or row.days is None:
        return None
    return Override(row.minutes, row.days)


# --- setting one ------------------------------------------------------------------------------------------


@transaction.atomic
def set_week_target(
    *, actor: Actor, client: Client, day: date, minutes: int | None, days: int | None, reason: str,
    now: datetime, seen_version: int | None = None,
) -> WeekTarget:  # fmt: skip
    """Sets the target of the week that holds `day` for one client, or gives it back to the rule (both None).

    Raises BadInputError for a figure that fits no week, for only one of the two or a missing reason, ConflictError
    behind another's back. The week is counted again in the same transaction.
    """
    actor.require(Permission.MANAGE_ENROLMENT, client.program_id)
    if actor.person_id is None:
        raise NotAllowedError
    words = checked_reason(reason)
    _check(minutes, days)
    row = lock_chart(client)
    week = week_of(day, WeekStart(row.program.week_start))
    last = newest_target(row, week)
    version = last.version if last else 0
    if seen_version is not None and seen_version != version:
        raise ConflictError("Somebody else changed this week's goal meanwhile. Please look first.")
    made = WeekTarget.objects.create(
        program_id=row.program_id, client=row, week=week.first, version=version + 1, minutes=minutes, days=days,
        reason=words, author_id=actor.person_id, set_at=now,
    )  # fmt: skip
    audit.record(
        actor=actor, action="hours.target_set", program_id=row.program_id, subject=made, client_id=row.pk,
        details={"week": week.first.isoformat(), "minutes": minutes, "days": days, "version": made.version},
    )  # fmt: skip
    _count_again(row, week, now=now)
    return made


def _count_again(client: Client, week: Week, *, now: datetime) -> None:
    from sessions_app.hours.services import compute_week  # it imports what reads targets

    compute_week(program=client.program, week=week, now=now, clients=[client.pk])


def _check(minutes: int | None, days: int | None) -> None:
    if (minutes is None) != (days is None):
        field = "minutes" if minutes is None else "days"
        raise BadInputError(fields={field: "Give both minutes and days, or neither."})
    if minutes is not None and not 0 <= minutes <= MOST_MINUTES:
        raise BadInputError(fields={"minutes": f"From 0 to {MOST_MINUTES} minutes: a week has no more."})
    if days is not None and not 0 <= days <= MOST_DAYS:
        raise BadInputError(fields={"days": f"From 0 to {MOST_DAYS} days."})


# --- in words ---------------------------------------------------------------------------------------------


def target_words(
    *, basis: str, minutes: int, full_minutes: int, days_in_force: int, called_off_minutes: int
) -> str:
    """Why the goal of a week is what it is, in plain words; "" when it is the whole dose."""
    goal, full = wording.hours_words(minutes), wording.hours_words(full_minutes)
    part = f"{days_in_force} of 7 days in the program"
    if basis == Basis.DAYS:
        return f"The goal is {goal}: {part} this week, out of {full} for a whole one."
    if basis == Basis.LEVEL:
        return f"The goal is {goal}: the plan changed this week, and each part counts for its days."
    if basis == Basis.CALLED_OFF:
        less = f" by {wording.hours_words(called_off_minutes)}" if called_off_minutes else " in days"
        also = f", {part}" if days_in_force < WEEK_DAYS else ""
        return f"The goal is {goal}: it is lower{less} because groups were called off{also}."
    if basis == Basis.OVERRIDE:
        return f"The goal is {goal}: the team set it for this week."
    return ""


def words_of(found: Target) -> str:
    """The same of a computed target."""
    return target_words(
        basis=found.basis, minutes=found.minutes, full_minutes=found.full.minutes,
        days_in_force=found.days_in_force, called_off_minutes=found.called_off,
    )  # fmt: skip
