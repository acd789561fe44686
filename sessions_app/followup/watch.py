"""What the scheduler watches over weeks: drifting away (F4), a week that cannot reach its hours (F5), attempts due (F2)."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from groups.cover import answering_for
from groups.models import Client, Enrolment
from sessions_app.attendance.rules import Status
from sessions_app.followup import rules
from sessions_app.followup.misses import RULE_VERSION
from sessions_app.followup.services import delivery
from sessions_app.hours.target import Basis
from sessions_app.models import AttendanceRecord, Flag, FollowUp, WeekHours
from vio.common.models import Delivery
from vio.common.realtime import ring_on_commit

RULE_VERSIONS = {"weekly_shortfall_risk": 2}
"""Rules that changed; F5 judges by the client's own goal since 2, before by the minimum of the level."""


def remind_of_attempts(*, now: datetime) -> int:
    """One message to the owner for each attempt that has fallen due; the unique key keeps repeats out."""
    due = FollowUp.objects.filter(status__in=("open", "escalated"), next_due_at__lte=now).exclude(owner=None)
    rows = [
        delivery(task, task.owner_id, "follow_up_due", f"attempt-{task.attempts.count()}", now)
        for task in due.select_related("session")[:200]
        if task.owner_id is not None
    ]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def review_engagement(*, now: datetime, changed_since: datetime | None = None) -> int:
    """Raises a review for each client who missed three in a row or was not credited for 14 days (F4); returns how many are new.

    With `changed_since` only clients whose attendance changed since then are looked at; without it everybody, which also finds
    the silence of 14 days. One per spell: the period is the date it counts from. Never discharges anybody.
    """
    enrolments = Enrolment.objects.filter(ends_on=None).select_related("program", "client")
    if changed_since is not None:
        changed = AttendanceRecord.objects.filter(recorded_at__gte=changed_since)
        enrolments = enrolments.filter(client__in=changed.values("client_id"))
    histories = _histories(enrolments)
    flagged = _flagged("disengagement_review")
    return sum(_review(enrolment, histories[enrolment.client_id], flagged, now) for enrolment in enrolments)


def _flagged(kind: str) -> set[UUID]:
    """The clients with a flag of this kind in force: of most there is none to take back, and nothing to write."""
    return set(Flag.objects.filter(kind=kind, withdrawn_at=None).values_list("client_id", flat=True))


def _review(enrolment: Enrolment, records: list[AttendanceRecord], flagged: set[UUID], now: datetime) -> int:
    as_of = now.astimezone(enrolment.program.zone).date()
    episode = [record for record in records if record.local_date >= enrolment.starts_on]
    credited = [record.local_date for record in episode if record.credited_seconds > 0]
    since = credited[-1] if credited else enrolment.starts_on
    statuses = [Status(record.status) for record in episode]
    if rules.disengaged(statuses, last_credited=since, as_of=as_of):
        return _raise(enrolment, "disengagement_review", since.isoformat(), now)
    if enrolment.client_id in flagged:
        _withdraw(enrolment.client_id, "disengagement_review", now, keep=since.isoformat())
    return 0


def _histories(enrolments: QuerySet[Enrolment]) -> dict[UUID, list[AttendanceRecord]]:
    """{client id: the latest version per session, oldest session first}, in one query."""
    histories: dict[UUID, list[AttendanceRecord]] = defaultdict(list)
    latest = (
        AttendanceRecord.objects.filter(client__in=enrolments.values("client_id"))
        .order_by("client_id", "session__starts_at", "session_id", "-version")
        .distinct("client_id", "session__starts_at", "session_id")
        .only("client_id", "status", "local_date", "credited_seconds")
    )
    for record in latest:
        histories[record.client_id].append(record)
    return histories


def watch_weeks(*, now: datetime) -> int:
    """Raises a shortfall for each client whose running week cannot reach its goal (F5); takes it back when it can.

    The goal is the one of the board and of "my week" (`hours.target`): one answer, whoever asks.
    """
    # A zone is at most a day away from UTC, so that the running week of every program is among these.
    around = now.date()
    weeks = {
        week.client_id: week
        for week in WeekHours.objects.filter(
            week__gt=around - timedelta(days=8), week__lte=around + timedelta(days=1)
        )
        .select_related("program")
        .order_by("week")
        if week.week <= now.astimezone(week.program.zone).date()
    }
    enrolments = Enrolment.objects.filter(ends_on=None, client__in=list(weeks)).select_related("client")
    flagged = _flagged("weekly_shortfall_risk")
    return sum(_judge_week(enrolment, weeks[enrolment.client_id], flagged, now) for enrolment in enrolments)


def _judge_week(enrolment: Enrolment, week: WeekHours, flagged: set[UUID], now: datetime) -> int:
    short = rules.weekly_shortfall(
        minutes=week.minutes, to_come=week.to_come_minutes, goal=week.prescribed_minutes
    )
    if short and _is_judged(enrolment, week):
        return _raise(enrolment, "weekly_shortfall_risk", week.week.isoformat(), now)
    if enrolment.client_id in flagged:
        _withdraw(enrolment.client_id, "weekly_shortfall_risk", now, only=week.week.isoformat())
    return 0


def _is_judged(enrolment: Enrolment, week: WeekHours) -> bool:
    # Somebody admitted in the middle of a week is not short of hours they could not have had; where the goal was cut to
    # their days, or set by a person, it is one they can be held to.
    return enrolment.starts_on <= week.week or week.target_basis != Basis.FULL


def _raise(enrolment: Enrolment, kind: str, period: str, now: datetime) -> int:
    version = RULE_VERSIONS.get(kind, RULE_VERSION)
    flag, made = Flag.objects.get_or_create(
        kind=kind,
        client_id=enrolment.client_id,
        subject=enrolment.client_id,
        period=period,
        rule_version=version,
        defaults={"program_id": enrolment.program_id, "due_at": now, "raised_at": now},
    )
    if not made:
        if flag.withdrawn_at is not None:
            Flag.objects.filter(pk=flag.pk).update(withdrawn_at=None, withdrawn_because="")
        return 0
    before = Flag.objects.filter(kind=kind, client=enrolment.client_id, period=period, withdrawn_at=None)
    before.filter(rule_version__lt=version).update(withdrawn_at=now, withdrawn_because="rule_changed")
    tell_owner(enrolment.client, flag, now, path=f"/clients/{enrolment.client_id}/")
    return 1


def tell_owner(client: Client, flag: Flag, now: datetime, *, path: str) -> None:
    """One message about a new flag to whoever answers for the client, and a ring at the desk."""
    owner = answering_for(client, now)
    if owner is not None:
        row = Delivery(
            program_id=client.program_id, recipient_id=owner, kind="review", key=f"flag:{flag.pk}:{owner}",
            path=path, due_at=now,
        )  # fmt: skip
        Delivery.objects.bulk_create([row], ignore_conflicts=True)
    ring_on_commit(f"desk:{client.program_id}", {"kind": "miss", "id": str(flag.pk)})


def _withdraw(client_id: UUID, kind: str, now: datetime, *, keep: str = "", only: str = "") -> None:
    flags = Flag.objects.filter(client_id=client_id, kind=kind, withdrawn_at=None)
    flags = flags.filter(period=only) if only else flags.exclude(period=keep)
    flags.update(withdrawn_at=now, withdrawn_because="no_longer_true")
