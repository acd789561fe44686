"""Follow-ups of missed sessions: the list, one with its attempts, and the work on it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from django.utils import timezone
from ninja import Query
from pydantic import StringConstraints

from groups.api.refs import PersonRef, person_ref
from sessions_app.coming.selectors import notice_of
from sessions_app.followup import selectors
from sessions_app.followup import services as service
from sessions_app.followup.handovers import Told, handovers_of
from sessions_app.followup.rules import Outcome
from sessions_app.followup.selectors import OpenMiss
from sessions_app.models import ArrivalNotice, ContactAttempt, FollowUp
from vio.common import audit
from vio.common.api.edges import Edges
from vio.common.api.paging import Page, Paging, page_of_list
from vio.common.api.schemas import Flag, Input, Instant, Output
from vio.common.http import PageRequest
from vio.common.permissions import Permission

edges = Edges("follow-ups")
Channel = Literal["call", "text", "mail", "in_person", "emergency_contact"]
Barrier = Literal[
    "none", "unknown", "technical", "transport", "child_care", "work", "health", "relapse", "other"
]
NoteText = Annotated[str, StringConstraints(max_length=4000)]
CloseText = Annotated[str, StringConstraints(max_length=2000)]


class FollowUpFilter(Paging):
    """Narrows the list to one's own or to what is overdue."""

    mine: bool = False
    overdue: bool = False


class FollowUpOut(Output):
    """The task to reach a client after a missed session."""

    id: UUID
    program_id: UUID
    client_id: UUID
    client_name: str
    session_id: UUID
    session_title: str
    local_date: date
    risk: str
    status: str
    owner: PersonRef | None
    determined_at: Instant
    next_due_at: Instant | None
    contacts_due_at: Instant | None
    escalated_at: Instant | None
    closed_at: Instant | None
    client_said: str | None


class OpenFollowUp(FollowUpOut):
    """A running one in the list."""

    attempts: int
    overdue: bool


class AttemptOut(Output):
    """One try to reach the client."""

    id: UUID
    at: Instant
    by: PersonRef | None
    channel: str
    outcome: str
    barrier: str
    note: str


class HandoverOut(Output):
    """It changed hands: `because` its owner was away until `away_until`, somebody gave it, or somebody took it. `by` is
    nobody where the system did it; `giver` and `owner` are nobody where nobody had it before or after.
    """

    at: Instant
    because: Literal["away", "left", "given", "taken"]
    by: PersonRef | None
    giver: PersonRef | None
    owner: PersonRef | None
    away_until: Instant | None
    words: str


class FollowUpFull(FollowUpOut):
    """One with its attempts and everybody who had it, each oldest first."""

    close_reason: str
    attempts: list[AttemptOut]
    handovers: list[HandoverOut]


class AttemptIn(Input):
    """A try to reach the client. A message left must not say what kind of program this is."""

    channel: Channel
    outcome: Outcome
    barrier: Barrier = "unknown"
    note: NoteText = ""
    medical_emergency: Flag = False


class OwnerIn(Input):
    """Who looks after it."""

    owner: UUID


class CloseIn(Input):
    """Why it can end without having reached the client."""

    reason: CloseText


def _values(task: FollowUp, notice: ArrivalNotice | None) -> FollowUpOut:
    return FollowUpOut(
        id=task.pk, program_id=task.program_id, client_id=task.client_id,
        client_name=task.client.person.full_name, session_id=task.session_id,
        session_title=task.session.title, local_date=task.session.local_date, risk=task.risk,
        status=task.status, owner=person_ref(task.owner), determined_at=task.determined_at,
        next_due_at=task.next_due_at, contacts_due_at=task.contacts_due_at,
        escalated_at=task.escalated_at, closed_at=task.closed_at,
        client_said=notice.words if notice else None,
    )  # fmt: skip


def open_out(found: OpenMiss) -> OpenFollowUp:
    """A running follow-up in the list."""
    return OpenFollowUp(
        **_values(found.task, found.notice).model_dump(), attempts=found.attempts, overdue=found.overdue
    )


def _attempt(row: ContactAttempt) -> AttemptOut:
    return AttemptOut(
        id=row.pk, at=row.at, by=person_ref(row.person), channel=row.channel, outcome=row.outcome,
        barrier=row.barrier, note=row.note,
    )  # fmt: skip


def _handover(told: Told) -> HandoverOut:
    row = told.row
    return HandoverOut(
        at=row.at, because=row.because, by=person_ref(row.by), giver=person_ref(row.giver),
        owner=person_ref(row.owner), away_until=row.away_until, words=told.words,
    )  # fmt: skip


def _full(request: PageRequest, follow_up_id: UUID) -> FollowUpFull:
    """One in full, with the look at it on record."""
    task = selectors.follow_up_for(request.actor, follow_up_id, Permission.SEE_FOLLOW_UP)
    audit.record(
        actor=request.actor, action="follow_up.viewed", program_id=task.program_id, subject=task,
        client_id=task.client_id,
    )  # fmt: skip
    attempts = task.attempts.select_related("person").order_by("at", "pk")
    return FollowUpFull(
        **_values(task, notice_of(task.session_id, task.client_id)).model_dump(),
        close_reason=task.close_reason,
        attempts=[_attempt(a) for a in attempts],
        handovers=[_handover(told) for told in handovers_of(task)],
    )


@edges.get("/follow-ups", Permission.SEE_FOLLOW_UP, Page[OpenFollowUp])
def list_follow_ups(request: PageRequest, wanted: Query[FollowUpFilter]) -> Page[OpenFollowUp]:
    """Running follow-ups, worst first."""
    found = [
        miss
        for miss in selectors.open_misses(request.actor, now=timezone.now())
        if (not wanted.mine or miss.task.owner_id == request.actor.person_id)
        and (not wanted.overdue or miss.overdue)
    ]
    return page_of_list(Page[OpenFollowUp], found, wanted, open_out)


@edges.get("/follow-ups/{uuid:follow_up_id}", Permission.SEE_FOLLOW_UP, FollowUpFull)
def show_follow_up(request: PageRequest, follow_up_id: UUID) -> FollowUpFull:
    """One follow-up with its attempts."""
    return _full(request, follow_up_id)


@edges.post("/follow-ups/{uuid:follow_up_id}/attempts", Permission.ACT_ON_FOLLOW_UP, FollowUpFull, status=201)
def record_attempt(request: PageRequest, follow_up_id: UUID, body: AttemptIn) -> FollowUpFull:
    """Writes down a try; reaching the client ends it, the third failure escalates it."""
    task = selectors.follow_up_for(request.actor, follow_up_id, Permission.ACT_ON_FOLLOW_UP)
    attempt = service.Attempt(**body.model_dump())
    service.record_attempt(actor=request.actor, follow_up_id=task.pk, attempt=attempt, now=timezone.now())
    return _full(request, task.pk)


@edges.post("/follow-ups/{uuid:follow_up_id}/assign", Permission.ACT_ON_FOLLOW_UP, FollowUpFull)
def assign_follow_up(request: PageRequest, follow_up_id: UUID, body: OwnerIn) -> FollowUpFull:
    """Gives it to somebody of the clinical team."""
    task = selectors.follow_up_for(request.actor, follow_up_id, Permission.ACT_ON_FOLLOW_UP)
    service.assign(actor=request.actor, follow_up_id=task.pk, owner_id=body.owner, now=timezone.now())
    return _full(request, task.pk)


@edges.post("/follow-ups/{uuid:follow_up_id}/close", Permission.ACT_ON_FOLLOW_UP, FollowUpFull)
def close_follow_up(request: PageRequest, follow_up_id: UUID, body: CloseIn) -> FollowUpFull:
    """Ends it with a reason in words."""
    task = selectors.follow_up_for(request.actor, follow_up_id, Permission.ACT_ON_FOLLOW_UP)
    service.close(actor=request.actor, follow_up_id=task.pk, reason=body.reason, now=timezone.now())
    return _full(request, task.pk)


@edges.post("/follow-ups/{uuid:follow_up_id}/excuse", Permission.ACT_ON_FOLLOW_UP, FollowUpFull)
def accept_excuse(request: PageRequest, follow_up_id: UUID) -> FollowUpFull:
    """Accepts what the client said about not coming as the excuse: the follow-up's owner, or who may correct attendance."""
    task = selectors.follow_up_for(request.actor, follow_up_id, Permission.ACT_ON_FOLLOW_UP)
    service.accept_excuse(actor=request.actor, follow_up_id=task.pk, now=timezone.now())
    return _full(request, task.pk)
