"""Random programs for the property tests: policies, episodes, groups, sessions and attendance of about one week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import strategies as st

from groups.models import Client, Enrolment, Group, LevelOfCare, Membership, Person, PrescribedDose, Program
from sessions_app.models import (
    AttendancePolicy,
    AttendanceRecord,
    Excuse,
    HoursPolicy,
    Session,
    SessionBreak,
)
from vio.common.localtime import Week

WEEK = Week(date(2026, 4, 12))  # a Sunday
TUESDAY = datetime(2026, 4, 14, 16, 0, tzinfo=UTC)
"""Noon in New York on Tuesday of that week."""
SERVICES = ["group_therapy", "individual", "case_management", "cbt"]
DAYS = st.integers(-9, 9).map(lambda n: WEEK.first + timedelta(days=n))


@st.composite
def spans(draw: st.DrawFn) -> tuple[date, date | None]:
    """A first date and a last one, or none."""
    first = draw(st.integers(-9, 3).map(lambda n: WEEK.first + timedelta(days=n)))
    return first, draw(st.none() | st.integers(3, 14).map(lambda n: first + timedelta(days=n)))


@dataclass(frozen=True)
class Meeting:
    """One session to be: where, when, how it ended, and what each client got."""

    group: int
    day: date
    hour: int
    minutes: int
    service: str
    status: str
    finalised: bool
    break_at: int | None
    delivered: int
    credits: tuple[tuple[int, tuple[tuple[str, int], ...]], ...]  # client, versions of (status, minutes)
    share_next_day: int
    excused: tuple[int, ...]


versions = st.lists(
    st.tuples(
        st.sampled_from(["attended", "partial", "no_show", "excused", "cancelled"]), st.integers(0, 200)
    ),
    min_size=1,
    max_size=3,
).map(tuple)
meetings = st.builds(
    Meeting,
    group=st.integers(0, 1),
    day=st.sampled_from([0, 1, 2, 3, 4, 5, 6, 6, -1, -2, 7]).map(lambda n: WEEK.first + timedelta(days=n)),
    hour=st.integers(8, 23),
    minutes=st.integers(20, 240),
    service=st.sampled_from(SERVICES),
    status=st.sampled_from(["scheduled", "scheduled", "open", "live", "ended", "cancelled"]),
    finalised=st.sampled_from([False, False, True]),
    break_at=st.none() | st.integers(0, 200),
    delivered=st.integers(0, 240),
    credits=st.lists(st.tuples(st.integers(0, 2), versions), max_size=3, unique_by=lambda c: c[0]).map(tuple),
    share_next_day=st.integers(0, 100),
    excused=st.lists(st.integers(0, 2), max_size=1, unique=True).map(tuple),
)


@dataclass(frozen=True)
class Plan:
    """A program to be."""

    week_start: str
    attribution: str
    no_show_below: int
    policies: tuple[tuple[date, str, int, int, int, frozenset[str]], ...]
    tracks: tuple[str, str]
    max_size: int
    enrolments: tuple[tuple[int, tuple[date, date | None]], ...]
    doses: tuple[tuple[int, date, int, int], ...]
    memberships: tuple[tuple[int, int, tuple[date, date | None]], ...]
    meetings: tuple[Meeting, ...]
    now_hours: int
    level: tuple[int, int] = (540, 3)  # minutes and days a week where no dose holds
    proration: str = "none"
    targets: tuple[tuple[int, int | None, int | None], ...] = ()  # client, minutes and days set for the week

    @property
    def now(self) -> datetime:
        """An instant in or about the week."""
        return datetime.combine(WEEK.first, time(4), UTC) + timedelta(hours=self.now_hours)


plans = st.builds(
    Plan,
    week_start=st.sampled_from(["sun", "mon", "rolling7"]),
    attribution=st.sampled_from(["start_date", "split"]),
    no_show_below=st.integers(0, 30),
    policies=st.lists(
        st.tuples(
            DAYS, st.sampled_from(["clock", "therapeutic"]), st.integers(30, 90), st.integers(30, 90),
            st.integers(1, 100), st.frozensets(st.sampled_from(SERVICES), min_size=1),
        ),
        min_size=1, max_size=3,
    ).map(tuple),
    tracks=st.tuples(*[st.sampled_from(["", "sober", "mood"])] * 2),
    max_size=st.sampled_from([1, 4, 4]),
    enrolments=st.lists(st.tuples(st.integers(0, 2), spans()), min_size=2, max_size=5).map(tuple),
    doses=st.lists(
        st.tuples(st.integers(0, 4), DAYS, st.sampled_from([0, 60, 120, 180, 300, 540]), st.integers(0, 3)),
        max_size=3, unique_by=lambda d: (d[0], d[1]),
    ).map(tuple),
    memberships=st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 2), spans()), min_size=1, max_size=4, unique_by=lambda m: m[:2]
    ).map(tuple),
    meetings=st.lists(meetings, min_size=2, max_size=7).map(tuple),
    now_hours=st.sampled_from([-30, 10, 40, 70, 100, 130]),
    level=st.tuples(st.sampled_from([30, 100, 200, 300]), st.integers(0, 2)),
    proration=st.sampled_from(["none", "days", "scheduled", "scheduled"]),
    targets=st.lists(
        st.tuples(st.integers(0, 2), st.none() | st.sampled_from([0, 60, 200]), st.integers(0, 3)), max_size=2
    ).map(lambda rows: tuple((c, m, None if m is None else d) for c, m, d in rows)),
)  # fmt: skip


def build(plan: Plan, people: list[Person]) -> tuple[Program, list[Client]]:
    """Writes a plan into the database; clients are made of the same people each time."""
    program = Program.objects.create(name="Random", week_start=plan.week_start)
    level = LevelOfCare.objects.create(
        program=program, code="2.1", name="IOP", weekly_minutes=plan.level[0], weekly_days=plan.level[1]
    )
    attendance = AttendancePolicy.objects.create(
        program=program, version=1, effective_from=date(2026, 1, 1), attribution=plan.attribution,
        no_show_below_minutes=plan.no_show_below,
    )  # fmt: skip
    HoursPolicy.objects.bulk_create(
        HoursPolicy(
            program=program, version=n, effective_from=day, definition=kind, group_minutes=full, counts_as=counts,
            from_percent=percent, countable=sorted(services), proration=plan.proration,
        )
        for n, (day, kind, full, counts, percent, services) in enumerate(plan.policies, 1)
    )  # fmt: skip
    clients = Client.objects.bulk_create(Client(program=program, person=person) for person in people)
    groups = Group.objects.bulk_create(
        Group(program=program, name=f"G{n}", track=track, max_size=plan.max_size, min_size=1)
        for n, track in enumerate(plan.tracks)
    )
    _enrol(plan, program, level, clients)
    Membership.objects.bulk_create(
        Membership(program=program, group=groups[g], client=clients[c], starts_on=first, ends_on=last)
        for g, c, (first, last) in plan.memberships
    )
    for meeting in plan.meetings:
        _meet(meeting, program, groups, clients, attendance)
    return program, clients


def _enrol(plan: Plan, program: Program, level: LevelOfCare, clients: list[Client]) -> None:
    made: list[Enrolment] = []
    open_for: set[int] = set()
    for number, (first, last) in plan.enrolments:
        if last is None and number in open_for:
            continue
        open_for |= {number} if last is None else set()
        made.append(
            Enrolment(program=program, client=clients[number], level=level, starts_on=first, ends_on=last)
        )
    Enrolment.objects.bulk_create(made)
    PrescribedDose.objects.bulk_create(
        PrescribedDose(
            program=program, enrolment=made[n], starts_on=day, weekly_minutes=minutes, weekly_days=days
        )
        for n, day, minutes, days in plan.doses
        if n < len(made)
    )


def _meet(
    meeting: Meeting, program: Program, groups: list[Group], clients: list[Client], policy: AttendancePolicy
) -> None:
    start = datetime.combine(meeting.day, time(meeting.hour), program.zone)
    session = Session.objects.create(
        program=program, group=groups[meeting.group], title="S", service_type=meeting.service, local_date=meeting.day,
        starts_at=start, ends_at=start + timedelta(minutes=meeting.minutes), status=meeting.status,
        finalised_at=start + timedelta(hours=5) if meeting.finalised else None,
    )  # fmt: skip
    if meeting.break_at is not None:
        begin = start + timedelta(minutes=meeting.break_at)
        SessionBreak.objects.create(
            program=program, session=session, planned_start=begin, planned_end=begin + timedelta(seconds=905)
        )
    Excuse.objects.bulk_create(
        Excuse(program=program, session=session, client=clients[c], accepted_at=start)
        for c in meeting.excused
    )
    AttendanceRecord.objects.bulk_create(
        AttendanceRecord(
            program=program, session=session, client=clients[c], version=n, local_date=meeting.day,
            credited_seconds=minutes * 60, credited_minutes=minutes, scheduled_minutes=meeting.minutes,
            delivered_minutes=meeting.delivered, status=status, by_date=_dates(meeting, minutes, policy),
            policy=policy, source="computed", recorded_at=start,
        )
        for c, rows in meeting.credits
        for n, (status, minutes) in enumerate(rows, 1)
    )  # fmt: skip


def _dates(meeting: Meeting, minutes: int, policy: AttendancePolicy) -> dict[str, int]:
    next_day = minutes * meeting.share_next_day // 100 if policy.attribution == "split" else 0
    parts = {meeting.day.isoformat(): minutes - next_day}
    if next_day:
        parts[(meeting.day + timedelta(days=1)).isoformat()] = next_day
    return parts
