"""Clients, their episodes of care and their prescribed dose."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from ninja import Query
from pydantic import StringConstraints

from groups import access
from groups.api.programs import PhoneLine, sent
from groups.licences import STATES
from groups.models import Client, Group, PrescribedDose
from groups.selectors import Episode, episodes, today_of
from groups.services import arrivals
from groups.services import enrolment as service
from groups.services.people import PersonDetails
from groups.services.programs import seen
from vio.common import audit
from vio.common.actors import Actor
from vio.common.api.edges import Edges
from vio.common.api.paging import Page, Paging, page_of, page_of_list
from vio.common.api.schemas import Anyway, Day, Input, Output, Seen, absent, whole
from vio.common.errors import BadInputError, NotFoundError
from vio.common.http import PageRequest
from vio.common.permissions import Permission

edges = Edges("clients")
GivenName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
FamilyName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]
PeerName = Annotated[str, StringConstraints(max_length=40)]
Address = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=254)]
State = Annotated[str, StringConstraints(max_length=2)]
Why = Annotated[str, StringConstraints(max_length=500)]
Minutes = Annotated[int, whole(0, 10080)]
Days = Annotated[int, whole(0, 7)]
EndReason = Literal[
    "completed", "step_down", "step_up", "moved", "own_wish", "no_contact", "clinical", "other"
]


class ClientFilter(Paging):
    """Narrows the list to one program or one group."""

    program: UUID | None = None
    group: UUID | None = None


class ClientOut(Output):
    """A client in a list."""

    id: UUID
    program_id: UUID
    name: str
    peer_name: str


class ChartOut(ClientOut):
    """The head of a chart. The number is for who may call; `mark` names this state for who may change it (`seen`)."""

    privacy_name: str
    phone: str | None
    home_state: str
    mark: str | None


class ArrivalIn(Input):
    """A new client: account, chart, first episode and dose, first group, invitation; all of it or nothing."""

    email: Address
    first_name: GivenName
    last_name: FamilyName = ""
    level_id: UUID
    starts_on: Day
    weekly_minutes: Minutes | None = None
    weekly_days: Days | None = None
    primary_clinician_id: UUID | None = None
    group_id: UUID | None = None
    phone: PhoneLine = ""
    privacy_name: PeerName = ""
    home_state: State = ""
    anyway: Anyway = False


class ChartChange(Input):
    """Fields of the chart's head to change; what is not sent stays."""

    privacy_name: PeerName = absent()
    phone: PhoneLine = absent()
    home_state: State = absent()
    seen: Seen | None = None


class DoseOut(Output):
    """How much treatment a week is prescribed from a local date on."""

    id: UUID
    starts_on: date
    weekly_minutes: int
    weekly_days: int
    level_id: UUID | None


class EpisodeOut(Output):
    """One episode of care; local dates, the last day included."""

    id: UUID
    client_id: UUID
    state: str
    level_id: UUID
    level_code: str
    primary_clinician_id: UUID | None
    starts_on: date
    ends_on: date | None
    end_reason: str
    doses: list[DoseOut]


class EnrolIn(Input):
    """A new episode with its first dose, the level's own unless given."""

    level_id: UUID
    starts_on: Day
    weekly_minutes: Minutes | None = None
    weekly_days: Days | None = None
    primary_clinician_id: UUID | None = None


class DoseIn(Input):
    """Another dose from a date on; with a level, the step up or down it belongs to."""

    starts_on: Day
    weekly_minutes: Minutes
    weekly_days: Days
    level_id: UUID | None = None
    reason: Why = ""


class ClinicianIn(Input):
    """Who is the primary clinician; null for nobody."""

    primary_clinician_id: UUID | None


class EpisodeEnd(Input):
    """The last day and why."""

    ends_on: Day
    reason: EndReason


def client_out(row: Client) -> ClientOut:
    """A client in a list."""
    return ClientOut(id=row.pk, program_id=row.program_id, name=row.person.full_name, peer_name=row.peer_name)


def chart_out(actor: Actor, row: Client) -> ChartOut:
    """The head of a chart, as far as this reader may see it."""
    changes = actor.may(Permission.MANAGE_ENROLMENT, row.program_id)
    calls = changes or actor.may(Permission.SEE_CHECKINS, row.program_id)
    return ChartOut(
        **client_out(row).model_dump(), privacy_name=row.privacy_name, phone=row.phone if calls else None,
        home_state=row.home_state, mark=seen(row, service.CHART_FIELDS) if changes else None,
    )  # fmt: skip


def dose_out(row: PrescribedDose) -> DoseOut:
    """A dose as it goes out."""
    return DoseOut(
        id=row.pk, starts_on=row.starts_on, weekly_minutes=row.weekly_minutes, weekly_days=row.weekly_days,
        level_id=row.level_id,
    )  # fmt: skip


def episode_out(found: Episode) -> EpisodeOut:
    """An episode with its doses."""
    row = found.enrolment
    return EpisodeOut(
        id=row.pk, client_id=row.client_id, state=found.state, level_id=found.level.pk,
        level_code=found.level.code, primary_clinician_id=row.primary_clinician_id, starts_on=row.starts_on,
        ends_on=row.ends_on, end_reason=row.end_reason, doses=[dose_out(dose) for dose in found.doses],
    )  # fmt: skip


@edges.get("/clients", Permission.SEE_CLIENTS, Page[ClientOut])
def list_clients(request: PageRequest, wanted: Query[ClientFilter]) -> Page[ClientOut]:
    """The clients in reach, by name."""
    rows = _staffed(request).select_related("person")
    if wanted.program is not None:
        program = access.program_for(request.actor, wanted.program, Permission.SEE_CLIENTS)
        rows = rows.filter(program=program)
    if wanted.group is not None:
        rows = rows.filter(memberships__in=_members(request, wanted.group))
    ordered = rows.order_by("person__first_name", "person__last_name", "pk").distinct()
    return page_of(Page[ClientOut], ordered, wanted, client_out)


def _staffed(request: PageRequest) -> QuerySet[Client]:
    rows = access.clients_for(request.actor, Permission.SEE_CLIENTS)
    return rows.exclude(person=request.actor.person_id)


def _members(request: PageRequest, group_id: UUID) -> QuerySet[Client]:
    group: Group = access.group_for(request.actor, group_id, Permission.SEE_CLIENTS)
    today = today_of(group.program, timezone.now())
    return group.memberships.filter(access.in_force(today))  # type: ignore[return-value]  # used as a subquery


def _chart(request: PageRequest, client_id: UUID) -> Client:
    """A chart of somebody else, with the look at it on record."""
    client = access.client_for(request.actor, client_id, Permission.SEE_CLIENTS)
    if client.person_id == request.actor.person_id:
        raise NotFoundError  # one's own chart is read through /my
    audit.record(
        actor=request.actor, action="client.viewed", program_id=client.program_id, subject=client,
        client_id=client.pk,
    )  # fmt: skip
    return client


@edges.get("/clients/{uuid:client_id}", Permission.SEE_CLIENTS, ChartOut)
def show_client(request: PageRequest, client_id: UUID) -> ChartOut:
    """The head of one chart."""
    return chart_out(request.actor, _chart(request, client_id))


@edges.post("/programs/{uuid:program_id}/clients", Permission.MANAGE_ENROLMENT, ChartOut, status=201)
def add_client(request: PageRequest, program_id: UUID, body: ArrivalIn) -> ChartOut:
    """A person arrives: chart, episode, dose, first group and invitation."""
    program = access.program_for(request.actor, program_id, Permission.MANAGE_ENROLMENT)
    level = access.level_for(request.actor, body.level_id, Permission.SEE_PROGRAM)
    group = None
    if body.group_id is not None:
        group = access.group_for(request.actor, body.group_id, Permission.MANAGE_ENROLMENT)
    arrival = arrivals.Arrival(
        person=PersonDetails(body.email, body.first_name, body.last_name), level=level, group=group,
        starts_on=body.starts_on, weekly_minutes=body.weekly_minutes, weekly_days=body.weekly_days,
        primary_clinician_id=body.primary_clinician_id, phone=body.phone, privacy_name=body.privacy_name,
        home_state=_state(body.home_state),
        anyway=body.anyway,
    )  # fmt: skip
    now = timezone.now()
    client, _ = arrivals.admit_new_client(actor=request.actor, program=program, arrival=arrival, now=now)
    return chart_out(request.actor, client)


def _state(code: str) -> str:
    if code and code not in STATES:
        raise BadInputError(fields={"home_state": "Write the two letters of a state, or nothing."})
    return code


@edges.patch("/clients/{uuid:client_id}", Permission.MANAGE_ENROLMENT, ChartOut)
def change_client(request: PageRequest, client_id: UUID, body: ChartChange) -> ChartOut:
    """Changes the head of a chart."""
    client = access.client_for(request.actor, client_id, Permission.MANAGE_ENROLMENT)
    values = sent(body)
    _state(values.get("home_state", ""))
    row = service.change_client(actor=request.actor, client=client, values=values, mark=body.seen)
    return chart_out(request.actor, row)


@edges.get("/clients/{uuid:client_id}/enrolments", Permission.SEE_CLIENTS, Page[EpisodeOut])
def list_enrolments(request: PageRequest, client_id: UUID, paging: Query[Paging]) -> Page[EpisodeOut]:
    """Every episode of a client with its doses, the newest first."""
    client = _chart(request, client_id)
    found = episodes(client, today_of(client.program, timezone.now()))
    return page_of_list(Page[EpisodeOut], found, paging, episode_out)


@edges.post("/clients/{uuid:client_id}/enrolments", Permission.MANAGE_ENROLMENT, EpisodeOut, status=201)
def enrol_client(request: PageRequest, client_id: UUID, body: EnrolIn) -> EpisodeOut:
    """Begins an episode; two of one client never overlap (409)."""
    client = access.client_for(request.actor, client_id, Permission.MANAGE_ENROLMENT)
    level = access.level_for(request.actor, body.level_id, Permission.SEE_PROGRAM)
    row = service.enrol_client(
        actor=request.actor, client=client, level=level, starts_on=body.starts_on, now=timezone.now(),
        weekly_minutes=body.weekly_minutes, weekly_days=body.weekly_days,
        primary_clinician_id=body.primary_clinician_id,
    )  # fmt: skip
    return _episode(client, row.pk)


def _episode(client: Client, enrolment_id: UUID) -> EpisodeOut:
    found = episodes(client, today_of(client.program, timezone.now()))
    return next(episode_out(episode) for episode in found if episode.enrolment.pk == enrolment_id)


@edges.post("/enrolments/{uuid:enrolment_id}/doses", Permission.MANAGE_ENROLMENT, EpisodeOut, status=201)
def change_dose(request: PageRequest, enrolment_id: UUID, body: DoseIn) -> EpisodeOut:
    """Prescribes another dose from a date on; weeks before it keep theirs."""
    row = access.enrolment_for(request.actor, enrolment_id, Permission.MANAGE_ENROLMENT)
    level = None
    if body.level_id is not None:
        level = access.level_for(request.actor, body.level_id, Permission.SEE_PROGRAM)
    service.change_dose(
        actor=request.actor, enrolment=row, starts_on=body.starts_on, weekly_minutes=body.weekly_minutes,
        weekly_days=body.weekly_days, level=level, reason=body.reason, now=timezone.now(),
    )  # fmt: skip
    return _episode(row.client, row.pk)


@edges.put("/enrolments/{uuid:enrolment_id}/clinician", Permission.MANAGE_ENROLMENT, EpisodeOut)
def change_clinician(request: PageRequest, enrolment_id: UUID, body: ClinicianIn) -> EpisodeOut:
    """Names another primary clinician, or none."""
    row = access.enrolment_for(request.actor, enrolment_id, Permission.MANAGE_ENROLMENT)
    service.change_clinician(
        actor=request.actor, enrolment=row, primary_clinician_id=body.primary_clinician_id
    )
    return _episode(row.client, row.pk)


@edges.post("/enrolments/{uuid:enrolment_id}/end", Permission.MANAGE_ENROLMENT, EpisodeOut)
def end_enrolment(request: PageRequest, enrolment_id: UUID, body: EpisodeEnd) -> EpisodeOut:
    """Ends an episode with its last day, and the client's places in groups with it."""
    row = access.enrolment_for(request.actor, enrolment_id, Permission.MANAGE_ENROLMENT)
    service.end_enrolment(
        actor=request.actor, enrolment=row, ends_on=body.ends_on, reason=body.reason, now=timezone.now()
    )
    return _episode(row.client, row.pk)
