"""Days without a check-in (A7): yellow after two local days, orange after three, each told once per streak.

Found by asking the database, so an outage delays them and loses none. The day that is running does not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from checkins import rules
from checkins.models import Alert, MissedStreak
from checkins.services.raising import UNRESOLVED, hold_client, raise_alert
from groups.models import Client, Program
from vio.common.actors import Actor


@dataclass(frozen=True)
class Streak:
    """`days` local dates in a row without a check-in, the first of them `since`, the last one yesterday."""

    client_id: UUID
    since: date
    days: int

    @property
    def evaluation(self) -> rules.Evaluation:
        """What A7 says of it."""
        return rules.evaluate(rules.Inputs(missed_days=self.days))


# The streak begins after the last check-in, or with the enrolment; nobody is missed before they were enrolled.
_STREAKS = """
SELECT e.client_id, greatest(e.starts_on, coalesce(last.day + 1, e.starts_on)) AS since
FROM groups_enrolment e
LEFT JOIN LATERAL (
  SELECT max(c.local_date) AS day FROM checkins_checkin c WHERE c.client_id = e.client_id) last ON true
WHERE e.program_id = %(program)s AND e.starts_on <= %(latest)s AND (e.ends_on IS NULL OR e.ends_on >= %(today)s)
  AND greatest(e.starts_on, coalesce(last.day + 1, e.starts_on)) <= %(latest)s
ORDER BY e.client_id
"""


def streaks(program: Program, now: datetime) -> list[Streak]:
    """Enrolled clients of the program with two or more whole local days without a check-in, told or not."""
    today = now.astimezone(program.zone).date()
    latest = today - timedelta(days=2)
    with connection.cursor() as cursor:
        cursor.execute(_STREAKS, {"program": program.pk, "latest": latest, "today": today})
        return [Streak(client_id, since, (today - since).days) for client_id, since in cursor.fetchall()]


def untold(program: Program, now: datetime) -> list[Streak]:
    """The streaks whose level was not told to the team yet."""
    found = streaks(program, now)
    told = set(
        MissedStreak.objects.filter(client__in=[s.client_id for s in found]).values_list(
            "client_id", "since", "level"
        )
    )
    return [s for s in found if (s.client_id, s.since, s.evaluation.level.value) not in told]


def raise_missed(*, actor: Actor, program: Program, now: datetime) -> int:
    """Raises an alert for every untold streak of a program; returns how many this call raised."""
    return sum(_raise(actor, streak, now) for streak in untold(program, now))


def _raise(actor: Actor, streak: Streak, now: datetime) -> bool:
    evaluation = streak.evaluation
    with transaction.atomic():
        client = Client.objects.select_related("program").get(pk=streak.client_id)
        hold_client(client)
        if _checked_in_since(client, streak) or not _first_to_tell(streak, client, evaluation.level, now):
            return False
        today = now.astimezone(client.program.zone).date()
        raise_alert(
            actor=actor, client=client, evaluation=evaluation, local_date=today, now=now,
            into=_still_open(client),
        )  # fmt: skip
    return True


def _checked_in_since(client: Client, streak: Streak) -> bool:
    return client.checkins.filter(local_date__gte=streak.since).exists()


def _first_to_tell(streak: Streak, client: Client, level: rules.Level, now: datetime) -> bool:
    row = MissedStreak(
        program_id=client.program_id,
        client=client,
        since=streak.since,
        level=level.value,
        days=streak.days,
        at=now,
    )
    known = MissedStreak.objects.filter(client=client, since=streak.since, level=level.value)
    if known.exists():
        return False
    MissedStreak.objects.bulk_create([row])
    return True


def _still_open(client: Client) -> Alert | None:
    """The unresolved alert about earlier missed days: one silence is one alert, which rises."""
    return Alert.objects.filter(
        client=client, status__in=UNRESOLVED, reasons__contains=[{"code": rules.Reason.MISSED_CHECKINS.value}]
    ).first()
