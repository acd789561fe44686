"""Reads of WHO that join or aggregate: rosters, doses, levels, agreements, timetables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from groups.access import in_force
from groups.calendars import Timetable, parse_rule
from groups.models import (
    Agreement,
    AgreementAcceptance,
    Client,
    Enrolment,
    Group,
    GroupStaff,
    Holiday,
    LevelOfCare,
    Membership,
    NoContact,
    PrescribedDose,
    Program,
    Series,
    StaffRole,
)
from groups.rules import Band, Period, peak
from vio.common.localtime import local_date

END_REASONS = (
    ("completed", "finished the program"),
    ("step_down", "went on to less care elsewhere"),
    ("step_up", "went on to more care elsewhere"),
    ("moved", "moved away"),
    ("own_wish", "left by their own wish"),
    ("no_contact", "could not be reached"),
    ("clinical", "clinical decision"),
    ("other", "another reason"),
)


def today_of(program: Program, now: datetime) -> date:
    """The program's local date at an instant (R1)."""
    return local_date(now, program.zone)


def no_contacts_in(clients: Iterable[UUID]) -> QuerySet[NoContact]:
    """The pairs kept apart now of which both are among these clients."""
    ids = list(clients)
    pairs = NoContact.objects.filter(ended_at=None, first__in=ids, second__in=ids)
    return pairs.select_related("first__person", "second__person").order_by("recorded_at")


def pairs_apart(program_id: UUID, people: Iterable[UUID]) -> frozenset[frozenset[str]]:
    """The same by person, of one program, as pairs of ids in text."""
    pairs = NoContact.objects.filter(
        program=program_id, ended_at=None, first__person__in=list(people), second__person__in=list(people)
    )
    found = pairs.values_list("first__person_id", "second__person_id")
    return frozenset(frozenset((str(first), str(second))) for first, second in found)


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


def holidays_of(program_id: UUID) -> frozenset[date]:
    """The local dates on which a program does not meet; R15 and A10 count them as no business days."""
    return frozenset(Holiday.objects.filter(program=program_id).values_list("on", flat=True))


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

    @property
    def end_words(self) -> str:
        """Why it ended, in words."""
        return dict(END_REASONS).get(self.enrolment.end_reason, self.enrolment.end_reason)


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


@dataclass(frozen=True)
class Gap:
    """Something a program still lacks, in words, with the group or client it concerns."""

    text: str
    group: Group | None = None
    client: Client | None = None


def setup_gaps(program: Program, on: date) -> list[Gap]:
    """What stands in the way of a good evening: empty or full groups, nobody leading, no timetable, no group."""
    gaps: list[Gap] = []
    for group in groups_with_counts(program.groups.filter(is_active=True), on):
        gaps += [Gap(text, group=group) for text in _group_gaps(group, on)]
    placed = Membership.objects.filter(Q(ends_on=None) | Q(ends_on__gte=on), client=OuterRef("pk"))
    enrolled = Enrolment.objects.filter(in_force(on), client=OuterRef("pk"))
    lost = Client.objects.filter(Exists(enrolled), ~Exists(placed), program=program).select_related("person")
    return gaps + [Gap("is enrolled and has no group.", client=client) for client in lost[:20]]


def _group_gaps(group: Group, on: date) -> list[str]:
    words = [Band(group.member_count, group.min_size, group.max_size).warning]  # type: ignore[attr-defined]  # annotated
    if not leaders_on(group, on).exclude(role="observer").exists():
        words.append("Nobody leads this group.")
    if not group.running_series:  # type: ignore[attr-defined]  # prefetched
        words.append("This group has no timetable.")
    if group.offers_failing_since is not None:
        words.append("Free places here are not being offered to the waitlist. Tell whoever runs the system.")
    return [word for word in words if word]


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
