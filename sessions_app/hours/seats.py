"""Seats still to come in a week: those booked by membership, and open ones of other groups that could still help."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from groups.models import Membership, NoContact, Program
from sessions_app.access import covers
from sessions_app.attendance.intervals import Interval, subtract, total, union
from sessions_app.attendance.rules import whole_minutes
from sessions_app.hours.forecast import OpenSeat
from sessions_app.hours.policies import Versions, rule_policy, rule_service
from sessions_app.models import Session, SessionBreak
from vio.common.localtime import Week


@dataclass(frozen=True)
class Planned:
    """One session still to come; `minutes` is what it counts when attended in full, `free` whether others may join."""

    session_id: UUID
    group_id: UUID
    track: str
    title: str
    day: date
    time: Interval
    minutes: int
    free: bool
    visit: bool = False  # a make-up seat of the client who reads it

    def seat(self, *, booked: bool) -> OpenSeat:
        """As the forecast takes it."""
        return OpenSeat(str(self.session_id), self.time, self.day, self.minutes, booked)


def planned_sessions(
    program: Program, week: Week, versions: Versions, *, now: datetime, groups: Collection[UUID] | None = None
) -> list[Planned]:
    """The countable sessions of a week that are not called off, not counted yet and not over (two queries)."""
    rows = to_come(program.pk, week, now=now).select_related("group").annotate(taken=_places_taken())
    if groups is not None:
        rows = rows.filter(group__in=groups)
    sessions = list(rows.order_by("starts_at", "pk"))
    breaks = planned_breaks(sessions)
    seats = (_planned(s, breaks[s.pk], program, versions, now=now) for s in sessions)
    return [seat for seat in seats if seat.minutes]


def timetable(
    program: Program, week: Week, versions: Versions, groups: Collection[UUID], *, now: datetime
) -> list[tuple[Planned, bool]]:
    """Every countable session of a week of these groups, past ones too, and whether it was called off (two queries)."""
    rows = Session.objects.filter(
        program=program, local_date__range=(week.first, week.last), group__in=groups
    )
    sessions = list(rows.select_related("group").order_by("starts_at", "pk"))
    breaks = planned_breaks(sessions)
    return [
        (_planned(s, breaks[s.pk], program, versions, now=now), s.status == Session.Status.CANCELLED)
        for s in sessions
    ]


def to_come(program_id: UUID, week: Week, *, now: datetime) -> QuerySet[Session]:
    """The sessions of a week that may still add minutes; a live one is to come until its attendance is computed."""
    unfinished = Q(ends_at__gt=now) | Q(status__in=[Session.Status.LIVE, Session.Status.ENDED])
    return Session.objects.filter(
        unfinished, program=program_id, local_date__range=(week.first, week.last), finalised_at=None
    ).exclude(status=Session.Status.CANCELLED)


Place = tuple[UUID, date, date | None]
"""A place in a group: the group, the first and the last day."""


@dataclass(frozen=True)
class Own:
    """Where a client belongs in a week: their groups, the tracks of these, the places of those they are kept apart from.

    `visits` are make-up seats taken already: they make nobody a member, so other evenings of that group stay open.
    """

    groups: frozenset[UUID] = frozenset()
    tracks: frozenset[str] = frozenset()
    visits: frozenset[tuple[UUID, date]] = frozenset()
    apart: frozenset[Place] = frozenset()

    def may_join(self, group_id: UUID, day: date) -> bool:
        """Whether an evening of that group is neither theirs already nor one of somebody they are kept apart from."""
        if group_id in self.groups or (group_id, day) in self.visits:
            return False
        return not any(
            group == group_id and first <= day and (last is None or day <= last)
            for group, first, last in self.apart
        )


def own_places(clients: Collection[UUID], week: Week) -> dict[UUID, Own]:
    """What `Own` says of each client in a week (two queries)."""
    partners = _kept_apart(clients)
    asked = {*clients, *(other for others in partners.values() for other in others)}
    places: dict[UUID, list[Membership]] = defaultdict(list)
    rows = Membership.objects.filter(client__in=asked, starts_on__lte=week.last).exclude(
        ends_on__lt=week.first
    )
    for place in rows.select_related("group"):
        places[place.client_id].append(place)
    return {client: _own(places, client, partners.get(client, set())) for client in clients}


def _own(places: Mapping[UUID, list[Membership]], client: UUID, partners: Collection[UUID]) -> Own:
    mine = places.get(client, [])
    member = [place for place in mine if not place.is_visit]
    theirs = [place for other in partners for place in places.get(other, [])]
    return Own(
        frozenset(place.group_id for place in member),
        frozenset(place.group.track for place in member if place.group.track),
        frozenset((place.group_id, place.starts_on) for place in mine if place.is_visit),
        frozenset((place.group_id, place.starts_on, place.ends_on) for place in theirs),
    )


def _kept_apart(clients: Collection[UUID]) -> dict[UUID, set[UUID]]:
    partners: dict[UUID, set[UUID]] = defaultdict(set)
    pairs = NoContact.objects.filter(Q(first__in=clients) | Q(second__in=clients), ended_at=None)
    for first, second in pairs.values_list("first_id", "second_id"):
        partners[first].add(second)
        partners[second].add(first)
    return partners


def offered(planned: Iterable[Planned], own: Own, *, first: date, last: date) -> list[Planned]:
    """Open seats of other groups on the same track, inside the episode (without a track everybody fits)."""
    return [
        seat
        for seat in planned
        if seat.free
        and first <= seat.day <= last
        and own.may_join(seat.group_id, seat.day)
        and (not seat.track or not own.tracks or seat.track in own.tracks)
    ]


def _places_taken() -> Coalesce:
    members = (
        Membership.objects.filter(covers(OuterRef("local_date")), group=OuterRef("group"))
        .order_by()
        .values("group")
        .annotate(members=Count("pk"))
        .values("members")
    )
    return Coalesce(Subquery(members), 0)


def planned_breaks(sessions: Collection[Session]) -> dict[UUID, list[Interval]]:
    """{session id: its breaks as planned} (one query)."""
    found: dict[UUID, list[Interval]] = defaultdict(list)
    rows = SessionBreak.objects.filter(session__in=[s.pk for s in sessions], planned_start__isnull=False)
    for row in rows:
        if row.planned_start is not None and row.planned_end is not None:
            found[row.session_id].append(Interval(row.planned_start, row.planned_end))
    return found


def length_in_minutes(session: Session, breaks: Iterable[Interval]) -> int:
    """Whole minutes of a session as planned, without its breaks (R6)."""
    time = Interval(session.starts_at, session.ends_at)
    return whole_minutes(total(subtract(union([time]), union(list(breaks)))))


def _planned(
    session: Session, breaks: list[Interval], program: Program, versions: Versions, *, now: datetime
) -> Planned:
    time = Interval(session.starts_at, session.ends_at)
    net = length_in_minutes(session, breaks)
    policy = rule_policy(versions.at(session.local_date), program, no_show_below_minutes=0)
    counts = rule_service(session.service_type) in policy.countable
    minutes = policy.hour.counted(credited_minutes=net, delivered_minutes=net) if counts else 0
    taken: int = getattr(session, "taken", 0)
    free = session.group.is_active and taken < session.group.max_size and session.starts_at > now
    return Planned(
        session.pk, session.group_id, session.group.track, session.title, session.local_date, time, minutes,
        free and session.status in {Session.Status.SCHEDULED, Session.Status.OPEN},
    )  # fmt: skip
