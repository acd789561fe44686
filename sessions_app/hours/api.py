"""Hours of the week: one's own, the board of a program, one client's week in full."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from django.utils import timezone
from ninja import Query

from groups.access import client_for, group_for, own_client, program_or_first
from groups.models import Client, Program
from sessions_app.hours import selectors
from sessions_app.hours.forecast import OpenSeat
from sessions_app.hours.reading import Part, WeekReading
from sessions_app.hours.seats import Planned
from sessions_app.hours.selectors import MyHours
from sessions_app.hours.services import current_week
from sessions_app.hours.target import DosePart
from sessions_app.hours.targets import set_week_target
from sessions_app.models import WeekHours
from vio.common import audit
from vio.common.api.edges import Edges
from vio.common.api.paging import Page, Paging, page_of
from vio.common.api.schemas import Day, Input, Instant, Output
from vio.common.errors import NotFoundError
from vio.common.http import PageRequest
from vio.common.localtime import Week, WeekStart, week_of
from vio.common.permissions import Permission

edges = Edges("hours")
Forecast = Literal["met", "on_course", "needs_one_more", "cannot_reach"]


class AnyWeek(Input):
    """The week that holds this local date; the running one when not given."""

    week: Day | None = None


class BoardFilter(Paging, AnyWeek):
    """Narrows the board; without a program, the first one by name."""

    program: UUID | None = None
    group: UUID | None = None
    state: Forecast | None = None


class BoardRowOut(Output):
    """One client's week on the board. Minutes; `week` is its first local date."""

    client_id: UUID
    name: str
    program_id: UUID
    week: date
    minutes: int
    days: int
    prescribed_minutes: int
    prescribed_days: int
    to_come_minutes: int
    forecast: str
    computed_at: Instant
    full_minutes: int
    days_in_force: int
    called_off_minutes: int
    target_basis: str
    target_reason: str


class PartOut(Output):
    """What one session gave to the week."""

    session_id: UUID
    title: str
    local_date: date
    status: str
    minutes: int
    attendance_version: int


class SeatOut(Output):
    """A session still to come, and what it counts in full."""

    local_date: date
    starts_at: Instant
    ends_at: Instant
    minutes: int


class BookedOut(SeatOut):
    """A session to come in one of the client's own groups."""

    session_id: UUID
    title: str


class TargetPartOut(Output):
    """Days of the week under one dose, and the minutes they add to the target."""

    first: date
    last: date
    weekly_minutes: int
    weekly_days: int
    minutes: int


class WeekOut(Output):
    """A client's week: what counted and why, what is to come, what would still fix it (R9, R11; C11, C12)."""

    client_id: UUID
    first: date
    last: date
    minutes: int
    days: int
    prescribed_minutes: int
    prescribed_days: int
    to_come_minutes: int
    forecast: str
    missing_minutes: int
    missing_days: int
    definition: str
    policy_version: int
    parts: list[PartOut]
    booked: list[BookedOut]
    fixes: list[list[SeatOut]]
    full_minutes: int
    days_in_force: int
    called_off_minutes: int
    target_basis: str
    target_reason: str
    target_parts: list[TargetPartOut]


def row_out(row: WeekHours) -> BoardRowOut:
    """A row of the board."""
    return BoardRowOut(
        client_id=row.client_id, name=row.client.person.full_name, program_id=row.program_id, week=row.week,
        minutes=row.minutes, days=row.days, prescribed_minutes=row.prescribed_minutes,
        prescribed_days=row.prescribed_days, to_come_minutes=row.to_come_minutes, forecast=row.forecast,
        computed_at=row.computed_at, full_minutes=row.full_minutes, days_in_force=row.days_in_force,
        called_off_minutes=row.called_off_minutes, target_basis=row.target_basis,
        target_reason=selectors.row_words(row),
    )  # fmt: skip


def _part(part: Part) -> PartOut:
    record = part.record
    return PartOut(
        session_id=record.session_id, title=record.session.title, local_date=record.local_date,
        status=record.status, minutes=part.minutes, attendance_version=record.version,
    )  # fmt: skip


def _seat(seat: OpenSeat) -> SeatOut:
    return SeatOut(
        local_date=seat.day, starts_at=seat.time.start, ends_at=seat.time.end, minutes=seat.minutes
    )


def _booked(seat: Planned) -> BookedOut:
    shown = _seat(seat.seat(booked=True)).model_dump()
    return BookedOut(session_id=seat.session_id, title=seat.title, **shown)


def _target_part(part: DosePart, minutes: int) -> TargetPartOut:
    return TargetPartOut(
        first=part.first, last=part.last, weekly_minutes=part.dose.minutes, weekly_days=part.dose.days,
        minutes=minutes,
    )  # fmt: skip


def week_out(mine: MyHours) -> WeekOut:
    """A week in full."""
    reading: WeekReading = mine.reading
    outlook, goal = reading.outlook, reading.target
    return WeekOut(
        client_id=reading.client.pk, first=reading.week.first, last=reading.week.last,
        minutes=reading.minutes, days=len(reading.days), prescribed_minutes=reading.dose.minutes,
        prescribed_days=reading.dose.days, to_come_minutes=reading.to_come, forecast=outlook.outlook,
        missing_minutes=outlook.missing_minutes, missing_days=outlook.missing_days,
        definition=mine.definition, policy_version=reading.policy.version,
        parts=[_part(part) for part in reading.parts], booked=[_booked(seat) for seat in reading.booked],
        fixes=[[_seat(seat) for seat in choice] for choice in outlook.fixes],
        full_minutes=goal.full.minutes, days_in_force=goal.days_in_force, called_off_minutes=goal.called_off,
        target_basis=goal.basis, target_reason=mine.why, target_parts=[_target_part(*one) for one in goal.parts],
    )  # fmt: skip


def _week(program: Program, day: date | None, now: datetime) -> Week:
    """The week that holds a date; never one that has not begun."""
    running = current_week(program, now)
    return running if day is None else min(week_of(day, WeekStart(program.week_start)), running)


def _client_week(client: Client, day: date | None) -> WeekOut:
    now = timezone.now()
    found = selectors.my_hours(client, now=now, week=_week(client.program, day, now))
    if found is None:
        raise NotFoundError("This client was not enrolled in that week.")
    return week_out(found)


@edges.get("/my/hours", Permission.OWN_PAGES, WeekOut)
def show_my_hours(request: PageRequest, wanted: Query[AnyWeek]) -> WeekOut:
    """A client's own week; 404 when not enrolled in it."""
    return _client_week(own_client(request.actor, Permission.OWN_PAGES), wanted.week)


@edges.get("/hours", Permission.SEE_HOURS, Page[BoardRowOut])
def list_hours(request: PageRequest, wanted: Query[BoardFilter]) -> Page[BoardRowOut]:
    """The week of every client in reach: worst first."""
    program = program_or_first(request.actor, wanted.program, Permission.SEE_HOURS)
    now = timezone.now()
    if wanted.group is not None:
        group_for(request.actor, wanted.group, Permission.SEE_HOURS)
    week = _week(program, wanted.week, now)
    rows = selectors.week_rows(request.actor, program, week, now=now, group_id=wanted.group)
    if wanted.state is not None:
        rows = rows.filter(forecast=wanted.state)
    audit.record(actor=request.actor, action="hours.viewed", program_id=program.pk)
    return page_of(Page[BoardRowOut], selectors.worst_first(rows), wanted, row_out)


@edges.get("/clients/{uuid:client_id}/hours", Permission.SEE_HOURS, WeekOut)
def explain_hours(request: PageRequest, client_id: UUID, wanted: Query[AnyWeek]) -> WeekOut:
    """One client's week down to the sessions it follows from; 404 when not enrolled in it."""
    client = client_for(request.actor, client_id, Permission.SEE_HOURS)
    week = _client_week(client, wanted.week)
    audit.record(
        actor=request.actor, action="hours.viewed", program_id=client.program_id, subject=client,
        client_id=client.pk,
    )  # fmt: skip
    return week


class TargetIn(Input):
    """A goal for one client's week, in place of the rule's; without minutes and days the rule holds again."""

    week: Day
    minutes: int | None = None
    days: int | None = None
    reason: str


@edges.post("/clients/{uuid:client_id}/hours/target", Permission.MANAGE_ENROLMENT, WeekOut)
def change_target(request: PageRequest, client_id: UUID, wanted: TargetIn) -> WeekOut:
    """Sets the goal of one week for one client, with a reason; the week in full comes back."""
    client = client_for(request.actor, client_id, Permission.MANAGE_ENROLMENT)
    set_week_target(
        actor=request.actor, client=client, day=wanted.week, minutes=wanted.minutes, days=wanted.days,
        reason=wanted.reason, now=timezone.now(),
    )  # fmt: skip
    return _client_week(client, wanted.week)
