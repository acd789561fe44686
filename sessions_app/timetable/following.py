"""Sessions follow their series: the steps of `timetable.rules`, carried out in the transaction of the change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from operator import attrgetter
from uuid import UUID

from django.db import transaction
from django.db.models import ProtectedError

from groups.models import Series
from sessions_app.models import Session
from sessions_app.room.models import RoomState
from sessions_app.services.scheduling import (
    HORIZON_DAYS,
    call_off,
    materialise_sessions,
    replace_breaks,
)
from sessions_app.timetable.reading import not_begun, there_of, wish_of
from sessions_app.timetable.rules import Kind, Planned, Step, Wish, steps
from vio.common import audit
from vio.common.actors import Actor
from vio.common.localtime import local_date


def horizon(series: Series, now: datetime) -> tuple[date, date]:
    """The local dates, both included, for which sessions are made ahead of time."""
    first = local_date(now, series.program.zone)
    return first, first + timedelta(days=HORIZON_DAYS)


def steps_of(series: Series, wish: Wish, now: datetime, *, from_date: date | None = None) -> list[Step]:
    """What a wish would do to a series' sessions, those from an occurrence on only if one is given."""
    rows = [there_of(row) for row in not_begun(series.pk, now)]
    chosen = [row for row in rows if from_date is None or row.on >= from_date]
    first, last = horizon(series, now)
    held = _held(series, first)
    plan = steps(chosen, wish, now=now, first=max(first, from_date or first), last=last)
    new = {Kind.MAKE, Kind.ANNOUNCE}
    return [step for step in plan if step.kind not in new or step.on not in held]


def _held(series: Series, first: date) -> set[date]:
    """Dates whose session exists and has begun, or is open: nothing is made there and nothing changes."""
    rows = Session.objects.filter(series=series, occurrence__gte=first).values_list("occurrence", flat=True)
    return {on for on in rows if on is not None}


def go_over(*, old: Series, new: Series, from_date: date) -> int:
    """The sessions of `old` from an occurrence on belong to `new`; what refers to them stays as it was."""
    return Session.objects.filter(series=old, occurrence__gte=from_date, started_at=None).update(series=new)


@transaction.atomic
def follow_series(*, actor: Actor, series: Series, now: datetime) -> int:
    """Brings the sessions that have not begun into step with their series and makes what is missing.

    A date called off becomes cancelled, a date given back is planned again, a date the rule no longer has is removed
    (cancelled, if something already refers to it). Returns how many sessions were touched or made.
    """
    row = (
        Series.objects.select_for_update(of=("self",), no_key=True)
        .select_related("program", "group")
        .get(pk=series.pk)
    )
    sessions = _locked(row, now)
    first, last = horizon(row, now)
    plan = steps([there_of(s) for s in sessions.values()], wish_of(row), now=now, first=first, last=last)
    names = {holiday.on: holiday.name for holiday in row.program.holidays.all()}
    touched = sum(
        _carry_out(step, sessions[step.session], names, actor=actor, now=now) for step in plan if step.session
    )
    if touched:
        audit.record(
            actor=actor,
            action="session.replanned",
            program_id=row.program_id,
            subject=row,
            details={"count": touched},
        )
    made = materialise_sessions(actor=actor, now=now, series_ids=[row.pk]) if row.group.is_active else 0
    return touched + made


def _locked(series: Series, now: datetime) -> dict[UUID, Session]:
    """The sessions that have not begun, in order of time; locked in order of their ids, as everywhere."""
    held = not_begun(series.pk, now).select_for_update(of=("self",), no_key=True).order_by("pk")
    return {session.pk: session for session in sorted(held, key=attrgetter("starts_at", "pk"))}


def _carry_out(
    step: Step, session: Session, holidays: Mapping[date, str], *, actor: Actor, now: datetime
) -> bool:
    match step.kind:
        case Kind.CALL_OFF:
            return call_off(session, actor=actor, now=now, holiday=holidays.get(step.on, ""))
        case Kind.TAKE_AWAY:
            return _remove(session, actor=actor, now=now)
        case Kind.MOVE | Kind.CHANGE | Kind.RESTORE:
            assert step.after is not None  # noqa: S101  # these kinds carry it; tells the type checker
            _renew(session, step.after)
            return True
        case _:
            return False


def _renew(session: Session, wanted: Planned) -> None:
    values: dict[str, object] = {
        "title": wanted.title,
        "service_type": wanted.service_type,
        "starts_at": wanted.starts_at,
        "ends_at": wanted.ends_at,
        "local_date": session.occurrence,
        "status": Session.Status.SCHEDULED,
        "cancelled_at": None,
        "holiday": "",
        "follows_series": True,
    }
    for name, value in values.items():
        setattr(session, name, value)
    session.save(update_fields=list(values))
    replace_breaks(session, wanted.breaks)


def _remove(session: Session, *, actor: Actor, now: datetime) -> bool:
    if not _room_is_free(session):
        return call_off(session, actor=actor, now=now)
    try:
        with transaction.atomic():
            session.delete()
    except ProtectedError:
        return call_off(session, actor=actor, now=now)
    return True


def _room_is_free(session: Session) -> bool:
    """Whether nobody writes to the session's room at this moment; then nobody can before we have committed.

    A room locks its own row before its session's. We hold the session already, so we do not wait for the room.
    """
    rooms = RoomState.objects.filter(pk=session.pk)
    free = rooms.select_for_update(skip_locked=True, no_key=True).order_by("pk")
    return bool(free.values_list("pk")) or not rooms.exists()
