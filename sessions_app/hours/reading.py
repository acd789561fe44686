"""One client's week by the Python rules: what counted and why, what is still to come, what would still fix it.

The daily figures come from one statement (`sql.py`); this is what explains them, and what they are checked against.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.models import Q

from groups.models import Client, Enrolment, Membership, Program
from sessions_app.attendance.rules import Status
from sessions_app.hours.forecast import Dose, Forecast, forecast
from sessions_app.hours.policies import Versions, rule_policy, rule_service, versions_of
from sessions_app.hours.rules import SessionCredit, counted_by_date
from sessions_app.hours.seats import Own, Planned, offered, own_places, planned_sessions
from sessions_app.hours.target import Target
from sessions_app.hours.targets import target_of
from sessions_app.models import AttendanceRecord, Excuse, HoursPolicy
from vio.common.localtime import Week

# A session may cross midnight: minutes of a date may belong to a session of the two dates before.
LOOK_BACK = timedelta(days=2)


@dataclass(frozen=True)
class Part:
    """What one session gave to the week: its record (latest version), the minutes that count, by date."""

    record: AttendanceRecord
    policy: HoursPolicy
    by_date: Mapping[date, int]

    @property
    def minutes(self) -> int:
        """Counted minutes inside the week and the episode."""
        return sum(self.by_date.values())


@dataclass(frozen=True)
class WeekReading:
    """A client's week: the episode's part of it, what counted, what is prescribed, what is to come."""

    client: Client
    week: Week
    first: date
    last: date
    parts: tuple[Part, ...]
    dose: Dose
    booked: tuple[Planned, ...]
    open: tuple[Planned, ...]  # seats of other groups that are offered
    outlook: Forecast
    policy: HoursPolicy  # in force on the last day: its definition stands beside the total
    target: Target  # `dose` and why it is that

    @property
    def minutes(self) -> int:
        """The week's total (R11)."""
        return sum(part.minutes for part in self.parts)

    @property
    def days(self) -> frozenset[date]:
        """Dates with minutes that count."""
        return frozenset(day for part in self.parts for day, minutes in part.by_date.items() if minutes)

    @property
    def to_come(self) -> int:
        """Minutes of the booked seats, attended in full."""
        return sum(seat.minutes for seat in self.booked)


def read_week(client: Client, week: Week, *, now: datetime) -> WeekReading | None:
    """Reads one week (about ten queries); None when the client was not enrolled in any of it."""
    enrolment = _enrolment(client, week)
    if enrolment is None:
        return None
    first = max(enrolment.starts_on, week.first)
    last = min(enrolment.ends_on or week.last, week.last)
    versions = versions_of(client.program_id)
    parts = _parts(client, week, versions, (first, last))
    planned = planned_sessions(client.program, week, versions, now=now)
    places = _places(client, week)
    goal = target_of(client, enrolment, week, versions, places)
    dose = goal.dose
    booked = _booked(client, planned, places, (first, last))
    days = {day for part in parts for day, minutes in part.by_date.items() if minutes}
    seats = [seat.seat(booked=True) for seat in booked]
    own = own_places([client.pk], week).get(client.pk, Own())
    others = offered(planned, own, first=first, last=last)
    seats += [seat.seat(booked=False) for seat in others]
    outlook = forecast(minutes=sum(p.minutes for p in parts), days=days, dose=dose, seats=seats)
    return WeekReading(
        client, week, first, last, parts, dose, booked, tuple(others), outlook, versions.at(week.last), goal
    )


def _enrolment(client: Client, week: Week) -> Enrolment | None:
    """The newest episode that touches the week: hours of two episodes never mix."""
    touching = Q(starts_on__lte=week.last) & (Q(ends_on=None) | Q(ends_on__gte=week.first))
    rows = Enrolment.objects.filter(touching, client=client).select_related("level")
    return rows.order_by("-starts_on", "pk").first()


def _parts(client: Client, week: Week, versions: Versions, days: tuple[date, date]) -> tuple[Part, ...]:
    rows = (
        AttendanceRecord.objects.filter(client=client, local_date__range=(week.first - LOOK_BACK, week.last))
        .select_related("session", "policy")
        .order_by("session_id", "-version")
        .distinct("session_id")
    )
    parts = (_part(row, client.program, versions, days) for row in rows)
    return tuple(sorted(parts, key=lambda part: part.record.session.starts_at))


def _part(record: AttendanceRecord, program: Program, versions: Versions, days: tuple[date, date]) -> Part:
    row = versions.at(record.local_date)
    policy = rule_policy(row, program, no_show_below_minutes=record.policy.no_show_below_minutes)
    credit = SessionCredit(
        service_type=rule_service(record.session.service_type),
        status=Status(record.status),
        credited_minutes=record.credited_minutes,
        delivered_minutes=record.delivered_minutes,
        by_date={date.fromisoformat(day): minutes for day, minutes in record.by_date.items()},
    )
    first, last = days
    counted = counted_by_date(credit, policy)
    return Part(record, row, {day: minutes for day, minutes in counted.items() if first <= day <= last})


def _places(client: Client, week: Week) -> list[Membership]:
    touching = Q(starts_on__lte=week.last) & (Q(ends_on=None) | Q(ends_on__gte=week.first))
    return list(Membership.objects.filter(touching, client=client))


def _booked(
    client: Client, planned: list[Planned], places: list[Membership], days: tuple[date, date]
) -> tuple[Planned, ...]:
    first, last = days
    excused = set(
        Excuse.objects.filter(client=client, session__in=[p.session_id for p in planned]).values_list(
            "session_id", flat=True
        )
    )
    found = []
    for seat in planned:
        own = [p for p in places if p.group_id == seat.group_id and _holds(p, seat.day)]
        if own and first <= seat.day <= last and seat.session_id not in excused:
            found.append(replace(seat, visit=all(p.is_visit for p in own)))
    return tuple(found)


def _holds(place: Membership, day: date) -> bool:
    return place.starts_on <= day and (place.ends_on is None or day <= place.ends_on)
