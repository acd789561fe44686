"""Who leads a group, and who stands in for an evening."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from django.utils import timezone
from ninja import Query

from groups import access
from groups.api.groups import Ended, LastDay, MembersOn
from groups.models import GroupStaff, Person
from groups.selectors import today_of
from groups.services import leaders as service
from vio.common.api.edges import Edges
from vio.common.api.paging import Page, page_of
from vio.common.api.schemas import Anyway, Day, Input, Output
from vio.common.errors import NotFoundError
from vio.common.http import PageRequest
from vio.common.permissions import Permission

edges = Edges("groups")


class LeaderOut(Output):
    """A place at the head of a group, from one local date to another, both included."""

    id: UUID
    group_id: UUID
    person_id: UUID
    name: str
    role: str
    starts_on: date
    ends_on: date | None


class LeaderIn(Input):
    """A place from a date on; with a last day for a substitute."""

    person_id: UUID
    role: Literal["facilitator", "cofacilitator", "observer"] = "facilitator"
    starts_on: Day
    ends_on: Day | None = None
    anyway: Anyway = False


def leader_out(row: GroupStaff) -> LeaderOut:
    """A place as it goes out."""
    return LeaderOut(
        id=row.pk, group_id=row.group_id, person_id=row.person_id, name=row.person.full_name, role=row.role,
        starts_on=row.starts_on, ends_on=row.ends_on,
    )  # fmt: skip


@edges.get("/groups/{uuid:group_id}/leaders", Permission.SEE_PROGRAM, Page[LeaderOut])
def list_leaders(request: PageRequest, group_id: UUID, wanted: Query[MembersOn]) -> Page[LeaderOut]:
    """Who leads the group on a date, by role."""
    group = access.group_for(request.actor, group_id, Permission.SEE_PROGRAM)
    on = wanted.on or today_of(group.program, timezone.now())
    rows = group.staff.filter(access.in_force(on)).select_related("person").order_by("-role", "pk")
    return page_of(Page[LeaderOut], rows, wanted, leader_out)


@edges.post("/groups/{uuid:group_id}/leaders", Permission.MANAGE_GROUPS, LeaderOut, status=201)
def add_leader(request: PageRequest, group_id: UUID, body: LeaderIn) -> LeaderOut:
    """Lets a member of the staff lead, help to lead or observe; a second place, or another group at the same time: 409."""
    group = access.group_for(request.actor, group_id, Permission.MANAGE_GROUPS)
    person = Person.objects.filter(pk=body.person_id, staff_roles__program=group.program_id).first()
    if person is None:
        raise NotFoundError
    row = service.assign_staff(
        actor=request.actor, group=group, person=person, role=body.role, starts_on=body.starts_on,
        ends_on=body.ends_on, now=timezone.now(), anyway=body.anyway,
    )  # fmt: skip
    return leader_out(row)


@edges.post("/leaders/{uuid:group_staff_id}/end", Permission.MANAGE_GROUPS, Ended)
def end_leader(request: PageRequest, group_staff_id: UUID, body: LastDay) -> Ended:
    """Ends a place with its last day; yesterday means from now on."""
    place = access.group_staff_for(request.actor, group_staff_id, Permission.MANAGE_GROUPS)
    left = service.end_staff(actor=request.actor, place=place, ends_on=body.ends_on, now=timezone.now())
    return Ended(withdrawn=left is None, ends_on=left.ends_on if left else None)
