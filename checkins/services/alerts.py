"""What the clinical team does with an alert: view, acknowledge, assign, note a contact, resolve (A10).

Every act names the version of the alert that was on the screen. If it has changed since, the act is refused with a
ConflictError and what was typed stays in the form; so nobody closes an alert that just became red under their hands.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from checkins.access import alert_for
from checkins.models import Alert
from checkins.recipients import clinical_team
from checkins.services.raising import MAIL, UNRESOLVED, ring, write_act
from groups.cover import away_until
from vio.common import audit, outbox
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError, DomainError
from vio.common.models import AuditDraft
from vio.common.permissions import Permission

TEXT_LIMIT = 4000


def view_alert(
    *,
    actor: Actor,
    alert_id: UUID,
    now: datetime,
    read: Alert | None = None,
    besides: Sequence[AuditDraft] = (),
) -> Alert:
    """The alert, with the view on record; raises NotFoundError or NotAllowedError.

    `read` is the same alert where the caller has just read it for this actor and this view: as a line of their queue.
    `besides` is what else the caller has to put on record; it is written before, whether the alert is found or not.
    """
    try:
        alert = read or alert_for(actor, alert_id, Permission.SEE_ALERTS, now=now)
    except DomainError:
        audit.record_all(besides)
        raise
    viewed = audit.entry(
        actor=actor,
        action="alert.viewed",
        program_id=alert.program_id,
        subject=alert,
        client_id=alert.client_id,
    )
    audit.record_all([*besides, viewed])
    return alert


def acknowledge_alert(*, actor: Actor, alert_id: UUID, version: int, now: datetime) -> Alert:
    """Somebody has seen it and takes it: stops the escalation. Raises ConflictError when it is not open any more."""
    with transaction.atomic():
        alert = alert_for(actor, alert_id, Permission.ACT_ON_ALERTS, now=now)
        owner_id = alert.owner_id or actor.person_id
        _change(
            alert, version, from_status=("open",), now=now,
            status="acknowledged", acknowledged_at=now, owner_id=owner_id,
        )  # fmt: skip
        _answered(actor, alert, now)
        ring(alert)
    return alert


def assign_alert(*, actor: Actor, alert_id: UUID, version: int, person_id: UUID, now: datetime) -> Alert:
    """Gives it to a member of the clinical team who is not away, and finds a message. Only acknowledging stops the escalation."""
    with transaction.atomic():
        alert = alert_for(actor, alert_id, Permission.ACT_ON_ALERTS, now=now)
        person = next((p for p in clinical_team(alert.program_id) if p.pk == person_id), None)
        if person is None:
            raise BadInputError(fields={"person": "Please choose somebody of the clinical team."})
        if person.pk in away_until(alert.program_id, now):
            raise BadInputError(
                fields={"person": "This person is away now. Please choose somebody who is there."}
            )
        _change(alert, version, from_status=UNRESOLVED, now=now, owner_id=person.pk)
        act = write_act(actor, alert, "assigned", now=now, text=f"Given to {person.full_name}.")
        if person.pk != actor.person_id:
            outbox.post(
                program_id=alert.program_id,
                recipients=[person],
                kind="alert_assigned",
                about=str(act.pk),
                path=f"/alerts/{alert.pk}/",
                due_at=now,
            )
        ring(alert)
    return alert


def note_contact(*, actor: Actor, alert_id: UUID, version: int, text: str, now: datetime) -> Alert:
    """Writes down a contact with the client or about them; who makes one has acknowledged the alert."""
    words = _words(text, "Please write what came of the contact.")
    with transaction.atomic():
        alert = alert_for(actor, alert_id, Permission.ACT_ON_ALERTS, now=now)
        was_open = alert.status == "open"
        changed = {"status": "acknowledged", "acknowledged_at": now} if was_open else {}
        _change(
            alert, version, from_status=UNRESOLVED, now=now,
            owner_id=alert.owner_id or actor.person_id, **changed,
        )  # fmt: skip
        if was_open:
            _answered(actor, alert, now)
        write_act(actor, alert, "contacted", now=now, text=words)
        ring(alert)
    return alert


def resolve_alert(*, actor: Actor, alert_id: UUID, version: int, text: str, now: datetime) -> Alert:
    """Closes it, with a text that says how (A10). Raises BadInputError without one, ConflictError when changed since."""
    words = _words(text, "Please write how this was settled. An alert is not closed without a word.")
    with transaction.atomic():
        alert = alert_for(actor, alert_id, Permission.ACT_ON_ALERTS, now=now)
        _change(
            alert, version, from_status=UNRESOLVED, now=now,
            status="resolved", resolved_at=now, acknowledged_at=alert.acknowledged_at or now,
            owner_id=alert.owner_id or actor.person_id,
        )  # fmt: skip
        outbox.cancel(kind=MAIL, about=str(alert.pk), now=now)
        write_act(actor, alert, "resolved", now=now, text=words)
        ring(alert)
    return alert


def _change(
    alert: Alert, version: int, *, from_status: tuple[str, ...], now: datetime, **changes: Any
) -> None:
    """Claims the alert by its version and status, or raises ConflictError; `alert` then says what is stored."""
    claimed = Alert.objects.filter(pk=alert.pk, version=version, status__in=from_status).update(
        version=F("version") + 1, changed_at=now, **changes
    )
    if not claimed:
        raise ConflictError
    alert.refresh_from_db(from_queryset=Alert.objects.select_related("client__person", "program", "owner"))


def _answered(actor: Actor, alert: Alert, now: datetime) -> None:
    outbox.cancel(kind=MAIL, about=str(alert.pk), now=now)
    write_act(actor, alert, "acknowledged", now=now)


def _words(text: str, missing: str) -> str:
    words = text.replace("\r\n", "\n").strip()
    if not words:
        raise BadInputError(fields={"text": missing})
    if len(words) > TEXT_LIMIT:
        raise BadInputError(fields={"text": f"Please keep this below {TEXT_LIMIT:,} characters."})
    if "\0" in words:
        raise BadInputError(fields={"text": "This text holds a character that we cannot store."})
    return words
