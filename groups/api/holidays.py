"""Dates on which a program does not meet."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from django.utils import timezone
from ninja import Query
from pydantic import StringConstraints

from groups import access
from groups.models import Holiday
from groups.services import holidays as service
from vio.common.api.edges import Edges
from vio.common.api.paging import Page, Paging, page_of
from vio.common.api.schemas import Anyway, Day, Input, Output
from vio.common.http import PageRequest
from vio.common.permissions import Permission

edges = Edges("holidays")


class HolidayIn(Input):
    """A local date on which no group meets, and a neutral name that clients see."""

    on: Day
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class RemoveIn(Input):
    """`anyway` answers what was asked; an empty body asks."""

    anyway: Anyway = False


class HolidayOut(Output):
    """A holiday of a program."""

    id: UUID
    program_id: UUID
    on: date
    name: str


class HolidayRemoved(Output):
    """Which holiday is one no more."""

    id: UUID
    on: date


def holiday_out(row: Holiday) -> HolidayOut:
    """A holiday as it goes out."""
    return HolidayOut(id=row.pk, program_id=row.program_id, on=row.on, name=row.name)


@edges.get("/programs/{uuid:program_id}/holidays", Permission.SEE_PROGRAM, Page[HolidayOut])
def list_holidays(request: PageRequest, program_id: UUID, paging: Query[Paging]) -> Page[HolidayOut]:
    """The holidays of a program, past ones too, in order of date."""
    program = access.program_for(request.actor, program_id, Permission.SEE_PROGRAM)
    return page_of(Page[HolidayOut], program.holidays.order_by("on", "pk"), paging, holiday_out)


@edges.post("/programs/{uuid:program_id}/holidays", Permission.MANAGE_GROUPS, HolidayOut, status=201)
def add_holiday(request: PageRequest, program_id: UUID, body: HolidayIn) -> HolidayOut:
    """Adds a holiday: every session of that date that has not begun is called off and counts against nobody."""
    program = access.program_for(request.actor, program_id, Permission.MANAGE_GROUPS)
    return holiday_out(
        service.add_holiday(
            actor=request.actor, program=program, on=body.on, name=body.name, now=timezone.now()
        )
    )


@edges.post("/holidays/{uuid:holiday_id}/remove", Permission.MANAGE_GROUPS, HolidayRemoved)
def remove_holiday(request: PageRequest, holiday_id: UUID, body: RemoveIn) -> HolidayRemoved:
    """Removes a holiday: the sessions called off for it that have not begun take place again.

    Who would be in two places at once then is asked about (`anyway`).
    """
    row = access.holiday_for(request.actor, holiday_id, Permission.MANAGE_GROUPS)
    service.remove_holiday(actor=request.actor, holiday=row, now=timezone.now(), anyway=body.anyway)
    return HolidayRemoved(id=holiday_id, on=row.on)
