"""What the desk shows: the queue, worst first, and the person behind one alert."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When, Window
from django.db.models.functions import Coalesce

from checkins.access import alerts_for
from checkins.models import Alert, AlertAct, CheckIn
from checkins.recipients import team_with_absences
from checkins.rules import Finding
from checkins.selectors.trends import clinical_trend
from checkins.services.raising import UNRESOLVED, findings_of
from checkins.why import why
from groups.access import clients_for, in_force
from groups.cover import back_words
from groups.models import Client, EmergencyContact, Membership, Person
from sessions_app.models import Session
from vio.common.actors import Actor
from vio.common.charts.trend import Trend
from vio.common.permissions import Permission
from vio.common.together import read_together

CONTEXT_DAYS = 28
LAST_CHECKINS = 5
WORST_FIRST = ("red", "orange", "yellow")


@dataclass(frozen=True)
class QueueItem:
    """One line of the queue: the alert, its worst reason in words, and whether its time is over."""

    alert: Alert
    overdue: bool

    @cached_property
    def _findings(self) -> Sequence[Finding]:
        # Read when a line is drawn: a long queue is sorted whole and drawn in part.
        return findings_of(self.alert)

    @property
    def reason(self) -> str:
        """The worst reason in words."""
        return why(self._findings[0]) if self._findings else ""

    @property
    def more(self) -> int:
        """How many other reasons."""
        return max(len(self._findings) - 1, 0)

    @property
    def waits(self) -> bool:
        """Nobody has acknowledged it yet."""
        return self.alert.status == "open"


@dataclass(frozen=True)
class AlertPage:
    """Everything about one alert and the person behind it that this reader may see."""

    alert: Alert
    reasons: tuple[tuple[str, str], ...]  # level, sentence
    history: Sequence[AlertAct]
    trend: Trend | None
    checkins: Sequence[CheckIn]
    tonight: Session | None
    contacts: Sequence[EmergencyContact]
    team: Sequence[tuple[Person, str]]  # with "away until …" of who is away
    owner_away: str
    may_act: bool


@dataclass(frozen=True)
class QueuePage:
    """The worst of the queue, and what is said of all of it."""

    items: tuple[QueueItem, ...]
    total: int
    waiting: int  # nobody has answered
    counts: tuple[tuple[str, int], ...]  # of those by level, the worst first: (("red", 1), ("orange", 2))


def queue(actor: Actor, *, now: datetime) -> list[QueueItem]:
    """The alerts that are not resolved, of the clients in reach: worst first, unanswered first, then by due time."""
    return [_item(alert, now) for alert in _unresolved(actor, now)]


def queue_page(actor: Actor, *, now: datetime, shown: int) -> QueuePage:
    """The first so many lines of the queue with its figures: one query, which reads no more people than are shown."""
    waits = Q(status="open")
    rows = _unresolved(actor, now).annotate(
        total=Window(Count("pk")),
        **{f"{level}_waiting": Window(Count("pk", filter=waits & Q(level=level))) for level in WORST_FIRST},
    )[:shown]
    found = list(rows)
    figures = vars(found[0]) if found else {}
    waiting = {level: int(figures.get(f"{level}_waiting", 0)) for level in WORST_FIRST}
    return QueuePage(
        tuple(_item(alert, now) for alert in found),
        int(figures.get("total", 0)),
        sum(waiting.values()),
        tuple((level, number) for level, number in waiting.items() if number),
    )


def _unresolved(actor: Actor, now: datetime) -> QuerySet[Alert]:
    """Of those with the same standing the older comes first, by its due time or by when it was raised."""
    worst = [When(level=level, then=Value(place)) for place, level in enumerate(WORST_FIRST)]
    return (
        alerts_for(actor, Permission.SEE_ALERTS, now=now)
        .filter(status__in=UNRESOLVED)
        .select_related("client__person", "program", "owner")
        .order_by(
            Case(*worst, default=Value(len(worst)), output_field=IntegerField()),
            Case(When(status="open", then=Value(0)), default=Value(1), output_field=IntegerField()),
            Case(When(acknowledge_by=None, then=Value(1)), default=Value(0), output_field=IntegerField()),
            Coalesce("acknowledge_by", "raised_at"),
            "pk",
        )
    )


def _item(alert: Alert, now: datetime) -> QueueItem:
    overdue = alert.status == "open" and alert.acknowledge_by is not None and alert.acknowledge_by <= now
    return QueueItem(alert, overdue)


def alert_page(actor: Actor, alert: Alert, *, now: datetime) -> AlertPage:
    """The alert's page; each part only for a reader with the right to it in that program. Two statements."""
    program_id = alert.program_id
    alert.client.program = alert.program  # the same row, already read
    sees_checkins = actor.may(Permission.SEE_CHECKINS, program_id)
    may_act = actor.may(Permission.ACT_ON_ALERTS, program_id)
    near = _near(alert, now, sees_checkins=sees_checkins, may_act=may_act)
    team = [
        (person, back_words(person.back_at, alert.program.zone) if person.back_at else "")
        for person in near.team
    ]
    return AlertPage(
        alert=alert,
        reasons=tuple((finding.level.value, why(finding)) for finding in findings_of(alert)),
        history=near.history,
        trend=_trend(actor, alert.client, now) if sees_checkins else None,
        checkins=near.checkins,
        tonight=near.tonight,
        contacts=near.contacts,
        team=team,
        owner_away=next((away for person, away in team if person.pk == alert.owner_id), ""),
        may_act=may_act,
    )


@dataclass(frozen=True)
class _Near:
    """What stands about one alert in other tables."""

    history: Sequence[AlertAct]
    tonight: Session | None
    team: Sequence[Any]  # people with `back_at`
    checkins: Sequence[CheckIn]
    contacts: Sequence[EmergencyContact]


def _near(alert: Alert, now: datetime, *, sees_checkins: bool, may_act: bool) -> _Near:
    """Reads it in one statement; what the reader may not see is not asked for."""
    today = now.astimezone(alert.program.zone).date()
    history = alert.acts.order_by("-at", "-pk")
    people = Person.objects.filter(pk__in=AlertAct.objects.filter(alert=alert).values("person"))
    parts: dict[str, QuerySet[Any]] = {
        "history": history,
        "people": people,
        "tonight": _tonight_of(alert.client, today),
    }
    if may_act:
        parts["team"] = team_with_absences(alert.program_id, now)
    if sees_checkins:
        parts["checkins"] = _last_checkins(alert.client)
        parts["contacts"] = alert.client.emergency_contacts.all()
    found = dict(zip(parts, read_together(*parts.values()), strict=True))
    known = {person.pk: person for person in found["people"]}
    for act in found["history"]:
        act.person = known.get(act.person_id)
    return _Near(
        found["history"],
        next(iter(found["tonight"]), None),
        found.get("team", ()),
        found.get("checkins", ()),
        found.get("contacts", ()),
    )


def _trend(actor: Actor, client: Client, now: datetime) -> Trend:
    return clinical_trend(
        client,
        now=now,
        days=CONTEXT_DAYS,
        with_sessions=actor.may(Permission.SEE_ATTENDANCE, client.program_id),
        key="alert-trend",
    )


def last_checkins(client: Client, limit: int = LAST_CHECKINS) -> list[CheckIn]:
    """The newest check-ins, with what was written in them."""
    return list(_last_checkins(client, limit))


def _last_checkins(client: Client, limit: int = LAST_CHECKINS) -> QuerySet[CheckIn]:
    return CheckIn.objects.filter(client=client).order_by("-at")[:limit]


def tonight_of(client: Client, today: date) -> Session | None:
    """The client's first session of the day that was not called off."""
    return next(iter(_tonight_of(client, today)), None)


def _tonight_of(client: Client, today: date) -> QuerySet[Session]:
    places = Membership.objects.filter(in_force(today), client=client)
    return (
        Session.objects.filter(group__in=places.values("group"), local_date=today)
        .exclude(Q(status="cancelled"))
        .order_by("starts_at")[:1]
    )


def reach_clients(actor: Actor, *, now: datetime) -> list[Client]:
    """The clients this reader may see, by name."""
    rows = clients_for(actor, Permission.SEE_CLIENTS, now=now).exclude(person=actor.person_id)
    return list(rows.select_related("person", "program").order_by("person__first_name", "person__last_name"))


def recent_load(actor: Actor, *, now: datetime, days: int = 30) -> dict[str, int]:
    """How many alerts of each level the reader's clients had lately, for judging whether there are too many."""
    since = now - timedelta(days=days)
    levels = alerts_for(actor, Permission.SEE_ALERTS, now=now).filter(raised_at__gte=since)
    found = list(levels.values_list("level", flat=True))
    return {level: found.count(level) for level in ("red", "orange", "yellow")}
