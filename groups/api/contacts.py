"""Whom to call for a client."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from ninja import Query
from pydantic import StringConstraints

from groups import access
from groups.models import EmergencyContact
from groups.services import enrolment as service
from vio.common import audit
from vio.common.api.edges import Edges
from vio.common.api.paging import Page, Paging, page_of
from vio.common.api.schemas import Flag, Input, Output
from vio.common.http import PageRequest
from vio.common.permissions import Permission

edges = Edges("clients")
MANAGE = Permission.MANAGE_ENROLMENT
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
Relation = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]


class ContactIn(Input):
    """Somebody to call; without consent they are called in a medical emergency only."""

    name: Name
    phone: Phone
    relation: Relation = ""
    consent_given: Flag = False


class ContactOut(Output):
    """Somebody to call."""

    id: UUID
    name: str
    phone: str
    relation: str
    consent_given: bool


class ContactRemoved(Output):
    """Nobody to call any more."""

    id: UUID


def contact_out(row: EmergencyContact) -> ContactOut:
    """A contact as it goes out."""
    return ContactOut(
        id=row.pk, name=row.name, phone=row.phone, relation=row.relation, consent_given=row.consent_given
    )


@edges.get("/clients/{uuid:client_id}/contacts", MANAGE, Page[ContactOut])
def list_contacts(request: PageRequest, client_id: UUID, paging: Query[Paging]) -> Page[ContactOut]:
    """The emergency contacts; looking is on record."""
    client = access.client_for(request.actor, client_id, MANAGE)
    audit.record(
        actor=request.actor, action="contact.viewed", program_id=client.program_id, subject=client,
        client_id=client.pk,
    )  # fmt: skip
    return page_of(Page[ContactOut], client.emergency_contacts.order_by("pk"), paging, contact_out)


@edges.post("/clients/{uuid:client_id}/contacts", MANAGE, ContactOut, status=201)
def add_contact(request: PageRequest, client_id: UUID, body: ContactIn) -> ContactOut:
    """Adds somebody to call."""
    client = access.client_for(request.actor, client_id, MANAGE)
    return contact_out(service.save_contact(actor=request.actor, client=client, **body.model_dump()))


@edges.put("/contacts/{uuid:emergency_contact_id}", MANAGE, ContactOut)
def change_contact(request: PageRequest, emergency_contact_id: UUID, body: ContactIn) -> ContactOut:
    """Changes somebody to call."""
    row = access.contact_for(request.actor, emergency_contact_id, MANAGE)
    changed = service.save_contact(actor=request.actor, client=row.client, contact=row, **body.model_dump())
    return contact_out(changed)


@edges.post("/contacts/{uuid:emergency_contact_id}/remove", MANAGE, ContactRemoved)
def remove_contact(request: PageRequest, emergency_contact_id: UUID) -> ContactRemoved:
    """Takes a contact away."""
    row = access.contact_for(request.actor, emergency_contact_id, MANAGE)
    service.remove_contact(actor=request.actor, contact=row)
    return ContactRemoved(id=emergency_contact_id)
