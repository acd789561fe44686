"""Alerts: the queue, one with its reasons and history, and the acts on it, each under the version that was seen."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from django.utils import timezone
from ninja import Query

from checkins.models import Alert, AlertAct
from checkins.rules import Finding
from checkins.selectors import desk
from checkins.services import alerts as service
from checkins.services.raising import findings_of
from checkins.urgency import level_words
from checkins.why import why
from groups.api.refs import PersonRef, person_ref
from vio.common import audit
from vio.common.api.edges import Edges
from vio.common.api.paging import Page, Paging, page_of_list
from vio.common.api.schemas import Input, Instant, LongText, Output, Version
from vio.common.http import PageRequest
from vio.common.permissions import Permission

edges = Edges("alerts")


class QueueFilter(Paging):
    """Narrows the queue."""

    level: Literal["yellow", "orange", "red"] | None = None
    status: Literal["open", "acknowledged"] | None = None
    mine: bool = False


class ReasonOut(Output):
    """Why, in plain words, with its rule."""

    level: str
    rule: str
    words: str


class AlertOut(Output):
    """An alert. `version` is what an act on it must name; `acknowledge_by` is until when it must be answered (A10), counted
    in business days of the program; `urgency` says both level and clock in words: "Orange: act by Monday".
    """

    id: UUID
    program_id: UUID
    client_id: UUID
    client_name: str
    local_date: date
    level: str
    urgency: str
    status: str
    reasons: list[ReasonOut]
    owner: PersonRef | None
    raised_at: Instant
    changed_at: Instant
    acknowledge_by: Instant | None
    overdue: bool
    round: int
    escalation: int
    version: int


class ActOut(Output):
    """Something that happened to an alert."""

    kind: str
    step: str
    at: Instant
    by: PersonRef | None
    text: str


class AlertFull(AlertOut):
    """An alert with its history, the newest act first."""

    rule_version: int
    acknowledged_at: Instant | None
    resolved_at: Instant | None
    history: list[ActOut]


class VersionIn(Input):
    """Which version was on the screen; 409 when it has changed since."""

    version: Version


class AssignIn(VersionIn):
    """Whom it is given to."""

    person: UUID


class WordsIn(VersionIn):
    """What happened, in words; the text is needed."""

    text: LongText


def _reason(finding: Finding) -> ReasonOut:
    return ReasonOut(level=finding.level.value, rule=finding.rule, words=why(finding))


def alert_out(row: Alert, *, now: datetime) -> AlertOut:
    """An alert in the queue."""
    late = row.status == "open" and row.acknowledge_by is not None and row.acknowledge_by <= now
    return AlertOut(
        id=row.pk, program_id=row.program_id, client_id=row.client_id,
        client_name=row.client.person.full_name, local_date=row.local_date, level=row.level,
        status=row.status, reasons=[_reason(finding) for finding in findings_of(row)],
        urgency=level_words(row.level, row.status, row.acknowledge_by, now=now, zone=row.program.zone),
        owner=person_ref(row.owner), raised_at=row.raised_at, changed_at=row.changed_at,
        acknowledge_by=row.acknowledge_by, overdue=late, round=row.round, escalation=row.escalation,
        version=row.version,
    )  # fmt: skip


def _act(row: AlertAct) -> ActOut:
    return ActOut(kind=row.kind, step=row.step, at=row.at, by=person_ref(row.person), text=row.text)


def full_out(row: Alert, *, now: datetime) -> AlertFull:
    """An alert with its history."""
    history = row.acts.select_related("person").order_by("-at", "-pk")
    return AlertFull(
        **alert_out(row, now=now).model_dump(), rule_version=row.rule_version,
        acknowledged_at=row.acknowledged_at, resolved_at=row.resolved_at, history=[_act(a) for a in history],
    )  # fmt: skip


@edges.get("/alerts", Permission.SEE_ALERTS, Page[AlertOut])
def list_alerts(request: PageRequest, wanted: Query[QueueFilter]) -> Page[AlertOut]:
    """The alerts that are not resolved: worst first, unanswered first, then by due time."""
    now = timezone.now()
    items = [item for item in desk.queue(request.actor, now=now) if _wanted(request, item.alert, wanted)]
    for program_id in request.actor.programs_with(Permission.SEE_ALERTS):
        audit.record(
            actor=request.actor, action="desk.viewed", program_id=program_id, details={"alerts": len(items)}
        )
    return page_of_list(Page[AlertOut], items, wanted, lambda item: alert_out(item.alert, now=now))


def _wanted(request: PageRequest, alert: Alert, wanted: QueueFilter) -> bool:
    return (
        wanted.level in {None, alert.level}
        and wanted.status in {None, alert.status}
        and (not wanted.mine or alert.owner_id == request.actor.person_id)
    )


@edges.get("/alerts/{uuid:alert_id}", Permission.SEE_ALERTS, AlertFull)
def show_alert(request: PageRequest, alert_id: UUID) -> AlertFull:
    """One alert with its reasons and history; the look at it is on record."""
    now = timezone.now()
    return full_out(service.view_alert(actor=request.actor, alert_id=alert_id, now=now), now=now)


@edges.post("/alerts/{uuid:alert_id}/acknowledge", Permission.ACT_ON_ALERTS, AlertFull)
def acknowledge_alert(request: PageRequest, alert_id: UUID, body: VersionIn) -> AlertFull:
    """I have seen this and take it: stops the escalation."""
    now = timezone.now()
    done = service.acknowledge_alert(actor=request.actor, alert_id=alert_id, version=body.version, now=now)
    return full_out(done, now=now)


@edges.post("/alerts/{uuid:alert_id}/assign", Permission.ACT_ON_ALERTS, AlertFull)
def assign_alert(request: PageRequest, alert_id: UUID, body: AssignIn) -> AlertFull:
    """Gives it to somebody of the clinical team; only acknowledging stops the escalation."""
    now = timezone.now()
    done = service.assign_alert(
        actor=request.actor, alert_id=alert_id, version=body.version, person_id=body.person, now=now
    )
    return full_out(done, now=now)


@edges.post("/alerts/{uuid:alert_id}/contact", Permission.ACT_ON_ALERTS, AlertFull)
def note_contact(request: PageRequest, alert_id: UUID, body: WordsIn) -> AlertFull:
    """Writes down a contact with the client or about them."""
    now = timezone.now()
    done = service.note_contact(
        actor=request.actor, alert_id=alert_id, version=body.version, text=body.text, now=now
    )
    return full_out(done, now=now)


@edges.post("/alerts/{uuid:alert_id}/resolve", Permission.ACT_ON_ALERTS, AlertFull)
def resolve_alert(request: PageRequest, alert_id: UUID, body: WordsIn) -> AlertFull:
    """Closes it with a text that says how; 409 when it has changed since you looked."""
    now = timezone.now()
    done = service.resolve_alert(
        actor=request.actor, alert_id=alert_id, version=body.version, text=body.text, now=now
    )
    return full_out(done, now=now)
