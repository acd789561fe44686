"""The staff of a program: who holds which role, licences, who is on call."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from django.utils import timezone
from ninja import Query
from pydantic import Field, StringConstraints

from groups import access
from groups.api.clients import Address
from groups.licences import STATES
from groups.models import StaffRole
from groups.selectors import staff_of, today_of
from groups.services import staff as service
from groups.services.arrivals import send_invitation
from groups.services.people import PersonDetails
from groups.services.programs import seen
from vio.common.api.edges import Edges
from vio.common.api.paging import Page, Paging, page_of
from vio.common.api.schemas import Flag, Input, Output, Seen, ShortText
from vio.common.errors import BadInputError
from vio.common.http import PageRequest
from vio.common.permissions import Permission, Role

edges = Edges("programs")
FirstName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
State = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=2)]


class LicenceIn(Input):
    """A licence in one state. `ends_on` is the last day it counts, and null where it has no end: that must be said."""

    state: State
    ends_on: date | None


Licences = Annotated[list[LicenceIn], Field(max_length=60)]


class LicenceOut(Output):
    """A licence in one state; `ends_on` is the last day it counts, null: no end."""

    state: str
    ends_on: date | None
    counts: bool
    ends_soon: bool


class StaffOut(Output):
    """A role somebody holds. `mark` names this state of it: send it back as `seen`."""

    id: UUID
    person_id: UUID
    name: str
    role: str
    credentials: str
    licences: list[LicenceOut]
    is_on_call: bool
    mark: str


class StaffChange(Input):
    """Credentials, licences, and whether alerts at night go to this person."""

    credentials: ShortText = ""
    licences: Licences = Field(default_factory=list)
    is_on_call: Flag = False
    seen: Seen | None = None


class StaffIn(Input):
    """A person and their role; who is new gets an invitation by mail."""

    email: Address
    first_name: FirstName
    last_name: ShortText = ""
    role: Role
    credentials: ShortText = ""
    licences: Licences = Field(default_factory=list)
    is_on_call: Flag = False


def staff_out(row: StaffRole) -> StaffOut:
    """A role as it goes out."""
    return StaffOut(
        id=row.pk, person_id=row.person_id, name=row.person.full_name, role=row.role,
        credentials=row.credentials, licences=_licences_out(row), is_on_call=row.is_on_call,
        mark=seen(row, service.ROLE_FIELDS),
    )  # fmt: skip


def _licences_out(row: StaffRole) -> list[LicenceOut]:
    today = today_of(row.program, timezone.now())
    return [
        LicenceOut(
            state=one.state, ends_on=one.ends_on, counts=one.counts(today), ends_soon=one.ends_soon(today)
        )
        for one in row.held_licences
    ]


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
        licensed_states=_states(body.licences), licence_ends=_ends(body.licences), is_on_call=body.is_on_call,
    )  # fmt: skip
    send_invitation(actor=request.actor, person=row.person, program_id=program.pk, now=now)
    return staff_out(row)


def _states(given: list[LicenceIn]) -> list[str]:
    codes = sorted({one.state.upper() for one in given})
    wrong = [code for code in codes if code not in STATES]
    if wrong:
        raise BadInputError(fields={"licences": f"“{wrong[0]}” is not a state."})
    return codes


def _ends(given: list[LicenceIn]) -> dict[str, date | None]:
    return {one.state.upper(): one.ends_on for one in given}


@edges.put("/staff/{uuid:staff_role_id}", Permission.MANAGE_STAFF, StaffOut)
def change_staff(request: PageRequest, staff_role_id: UUID, body: StaffChange) -> StaffOut:
    """Changes credentials, licensed states and who is on call."""
    row = access.staff_role_for(request.actor, staff_role_id, Permission.MANAGE_STAFF)
    changed = service.change_staff(
        actor=request.actor, staff_role=row, credentials=body.credentials,
        licensed_states=_states(body.licences), licence_ends=_ends(body.licences), is_on_call=body.is_on_call,
        mark=body.seen,
    )  # fmt: skip
    return staff_out(changed)


@edges.post("/staff/{uuid:staff_role_id}/withdraw", Permission.MANAGE_STAFF, StaffOut)
def withdraw_role(request: PageRequest, staff_role_id: UUID) -> StaffOut:
    """Takes a role away at once, and every login of the person with it."""
    row = access.staff_role_for(request.actor, staff_role_id, Permission.MANAGE_STAFF)
    return staff_out(service.withdraw_role(actor=request.actor, staff_role=row, now=timezone.now()))
