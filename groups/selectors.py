"""Reads of WHO that join or aggregate: rosters, doses, levels, agreements, timetables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from groups.access import in_force
from groups.calendars import Timetable, clash, occurrences, parse_rule
from groups.models import (
    Agreement,
    AgreementAcceptance,
    Client,
    Enrolment,
    Group,
    GroupStaff,
    LevelOfCare,
    Membership,
    PrescribedDose,
    Program,
    Series,
    StaffRole,
)
from groups.rules import ONE_DAY, Band, Period, peak
from vio.common.localtime import local_date

CLASH_DAYS = 28


def today_of(program: Program, now: datetime) -> date:
    """The program's local date at an instant (R1)."""
    return local_date(now, program.zone)


# --- groups -----------------------------------------------------------------------------------------------


def members_on(group: Group, on: date) -> QuerySet[Membership]:
    """The places in a group that are in force on a local date, by name."""
    return (
        group.memberships.filter(in_force(on))
        .select_related("client__person")
        .order_by("client__person__first_name", "client__person__last_name", "pk")
    )


def leaders_on(group: Group, on: date) -> QuerySet[GroupStaff]:
    """Who leads (or observes) a group on a local date."""
    return group.staff.filter(in_force(on)).select_related("person").order_by("role", "person__first_name")


def band_with(group: Group, first: date, last: date | None) -> Band:
    """How full the group would be at its fullest, with one more client from `first` to `last`."""
    within = Period(first, last)
    held = (Period(m.starts_on, m.ends_on) for m in group.memberships.all())
    return Band(peak(held, within) + 1, group.min_size, group.max_size)


def band_on(group: Group, on: date) -> Band:
    """How full the group is on a date."""
    return Band(members_on(group, on).count(), group.min_size, group.max_size)


def groups_with_counts(groups: QuerySet[Group], on: date) -> QuerySet[Group]:
    """Groups with `member_count` on a date and their timetables prefetched, by name."""
    covered = Q(memberships__starts_on__lte=on) & (
        Q(memberships__ends_on=None) | Q(memberships__ends_on__gte=on)
    )
    running = Series.objects.filter(Q(ends_on=None) | Q(ends_on__gte=on)).order_by("local_start")
    return (
        groups.annotate(member_count=Count("memberships", filter=covered))
        .prefetch_related(Prefetch("series", queryset=running, to_attr="running_series"))
        .order_by("-is_active", "name")
    )


# --- timetables -------------------------------------------------------------------------------------------


def timetable_of(series: Series) -> Timetable:
    """A series as a timetable; raises `calendars.RuleError` if its rule cannot be read."""
    return Timetable(
        rule=parse_rule(series.rule),
        zone=series.program.zone,
        local_start=series.local_start,
        minutes=series.minutes,
        starts_on=series.starts_on,
        ends_on=series.ends_on,
        breaks=tuple((int(after), int(length)) for after, length in series.breaks),
        cancelled=frozenset(date.fromisoformat(d) for d in series.cancelled_dates),
    )


def clash_of(table: Timetable, others: QuerySet[Series], first: date) -> tuple[Series, date] | None:
    """The first series that meets at the same time as this timetable in the next four weeks, and the date."""
    last = first + CLASH_DAYS * ONE_DAY
    mine = occurrences(table, first, last)
    for series in others.select_related("program", "group"):
        found = clash(mine, occurrences(timetable_of(series), first, last))
        if found is not None:
            return series, found[0].on
    return None


def series_of_client(client: Client, on: date) -> QuerySet[Series]:
    """The timetables of the groups a client belongs to from a date on."""
    places = client.memberships.filter(Q(ends_on=None) | Q(ends_on__gte=on))
    return Series.objects.filter(group__in=places.values("group"), group__is_active=True)


def series_of_leader(person_id: UUID, program: Program, on: date) -> QuerySet[Series]:
    """The timetables of the groups a member of staff leads from a date on."""
    places = GroupStaff.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=on), program=program, person=person_id
    ).exclude(role="observer")
    return Series.objects.filter(group__in=places.values("group"), group__is_active=True)


# --- enrolment --------------------------------------------------------------------------------------------


def enrolment_on(client: Client, on: date) -> Enrolment | None:
    """The episode in force on a local date."""
    return client.enrolments.filter(in_force(on)).select_related("level", "primary_clinician").first()


def dose_on(enrolment: Enrolment, on: date) -> PrescribedDose | None:
    """The dose in force on a local date: the latest that began by then."""
    return enrolment.doses.filter(starts_on__lte=on).order_by("-starts_on").first()


def level_on(enrolment: Enrolment, on: date) -> LevelOfCare:
    """The level of care on a local date, with steps up and down taken into account."""
    step = (
        enrolment.doses.filter(starts_on__lte=on, level__isnull=False)
        .select_related("level")
        .order_by("-starts_on")
        .first()
    )
    return step.level if step is not None and step.level is not None else enrolment.level


@dataclass(frozen=True)
class Episode:
    """One episode of care as a page tells it: its rows and its state on a date."""

    enrolment: Enrolment
    state: str  # upcoming, active, ended
    dose: PrescribedDose | None
    doses: list[PrescribedDose]
    level: LevelOfCare


def episodes(client: Client, on: date) -> list[Episode]:
    """Every episode of a client, the newest first (hours never mix between two)."""
    rows = client.enrolments.select_related("level", "primary_clinician").order_by("-starts_on")
    return [_episode(row, on) for row in rows]


def _episode(row: Enrolment, on: date) -> Episode:
    state = "upcoming" if row.starts_on > on else "active"
    if row.ends_on is not None and row.ends_on < on:
        state = "ended"
    doses = list(row.doses.select_related("level").order_by("starts_on"))
    return Episode(row, state, dose_on(row, on), doses, level_on(row, on))


def search_clients(clients: QuerySet[Client], text: str, on: date) -> QuerySet[Client]:
    """Clients whose name, privacy name or address contains each word; with `is_enrolled` on a date, by name."""
    for word in text.split()[:5]:
        clients = clients.filter(
            Q(person__first_name__icontains=word)
            | Q(person__last_name__icontains=word)
            | Q(person__email__icontains=word)
            | Q(privacy_name__icontains=word)
        )
    enrolled = Enrolment.objects.filter(in_force(on), client=OuterRef("pk"))
    places = Membership.objects.filter(in_force(on)).select_related("group")
    return (
        clients.select_related("person")
        .annotate(is_enrolled=Exists(enrolled))
        .prefetch_related(Prefetch("memberships", queryset=places, to_attr="places_now"))
        .order_by("person__first_name", "person__last_name", "pk")
    )


# --- staff ------------------------------------------------------------------------------------------------


def staff_of(program: Program) -> QuerySet[StaffRole]:
    """The roles in force in a program, by name."""
    return (
        program.staff_roles.filter(withdrawn_at=None)
        .select_related("person")
        .order_by("person__first_name", "person__last_name", "role")
    )


# --- agreement --------------------------------------------------------------------------------------------


def current_agreement(program_id: UUID) -> Agreement | None:
    """The newest version of the group agreement."""
    return Agreement.objects.filter(program=program_id).order_by("-version").first()


def agreement_needed(client: Client) -> Agreement | None:
    """The version this client has still to accept before a room opens to them; None when nothing stands in the way."""
    current = current_agreement(client.program_id)
    if current is None:
        return None
    accepted = AgreementAcceptance.objects.filter(client=client, agreement=current).exists()
    return None if accepted else current
