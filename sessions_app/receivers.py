"""What this app does with the news of `groups`: keeps sessions in step, and past rosters as they were."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from groups.models import Group, GroupStaff, Holiday, Membership, Program, Series
from groups.signals import (
    groups_covered_asked,
    holiday_added,
    holiday_removed,
    leader_left,
    place_given,
    roster_changing,
    series_split,
    timetable_changed,
    zone_changed,
)
from sessions_app.conflicts.places import conflicts_of_place
from sessions_app.conflicts.reading import require_no_conflict
from sessions_app.models import Session, SessionStaff
from sessions_app.staffing.leaders import groups_covered
from sessions_app.staffing.services import end_places_of
from sessions_app.timetable.against import against_date, against_series
from sessions_app.timetable.following import follow_series, go_over
from sessions_app.timetable.holidays import give_holiday_back, take_holiday
from sessions_app.timetable.zones import keep_wall_times
from vio.common.actors import Actor
from vio.common.errors import ConflictError
from vio.common.permissions import Permission


def on_timetable_changed(
    *, series: Series, actor: Actor, now: datetime, anyway: bool | None = None,
    given_back: date | None = None, **_: object,
) -> None:  # fmt: skip
    """A series was made, changed or ended, or a date of it `given_back`: its sessions follow in the same transaction.

    Asked first, unless `anyway` is None, is whom the new times would put in two places at once.
    """
    if anyway is not None:
        found = against_series(series, now=now, given_back=given_back)
        require_no_conflict(series.program, found, anyway=anyway)
    follow_series(actor=actor, series=series, now=now)


def on_place_given(*, place: Membership | GroupStaff, anyway: bool, now: datetime, **_: object) -> None:
    """A client or a leader got a place: refused, or asked about, where they are elsewhere at the same time."""
    require_no_conflict(place.program, conflicts_of_place(place, now=now), anyway=anyway)


def on_leader_left(
    *, program_id: UUID, person_id: UUID, group_id: UUID | None, from_date: date, observes: bool, actor: Actor,
    now: datetime, **_: object,
) -> None:  # fmt: skip
    """Who may not lead any more stands in for nobody any more either."""
    end_places_of(
        actor=actor, program_id=program_id, person_id=person_id, group_id=group_id, from_date=from_date,
        observes=observes, now=now,
    )  # fmt: skip


def on_series_split(*, old: Series, new: Series, from_date: date, **_: object) -> None:
    """A new series carries on: the sessions from that date on are its own."""
    go_over(old=old, new=new, from_date=from_date)


def on_zone_changed(*, program: Program, old: ZoneInfo, now: datetime, **_: object) -> None:
    """Single meetings, and evenings moved by hand, keep their wall time too; the others follow their series."""
    keep_wall_times(program=program, old=old, now=now)


def on_holiday_added(*, holiday: Holiday, actor: Actor, now: datetime, **_: object) -> None:
    """The program does not meet on a date: what has not begun is called off."""
    take_holiday(actor=actor, holiday=holiday, now=now)


def on_holiday_removed(
    *, holiday: Holiday, actor: Actor, now: datetime, anyway: bool | None = None, **_: object
) -> None:
    """It does after all: what was called off for it takes place.

    Asked, unless `anyway` is None, is whom that puts in two places at once; a refusal takes all of it back.
    """
    back = give_holiday_back(actor=actor, holiday=holiday, now=now)
    if anyway is not None:
        require_no_conflict(holiday.program, against_date(holiday, back, now=now), anyway=anyway)


def on_roster_changing(
    *, group_id: UUID | None, client_id: UUID, from_date: date, adding: bool, **_: object
) -> None:
    """Refuses a change that would rewrite who was expected in a session that began (or, when adding, ended)."""
    groups = (
        Group.objects.filter(pk=group_id) if group_id else Group.objects.filter(memberships__client=client_id)
    )
    states = [Session.Status.ENDED] if adding else [Session.Status.LIVE, Session.Status.ENDED]
    begun = Session.objects.filter(
        group__in=groups,
        local_date__gte=from_date,
        status__in=states,
    )
    if begun.exists():
        message = (
            "A group of that date is over already; start a day later."
            if adding
            else "A group after that date has begun already; the last day can be that group's date."
        )
        raise ConflictError(message, code="roster_closed")


def on_groups_covered_asked(
    *, actor: Actor, permission: Permission | None, now: datetime, **_: object
) -> QuerySet[SessionStaff, UUID]:
    """The groups whose session the actor stands in for about now."""
    return groups_covered(actor, permission, now=now)


def connect() -> None:
    """Listens from now on; called once when Django starts."""
    timetable_changed.connect(on_timetable_changed, dispatch_uid="sessions_app.follow_series")
    place_given.connect(on_place_given, dispatch_uid="sessions_app.refuse_conflicts")
    leader_left.connect(on_leader_left, dispatch_uid="sessions_app.end_places")
    zone_changed.connect(on_zone_changed, dispatch_uid="sessions_app.keep_wall_times")
    holiday_added.connect(on_holiday_added, dispatch_uid="sessions_app.take_holiday")
    holiday_removed.connect(on_holiday_removed, dispatch_uid="sessions_app.give_holiday_back")
    series_split.connect(on_series_split, dispatch_uid="sessions_app.go_over")
    groups_covered_asked.connect(on_groups_covered_asked, dispatch_uid="sessions_app.groups_covered")
    roster_changing.connect(on_roster_changing, dispatch_uid="sessions_app.guard_rosters")
