"""Reads for the hours pages: the board of a program in a fixed number of queries, and one client's weeks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When

from groups.access import clients_for, groups_for, reaches_all
from groups.models import Client, Group, Membership, Program
from sessions_app.hours.drawing import week_value
from sessions_app.hours.policies import definition_words, versions_of
from sessions_app.hours.reading import WeekReading, read_week
from sessions_app.hours.services import current_week
from sessions_app.hours.targets import target_words, words_of
from sessions_app.models import WeekHours
from vio.common.actors import Actor
from vio.common.charts.week import Seat, WeekSeat
from vio.common.charts.week import Week as WeekBar
from vio.common.localtime import Week, WeekStart, week_of
from vio.common.permissions import Permission

STATES = ("cannot_reach", "needs_one_more", "on_course", "met")  # worst first
PER_PAGE = 20
LAST_WEEKS = 6
GROUPS_AT_ONCE = 12
"""Groups offered as a filter; in a program with more, a part of the name finds one."""


def row_words(row: WeekHours) -> str:
    """Why a stored week's goal is what it is; "" when it is the whole dose."""
    return target_words(
        basis=row.target_basis, minutes=row.prescribed_minutes, full_minutes=row.full_minutes,
        days_in_force=row.days_in_force, called_off_minutes=row.called_off_minutes,
    )  # fmt: skip


@dataclass(frozen=True)
class BoardRow:
    """One client's week on the board, with its bar."""

    row: WeekHours
    bar: WeekBar

    @property
    def missing(self) -> int:
        """Minutes still lacking."""
        return max(self.row.prescribed_minutes - self.row.minutes, 0)

    @property
    def why(self) -> str:
        """Why the goal is not the whole dose, in words; "" when it is."""
        return row_words(self.row)


@dataclass(frozen=True)
class Board:
    """A program's week: counts per state, one page of clients, worst first."""

    program: Program
    week: Week
    running: bool
    definition: str
    counts: Mapping[str, int]
    total: int
    state: str
    group: Group | None
    groups: tuple[Group, ...]
    more_groups: bool
    find: str
    page: Page[int]
    """Of places in the order of need."""
    rows: tuple[BoardRow, ...]
    may_set_goals: bool
    may_sign: bool

    @property
    def previous(self) -> date:
        """First date of the week before."""
        return self.week.first - timedelta(days=7)

    @property
    def following(self) -> date | None:
        """First date of the next week, while there is one to see."""
        return None if self.running else self.week.first + timedelta(days=7)


def board(
    actor: Actor,
    program: Program,
    *,
    now: datetime,
    day: date | None = None,
    state: str = "",
    group: Group | None = None,
    find: str = "",
    page: str | int = 1,
) -> Board:
    """The board of the week that holds `day` (the running one by default), filtered by state and group.

    `find` is a part of the names of the groups that are offered to filter by.
    """
    running = current_week(program, now)
    week = running if day is None else min(week_of(day, WeekStart(program.week_start)), running)
    rows = week_rows(actor, program, week, now=now, group_id=group.pk if group else None)
    counts = dict.fromkeys(STATES, 0) | dict(rows.order_by().values_list("forecast").annotate(n=Count("*")))
    standing = {state: counts[state]} if state in STATES else counts
    # The tabs have counted already, so the pager deals with places alone. Who stands on them is found among the weeks; names are
    # read for those few.
    found = Paginator(range(sum(standing.values())), PER_PAGE).get_page(page)
    places = (found.number - 1) * PER_PAGE, found.number * PER_PAGE
    on_page = worst_first(WeekHours.objects.filter(pk__in=_stretch(rows, standing, *places)))
    groups = _groups(actor, program, find, now=now)
    return Board(
        program=program,
        week=week,
        running=week == running,
        definition=definition_words(versions_of(program.pk).at(week.last)),
        counts=counts,
        total=sum(counts.values()),
        state=state if state in STATES else "",
        group=group,
        groups=groups[:GROUPS_AT_ONCE],
        more_groups=len(groups) > GROUPS_AT_ONCE,
        find=find,
        page=found,
        rows=tuple(BoardRow(row, _bar(row)) for row in on_page),
        may_set_goals=actor.may(Permission.MANAGE_ENROLMENT, program.pk),
        may_sign=actor.may(Permission.CORRECT_ATTESTED, program.pk),
    )


def _groups(actor: Actor, program: Program, find: str, *, now: datetime) -> tuple[Group, ...]:
    """The groups to filter by, by name; one more than are shown says that there are more."""
    rows = groups_for(actor, Permission.SEE_HOURS, now=now).filter(program=program)
    return tuple(rows.filter(name__icontains=find).order_by("name")[: GROUPS_AT_ONCE + 1])


def week_rows(
    actor: Actor, program: Program, week: Week, *, now: datetime, group_id: UUID | None = None
) -> QuerySet[WeekHours]:
    """One week of the clients in reach, of a group only if one is given."""
    rows = WeekHours.objects.filter(program=program, week=week.first)
    if not reaches_all(actor, Permission.SEE_HOURS, program.pk):
        rows = rows.filter(client__in=clients_for(actor, Permission.SEE_HOURS, now=now))
    return rows if group_id is None else rows.filter(client__in=_members(group_id, week))


def _members(group_id: UUID, week: Week) -> QuerySet[Membership, UUID]:
    in_week = Q(starts_on__lte=week.last) & (Q(ends_on=None) | Q(ends_on__gte=week.first))
    return Membership.objects.filter(in_week, group=group_id).values_list("client_id", flat=True)


_RANK = Case(
    *[When(forecast=name, then=Value(place)) for place, name in enumerate(STATES)],
    default=Value(len(STATES)),
    output_field=IntegerField(),
)
_LACKING = F("minutes") + F("to_come_minutes") - F("prescribed_minutes")


def worst_first(rows: QuerySet[WeekHours]) -> QuerySet[WeekHours]:
    """Who cannot reach the week comes first, then by what is still missing, then by name."""
    return rows.select_related("client__person").order_by(
        _RANK, _LACKING, "client__person__first_name", "client__person__last_name", "client_id"
    )


def _stretch(
    rows: QuerySet[WeekHours], counts: Mapping[str, int], first: int, end: int
) -> QuerySet[WeekHours, UUID]:
    """Those from place `first` to before place `end` in the order of need. Only the states that stand there are sorted.

    `counts` says how many there are in each state; a state that is not named is left out.
    """
    states, before, left_out = [], 0, 0
    for name in STATES:
        through = before + counts.get(name, 0)
        if through <= first:
            left_out = through
        elif before < end and through > before:
            states.append(name)
        before = through
    within = _by_need(rows.filter(forecast__in=states)).values_list("pk", flat=True)
    return within[first - left_out : end - left_out]


def _by_need(rows: QuerySet[WeekHours]) -> QuerySet[WeekHours]:
    """The same order without names, which would have to be read of everybody."""
    return rows.order_by(_RANK, _LACKING, "client_id")


def _bar(row: WeekHours) -> WeekBar:
    """The row's own bar: counted and still to come as one piece each; the details are on the client's page."""
    pieces = (
        WeekSeat(row.week, Seat.DONE, row.minutes, "counted"),
        WeekSeat(row.week, Seat.GHOST, row.to_come_minutes, "to come"),
    )
    return WeekBar(
        key=f"bar-{str(row.client_id)[:13]}",
        seats=tuple(piece for piece in pieces if piece.minutes),
        goal=row.prescribed_minutes,
    )


@dataclass(frozen=True)
class MyHours:
    """A client's running week, for their own pages."""

    reading: WeekReading
    bar: WeekBar
    definition: str
    why: str = ""  # why the goal is not the whole dose


def my_hours(client: Client, *, now: datetime, week: Week | None = None) -> MyHours | None:
    """The client's week (the running one by default); None when not enrolled in it."""
    reading = read_week(client, week or current_week(client.program, now), now=now)
    if reading is None:
        return None
    words = words_of(reading.target)
    return MyHours(reading, week_value(reading), definition_words(reading.policy), words)


def last_weeks(client: Client, *, before: Week) -> list[WeekHours]:
    """Earlier weeks, newest first; of rolling weeks every seventh row."""
    rows = WeekHours.objects.filter(client=client, week__lt=before.first)
    wanted = [before.first - timedelta(days=7 * n) for n in range(1, LAST_WEEKS + 1)]
    return list(rows.filter(week__in=wanted).order_by("-week"))
