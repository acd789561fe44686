"""Conflicts of real meetings: rosters, leaders and licences of a stretch of time, read with a fixed number of queries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q

from groups.licences import Licence
from groups.models import Client, Enrolment, Group, GroupStaff, Membership, Person, Program, StaffRole
from groups.rules import Period
from sessions_app.conflicts.rules import Conflict, Kind, Meeting, conflicts
from sessions_app.models import Session, SessionStaff
from vio.common.errors import BadInputError, ConflictError
from vio.common.localtime import local_date


@dataclass(frozen=True)
class Time:
    """When a group would meet; `leaders` replaces those its staff and substitutes would make."""

    group: UUID
    starts_at: datetime
    ends_at: datetime
    session: UUID | None = None
    leaders: Mapping[UUID, str] | None = None


@dataclass(frozen=True)
class Warned:
    """Conflicts of one kind about one person or state, as a page says them."""

    text: str
    is_refused: bool


@dataclass
class _House:
    """Who belongs where in a stretch of time."""

    places: dict[UUID, list[tuple[UUID, Period]]] = field(default_factory=dict)
    staff: dict[UUID, list[tuple[UUID, str, Period]]] = field(default_factory=dict)
    episodes: dict[UUID, list[Period]] = field(default_factory=dict)
    own: dict[UUID, list[tuple[UUID, str, UUID | None]]] = field(default_factory=dict)
    homes: dict[UUID, str] = field(default_factory=dict)
    licences: dict[UUID, list[Licence]] = field(default_factory=dict)

    def clients(self, group: UUID, on: date) -> frozenset[UUID]:
        """Who is expected: a place and an episode on that date."""
        return frozenset(
            client for client, place in self.places.get(group, ())
            if place.covers(on) and any(e.covers(on) for e in self.episodes.get(client, ()))
        )  # fmt: skip

    def leaders(self, group: UUID, on: date, session: UUID | None) -> dict[UUID, str]:
        """Who leads, substitutes taken into account."""
        own = self.own.get(session, []) if session else []
        away = {relieved for _, _, relieved in own}
        found = {who: role for who, role, place in self.staff.get(group, ()) if place.covers(on)}
        found = {who: role for who, role in found.items() if who not in away}
        found |= {who: role for who, role, _ in own}
        return {who: role for who, role in found.items() if role != "observer"}


def conflicts_of(
    program: Program, times: Sequence[Time], *, without: Collection[UUID] = (), ahead: Sequence[Time] = ()
) -> list[Conflict]:
    """What speaks against a program's groups meeting at these times; their own sessions (`session`), and those that go
    (`without`), are not in the way. `ahead` are meetings whose sessions are not made yet.

    Six queries, however many times and sessions there are.
    """
    if not times:
        return []
    first, last = min(t.starts_at for t in times), max(t.ends_at for t in times)
    moved = {t.session for t in times if t.session}
    held = Session.objects.filter(program=program, starts_at__lt=last, ends_at__gt=first).exclude(
        status__in=[Session.Status.CANCELLED, Session.Status.ENDED]
    )
    rows = [
        Time(s.group_id, s.starts_at, s.ends_at, s.pk) for s in held.exclude(is_rehearsal=True)
        if s.pk not in moved and s.pk not in without
    ]  # fmt: skip
    return compare(program, times, [*rows, *ahead])


def compare(program: Program, proposed: Sequence[Time], standing: Sequence[Time]) -> list[Conflict]:
    """What speaks against the proposed meetings of a program, beside these others of it. Five queries."""
    if not proposed:
        return []
    house = _house(program, [*proposed, *standing])
    mine = [_meeting(house, program, t) for t in proposed]
    return conflicts(mine, [_meeting(house, program, t) for t in standing], house.homes)


def _meeting(house: _House, program: Program, time: Time) -> Meeting:
    on = local_date(time.starts_at, program.zone)
    leaders = house.leaders(time.group, on, time.session) if time.leaders is None else time.leaders
    held = (licence for who in leaders for licence in house.licences.get(who, ()))
    states = frozenset(licence.state for licence in held if licence.counts(on))
    return Meeting(time.starts_at, time.ends_at, time.group, house.clients(time.group, on), leaders, states)


def _house(program: Program, times: Sequence[Time]) -> _House:
    house = _House()
    first = local_date(min(t.starts_at for t in times), program.zone)
    last = local_date(max(t.ends_at for t in times), program.zone)
    groups = {t.group for t in times}
    around = Q(starts_on__lte=last) & (Q(ends_on=None) | Q(ends_on__gte=first))
    places = Membership.objects.filter(around, program=program, group__in=groups)
    for group, client, home, start, end in places.values_list(
        "group", "client", "client__home_state", "starts_on", "ends_on"
    ):
        house.places.setdefault(group, []).append((client, Period(start, end)))
        house.homes[client] = home
    episodes = Enrolment.objects.filter(around, program=program, client__in=list(house.homes))
    for client, start, end in episodes.values_list("client", "starts_on", "ends_on"):
        house.episodes.setdefault(client, []).append(Period(start, end))
    staff = GroupStaff.objects.filter(around, program=program, group__in=groups)
    for group, person, role, start, end in staff.values_list(
        "group", "person", "role", "starts_on", "ends_on"
    ):
        house.staff.setdefault(group, []).append((person, role, Period(start, end)))
    sessions = {t.session for t in times if t.session}
    own = SessionStaff.objects.filter(session__in=sessions, ended_at=None)
    for session, person, role, away in own.values_list("session", "person", "role", "stands_in_for"):
        house.own.setdefault(session, []).append((person, role, away))
    held = StaffRole.objects.filter(program=program, withdrawn_at=None)
    for licensed in held.only("person_id", "licensed_states", "licence_ends"):
        house.licences.setdefault(licensed.person_id, []).extend(licensed.held_licences)
    return house


def in_words(program: Program, found: Sequence[Conflict]) -> list[Warned]:
    """The conflicts for a person to read: one line for each kind, person or state and other group; three queries at most."""
    if not found:
        return []
    people = {c.who for c in found if c.who and c.kind is Kind.LEADS_TWICE}
    clients = {c.who for c in found if c.who and c.kind is Kind.EXPECTED_TWICE}
    names: dict[UUID | None, str] = {p.pk: p.full_name for p in Person.objects.filter(pk__in=people)}
    rows = Client.objects.filter(pk__in=clients).values_list("pk", "person__first_name", "person__last_name")
    names |= {client: f"{first} {last}".strip() for client, first, last in rows}
    groups = dict(Group.objects.filter(program=program).values_list("pk", "name"))
    lines: dict[tuple[object, ...], list[Conflict]] = {}
    for each in found:
        other = each.other.group if each.other else None
        lines.setdefault((each.kind, each.who, each.state, other, each.is_refused), []).append(each)
    return [Warned(_line(program, same, names, groups), same[0].is_refused) for same in lines.values()]


def _line(
    program: Program, same: Sequence[Conflict], names: Mapping[UUID | None, str], groups: Mapping[UUID, str]
) -> str:
    one = same[0]
    day = local_date(one.meeting.starts_at, program.zone)
    when = f"{day:%b} {day.day}" + (f" and {len(same) - 1} more" if len(same) > 1 else "")
    if one.kind is Kind.NO_LICENCE:
        return f"Nobody who leads is licensed in {one.state}, where a client of this group lives: {when}."
    other = groups.get(one.other.group, "another group") if one.other else "another group"
    verb = "leads" if one.kind is Kind.LEADS_TWICE else "is expected in"
    return f"{names.get(one.who, 'Somebody')} {verb} {other} at the same time: {when}."


def require_no_conflict(program: Program, found: Sequence[Conflict], *, anyway: bool) -> None:
    """Raises ConflictError (`leads_twice`) for one facilitator in two places, BadInputError beside `anyway` for warnings
    that nobody ticked."""
    lines = in_words(program, found)
    refused = [line.text for line in lines if line.is_refused]
    if refused:
        raise ConflictError(f"{' '.join(refused)} Nobody leads two groups at once.", code="leads_twice")
    if lines and not anyway:
        text = " ".join(line.text for line in lines)
        raise BadInputError(fields={"anyway": f"{text} Tick this to do it anyway."})
