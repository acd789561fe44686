"""Groups and the clients in them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from django.utils import timezone
from ninja import Query
from pydantic import StringConstraints

from groups import access
from groups.api.programs import sent
from groups.models import Group, Membership, ServiceType
from groups.selectors import members_on, today_of
from groups.services import memberships as service
from groups.services.programs import seen
from groups.services.weeks import make_week
from vio.common.api.edges import Edges
from vio.common.api.paging import Page, Paging, page_of
from vio.common.api.schemas import Anyway, Day, Flag, Input, Instant, Output, Seen, absent, whole
from vio.common.http import PageRequest
from vio.common.permissions import Permission

edges = Edges("groups")
GroupName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Track = Annotated[str, StringConstraints(max_length=60)]
Size = Annotated[int, whole(1, 50)]
ChatMode = Literal["off", "staff_only", "group"]
Admission = Literal["each", "roster", "all"]
Bridge = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
Link = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]


class GroupFilter(Paging):
    """Narrows the list to one program, or to groups that meet."""

    program: UUID | None = None
    active: bool | None = None


class WeekIn(Input):
    """Monday to Thursday, 17:30 to 19:00, a break, 19:15 to 20:45, from a date on."""

    name: GroupName
    starts_on: Day
    anyway: Anyway = False


class GroupOut(Output):
    """A group. `mark` names this state: send it back as `seen`. `offers_failing_since`: its free seats cannot be offered."""

    id: UUID
    program_id: UUID
    name: str
    service_type: str
    track: str
    min_size: int
    max_size: int
    chat_mode: str
    admission: str
    fallback_phone: str
    fallback_code: str
    fallback_link: str
    is_active: bool
    offers_failing_since: Instant | None
    mark: str


class GroupIn(Input):
    """A new group; its name is neutral, it stands in calendars and mails."""

    name: GroupName
    service_type: ServiceType = ServiceType.GROUP_THERAPY
    track: Track = ""
    min_size: Size = 2
    max_size: Size = 12
    chat_mode: ChatMode = "off"
    admission: Admission = "each"
    fallback_phone: Bridge = ""
    fallback_code: Bridge = ""
    fallback_link: Link = ""


class GroupChange(Input):
    """Fields of a group to change; what is not sent stays."""

    name: GroupName = absent()
    service_type: ServiceType = absent()
    track: Track = absent()
    min_size: Size = absent()
    max_size: Size = absent()
    chat_mode: ChatMode = absent()
    admission: Admission = absent()
    fallback_phone: Bridge = absent()
    fallback_code: Bridge = absent()
    fallback_link: Link = absent()
    is_active: Flag = absent()
    anyway: Anyway = False
    seen: Seen | None = None


class MembersOn(Paging):
    """Who is in the group on this local date; today when not given."""

    on: Day | None = None


class MemberOut(Output):
    """A client's place in a group, from one local date to another, both included."""

    id: UUID
    group_id: UUID
    client_id: UUID
    name: str
    starts_on: date
    ends_on: date | None


class MemberIn(Input):
    """A place from a date on."""

    client_id: UUID
    starts_on: Day
    ends_on: Day | None = None
    anyway: Anyway = False


class NewMember(MemberOut):
    """The new place, and a word when the group is nearly full."""

    warning: str


class LastDay(Input):
    """The last day."""

    ends_on: Day


class Ended(Output):
    """What became of a place: the last day it has now, or that it was taken back before it began."""

    withdrawn: bool
    ends_on: date | None


def group_out(row: Group) -> GroupOut:
    """A group as it goes out."""
    values = {name: getattr(row, name) for name in service.GROUP_FIELDS}
    return GroupOut(
        id=row.pk, program_id=row.program_id, mark=seen(row, service.GROUP_FIELDS),
        offers_failing_since=row.offers_failing_since, **values,
    )  # fmt: skip


def member_out(row: Membership) -> MemberOut:
    """A place as it goes out."""
    return MemberOut(
        id=row.pk, group_id=row.group_id, client_id=row.client_id, name=row.client.person.full_name,
        starts_on=row.starts_on, ends_on=row.ends_on,
    )  # fmt: skip


@edges.get("/groups", Permission.SEE_PROGRAM, Page[GroupOut])
def list_groups(request: PageRequest, wanted: Query[GroupFilter]) -> Page[GroupOut]:
    """The groups in reach, by name."""
    rows = access.groups_for(request.actor, Permission.SEE_PROGRAM)
    if wanted.program is not None:
        rows = rows.filter(program=access.program_for(request.actor, wanted.program, Permission.SEE_PROGRAM))
    if wanted.active is not None:
        rows = rows.filter(is_active=wanted.active)
    return page_of(Page[GroupOut], rows.order_by("name", "pk"), wanted, group_out)


@edges.get("/groups/{uuid:group_id}", Permission.SEE_PROGRAM, GroupOut)
def show_group(request: PageRequest, group_id: UUID) -> GroupOut:
    """One group."""
    return group_out(access.group_for(request.actor, group_id, Permission.SEE_PROGRAM))


@edges.post("/programs/{uuid:program_id}/groups", Permission.MANAGE_GROUPS, GroupOut, status=201)
def add_group(request: PageRequest, program_id: UUID, body: GroupIn) -> GroupOut:
    """Makes a group."""
    program = access.program_for(request.actor, program_id, Permission.MANAGE_GROUPS)
    values = body.model_dump(mode="json")
    row = service.save_group(actor=request.actor, program=program, values=values, now=timezone.now())
    return group_out(row)


@edges.post("/programs/{uuid:program_id}/sample-week", Permission.MANAGE_GROUPS, GroupOut)
def make_sample_week(request: PageRequest, program_id: UUID, body: WeekIn) -> GroupOut:
    """Makes the group with its four evenings, or those of them it lacks; asking again makes nothing."""
    program = access.program_for(request.actor, program_id, Permission.MANAGE_GROUPS)
    row = make_week(
        actor=request.actor, program=program, group_name=body.name, starts_on=body.starts_on,
        now=timezone.now(), anyway=body.anyway,
    )  # fmt: skip
    return group_out(row)


@edges.patch("/groups/{uuid:group_id}", Permission.MANAGE_GROUPS, GroupOut)
def change_group(request: PageRequest, group_id: UUID, body: GroupChange) -> GroupOut:
    """Changes a group; switched off, it holds no further sessions."""
    group = access.group_for(request.actor, group_id, Permission.MANAGE_GROUPS)
    row = service.save_group(
        actor=request.actor, program=group.program, group=group, values=sent(body), now=timezone.now(),
        mark=body.seen, anyway=body.anyway,
    )  # fmt: skip
    return group_out(row)


@edges.get("/groups/{uuid:group_id}/members", Permission.SEE_CLIENTS, Page[MemberOut])
def list_members(request: PageRequest, group_id: UUID, wanted: Query[MembersOn]) -> Page[MemberOut]:
    """The places in force on a date, by name."""
    group = access.group_for(request.actor, group_id, Permission.SEE_CLIENTS)
    on = wanted.on or today_of(group.program, timezone.now())
    return page_of(Page[MemberOut], members_on(group, on), wanted, member_out)


@edges.post("/groups/{uuid:group_id}/members", Permission.MANAGE_GROUPS, NewMember, status=201)
def add_member(request: PageRequest, group_id: UUID, body: MemberIn) -> NewMember:
    """Gives a client a place; a full group, or somebody they are kept apart from in it, refuses (409)."""
    group = access.group_for(request.actor, group_id, Permission.MANAGE_GROUPS)
    client = access.client_for(request.actor, body.client_id, Permission.MANAGE_GROUPS)
    row, band = service.add_member(
        actor=request.actor, group=group, client=client, starts_on=body.starts_on, ends_on=body.ends_on,
        now=timezone.now(), anyway=body.anyway,
    )  # fmt: skip
    return NewMember(**member_out(row).model_dump(), warning=band.warning)


@edges.post("/memberships/{uuid:membership_id}/end", Permission.MANAGE_GROUPS, Ended)
def end_membership(request: PageRequest, membership_id: UUID, body: LastDay) -> Ended:
    """Ends a place with its last day; yesterday means from today on."""
    place = access.membership_for(request.actor, membership_id, Permission.MANAGE_GROUPS)
    left = service.end_membership(
        actor=request.actor, membership=place, ends_on=body.ends_on, now=timezone.now()
    )
    return Ended(withdrawn=left is None, ends_on=left.ends_on if left else None)
