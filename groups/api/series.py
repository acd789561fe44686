"""Timetables of groups."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from django.utils import timezone
from ninja import Query
from pydantic import Field, StringConstraints

from groups import access
from groups.api.groups import LastDay
from groups.models import Series, ServiceType
from groups.services import series as service
from groups.services.programs import seen
from groups.services.series import Plan
from vio.common.api.edges import Edges
from vio.common.api.paging import Page, Paging, page_of
from vio.common.api.schemas import Anyway, Day, Input, Output, Seen, WallTime, whole
from vio.common.http import PageRequest
from vio.common.permissions import Permission

edges = Edges("series")


Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Rule = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Minutes = Annotated[int, whole(1, 720)]


class BreakIn(Input):
    """A break of an evening."""

    after_minutes: Minutes
    minutes: Minutes


class SeriesIn(Input):
    """A timetable: an RFC 5545 rule without a start, on the program's local time."""

    title: Title
    service_type: ServiceType = ServiceType.GROUP_THERAPY
    rule: Rule = Field(examples=["FREQ=WEEKLY;BYDAY=MO,TU,WE,TH"])
    local_start: WallTime
    minutes: Minutes
    breaks: Annotated[list[BreakIn], Field(max_length=12)] = []
    starts_on: Day
    ends_on: Day | None = None
    anyway: Anyway = False

    @property
    def plan(self) -> Plan:
        """As the service takes it."""
        return Plan(
            title=self.title, service_type=self.service_type.value, rule=self.rule,
            local_start=self.local_start, minutes=self.minutes, starts_on=self.starts_on,
            ends_on=self.ends_on, breaks=tuple((b.after_minutes, b.minutes) for b in self.breaks),
        )  # fmt: skip


class SeriesChange(SeriesIn):
    """The timetable as it is to be; from a later date on, if one is given."""

    from_date: Day | None = None
    seen: Seen | None = None


class BreakOut(Output):
    """A break of an evening."""

    after_minutes: int
    minutes: int


class SeriesOut(Output):
    """A timetable. `mark` names this state of it: send it back as `seen`."""

    id: UUID
    program_id: UUID
    group_id: UUID
    title: str
    service_type: str
    rule: str
    local_start: str
    timezone: str
    minutes: int
    breaks: list[BreakOut]
    starts_on: date
    ends_on: date | None
    cancelled_dates: list[date]
    mark: str


class OneDate(Input):
    """A date of the timetable."""

    on: Day


class DateBack(OneDate):
    """A date of the timetable that takes place after all."""

    anyway: Anyway = False


def series_out(row: Series) -> SeriesOut:
    """A timetable as it goes out."""
    same: dict[str, Any] = {
        name: getattr(row, name) for name in ("title", "service_type", "rule", "minutes", "starts_on")
    }
    return SeriesOut(
        id=row.pk, program_id=row.program_id, group_id=row.group_id, timezone=row.program.timezone,
        local_start=row.local_start.strftime("%H:%M"), ends_on=row.ends_on,
        breaks=[BreakOut(after_minutes=after, minutes=length) for after, length in row.breaks],
        cancelled_dates=[date.fromisoformat(day) for day in row.cancelled_dates],
        mark=seen(row, service.SERIES_FIELDS), **same,
    )  # fmt: skip


@edges.get("/groups/{uuid:group_id}/series", Permission.SEE_PROGRAM, Page[SeriesOut])
def list_series(request: PageRequest, group_id: UUID, paging: Query[Paging]) -> Page[SeriesOut]:
    """The timetables of a group."""
    group = access.group_for(request.actor, group_id, Permission.SEE_PROGRAM)
    rows = group.series.select_related("program").order_by("starts_on", "local_start", "pk")
    return page_of(Page[SeriesOut], rows, paging, series_out)


@edges.post("/groups/{uuid:group_id}/series", Permission.MANAGE_GROUPS, SeriesOut, status=201)
def add_series(request: PageRequest, group_id: UUID, body: SeriesIn) -> SeriesOut:
    """Makes a timetable; the sessions of the coming four weeks are made with it."""
    group = access.group_for(request.actor, group_id, Permission.MANAGE_GROUPS)
    row = service.create_series(
        actor=request.actor, group=group, plan=body.plan, now=timezone.now(), anyway=body.anyway
    )
    return _stored(row)


def _stored(row: Series) -> SeriesOut:
    return series_out(Series.objects.select_related("program").get(pk=row.pk))


@edges.get("/series/{uuid:series_id}", Permission.SEE_PROGRAM, SeriesOut)
def show_series(request: PageRequest, series_id: UUID) -> SeriesOut:
    """One timetable."""
    return series_out(access.series_for(request.actor, series_id, Permission.SEE_PROGRAM))


@edges.put("/series/{uuid:series_id}", Permission.MANAGE_GROUPS, SeriesOut)
def change_series(request: PageRequest, series_id: UUID, body: SeriesChange) -> SeriesOut:
    """Changes a timetable for what has not begun, or from a date on: then the new one is answered."""
    series = access.series_for(request.actor, series_id, Permission.MANAGE_GROUPS)
    row = service.change_series(
        actor=request.actor, series=series, plan=body.plan, now=timezone.now(), from_date=body.from_date,
        mark=body.seen, anyway=body.anyway,
    )  # fmt: skip
    return _stored(row)


@edges.post("/series/{uuid:series_id}/end", Permission.MANAGE_GROUPS, SeriesOut)
def end_series(request: PageRequest, series_id: UUID, body: LastDay) -> SeriesOut:
    """Ends a timetable with its last day."""
    series = access.series_for(request.actor, series_id, Permission.MANAGE_GROUPS)
    return _stored(
        service.end_series(actor=request.actor, series=series, ends_on=body.ends_on, now=timezone.now())
    )


@edges.post("/series/{uuid:series_id}/cancel-date", Permission.MANAGE_GROUPS, SeriesOut)
def cancel_date(request: PageRequest, series_id: UUID, body: OneDate) -> SeriesOut:
    """Calls one date off; it counts against nobody."""
    series = access.series_for(request.actor, series_id, Permission.MANAGE_GROUPS)
    return _stored(service.cancel_date(actor=request.actor, series=series, on=body.on, now=timezone.now()))


@edges.post("/series/{uuid:series_id}/restore-date", Permission.MANAGE_GROUPS, SeriesOut)
def restore_date(request: PageRequest, series_id: UUID, body: DateBack) -> SeriesOut:
    """Gives a date back that was called off; who would be in two places at once then is asked about (`anyway`)."""
    series = access.series_for(request.actor, series_id, Permission.MANAGE_GROUPS)
    row = service.restore_date(
        actor=request.actor, series=series, on=body.on, now=timezone.now(), anyway=body.anyway
    )
    return _stored(row)
