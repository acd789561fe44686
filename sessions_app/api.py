"""The API of WHEN: sessions here, and the routers of the wings."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from ninja import Query, Router
from pydantic import Field

from groups.access import group_for, local_dates, own_client, program_for
from groups.api.series import BreakIn, Minutes, Title
from groups.models import ServiceType
from groups.selectors import today_of
from sessions_app.access import session_for
from sessions_app.attendance import api as attendance
from sessions_app.attendance import signature_api as signatures
from sessions_app.attendance.imports import api as imports
from sessions_app.coming import api as coming
from sessions_app.followup import api as followup
from sessions_app.hours import api as hours
from sessions_app.hours import payer_api as payers
from sessions_app.models import Session
from sessions_app.notes import api as notes
from sessions_app.room.door import api as door
from sessions_app.selectors import client_sessions, staff_sessions
from sessions_app.services.scheduling import cancel_session, move_session, plan_session
from sessions_app.staffing import api as staffing
from sessions_app.timetable import api as timetable
from vio.common.api.edges import Edges
from vio.common.api.paging import Page, Paging, page_of
from vio.common.api.schemas import Day, Input, Instant, Moment, Output
from vio.common.http import PageRequest
from vio.common.permissions import Permission

edges = Edges("sessions")
ROUTERS: tuple[Router, ...] = (
    edges.router,
    timetable.edges.router,
    staffing.edges.router,
    coming.edges.router,
    door.edges.router,
    attendance.edges.router,
    imports.edges.router,
    signatures.edges.router,
    hours.edges.router,
    payers.edges.router,
    followup.edges.router,
    notes.edges.router,
)


class Days(Paging):
    """Local dates: `days` of them from `first` on; today alone when nothing is given, 7 for a week."""

    first: Day | None = None
    days: Annotated[int, Field(ge=1, le=31)] = 1

    def last(self, first: date) -> date:
        """The last date, included."""
        return first + timedelta(days=self.days - 1)


class SessionFilter(Days):
    """Narrows the list to one program or one group."""

    program: UUID | None = None
    group: UUID | None = None


class TimeIn(Input):
    """When one meeting takes place: its start, its length, and breaks as minutes after the start with their length."""

    starts_at: Moment
    minutes: Minutes
    breaks: Annotated[list[BreakIn], Field(max_length=6)] = Field(default_factory=list)
    anyway: bool = Field(default=False, description="Whether to do it in spite of warnings.")

    def pauses(self) -> list[tuple[int, int]]:
        """The breaks as the services take them."""
        return [(each.after_minutes, each.minutes) for each in self.breaks]


class MeetingIn(TimeIn):
    """One meeting outside of any timetable."""

    title: Title
    service_type: ServiceType = ServiceType.GROUP_THERAPY


class SessionOut(Output):
    """One meeting. `local_date` is the program's date of the planned start, `timezone` the program's zone."""

    id: UUID
    program_id: UUID
    group_id: UUID
    group_name: str
    title: str
    service_type: str
    local_date: date
    timezone: str
    starts_at: Instant
    ends_at: Instant
    status: str
    started_at: Instant | None
    ended_at: Instant | None
    cancelled_at: Instant | None
    holiday: str
    attendance_ready: bool


def session_out(row: Session) -> SessionOut:
    """A session as it goes out."""
    return SessionOut(
        id=row.pk, program_id=row.program_id, group_id=row.group_id, group_name=row.group.name,
        title=row.title, service_type=row.service_type, local_date=row.local_date,
        timezone=row.program.timezone, starts_at=row.starts_at, ends_at=row.ends_at, status=row.status,
        started_at=row.started_at, ended_at=row.ended_at, cancelled_at=row.cancelled_at,
        holiday=row.holiday, attendance_ready=row.finalised_at is not None,
    )  # fmt: skip


@edges.get("/sessions", Permission.TONIGHT_BOARD, Page[SessionOut])
def list_sessions(request: PageRequest, wanted: Query[SessionFilter]) -> Page[SessionOut]:
    """The sessions in reach on some local dates, in order of time."""
    first = wanted.first or _today(request)
    rows = staff_sessions(request.actor, Permission.TONIGHT_BOARD, first, wanted.last(first))
    return page_of(
        Page[SessionOut], _narrowed(request, rows, wanted).order_by("starts_at", "pk"), wanted, session_out
    )


def _today(request: PageRequest) -> date:
    """Today where the day is oldest, of all the programs one works in."""
    dates = local_dates(request.actor, request.actor.program_ids)
    return min(dates.values()) if dates else timezone.now().date()


def _narrowed(request: PageRequest, rows: QuerySet[Session], wanted: SessionFilter) -> QuerySet[Session]:
    if wanted.program is not None:
        rows = rows.filter(program=program_for(request.actor, wanted.program, Permission.TONIGHT_BOARD))
    if wanted.group is not None:
        rows = rows.filter(group=group_for(request.actor, wanted.group, Permission.TONIGHT_BOARD))
    return rows


@edges.get("/sessions/{uuid:session_id}", Permission.TONIGHT_BOARD, SessionOut)
def show_session(request: PageRequest, session_id: UUID) -> SessionOut:
    """One session."""
    return session_out(session_for(request.actor, session_id, Permission.TONIGHT_BOARD))


@edges.post("/sessions/{uuid:session_id}/cancel", Permission.MANAGE_GROUPS, SessionOut)
def call_off_session(request: PageRequest, session_id: UUID) -> SessionOut:
    """Calls a session off: it counts against nobody, and its timetable remembers it."""
    session = session_for(request.actor, session_id, Permission.MANAGE_GROUPS)
    return session_out(cancel_session(actor=request.actor, session=session, now=timezone.now()))


@edges.post("/groups/{uuid:group_id}/sessions", Permission.MANAGE_GROUPS, SessionOut, status=201)
def add_session(request: PageRequest, group_id: UUID, body: MeetingIn) -> SessionOut:
    """Plans one meeting outside of any timetable; beside another meeting of the group: 409."""
    group = group_for(request.actor, group_id, Permission.MANAGE_GROUPS)
    row = plan_session(
        actor=request.actor, group=group, title=body.title, service_type=body.service_type,
        starts_at=body.starts_at, minutes=body.minutes, breaks=body.pauses(), now=timezone.now(), anyway=body.anyway,
    )  # fmt: skip
    return session_out(row)


@edges.put("/sessions/{uuid:session_id}/time", Permission.MANAGE_GROUPS, SessionOut)
def change_session_time(request: PageRequest, session_id: UUID, body: TimeIn) -> SessionOut:
    """Moves one meeting that has not begun; the rest of its timetable stays. Conflicts are asked about (`anyway`)."""
    session = session_for(request.actor, session_id, Permission.MANAGE_GROUPS)
    row = move_session(
        actor=request.actor, session=session, starts_at=body.starts_at, minutes=body.minutes,
        breaks=body.pauses(), now=timezone.now(), anyway=body.anyway,
    )  # fmt: skip
    return session_out(row)


@edges.get("/my/sessions", Permission.OWN_PAGES, Page[SessionOut])
def list_my_sessions(request: PageRequest, wanted: Query[Days]) -> Page[SessionOut]:
    """The sessions a client is expected in on some local dates, in order of time."""
    client = own_client(request.actor, Permission.OWN_PAGES)
    first = wanted.first or today_of(client.program, timezone.now())
    rows = client_sessions(client, first, wanted.last(first)).order_by("starts_at", "pk")
    return page_of(Page[SessionOut], rows, wanted, session_out)
