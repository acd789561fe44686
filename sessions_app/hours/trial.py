"""What would a policy have done to the last weeks? The same pure rules over stored evidence; nothing is written.

Bounded: at most `MOST_WEEKS` finished weeks, for new attendance rules at most `MOST_SESSIONS` sessions (the newest),
and for any at most `MOST_CLIENTS` clients; what was left out is said. Corrections by people stand, as they would.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from groups.models import Client, Enrolment, Membership, PrescribedDose, Program
from sessions_app.attendance.figures import figures, read_client
from sessions_app.attendance.gather import gather
from sessions_app.attendance.records import expected_at_first
from sessions_app.attendance.rules import Status
from sessions_app.hours.forecast import Dose
from sessions_app.hours.policies import Versions, rule_policy, rule_service, versions_of
from sessions_app.hours.rules import SessionCredit, counted_by_date
from sessions_app.hours.seats import timetable
from sessions_app.hours.services import current_week
from sessions_app.hours.target import Override, OwnSession, Proration, Target, dose_parts, target
from sessions_app.models import AttendancePolicy, AttendanceRecord, HoursPolicy, Session, WeekTarget
from vio.common.localtime import Week

MOST_WEEKS, MOST_SESSIONS, MOST_CLIENTS = 8, 150, 400
LOOK_BACK = timedelta(days=2)


@dataclass(frozen=True)
class Judged:
    """A client's week under one policy: minutes, days with minutes, the goal, and whether it was met."""

    minutes: int
    days: int
    goal: Dose

    @property
    def met(self) -> bool:
        """Both minima were reached."""
        return self.minutes >= self.goal.minutes and self.days >= self.goal.days


@dataclass(frozen=True)
class WeekChange:
    """A week that the policy would have judged by other figures."""

    client: Client
    week: Week
    before: Judged
    after: Judged

    @property
    def turned(self) -> str:
        """ "met" or "missed" when the verdict changes, else ""."""
        if self.before.met == self.after.met:
            return ""
        return "met" if self.after.met else "missed"


@dataclass(frozen=True)
class StatusChange:
    """One evening of one client that the policy would have named or credited otherwise."""

    client: Client
    session: Session
    before: str
    after: str
    minutes_before: int
    minutes_after: int


@dataclass(frozen=True)
class Trial:
    """What would have been different, worst first; and how much was looked at."""

    weeks: tuple[Week, ...]
    clients: int
    client_weeks: int
    changes: tuple[WeekChange, ...]
    statuses: tuple[StatusChange, ...]
    left_out: int  # sessions or clients beyond the bounds

    @property
    def would_miss(self) -> int:
        """Weeks that were met and would not have been: they would have been flagged."""
        return sum(change.turned == "missed" for change in self.changes)

    @property
    def would_meet(self) -> int:
        """Weeks that were short and would have been met."""
        return sum(change.turned == "met" for change in self.changes)


@dataclass(frozen=True)
class _Past:
    """All that the weeks follow from, read once."""

    program: Program
    clients: Mapping[UUID, Client]
    enrolments: Mapping[UUID, list[Enrolment]]
    doses: Mapping[UUID, Mapping[date, Dose]]
    places: Mapping[UUID, list[Membership]]
    records: Mapping[UUID, list[AttendanceRecord]]
    overrides: Mapping[tuple[UUID, date], Override]


def try_on_past(
    program: Program, *, weeks: int, now: datetime, hours: HoursPolicy | None = None,
    attendance: AttendancePolicy | None = None,
) -> Trial:  # fmt: skip
    """The last finished weeks again under an unsaved version of either policy; the other stays as it was."""
    span = _finished(program, min(max(weeks, 1), MOST_WEEKS), now)
    past, left_out = _read(program, span)
    statuses: list[StatusChange] = []
    after = past
    if attendance is not None:
        after, statuses, beyond = _attended_again(past, span, attendance)
        left_out += beyond
    stored = versions_of(program.pk)
    candidate = Versions((hours,)) if hours is not None else stored
    changes, looked_at = [], 0
    for week in span:
        held = {versions: _held(past, week, versions, now) for versions in {stored, candidate}}
        for client in past.clients.values():
            was = _judge(past, client, week, stored, held[stored])
            if was is None:
                continue
            looked_at += 1
            would = _judge(after, client, week, candidate, held[candidate])
            if would is not None and would != was:
                changes.append(WeekChange(client, week, was, would))
    changes.sort(key=lambda c: ({"missed": 0, "met": 1}.get(c.turned, 2), c.week, c.client.person.full_name))
    return Trial(span, len(past.clients), looked_at, tuple(changes), tuple(statuses), left_out)


def _finished(program: Program, number: int, now: datetime) -> tuple[Week, ...]:
    first = current_week(program, now).first
    return tuple(Week(first - timedelta(days=7 * n)) for n in range(number, 0, -1))


# --- reading -------------------------------------------------------------------------------------------------


def _read(program: Program, span: tuple[Week, ...]) -> tuple[_Past, int]:
    first, last = span[0].first, span[-1].last
    enrolments: dict[UUID, list[Enrolment]] = defaultdict(list)
    rows = Enrolment.objects.filter(program=program, starts_on__lte=last).exclude(ends_on__lt=first)
    # The newest episode of a week comes first, as it does when a week is counted.
    for row in rows.select_related("level", "client__person").order_by("-starts_on", "pk"):
        enrolments[row.client_id].append(row)
    kept = dict(list(enrolments.items())[:MOST_CLIENTS])
    clients = {key: found[0].client for key, found in kept.items()}
    doses: dict[UUID, dict[date, Dose]] = defaultdict(dict)
    for dose in PrescribedDose.objects.filter(enrolment__client__in=clients, starts_on__lte=last):
        doses[dose.enrolment_id][dose.starts_on] = Dose(dose.weekly_minutes, dose.weekly_days)
    places: dict[UUID, list[Membership]] = defaultdict(list)
    for place in Membership.objects.filter(client__in=clients, starts_on__lte=last).exclude(
        ends_on__lt=first
    ):
        places[place.client_id].append(place)
    past = _Past(
        program, clients, kept, doses, places, _records(clients, first, last), _overrides(clients, span)
    )
    return past, len(enrolments) - len(kept)


def _records(clients: Iterable[UUID], first: date, last: date) -> dict[UUID, list[AttendanceRecord]]:
    found: dict[UUID, list[AttendanceRecord]] = defaultdict(list)
    rows = AttendanceRecord.objects.filter(client__in=clients, local_date__range=(first - LOOK_BACK, last))
    latest = rows.order_by("session_id", "client_id", "-version").distinct("session_id", "client_id")
    for row in latest.select_related("session", "policy"):
        found[row.client_id].append(row)
    return found


def _overrides(clients: Iterable[UUID], span: tuple[Week, ...]) -> dict[tuple[UUID, date], Override]:
    rows = WeekTarget.objects.filter(client__in=clients, week__in=[week.first for week in span])
    newest = {(row.client_id, row.week): row for row in rows.order_by("version")}
    return {
        key: Override(row.minutes, row.days)
        for key, row in newest.items()
        if row.minutes is not None and row.days is not None
    }


def _attended_again(
    past: _Past, span: tuple[Week, ...], policy: AttendancePolicy
) -> tuple[_Past, list[StatusChange], int]:
    """The records as the new rules would have computed them from the same evidence."""
    sessions = (
        Session.objects.filter(
            program=past.program, finalised_at__isnull=False,
            local_date__range=(span[0].first, span[-1].last),
        )
        .select_related("program", "group")
        .order_by("-starts_at")
    )  # fmt: skip
    by_session: dict[UUID, dict[UUID, AttendanceRecord]] = defaultdict(dict)
    for rows in past.records.values():
        for row in rows:
            by_session[row.session_id][row.client_id] = row
    changes: list[StatusChange] = []
    changed: dict[UUID, AttendanceRecord] = {}
    for session in sessions[:MOST_SESSIONS]:
        before = by_session[session.pk]
        facts = replace(gather(session, policy=policy), expected=expected_at_first(before))
        for client_id, row in before.items():
            if row.source == "corrected":
                continue
            again = figures(read_client(facts, client_id))
            changed[row.pk] = _as_computed(row, policy, again.status, again.credited_minutes, again.by_date)
            if (row.status, row.credited_minutes) != (again.status, again.credited_minutes):
                changes.append(
                    StatusChange(
                        past.clients[client_id], session, row.status, again.status, row.credited_minutes,
                        again.credited_minutes,
                    )
                )  # fmt: skip
    records = {key: [changed.get(row.pk, row) for row in rows] for key, rows in past.records.items()}
    return replace(past, records=records), changes, max(sessions.count() - MOST_SESSIONS, 0)


def _as_computed(
    row: AttendanceRecord, policy: AttendancePolicy, status: str, minutes: int, by_date: Mapping[str, int]
) -> AttendanceRecord:
    """A record that is never saved."""
    return AttendanceRecord(
        session=row.session, client_id=row.client_id, local_date=row.local_date, status=status,
        credited_minutes=minutes, delivered_minutes=row.delivered_minutes, by_date=dict(by_date), policy=policy,
    )  # fmt: skip


# --- judging -------------------------------------------------------------------------------------------------


def _held(past: _Past, week: Week, versions: Versions, now: datetime) -> dict[UUID, list[OwnSession]]:
    """{group: its countable sessions of the week}; only where the rule asks for them."""
    if Proration(versions.at(week.first).proration) is not Proration.SCHEDULED:
        return {}
    groups = {place.group_id for rows in past.places.values() for place in rows}
    found: dict[UUID, list[OwnSession]] = defaultdict(list)
    for seat, called_off in timetable(past.program, week, versions, groups, now=now):
        found[seat.group_id].append(OwnSession(seat.day, seat.minutes, called_off))
    return found


def _judge(
    past: _Past, client: Client, week: Week, versions: Versions, held: Mapping[UUID, list[OwnSession]]
) -> Judged | None:
    enrolment = next((e for e in past.enrolments[client.pk] if _touches(e, week)), None)
    if enrolment is None:
        return None
    first, last = _part_of(week, enrolment)
    days: dict[date, int] = defaultdict(int)
    for row in past.records.get(client.pk, ()):
        for day, minutes in _counted(row, past.program, versions).items():
            if first <= day <= last:
                days[day] += minutes
    goal = _target(past, enrolment, week, held, Proration(versions.at(week.first).proration))
    return Judged(sum(days.values()), len(days), goal.dose)


def _touches(enrolment: Enrolment, week: Week) -> bool:
    return enrolment.starts_on <= week.last and (enrolment.ends_on is None or enrolment.ends_on >= week.first)


def _counted(row: AttendanceRecord, program: Program, versions: Versions) -> dict[date, int]:
    policy = rule_policy(
        versions.at(row.local_date), program, no_show_below_minutes=row.policy.no_show_below_minutes
    )
    credit = SessionCredit(
        rule_service(row.session.service_type), Status(row.status), row.credited_minutes, row.delivered_minutes,
        {date.fromisoformat(day): minutes for day, minutes in row.by_date.items()},
    )  # fmt: skip
    return counted_by_date(credit, policy)


def _part_of(week: Week, enrolment: Enrolment) -> tuple[date, date]:
    return max(enrolment.starts_on, week.first), min(enrolment.ends_on or week.last, week.last)


def _target(
    past: _Past, enrolment: Enrolment, week: Week, held: Mapping[UUID, list[OwnSession]], proration: Proration
) -> Target:
    first, last = _part_of(week, enrolment)
    level = Dose(enrolment.level.weekly_minutes, enrolment.level.weekly_days)
    parts = dose_parts(past.doses.get(enrolment.pk, {}), level, first=first, last=last)
    own = [
        session
        for place in past.places.get(enrolment.client_id, ())
        for session in held.get(place.group_id, ())
        if first <= session.day <= last
        and place.starts_on <= session.day
        and (place.ends_on is None or session.day <= place.ends_on)
    ]
    return target(parts, own, proration, past.overrides.get((enrolment.client_id, week.first)))
