"""The daily check-in: sent by a client with an id their browser made, listed for them and for the clinical team.

The body of a check-in goes to the service as it came: it alone reads answers, because a yes to the safety question
counts even when nothing else can be used (C7). Whoever answers yes gets the numbers to call in the same answer.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query
from pydantic import ConfigDict, Field, RootModel

from checkins import answers
from checkins.models import CheckIn
from checkins.services.checkins import Submission, submit_checkin
from groups.access import client_for, own_client
from groups.context import CRISIS_LINES
from groups.models import Client
from groups.selectors import today_of
from vio.common import audit
from vio.common.api.edges import Edges
from vio.common.api.paging import Page, Paging, page_of
from vio.common.api.schemas import Day, Instant, Output
from vio.common.errors import BadInputError, NotFoundError
from vio.common.http import PageRequest, problem
from vio.common.permissions import Permission

edges = Edges("check-ins")
NO_ID = "Send an id (a UUID) that your side made, the same with every try."
_SCALE = {"type": "integer", "minimum": 0, "maximum": 10}
# What the service reads, told to the reader of the description; refused fields stay refused (AZ-3).
_BODY = {
    "type": "object",
    "title": "CheckInIn",
    "additionalProperties": False,
    "required": ["submission_id", "mood", "urge", "used", "safety"],
    "properties": {
        "submission_id": {"type": "string", "format": "uuid", "description": NO_ID},
        "mood": {**_SCALE, "description": "0 worst, 10 best"},
        "urge": {**_SCALE, "description": "0 none, 10 strongest ever"},
        "used": {"type": "boolean", "description": "Drank or used since the last check-in"},
        "safety": {"type": "boolean", "description": "Thinks about self-harm or not being alive"},
        "sleep_hours": {"anyOf": [{"type": "number", "minimum": 0, "maximum": 24}, {"type": "null"}]},
        "medication": {"type": "string", "enum": ["", *answers.MEDICATION]},
        "note": {"type": "string", "maxLength": answers.NOTE_LIMIT},
        "device_at": {"type": "string", "format": "date-time", "description": "The phone's own clock"},
    },
}


def _describe(schema: dict[str, Any]) -> None:
    schema.clear()
    schema.update(_BODY)


class CheckInIn(RootModel[dict[str, Any]]):
    """A check-in as it came."""

    model_config = ConfigDict(json_schema_extra=_describe)


class Days(Paging):
    """Local dates from `first` on, up to `days` of them; the last 30 when nothing is given."""

    first: Day | None = None
    days: Annotated[int, Field(ge=1, le=366)] = 30


class HelpLine(Output):
    """Whom to call."""

    number: str
    name: str
    when: str


class SubmittedOut(Output):
    """What became of it. Show `help` at once when it is not empty, before anything else."""

    checkin_id: UUID
    local_date: date
    at: Instant
    repeated: bool
    help: list[HelpLine]


class OwnCheckInOut(Output):
    """One's own answers; nothing is judged."""

    id: UUID
    local_date: date
    at: Instant
    mood: int
    urge: int
    used: bool
    safety: bool
    sleep_hours: float | None
    medication: str
    note: str


class CheckInOut(OwnCheckInOut):
    """A check-in as the clinical team sees it: with what it came to, by which version of the rules."""

    client_id: UUID
    device_at: Instant | None
    level: str
    rule_version: int


def own_out(row: CheckIn) -> OwnCheckInOut:
    """One's own check-in."""
    return OwnCheckInOut(**_answers(row))


def checkin_out(row: CheckIn) -> CheckInOut:
    """A check-in for the team."""
    return CheckInOut(
        **_answers(row), client_id=row.client_id, device_at=row.device_at, level=row.level,
        rule_version=row.rule_version,
    )  # fmt: skip


def _answers(row: CheckIn) -> dict[str, Any]:
    names = ("local_date", "at", "mood", "urge", "used", "safety", "sleep_hours", "medication", "note")
    return {"id": row.pk, **{name: getattr(row, name) for name in names}}


def _help(client: Client) -> list[HelpLine]:
    lines = [HelpLine(number=number, name=name, when=when) for number, name, when in CRISIS_LINES]
    own = client.program.help_line
    return [*lines, HelpLine(number=own, name="Your own program", when="They know you")] if own else lines


@edges.post("/my/checkins", Permission.OWN_CHECKIN, SubmittedOut, status=201)
def submit_my_checkin(request: PageRequest, body: CheckInIn) -> SubmittedOut | HttpResponse:
    """Stores today's check-in. The same id with the same answers is the same check-in, however often it is sent.

    422 when some of it cannot be read; a yes to the safety question has reached the team all the same, and the
    answer carries `help`.
    """
    client = own_client(request.actor, Permission.OWN_CHECKIN)
    given = dict(body.root)
    submission_id = _uuid(given.pop("submission_id", None))
    if submission_id is None:
        # Without an id a resend would count twice, so nothing is stored; the safety answer is heard.
        heard = _submit(request, client, UUID(int=0), {"safety": given.get("safety")})
        return _unusable(request, client, heard, {"submission_id": NO_ID})
    done = _submit(request, client, submission_id, given)
    if done.checkin is None:
        return _unusable(request, client, done, dict(done.errors))
    return _submitted(client, done, done.checkin)


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _submit(request: PageRequest, client: Client, key: UUID, given: dict[str, object]) -> Submission:
    return submit_checkin(
        actor=request.actor,
        submission_id=key,
        answers=given,
        now=timezone.now(),
        program_id=client.program_id,
    )


def _submitted(client: Client, done: Submission, row: CheckIn) -> SubmittedOut:
    return SubmittedOut(
        checkin_id=row.pk, local_date=row.local_date, at=row.at, repeated=done.repeated,
        help=_help(client) if done.red else [],
    )  # fmt: skip


def _unusable(request: HttpRequest, client: Client, done: Submission, fields: dict[str, str]) -> HttpResponse:
    lines = [line.model_dump() for line in _help(client)] if done.red else []
    return problem(request, BadInputError(fields=fields), help=lines)


@edges.get("/my/checkins", Permission.OWN_CHECKIN, Page[OwnCheckInOut])
def list_my_checkins(request: PageRequest, wanted: Query[Days]) -> Page[OwnCheckInOut]:
    """A client's own check-ins, the newest first."""
    client = own_client(request.actor, Permission.OWN_CHECKIN)
    return page_of(Page[OwnCheckInOut], _rows(client, wanted), wanted, own_out)


@edges.get("/clients/{uuid:client_id}/checkins", Permission.SEE_CHECKINS, Page[CheckInOut])
def list_checkins(request: PageRequest, client_id: UUID, wanted: Query[Days]) -> Page[CheckInOut]:
    """A client's check-ins for the clinical team, the newest first."""
    client = client_for(request.actor, client_id, Permission.SEE_CHECKINS)
    if client.person_id == request.actor.person_id:
        raise NotFoundError  # one's own chart is read through /my
    audit.record(
        actor=request.actor, action="checkins.viewed", program_id=client.program_id, subject=client,
        client_id=client.pk,
    )  # fmt: skip
    return page_of(Page[CheckInOut], _rows(client, wanted), wanted, checkin_out)


def _rows(client: Client, wanted: Days) -> QuerySet[CheckIn]:
    span = timedelta(days=wanted.days - 1)
    first = wanted.first or today_of(client.program, timezone.now()) - span
    return CheckIn.objects.filter(client=client, local_date__range=(first, first + span)).order_by(
        "-at", "pk"
    )
