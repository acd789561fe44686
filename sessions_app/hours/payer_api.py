"""Payers, coverages and authorisations over the API: the same acts as the pages."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from django.utils import timezone
from ninja import Query
from pydantic import Field, StringConstraints

from groups.access import client_for, program_or_first
from groups.models import ServiceType
from sessions_app.hours import authorisations, paying
from sessions_app.hours.authorisations import Row, authorisation_for, coverage_for, payer_for
from sessions_app.models import Coverage, Payer
from vio.common import audit
from vio.common.api.edges import Edges
from vio.common.api.paging import Page, Paging, page_of, page_of_list
from vio.common.api.schemas import Day, Flag, Input, Line, Output, Version
from vio.common.errors import NotFoundError
from vio.common.http import PageRequest
from vio.common.permissions import Permission

edges = Edges("payers")
Number = Annotated[str, StringConstraints(max_length=40)]
Units = Annotated[int, Field(strict=True, ge=1, le=paying.MOST_UNITS)]
Minutes = Annotated[int, Field(strict=True, ge=1, le=1440)]
Size = Annotated[int, Field(strict=True, ge=1, le=50)]
SEE, ENROLMENT = Permission.SEE_HOURS, Permission.MANAGE_ENROLMENT


class OfProgram(Paging):
    """Of one program; without one, the first by name."""

    program: UUID | None = None


class PayerIn(Input):
    """A payer with its rule (R12). Only the figures of the chosen rule matter."""

    program: UUID | None = None
    name: Line
    code: Annotated[str, StringConstraints(max_length=20)] = ""
    rule: Literal["unit15", "h0015_day", "ohio_day", "per_session"]
    service_types: list[ServiceType] = Field(default_factory=list)
    day_minutes: Minutes = 180
    days_needed: Annotated[int, Field(strict=True, ge=1, le=7)] = 3
    per_diem_from: Minutes = 150
    session_minutes: Minutes = 45
    size_floor: Size = 2
    size_cap: Size = 12
    warn_units: Annotated[int, Field(strict=True, ge=0, le=1000)] = 6


class PayerOut(Output):
    """A payer."""

    id: UUID
    program_id: UUID
    name: str
    code: str
    rule: str
    service_types: list[str]
    day_minutes: int
    days_needed: int
    per_diem_from: int
    session_minutes: int
    size_floor: int
    size_cap: int
    warn_units: int
    is_active: Flag


class CoverageIn(Input):
    """Who pays for a client, from when."""

    payer: UUID
    starts_on: Day
    ends_on: Day | None = None
    member_number: Number = ""


class CoverageOut(Output):
    """That a payer covers a client between two dates."""

    id: UUID
    client_id: UUID
    payer_id: UUID
    payer: str
    starts_on: date
    ends_on: date | None
    member_number: str


class AuthorisationIn(Input):
    """What a payer authorised."""

    units: Units
    starts_on: Day
    ends_on: Day
    number: Number = ""


class AuthorisationChange(Input):
    """More or fewer units, another last day."""

    units: Units
    ends_on: Day
    seen_version: Version


class WeekUnitsOut(Output):
    """Units of one week; `met` is the payer's week rule, null where there is none (C6)."""

    first: date
    units: int
    met: bool | None


class AuthorisationOut(Output):
    """An authorisation and where it stands: used by attendance, planned by the seats to come."""

    id: UUID
    client_id: UUID
    coverage_id: UUID
    payer: str
    code: str
    number: str
    starts_on: date
    ends_on: date
    version: int
    authorised: int
    used: int
    left: int
    planned: int
    short: int
    runs_out_on: date | None
    state: str
    weeks: list[WeekUnitsOut]


class ClientPayersOut(Output):
    """A client's coverages and authorisations."""

    coverages: list[CoverageOut]
    authorisations: list[AuthorisationOut]


def payer_out(row: Payer) -> PayerOut:
    """A payer."""
    return PayerOut(
        id=row.pk, program_id=row.program_id, name=row.name, code=row.code, rule=row.rule,
        service_types=row.service_types, warn_units=row.warn_units, is_active=row.is_active,
        **{name: getattr(row, name) for name in paying.TERMS},
    )  # fmt: skip


def _coverage(row: Coverage) -> CoverageOut:
    return CoverageOut(
        id=row.pk, client_id=row.client_id, payer_id=row.payer_id, payer=row.payer.name, starts_on=row.starts_on,
        ends_on=row.ends_on, member_number=row.member_number,
    )  # fmt: skip


def _row(row: Row) -> AuthorisationOut:
    found, at = row.authorisation, row.standing
    return AuthorisationOut(
        id=found.pk, client_id=found.client_id, coverage_id=found.coverage_id, payer=row.payer.name,
        code=row.payer.code, number=found.number, starts_on=found.starts_on, ends_on=found.ends_on,
        version=found.version, authorised=at.authorised, used=at.used, left=at.left, planned=at.planned,
        short=at.short, runs_out_on=at.runs_out_on, state=row.state,
        weeks=[WeekUnitsOut(first=one.week.first, units=one.units, met=one.met) for one in row.weeks],
    )  # fmt: skip


def _one(authorisation_id: UUID, client_rows: list[Row]) -> AuthorisationOut:
    return next(_row(row) for row in client_rows if row.authorisation.pk == authorisation_id)


@edges.get("/payers", Permission.MANAGE_PROGRAM, Page[PayerOut])
def list_payers(request: PageRequest, wanted: Query[OfProgram]) -> Page[PayerOut]:
    """The payers of a program."""
    program = program_or_first(request.actor, wanted.program, Permission.MANAGE_PROGRAM)
    return page_of(Page[PayerOut], Payer.objects.filter(program=program).order_by("name"), wanted, payer_out)


@edges.post("/payers", Permission.MANAGE_PROGRAM, PayerOut, status=201)
def add_payer(request: PageRequest, wanted: PayerIn) -> PayerOut:
    """A payer with its rule; the rule is never changed."""
    program = program_or_first(request.actor, wanted.program, Permission.MANAGE_PROGRAM)
    values = wanted.model_dump(mode="json", exclude={"program"})
    return payer_out(paying.add_payer(actor=request.actor, program=program, values=values))


class PayerChange(Input):
    """What may change about a payer."""

    name: Line
    code: Annotated[str, StringConstraints(max_length=20)] = ""
    warn_units: Annotated[int, Field(strict=True, ge=0, le=1000)] = 6
    is_active: Flag = True


@edges.put("/payers/{uuid:payer_id}", Permission.MANAGE_PROGRAM, PayerOut)
def change_payer(request: PageRequest, payer_id: UUID, wanted: PayerChange) -> PayerOut:
    """Name, code, warning, and whether new coverages may choose it."""
    payer = payer_for(request.actor, payer_id, Permission.MANAGE_PROGRAM)
    return payer_out(paying.change_payer(actor=request.actor, payer=payer, values=wanted.model_dump()))


class AuthorisationsOf(OfProgram):
    """Those that run out soon; with `all`, every one in force."""

    all: bool = False


@edges.get("/authorisations", SEE, Page[AuthorisationOut])
def list_authorisations(request: PageRequest, wanted: Query[AuthorisationsOf]) -> Page[AuthorisationOut]:
    """Those of a program that run out soon, the soonest first."""
    program = program_or_first(request.actor, wanted.program, SEE)
    rows = authorisations.running_out(
        request.actor, program, now=timezone.now(), all_of_them=wanted.all
    )  # fmt: skip
    audit.record(actor=request.actor, action="authorisations.viewed", program_id=program.pk)
    return page_of_list(Page[AuthorisationOut], rows, wanted, _row)


@edges.get("/clients/{uuid:client_id}/authorisations", SEE, ClientPayersOut)
def show_client_authorisations(request: PageRequest, client_id: UUID) -> ClientPayersOut:
    """Who pays for a client, what was authorised, used and planned."""
    client = client_for(request.actor, client_id, SEE)
    audit.record(
        actor=request.actor, action="authorisations.viewed", program_id=client.program_id, subject=client,
        client_id=client.pk,
    )  # fmt: skip
    coverages = Coverage.objects.filter(client=client).select_related("payer").order_by("-starts_on")
    rows = authorisations.client_rows(client, now=timezone.now())
    return ClientPayersOut(
        coverages=[_coverage(one) for one in coverages], authorisations=[_row(row) for row in rows]
    )


@edges.post("/clients/{uuid:client_id}/coverages", ENROLMENT, CoverageOut, status=201)
def cover_client(request: PageRequest, client_id: UUID, wanted: CoverageIn) -> CoverageOut:
    """A payer covers a client from a date on."""
    client = client_for(request.actor, client_id, ENROLMENT)
    payer = Payer.objects.filter(pk=wanted.payer, program=client.program_id).first()
    if payer is None:
        raise NotFoundError
    return _coverage(
        paying.cover_client(
            actor=request.actor, client=client, payer=payer, starts_on=wanted.starts_on,
            ends_on=wanted.ends_on, member_number=wanted.member_number,
        )
    )  # fmt: skip


class LastDay(Input):
    """A last day, included."""

    ends_on: Day


@edges.post("/coverages/{uuid:coverage_id}/end", ENROLMENT, CoverageOut)
def end_coverage(request: PageRequest, coverage_id: UUID, wanted: LastDay) -> CoverageOut:
    """The last day a payer pays for a client."""
    coverage = coverage_for(request.actor, coverage_id, ENROLMENT)
    return _coverage(paying.end_coverage(actor=request.actor, coverage=coverage, ends_on=wanted.ends_on))


@edges.post("/coverages/{uuid:coverage_id}/authorisations", ENROLMENT, AuthorisationOut, status=201)
def add_authorisation(request: PageRequest, coverage_id: UUID, wanted: AuthorisationIn) -> AuthorisationOut:
    """Notes what a payer authorised."""
    coverage, now = coverage_for(request.actor, coverage_id, ENROLMENT), timezone.now()
    made = paying.add_authorisation(
        actor=request.actor, coverage=coverage, units=wanted.units, starts_on=wanted.starts_on,
        ends_on=wanted.ends_on, number=wanted.number, now=now,
    )  # fmt: skip
    return _one(made.pk, authorisations.client_rows(coverage.client, now=now))


@edges.put("/authorisations/{uuid:authorisation_id}", ENROLMENT, AuthorisationOut)
def change_authorisation(
    request: PageRequest, authorisation_id: UUID, wanted: AuthorisationChange
) -> AuthorisationOut:
    """More or fewer units, another last day."""
    found = authorisation_for(request.actor, authorisation_id, ENROLMENT)
    paying.change_authorisation(
        actor=request.actor, authorisation=found, units=wanted.units, ends_on=wanted.ends_on,
        seen_version=wanted.seen_version,
    )  # fmt: skip
    return _one(found.pk, authorisations.client_rows(found.client, now=timezone.now()))
