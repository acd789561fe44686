"""The staff of a program: who holds which role, licences, who is on call."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.utils import timezone
from ninja import Query
from pydantic import Field, StringConstraints

from groups import access
from groups.api.clients import Address
from groups.models import StaffRole
from groups.selectors import staff_of
from groups.services import staff as service
from groups.services.arrivals import send_invitation
from groups.services.people import PersonDetails
from groups.services.programs import seen
from vio.common.api.edges import Edges
from vio.common.api.paging import Page, Paging, page_of
from vio.common.api.schemas import Flag, Input, Output, Seen, ShortText
from vio.common.http import PageRequest
from vio.common.permissions import Permission, Role

edges = Edges("programs")
FirstName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
State = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=2)]
States = Annotated[list[State], Field(max_length=60)]


class StaffOut(Output):
    """A role somebody holds. `mark` names this state of it: send it back as `seen`."""

    id: UUID
    person_id: UUID
    name: str
    role: str
    credentials: str
    licensed_states: list[str]
    is_on_call: bool
    mark: str


class StaffChange(Input):
    """Credentials, the states one is licensed in, and whether alerts at night go to this person."""

    credentials: ShortText = ""
    licensed_states: States = Field(default_factory=list)
    is_on_call: Flag = False
    seen: Seen | None = None


class StaffIn(Input):
    """A person and their role; who is new gets an invitation by mail."""

    email: Address
    first_name: FirstName
    last_name: ShortText = ""
    role: Role
    credentials: ShortText = ""
    licensed_states: States = Field(default_factory=list)
    is_on_call: Flag = False


def staff_out(row: StaffRole) -> StaffOut:
    """A role as it goes out."""
    return StaffOut(
        id=row.pk, person_id=row.person_id, name=row.person.full_name, role=row.role,
        credentials=row.credentials, licensed_states=row.licensed_states, is_on_call=row.is_on_call,
        mark=seen(row, service.ROLE_FIELDS),
    )  # fmt: skip


@edges.get("/programs/{uuid:program_id}/staff", Permission.MANAGE_STAFF, Page[StaffOut])
def list_staff(request: PageRequest, program_id: UUID, paging: Query[Paging]) -> Page[StaffOut]:
    """The roles in force, by name."""
    program = access.program_for(request.actor, program_id, Permission.MANAGE_STAFF)
    return page_of(Page[StaffOut], staff_of(program).order_by("person__first_name", "pk"), paging, staff_out)


@edges.post("/programs/{uuid:program_id}/staff", Permission.MANAGE_STAFF, StaffOut, status=201)
def add_staff(request: PageRequest, program_id: UUID, body: StaffIn) -> StaffOut:
    """Gives somebody a role; who holds it already: 409."""
    program = access.program_for(request.actor, program_id, Permission.MANAGE_STAFF)
    now = timezone.now()
    row = service.add_staff(
        actor=request.actor, program=program, now=now, role=body.role,
        person=PersonDetails(body.email, body.first_name, body.last_name), credentials=body.credentials,
        licensed_states=_states(body.licensed_states), is_on_call=body.is_on_call,
    )  # fmt: skip
    send_invitation(actor=request.actor, person=row.person, program_id=program.pk, now=now)
    return staff_out(row)


def _states(codes: list[str]) -> list[str]:
    return service.read_states(" ".join(codes))


@edges.put("/staff/{uuid:staff_role_id}", Permission.MANAGE_STAFF, StaffOut)
def change_staff(request: PageRequest, staff_role_id: UUID, body: StaffChange) -> StaffOut:
    """Changes credentials, licensed states and who is on call."""
    row = access.staff_role_for(request.actor, staff_role_id, Permission.MANAGE_STAFF)
    changed = service.change_staff(
        actor=request.actor, staff_role=row, credentials=body.credentials,
        licensed_states=_states(body.licensed_states), is_on_call=body.is_on_call, mark=body.seen,
    )  # fmt: skip
    return staff_out(changed)


@edges.post("/staff/{uuid:staff_role_id}/withdraw", Permission.MANAGE_STAFF, StaffOut)
def withdraw_role(request: PageRequest, staff_role_id: UUID) -> StaffOut:
    """Takes a role away at once, and every login of the person with it."""
    row = access.staff_role_for(request.actor, staff_role_id, Permission.MANAGE_STAFF)
    return staff_out(service.withdraw_role(actor=request.actor, staff_role=row, now=timezone.now()))
