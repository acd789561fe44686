"""What this app does with news of a live room, inside the room's own transaction: it commits with it or not at all."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from checkins import rules
from checkins.baseline import inputs_for
from checkins.models import RoundAnswer
from checkins.services.raising import hold_client, raise_alert
from groups.models import Client
from vio.common import audit
from vio.common.actors import system_actor

SOURCE = "room"


def on_support_unanswered(
    *, client_id: UUID, session_id: UUID, asked_at: datetime, now: datetime, **_: object
) -> None:
    """Receives `support_unanswered`: a red alert on the desk, with the messages and the clock every red alert has."""
    client = _held(client_id)
    raise_alert(
        actor=system_actor(SOURCE),
        client=client,
        evaluation=rules.unanswered_call(int((now - asked_at).total_seconds())),
        local_date=now.astimezone(client.program.zone).date(),
        now=now,
    )


def on_checkin_shared(
    *, client_id: UUID, session_id: UUID, mood: int, urge: int, now: datetime, **_: object
) -> None:
    """Receives `checkin_shared`: keeps the two figures and raises what they call for (A4-A6, A9)."""
    client = _held(client_id)
    today = now.astimezone(client.program.zone).date()
    kept = RoundAnswer.objects.create(
        program=client.program,
        client=client,
        session_id=session_id,
        local_date=today,
        at=now,
        mood=mood,
        urge=urge,
    )
    evaluation = rules.evaluate(inputs_for(client, today, rules.CheckIn(urge=urge, mood=mood)))
    actor = system_actor(SOURCE)
    raise_alert(actor=actor, client=client, evaluation=evaluation, local_date=today, now=now)
    audit.record(
        actor=actor,
        action="round_answer.kept",
        program_id=client.program_id,
        subject=kept,
        client_id=client.pk,
        details={"level": evaluation.level.value},
    )


def _held(client_id: UUID) -> Client:
    client = Client.objects.select_related("program", "person").get(pk=client_id)
    hold_client(client)
    return client
