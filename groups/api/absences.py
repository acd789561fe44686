"""When the staff is away, and who covers: one's own, and everybody's for who manages the staff."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from ninja import Query

from groups import access
from groups.api.refs import PersonRef, person_ref
from groups.cover import coming_absences
from groups.models import Absence
from groups.services import absences as service
from vio.common.api.edges import Edges
from vio.common.api.paging import Page, Paging, page_of
from vio.common.api.schemas import Input, Instant, Moment, Output
from vio.common.http import PageRequest
from vio.common.permissions import Permission

edges = Edges("absences")
OWN, MANAGE = Permission.OWN_ABSENCES, Permission.MANAGE_STAFF


class AbsenceChange(Input):
    """From when, until when (that instant not included), and who covers; null: nobody is named."""

    starts_at: Moment
    ends_at: Moment
    cover_id: UUID | None = None


class AbsenceIn(AbsenceChange):
    """The same, and who of the staff it is."""

    person_id: UUID


class AbsenceOut(Output):
    """A time when somebody of the staff is away."""

    id: UUID
    program_id: UUID
    person: PersonRef | None
    starts_at: Instant
    ends_at: Instant
    cover: PersonRef | None


class AbsenceEnded(Output):
    """Which absence is over, and since when; one that had not begun is gone."""

    id: UUID
    ended_at: Instant


def absence_out(row: Absence) -> AbsenceOut:
    """An absence as it goes out."""
    return AbsenceOut(
        id=row.pk, program_id=row.program_id, person=person_ref(row.person), starts_at=row.starts_at,
        ends_at=row.ends_at, cover=person_ref(row.cover),
    )  # fmt: skip


@edges.get("/programs/{uuid:program_id}/absences", MANAGE, Page[AbsenceOut])
def list_absences(request: PageRequest, program_id: UUID, paging: Query[Paging]) -> Page[AbsenceOut]:
    """Who of the staff is away now or will be, soonest first."""
    program = access.program_for(request.actor, program_id, MANAGE)
    rows = coming_absences(program, timezone.now())
    return page_of(Page[AbsenceOut], rows, paging, absence_out)


@edges.post("/programs/{uuid:program_id}/absences", MANAGE, AbsenceOut, status=201)
def add_absence(request: PageRequest, program_id: UUID, body: AbsenceIn) -> AbsenceOut:
    """Notes that somebody of the staff is away; who is away already in that time: 409."""
    program = access.program_for(request.actor, program_id, MANAGE)
    values = body.model_dump()
    return absence_out(
        service.add_absence(actor=request.actor, program=program, now=timezone.now(), **values)
    )


@edges.get("/programs/{uuid:program_id}/my-absences", OWN, Page[AbsenceOut])
def list_my_absences(request: PageRequest, program_id: UUID, paging: Query[Paging]) -> Page[AbsenceOut]:
    """When one is away oneself, now or later, soonest first."""
    program = access.program_for(request.actor, program_id, OWN)
    rows = coming_absences(program, timezone.now()).filter(person=request.actor.person_id)
    return page_of(Page[AbsenceOut], rows, paging, absence_out)


@edges.post("/programs/{uuid:program_id}/my-absences", OWN, AbsenceOut, status=201)
def add_my_absence(request: PageRequest, program_id: UUID, body: AbsenceChange) -> AbsenceOut:
    """Says that one will be away oneself, and who covers."""
    program = access.program_for(request.actor, program_id, OWN)
    values = body.model_dump()
    return absence_out(
        service.add_absence(
            actor=request.actor, program=program, person_id=request.actor.who, now=timezone.now(), **values
        )
    )


@edges.put("/absences/{uuid:absence_id}", OWN, AbsenceOut)
def change_absence(request: PageRequest, absence_id: UUID, body: AbsenceChange) -> AbsenceOut:
    """Another time or another cover: of one's own, or of the staff one manages."""
    row = access.absence_for(request.actor, absence_id, OWN)
    values = body.model_dump()
    return absence_out(service.change_absence(actor=request.actor, absence=row, now=timezone.now(), **values))


@edges.post("/absences/{uuid:absence_id}/end", OWN, AbsenceEnded)
def end_absence(request: PageRequest, absence_id: UUID) -> AbsenceEnded:
    """The person is back now. What was handed over stays where it is."""
    row = access.absence_for(request.actor, absence_id, OWN)
    now = timezone.now()
    service.end_absence(actor=request.actor, absence=row, now=now)
    return AbsenceEnded(id=absence_id, ended_at=now)
