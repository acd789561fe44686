"""One change of evenings: this one, this and the following, or all that have not begun. First shown, then made.

What is shown carries a mark of every step and of whom it concerns. The change is made only when the same steps come out
again while the series is locked; otherwise somebody else was faster and the new steps are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db import transaction

from groups.models import Group, Series
from groups.rules import ONE_DAY, break_problem, fingerprint
from groups.selectors import today_of
from groups.services.meeting_times import hold_meeting_times
from groups.services.series import Plan, change_series
from sessions_app.conflicts.reading import Warned, in_words, require_no_conflict
from sessions_app.conflicts.rules import Conflict
from sessions_app.models import Session
from sessions_app.services.scheduling import instants_of, move_session, refuse_double_booking
from sessions_app.timetable.against import against_steps
from sessions_app.timetable.following import steps_of
from sessions_app.timetable.reading import clients_on, wish_of
from sessions_app.timetable.rules import Kind, Planned, Step, Why, clocks_change_on, touched
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError
from vio.common.localtime import local_date, to_instant
from vio.common.permissions import Permission


class Reach(StrEnum):
    """How far a change goes."""

    THIS = "this"
    FOLLOWING = "following"
    ALL = "all"


@dataclass(frozen=True)
class Wanted:
    """How evenings are to be: neutral name, kind of service, wall start, elapsed minutes, breaks (minutes after the start,
    length); `on` is another date, for one evening alone."""

    title: str
    service_type: str
    local_start: time
    minutes: int
    breaks: tuple[tuple[int, int], ...] = ()
    on: date | None = None

    def checked(self) -> Wanted:
        """The same with name and breaks in order; raises BadInputError beside the field at fault."""
        problems = {
            "title": "" if self.title.strip() else "Give it a neutral name.",
            "minutes": "" if 1 <= self.minutes <= 720 else "A group lasts between 1 and 720 minutes.",
            "breaks": break_problem(self.breaks, self.minutes),
        }
        if any(problems.values()):
            raise BadInputError(fields={name: text for name, text in problems.items() if text})
        return replace(self, title=self.title.strip(), breaks=tuple(sorted(self.breaks)))


@dataclass(frozen=True)
class Shown:
    """One step as a page tells it: the step, and how much longer or shorter than 24 hours that date is (R1)."""

    step: Step
    clocks: timedelta
    zone: ZoneInfo

    @property
    def changes_day(self) -> bool:
        """Whether it moves to another local date."""
        before, after = self.step.before, self.step.after
        if before is None or after is None:
            return False
        return local_date(before.starts_at, self.zone) != local_date(after.starts_at, self.zone)

    @property
    def clocks_word(self) -> str:
        """A word for the night the clocks change; '' on every other date."""
        if not self.clocks:
            return ""
        return "the clocks go back" if self.clocks > timedelta() else "the clocks go forward"


@dataclass(frozen=True)
class Preview:
    """What a change would do: every date there is in order, how many clients it concerns, and the mark of all of it."""

    shown: Sequence[Shown]
    clients: int
    mark: str
    conflicts: Sequence[Conflict] = ()
    warnings: Sequence[Warned] = ()

    @property
    def happening(self) -> list[Shown]:
        """The dates on which something happens."""
        return [each for each in self.shown if not each.step.is_kept]

    @property
    def is_refused(self) -> bool:
        """Whether one facilitator would lead two groups at once."""
        return any(each.is_refused for each in self.conflicts)

    @property
    def kept(self) -> list[Shown]:
        """The dates that stay as they are."""
        return [each for each in self.shown if each.step.is_kept]


def preview_change(*, actor: Actor, session: Session, reach: Reach, wanted: Wanted, now: datetime) -> Preview:
    """What a change would do if it were made now; nothing is written.

    Raises BadInputError beside the field at fault, ConflictError for a session that has begun or, unless for this
    evening alone, belongs to no series.
    """
    actor.require(Permission.MANAGE_GROUPS, session.program_id)
    wanted = wanted.checked()
    if reach is Reach.THIS:
        plan = [_alone(session, wanted, now)]
        days = {plan[0].on, _new_date(session, wanted)} if touched(plan) else set()
    else:
        plan = _planned(session, reach, wanted, now)
        days = set(touched(plan))
    clients = clients_on(session.group_id, days)
    zone = session.program.zone
    shown = [Shown(step, clocks_change_on(step.on, zone), zone) for step in plan]
    found = against_steps(session.program, session.group_id, plan)
    lines = in_words(session.program, found)
    mark = fingerprint(
        {"reach": reach, "steps": plan, "clients": sorted(map(str, clients)), "conflicts": lines}
    )
    return Preview(shown, len(clients), mark, found, lines)


@transaction.atomic
def change_sessions(
    *, actor: Actor, session: Session, reach: Reach, wanted: Wanted, now: datetime, mark: str | None = None,
    anyway: bool = False,
) -> Preview:  # fmt: skip
    """Makes the change, exactly as `preview_change` told it; returns what was done.

    Raises ConflictError (`changed_meanwhile`) when the steps or the people are not those of the mark any more, and as
    `preview_change`; None as the mark asks nothing (the API). What speaks against it needs `anyway`, and one facilitator in two
    places is refused (`leads_twice`).
    """
    actor.require(Permission.MANAGE_GROUPS, session.program_id)
    hold_meeting_times(session.program_id)
    # One more lock, and the one that the act itself takes first: two locks in another order than elsewhere would cross.
    if reach is Reach.THIS or session.series_id is None:
        Group.objects.select_for_update(no_key=True).get(pk=session.group_id)
    else:
        Series.objects.select_for_update(no_key=True).get(pk=session.series_id)
    row = Session.objects.select_related("program", "group", "series").filter(pk=session.pk).first()
    if row is None:
        raise _changed()
    found = preview_change(actor=actor, session=row, reach=reach, wanted=wanted, now=now)
    if mark is not None and mark != found.mark:
        raise _changed()
    require_no_conflict(row.program, found.conflicts, anyway=anyway)
    if found.happening:
        _make(actor, row, reach, wanted.checked(), now)
    return found


def _changed() -> ConflictError:
    return ConflictError(
        "Something changed since this was shown. Nothing was done; please look at it as it is now.",
        code="changed_meanwhile",
    )


def _make(actor: Actor, session: Session, reach: Reach, wanted: Wanted, now: datetime) -> None:
    if reach is Reach.THIS:
        move_session(
            actor=actor, session=session, starts_at=_start(session, wanted), minutes=wanted.minutes,
            breaks=wanted.breaks, now=now, title=wanted.title, service_type=wanted.service_type,
        )  # fmt: skip
        return
    series, occurrence = _series_of(session)
    change_series(
        actor=actor, series=series, plan=_plan(series, wanted), now=now,
        from_date=occurrence if reach is Reach.FOLLOWING else None,
    )  # fmt: skip


def _plan(series: Series, wanted: Wanted) -> Plan:
    return Plan(
        title=wanted.title, service_type=wanted.service_type, rule=series.rule,
        local_start=wanted.local_start, minutes=wanted.minutes, starts_on=series.starts_on,
        ends_on=series.ends_on, breaks=wanted.breaks,
    )  # fmt: skip


def _series_of(session: Session) -> tuple[Series, date]:
    if session.series is None or session.occurrence is None:
        raise ConflictError("This session belongs to no timetable; change it alone.", code="no_series")
    return session.series, session.occurrence


# --- this evening alone -----------------------------------------------------------------------------------


def _new_date(session: Session, wanted: Wanted) -> date:
    return wanted.on or session.local_date


def _start(session: Session, wanted: Wanted) -> datetime:
    wall = datetime.combine(_new_date(session, wanted), wanted.local_start)
    return to_instant(wall, session.program.zone)


def _alone(session: Session, wanted: Wanted, now: datetime) -> Step:
    if session.status not in {Session.Status.SCHEDULED, Session.Status.OPEN} or session.starts_at <= now:
        raise ConflictError("This session has begun, or it was called off.", code="session_changed")
    start = _start(session, wanted)
    after = Planned(
        start, start + timedelta(minutes=wanted.minutes), wanted.title, wanted.service_type,
        tuple(instants_of(start, wanted.breaks)),
    )  # fmt: skip
    if after.ends_at <= now:
        raise BadInputError(fields={"on": "This is in the past. A session can only be planned ahead."})
    before = _as_planned(session)
    refuse_double_booking(session.group, after.starts_at, after.ends_at, besides=session)
    if before == after:
        return Step(Kind.KEEP, session.local_date, session.pk, before, before, Why.SAME)
    moved = (before.starts_at, before.ends_at) != (after.starts_at, after.ends_at)
    return Step(Kind.MOVE if moved else Kind.CHANGE, session.local_date, session.pk, before, after)


def _as_planned(session: Session) -> Planned:
    breaks = session.breaks.exclude(planned_start=None).order_by("planned_start")
    pauses = tuple((b.planned_start, b.planned_end) for b in breaks if b.planned_start and b.planned_end)
    return Planned(session.starts_at, session.ends_at, session.title, session.service_type, pauses)


# --- this and the following, or all -----------------------------------------------------------------------


def _planned(session: Session, reach: Reach, wanted: Wanted, now: datetime) -> list[Step]:
    series, occurrence = _series_of(session)
    series = Series.objects.select_related("program", "group").get(pk=series.pk)
    before = wish_of(series)
    after = replace(
        before, title=wanted.title, service_type=wanted.service_type,
        table=replace(
            before.table, local_start=wanted.local_start, minutes=wanted.minutes, breaks=wanted.breaks
        ),
    )  # fmt: skip
    today = today_of(series.program, now)
    if reach is Reach.ALL or occurrence <= max(today, series.starts_on):
        return steps_of(series, after, now)
    if series.ends_on is not None and occurrence > series.ends_on:
        raise ConflictError("The series has ended by then.", code="series_ended")
    # The old series ends the day before; a new one, anchored on this date, carries on with its sessions.
    ended = replace(before, table=replace(before.table, ends_on=occurrence - ONE_DAY))
    carried = replace(after, table=replace(after.table, starts_on=occurrence))
    return [
        *(step for step in steps_of(series, ended, now) if step.on < occurrence),
        *steps_of(series, carried, now, from_date=occurrence),
    ]
