"""A client's daily check-in: stored, evaluated and told in one transaction (AL-1)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction

from checkins import answers as reading
from checkins import rules
from checkins.answers import Answers, Unusable
from checkins.baseline import inputs_for
from checkins.models import Alert, CheckIn
from checkins.services.raising import hold_client, raise_alert
from checkins.services.reminders import withdraw_reminder
from groups.access import own_client
from groups.models import Client
from vio.common import audit
from vio.common.actors import Actor
from vio.common.permissions import Permission


@dataclass(frozen=True)
class Submission:
    """What became of a check-in.

    `checkin` is None when the form could not be used; then `errors` says what is wrong with each field, and `alert` is
    there all the same if the safety answer was a yes (C7). `repeated`: it had arrived before.
    """

    level: rules.Level
    checkin: CheckIn | None = None
    alert: Alert | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    repeated: bool = False

    @property
    def red(self) -> bool:
        """Whether the client must see the crisis page first (A1)."""
        return self.level is rules.Level.RED


def submit_checkin(
    *,
    actor: Actor,
    submission_id: UUID,
    answers: Mapping[str, object],
    now: datetime,
    program_id: UUID | None = None,
) -> Submission:
    """Stores today's check-in of the acting client, evaluates it (A1, A3-A6) and raises the alert it calls for (A9).

    Safe to repeat: the same submission id with the same answers is the same check-in. The same id with other answers
    is a further check-in of that day, because nothing may replace an answer that called for help.
    Raises NotFoundError when the actor is nobody's client.
    """
    client = own_client(actor, Permission.OWN_CHECKIN, program_id=program_id)
    given = reading.read(answers)
    with transaction.atomic():
        hold_client(client)
        if isinstance(given, Unusable):
            return _reject(actor, client, given, now)
        return _accept(actor, client, submission_id, given, now)


def _accept(actor: Actor, client: Client, submission_id: UUID, given: Answers, now: datetime) -> Submission:
    key, stored = _find(client, submission_id, given)
    if stored is not None:
        return Submission(rules.Level(stored.level), stored, repeated=True)
    today = now.astimezone(client.program.zone).date()
    evaluation = rules.evaluate(inputs_for(client, today, given.for_rules))
    checkin = CheckIn(id=key, program=client.program, client=client, local_date=today, at=now)
    _fill(checkin, given, evaluation)
    checkin.save(force_insert=True)
    alert = raise_alert(actor=actor, client=client, evaluation=evaluation, local_date=today, now=now)
    withdraw_reminder(client.pk, today, now)
    audit.record(
        actor=actor,
        action="checkin.submitted",
        program_id=client.program_id,
        subject=checkin,
        client_id=client.pk,
        details={"level": evaluation.level.value},
    )
    return Submission(evaluation.level, checkin, alert)


def _reject(actor: Actor, client: Client, given: Unusable, now: datetime) -> Submission:
    """Nothing of the form is scored, but its safety answer is (C7)."""
    today = now.astimezone(client.program.zone).date()
    evaluation = rules.evaluate(rules.Inputs(today=rules.CheckIn(safety=given.safety)))
    alert = raise_alert(actor=actor, client=client, evaluation=evaluation, local_date=today, now=now)
    audit.record(
        actor=actor,
        action="checkin.rejected",
        program_id=client.program_id,
        client_id=client.pk,
        result="refused",
        reason="bad_input",
        details={"level": evaluation.level.value},
    )
    return Submission(evaluation.level, alert=alert, errors=given.errors)


def _find(client: Client, submission_id: UUID, given: Answers) -> tuple[UUID, CheckIn | None]:
    """The key for a submission: of the equal check-in stored before, or the next free one. The client is held."""
    version = 1
    while True:
        key = uuid.uuid5(client.pk, f"{submission_id}:{version}")
        stored = CheckIn.objects.filter(pk=key, client=client).first()
        if stored is None or _same(stored, given):
            return key, stored
        version += 1


def _same(stored: CheckIn, given: Answers) -> bool:
    return (
        stored.mood, stored.urge, stored.used, stored.safety, stored.sleep_hours, stored.medication, stored.note,
    ) == (given.mood, given.urge, given.used, given.safety, given.sleep_hours, given.medication, given.note)  # fmt: skip


def _fill(checkin: CheckIn, given: Answers, evaluation: rules.Evaluation) -> None:
    for name in ("mood", "urge", "used", "safety", "sleep_hours", "medication", "note", "device_at"):
        setattr(checkin, name, getattr(given, name))
    checkin.rule_version = evaluation.rule_version
    checkin.level = evaluation.level.value
