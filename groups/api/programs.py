"""Programs, their levels of care and their staff; and who one is."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils import timezone
from ninja import Query
from pydantic import StringConstraints

from groups import access
from groups.models import LevelOfCare, Person, Program
from groups.services import programs as service
from vio.common.api.edges import Edges
from vio.common.api.paging import Page, Paging, page_of
from vio.common.api.schemas import Flag, Input, Output, Seen, WallTime, absent, whole
from vio.common.http import PageRequest
from vio.common.permissions import Permission

edges = Edges("programs")
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
LevelName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
LevelCode = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8)]
PhoneLine = Annotated[str, StringConstraints(max_length=40)]
ZoneName = Annotated[str, StringConstraints(max_length=64)]
WeekStart = Literal["sun", "mon", "rolling7"]
Population = Literal["adult", "adolescent"]


class MyRole(Output):
    """What one is in one program."""

    program_id: UUID
    roles: list[str]


class Me(Output):
    """Whom the API takes the caller for."""

    person_id: UUID
    name: str
    roles: list[MyRole]
    fresh_sign_in: bool


class ProgramOut(Output):
    """A program and its settings. `mark` names this state of them: send it back as `seen`."""

    id: UUID
    name: str
    timezone: str
    week_start: str
    help_line: str
    lobby_opens_minutes: int
    note_due_hours: int
    correction_window_hours: int
    chat_retention_hours: int
    reconnect_grace_seconds: int
    reminder_minutes: int
    quiet_from: str
    quiet_until: str
    offer_hours: int
    mark: str


class ProgramChange(Input):
    """Settings to change; what is not sent stays."""

    name: Name = absent()
    timezone: ZoneName = absent()
    week_start: WeekStart = absent()
    help_line: PhoneLine = absent()
    lobby_opens_minutes: Annotated[int, whole(0, 120)] = absent()
    note_due_hours: Annotated[int, whole(1, 336)] = absent()
    correction_window_hours: Annotated[int, whole(0, 2160)] = absent()
    chat_retention_hours: Annotated[int, whole(0, 8760)] = absent()
    reconnect_grace_seconds: Annotated[int, whole(10, 900)] = absent()
    reminder_minutes: Annotated[int, whole(0, 600)] = absent()
    quiet_from: WallTime = absent()
    quiet_until: WallTime = absent()
    offer_hours: Annotated[int, whole(1, 168)] = absent()
    seen: Seen | None = None


class LevelOut(Output):
    """A level of care with its weekly minimum."""

    id: UUID
    program_id: UUID
    code: str
    name: str
    population: str
    weekly_minutes: int
    weekly_days: int
    is_active: bool
    mark: str


class LevelIn(Input):
    """A level of care."""

    code: LevelCode
    name: LevelName
    population: Population = "adult"
    weekly_minutes: Annotated[int, whole(0, 10080)]
    weekly_days: Annotated[int, whole(0, 7)]
    is_active: Flag = True


class LevelChange(LevelIn):
    """A level as it is to be, and what was seen of it."""

    seen: Seen | None = None


def program_out(row: Program) -> ProgramOut:
    """A program as it goes out."""
    mark = service.seen(row, service.SETTINGS)
    values = {name: getattr(row, name) for name in service.SETTINGS}
    quiet = {name: values.pop(name).strftime("%H:%M") for name in ("quiet_from", "quiet_until")}
    return ProgramOut(id=row.pk, mark=mark, **values, **quiet)


def level_out(row: LevelOfCare) -> LevelOut:
    """A level as it goes out."""
    values = {name: getattr(row, name) for name in service.LEVEL_FIELDS}
    mark = service.seen(row, service.LEVEL_FIELDS)
    return LevelOut(id=row.pk, program_id=row.program_id, mark=mark, **values)


def sent(body: Input) -> dict[str, Any]:
    """The fields that were sent, without what only says which state was seen."""
    return body.model_dump(exclude_unset=True, exclude={"seen"})


@edges.get("/me", Permission.SIGNED_IN, Me)
def show_me(request: PageRequest) -> Me:
    """Whom the API takes the caller for, and what they are in each program."""
    actor = request.actor
    person = Person.objects.get(pk=actor.who)
    roles = [
        MyRole(program_id=program_id, roles=sorted(role.value for role in held))
        for program_id, held in sorted(actor.roles.items(), key=str)
    ]
    return Me(person_id=person.pk, name=person.full_name, roles=roles, fresh_sign_in=actor.fresh)


@edges.get("/programs", Permission.SEE_PROGRAM, Page[ProgramOut])
def list_programs(request: PageRequest, paging: Query[Paging]) -> Page[ProgramOut]:
    """The programs one works in, by name."""
    rows = access.programs_for(request.actor, Permission.SEE_PROGRAM).order_by("name", "pk")
    return page_of(Page[ProgramOut], rows, paging, program_out)


@edges.get("/programs/{uuid:program_id}", Permission.SEE_PROGRAM, ProgramOut)
def show_program(request: PageRequest, program_id: UUID) -> ProgramOut:
    """One program with its settings."""
    return program_out(access.program_for(request.actor, program_id, Permission.SEE_PROGRAM))


@edges.patch("/programs/{uuid:program_id}", Permission.MANAGE_PROGRAM, ProgramOut)
def change_program(request: PageRequest, program_id: UUID, body: ProgramChange) -> ProgramOut:
    """Changes settings. A new time zone moves every session that has not begun, so that local times stay."""
    program = access.program_for(request.actor, program_id, Permission.MANAGE_PROGRAM)
    row = service.change_program(
        actor=request.actor, program=program, values=sent(body), now=timezone.now(), mark=body.seen
    )
    return program_out(row)


@edges.get("/programs/{uuid:program_id}/levels", Permission.SEE_PROGRAM, Page[LevelOut])
def list_levels(request: PageRequest, program_id: UUID, paging: Query[Paging]) -> Page[LevelOut]:
    """The levels of care of a program."""
    program = access.program_for(request.actor, program_id, Permission.SEE_PROGRAM)
    rows = program.levels.order_by("-is_active", "code", "population", "pk")
    return page_of(Page[LevelOut], rows, paging, level_out)


@edges.post("/programs/{uuid:program_id}/levels", Permission.MANAGE_PROGRAM, LevelOut, status=201)
def add_level(request: PageRequest, program_id: UUID, body: LevelIn) -> LevelOut:
    """Adds a level of care."""
    program = access.program_for(request.actor, program_id, Permission.MANAGE_PROGRAM)
    return level_out(service.save_level(actor=request.actor, program=program, values=body.model_dump()))


@edges.put("/levels/{uuid:level_id}", Permission.MANAGE_PROGRAM, LevelOut)
def change_level(request: PageRequest, level_id: UUID, body: LevelChange) -> LevelOut:
    """Changes a level of care; weeks already prescribed keep their own dose."""
    level = access.level_for(request.actor, level_id, Permission.MANAGE_PROGRAM)
    values = body.model_dump(exclude={"seen"})
    row = service.save_level(
        actor=request.actor, program=level.program, level=level, values=values, mark=body.seen
    )
    return level_out(row)
