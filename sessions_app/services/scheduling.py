"""From timetables to sessions: made ahead of time, moved and called off one by one.

A session's id follows from its series and date, and (series, date) is unique in the database, so that making them
ten times, or by two schedulers at once, gives the same sessions. Only sessions that have not begun ever change; how they
follow their series is in `timetable.following`.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from groups.calendars import Occurrence, RuleError
from groups.models import Group, Series
from groups.rules import break_problem
from groups.services import series as series_service
from groups.services.meeting_times import hold_meeting_times
from sessions_app.conflicts.reading import Time, conflicts_of, require_no_conflict
from sessions_app.models import Session, SessionBreak
from sessions_app.timetable.reading import wish_of
from sessions_app.timetable.rules import missing, unannounced
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError
from vio.common.localtime import local_date
from vio.common.logs import log
from vio.common.permissions import Permission
from vio.common.realtime import ring_on_commit

HORIZON_DAYS = 28
_NAMES = uuid.UUID("6f1f1c55-7d39-4c53-9e2b-3e3f0f6c8a10")
_log = log(__name__)


def session_id(series_id: uuid.UUID, on: date) -> uuid.UUID:
    """The id of a series' session on a date: the same wherever and whenever it is made."""
    return uuid.uuid5(_NAMES, f"{series_id}:{on.isoformat()}")


# --- materialising ----------------------------------------------------------------------------------------


def materialise_sessions(
    *, actor: Actor, now: datetime, days: int = HORIZON_DAYS, series_ids: Collection[uuid.UUID] | None = None
) -> int:
    """Makes the sessions of the coming `days` local dates that do not exist yet; returns how many were made.

    Meetings that are over already are not made up. A series whose rule cannot be read is logged and passed over.
    """
    rows = (
        Series.objects.filter(group__is_active=True)
        .select_related("program", "group")
        .prefetch_related("program__holidays")
        .order_by("pk")
    )
    if series_ids is not None:
        rows = rows.filter(pk__in=series_ids)
    made = 0
    for series in rows:
        try:
            if _missing(series, now, days):
                made += _materialise(actor, series.pk, now, days)
        except RuleError:
            _log.error("series.unreadable", series_id=str(series.pk))
    return made


def _missing(series: Series, now: datetime, days: int) -> list[Occurrence]:
    first = local_date(now, series.program.zone)
    there = Session.objects.filter(series=series, occurrence__gte=first).values_list("occurrence", flat=True)
    last = first + timedelta(days=days)
    wish, known = wish_of(series), {on for on in there if on}
    wanted = missing(wish, known, now=now, first=first, last=last)
    wanted += unannounced(wish, known, now=now, first=first, last=last)
    # A session that went over to a later series keeps its id; it is not made a second time.
    ids = {session_id(series.pk, o.on) for o in wanted}
    gone_over = set(Session.objects.filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
    return [o for o in wanted if session_id(series.pk, o.on) not in gone_over]


@transaction.atomic
def _materialise(actor: Actor, series_id: uuid.UUID, now: datetime, days: int) -> int:
    # The lock lets a change of the series and two schedulers pass one after the other.
    series = (
        Series.objects.select_for_update(of=("self",), no_key=True)
        .select_related("program", "group")
        .get(pk=series_id)
    )
    wanted = _missing(series, now, days)
    if wanted:
        insert_sessions(series, wanted, now=now)
        audit.record(
            actor=actor,
            action="session.planned",
            program_id=series.program_id,
            subject=series,
            details={"count": len(wanted)},
        )
    return len(wanted)


def insert_sessions(series: Series, wanted: Sequence[Occurrence], *, now: datetime) -> None:
    """Inserts sessions and their planned breaks; what exists already is left as it is (ON CONFLICT DO NOTHING).

    One that falls on a holiday is there as called off from the start, so that its people can read why.
    """
    holidays = {holiday.on: holiday.name for holiday in series.program.holidays.all()}
    sessions = [_new_session(series, found) for found in wanted]
    for session in (s for s in sessions if s.local_date in holidays):
        session.status, session.cancelled_at = Session.Status.CANCELLED, now
        session.holiday = holidays[session.local_date]
    Session.objects.bulk_create(sessions, ignore_conflicts=True)
    # Where another row already holds the date, ours was not inserted and has no breaks to plan.
    ours = set(Session.objects.filter(pk__in=[s.pk for s in sessions]).values_list("pk", flat=True))
    breaks = [
        row
        for session, found in zip(sessions, wanted, strict=True)
        if session.pk in ours
        for row in planned_breaks(session, found.breaks)
    ]
    SessionBreak.objects.bulk_create(breaks, ignore_conflicts=True)


def _new_session(series: Series, found: Occurrence) -> Session:
    return Session(
        id=session_id(series.pk, found.on),
        program_id=series.program_id,
        group_id=series.group_id,
        series=series,
        occurrence=found.on,
        title=series.title,
        service_type=series.service_type,
        local_date=found.on,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
    )


def planned_breaks(session: Session, planned: Iterable[tuple[datetime, datetime]]) -> list[SessionBreak]:
    """The rows of planned breaks, given as (start, end), not saved yet."""
    return [
        SessionBreak(
            id=uuid.uuid5(session.pk, f"break:{start.isoformat()}"),
            program_id=session.program_id,
            session=session,
            planned_start=start,
            planned_end=end,
        )
        for start, end in planned
    ]


# --- one session ------------------------------------------------------------------------------------------


def replace_breaks(session: Session, planned: Iterable[tuple[datetime, datetime]]) -> None:
    """The planned breaks of a session that has not begun, in place of what was planned before."""
    session.breaks.all().delete()
    SessionBreak.objects.bulk_create(planned_breaks(session, planned))


def call_off(session: Session, *, actor: Actor, now: datetime, holiday: str = "") -> bool:
    """Cancels a session that has not ended; the conditional update decides between two who try (False: too late).

    `holiday` names the holiday for which it is called off.
    """
    open_states = [Session.Status.SCHEDULED, Session.Status.OPEN, Session.Status.LIVE]
    changed = Session.objects.filter(pk=session.pk, status__in=open_states).update(
        status=Session.Status.CANCELLED, cancelled_at=now, holiday=holiday
    )
    if not changed:
        return False
    audit.record(actor=actor, action="session.cancelled", program_id=session.program_id, subject=session)
    ring_on_commit(f"desk:{session.program_id}", {"kind": "session", "id": str(session.pk)})
    ring_on_commit(f"room:{session.pk}", {"kind": "session", "id": str(session.pk)})
    return True


@transaction.atomic
def cancel_session(*, actor: Actor, session: Session, now: datetime) -> Session:
    """The program calls a session off: it counts against nobody (R7, C3). Raises ConflictError when it has ended.

    The date is noted in the series too, so that no later change of the series brings the session back.
    """
    actor.require(Permission.MANAGE_GROUPS, session.program_id)
    if session.series is not None and session.occurrence is not None:
        series_service.note_cancelled(series_id=session.series.pk, on=session.occurrence)
    if not call_off(session, actor=actor, now=now):
        raise ConflictError("This session has already ended or was called off before.", code="session_over")
    session.refresh_from_db()
    return session


@transaction.atomic
def plan_session(
    *, actor: Actor, group: Group, title: str, service_type: str, starts_at: datetime, minutes: int,
    breaks: Sequence[tuple[int, int]] = (), now: datetime, is_rehearsal: bool = False,
    anyway: bool | None = None,
) -> Session:  # fmt: skip
    """Plans one meeting outside of any series; breaks are (minutes after the start, length).

    Raises BadInputError for a meeting in the past or breaks that do not fit, ConflictError beside another meeting. People in two
    places at once and missing licences are asked about unless `anyway` is None (a script): with False they refuse.
    """
    actor.require(Permission.MANAGE_GROUPS, group.program_id)
    ends_at = _checked_end(starts_at, minutes, breaks, now)
    hold_meeting_times(group.program_id)
    Group.objects.select_for_update(no_key=True).get(pk=group.pk)
    refuse_double_booking(group, starts_at, ends_at)
    if anyway is not None:
        found = conflicts_of(group.program, [Time(group.pk, starts_at, ends_at)])
        require_no_conflict(group.program, found, anyway=anyway)
    session = Session.objects.create(
        program_id=group.program_id,
        group=group,
        title=title,
        service_type=service_type,
        local_date=local_date(starts_at, group.program.zone),
        starts_at=starts_at,
        ends_at=ends_at,
        is_rehearsal=is_rehearsal,
    )
    SessionBreak.objects.bulk_create(planned_breaks(session, instants_of(starts_at, breaks)))
    audit.record(actor=actor, action="session.planned", program_id=group.program_id, subject=session)
    ring_on_commit(f"desk:{group.program_id}", {"kind": "session", "id": str(session.pk)})
    return session


@transaction.atomic
def move_session(
    *, actor: Actor, session: Session, starts_at: datetime, minutes: int,
    breaks: Sequence[tuple[int, int]], now: datetime, title: str = "", service_type: str = "",
    anyway: bool | None = None,
) -> Session:  # fmt: skip
    """Moves one meeting that has not begun, its waiting room open or not; the rest of its series stays. Name and kind of
    service change too when they are given.

    Nobody may have been determined as missing yet (F1). Raises as `plan_session`.
    """
    actor.require(Permission.MANAGE_GROUPS, session.program_id)
    ends_at = _checked_end(starts_at, minutes, breaks, now)
    hold_meeting_times(session.program_id)
    group = Group.objects.select_for_update(no_key=True).get(pk=session.group_id)
    refuse_double_booking(group, starts_at, ends_at, besides=session)
    if anyway is not None:
        found = conflicts_of(session.program, [Time(group.pk, starts_at, ends_at, session.pk)])
        require_no_conflict(session.program, found, anyway=anyway)
    moved = Session.objects.filter(
        pk=session.pk,
        status__in=[Session.Status.SCHEDULED, Session.Status.OPEN],
        starts_at=session.starts_at,
        misses_found_at=None,
    ).update(
        starts_at=starts_at,
        ends_at=ends_at,
        local_date=local_date(starts_at, session.program.zone),
        follows_series=False,
        title=title or session.title,
        service_type=service_type or session.service_type,
    )
    if not moved:
        raise ConflictError(
            "This session has begun, or somebody else moved it. Please look again.", code="session_changed"
        )
    session.refresh_from_db()
    replace_breaks(session, instants_of(starts_at, breaks))
    audit.record(actor=actor, action="session.moved", program_id=session.program_id, subject=session)
    ring_on_commit(f"desk:{session.program_id}", {"kind": "session", "id": str(session.pk)})
    return session


def instants_of(starts_at: datetime, breaks: Iterable[tuple[int, int]]) -> list[tuple[datetime, datetime]]:
    """Breaks given as (minutes after the start, length) as (start, end)."""
    return [
        (starts_at + timedelta(minutes=after), starts_at + timedelta(minutes=after + length))
        for after, length in breaks
    ]


def _checked_end(
    starts_at: datetime, minutes: int, breaks: Sequence[tuple[int, int]], now: datetime
) -> datetime:
    if not 1 <= minutes <= 720:
        raise BadInputError(fields={"minutes": "A session lasts between 1 and 720 minutes."})
    problem = break_problem(breaks, minutes)
    if problem:
        raise BadInputError(fields={"breaks": problem})
    ends_at = starts_at + timedelta(minutes=minutes)
    if ends_at <= now:
        raise BadInputError(fields={"starts_on": "This is in the past. A session can only be planned ahead."})
    return ends_at


def refuse_double_booking(
    group: Group, starts_at: datetime, ends_at: datetime, *, besides: Session | None = None
) -> None:
    """Raises ConflictError (`double_booked`) when the group has another meeting in that time."""
    # A meeting that ended early holds its time only until it ended.
    in_the_way = Q(ended_at=None, ends_at__gt=starts_at) | Q(ended_at__gt=starts_at)
    others = Session.objects.filter(
        ~Q(status=Session.Status.CANCELLED), in_the_way, group=group, starts_at__lt=ends_at
    )
    if besides is not None:
        others = others.exclude(pk=besides.pk)
    if others.exists():
        message = "This group already meets at that time."
        raise ConflictError(message, code="double_booked", fields={"starts_on": message})
