"""Where authorisations stand: used from the attendance ledger, planned from the timetable. A fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from groups.access import clients_for, one, programs_for
from groups.models import Client, Membership, Program
from groups.selectors import today_of
from sessions_app.hours.authorising import (
    Served,
    Standing,
    Terms,
    UnitRule,
    WeekUnits,
    standing,
    units_by_day,
    weeks_of,
)
from sessions_app.hours.seats import length_in_minutes, planned_breaks
from sessions_app.models import AttendanceRecord, Authorisation, Coverage, Payer, Session
from vio.common.actors import Actor
from vio.common.localtime import WeekStart
from vio.common.permissions import Permission

CHUNK = 500
"""Authorisations whose ledger and timetable are read at once."""


@dataclass(frozen=True)
class Row:
    """One authorisation and where it stands today."""

    authorisation: Authorisation
    standing: Standing
    weeks: tuple[WeekUnits, ...]
    state: str  # to_come, running, low, used_up, over

    @property
    def payer(self) -> Payer:
        """Whose authorisation it is."""
        return self.authorisation.coverage.payer


def terms_of(payer: Payer) -> Terms:
    """A payer's terms as the rule takes them."""
    return Terms(
        UnitRule(payer.rule), payer.day_minutes, payer.days_needed, payer.per_diem_from, payer.session_minutes,
        payer.size_floor, payer.size_cap,
    )  # fmt: skip


def payer_for(actor: Actor, payer_id: UUID, permission: Permission) -> Payer:
    """A payer of a program in reach; raises NotFoundError or NotAllowedError."""
    return one(
        lambda p: Payer.objects.filter(program__in=programs_for(actor, p)).select_related("program"),
        payer_id,
        permission,
    )


def coverage_for(actor: Actor, coverage_id: UUID, permission: Permission) -> Coverage:
    """A coverage of a client in reach; raises NotFoundError or NotAllowedError."""
    return one(
        lambda p: Coverage.objects.filter(client__in=clients_for(actor, p)).select_related(
            "payer", "client__program", "client__person"
        ),
        coverage_id,
        permission,
    )


def authorisation_for(actor: Actor, authorisation_id: UUID, permission: Permission) -> Authorisation:
    """An authorisation of a client in reach; raises NotFoundError or NotAllowedError."""
    return one(
        lambda p: Authorisation.objects.filter(client__in=clients_for(actor, p)).select_related(
            "coverage__payer", "client__program", "client__person"
        ),
        authorisation_id,
        permission,
    )


def client_rows(client: Client, *, now: datetime) -> list[Row]:
    """All authorisations of one client, the newest first."""
    rows = Authorisation.objects.filter(client=client).select_related(
        "coverage__payer", "client__program", "client__person"
    )
    return standings(client.program, list(rows.order_by("-starts_on", "-recorded_at")), now=now)


def running_out(actor: Actor, program: Program, *, now: datetime, all_of_them: bool = False) -> list[Row]:
    """Authorisations in force whose last units have begun or whose plan needs more, the soonest to run out first.

    All of them: where one stands is known only from its ledger, so none is passed over before it was looked at. Five
    queries for each `CHUNK` of those in force. Edges show it in pages.
    """
    today = today_of(program, now)
    found = Authorisation.objects.filter(
        program=program, starts_on__lte=today, ends_on__gte=today,
        client__in=clients_for(actor, Permission.SEE_HOURS, now=now),
    ).select_related("coverage__payer", "client__program", "client__person")  # fmt: skip
    wanted = [
        row
        for some in _chunks(list(found.order_by("ends_on", "pk")))
        for row in standings(program, some, now=now)
        if all_of_them or row.state in {"low", "used_up"} or row.standing.short
    ]
    return sorted(wanted, key=_soonest)


def _chunks(rows: Sequence[Authorisation]) -> Iterator[Sequence[Authorisation]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def _soonest(row: Row) -> tuple[date, int, date, UUID]:
    where, found = row.standing, row.authorisation
    return where.runs_out_on or date.max, where.left, found.ends_on, found.pk


def standings(program: Program, found: Sequence[Authorisation], *, now: datetime) -> list[Row]:
    """Where these authorisations of one program stand (six queries, however many there are)."""
    if not found:
        return []
    clients = {one.client_id for one in found}
    first, last = min(one.starts_on for one in found), max(one.ends_on for one in found)
    today = today_of(program, now)
    done = _done(clients, first, last)
    coming = _coming(program, clients, today, last, now=now)
    return [_row(one, done[one.client_id], coming[one.client_id], today) for one in found]


def _row(
    found: Authorisation, done: list[tuple[str, Served]], coming: list[tuple[str, Served]], today: date
) -> Row:
    payer = found.coverage.payer
    terms = terms_of(payer)
    used = units_by_day(terms, _within(found, payer, done))
    planned = units_by_day(terms, _within(found, payer, coming))
    where = standing(found.units, used, planned)
    weeks = weeks_of(terms, used, WeekStart(found.client.program.week_start))
    return Row(found, where, weeks, _state(found, where, payer.warn_units, today))


def _state(found: Authorisation, where: Standing, warn_units: int, today: date) -> str:
    if found.ends_on < today:
        return "over"
    if found.starts_on > today:
        return "to_come"
    if not where.left:
        return "used_up"
    return "low" if where.low(warn_units) else "running"


def _within(found: Authorisation, payer: Payer, sessions: list[tuple[str, Served]]) -> list[Served]:
    coverage = found.coverage
    last = min(found.ends_on, coverage.ends_on or found.ends_on)
    first = max(found.starts_on, coverage.starts_on)
    return [
        one
        for service, one in sessions
        if first <= one.day <= last and (not payer.service_types or service in payer.service_types)
    ]


def _done(clients: Collection[UUID], first: date, last: date) -> dict[UUID, list[tuple[str, Served]]]:
    """{client: (service, what was credited)} by the latest versions; minutes below the limit are in it (C4)."""
    rows = (
        AttendanceRecord.objects.filter(client__in=clients, local_date__range=(first, last))
        .order_by("session_id", "client_id", "-version")
        .distinct("session_id", "client_id")
        .values_list(
            "client_id", "session__service_type", "credited_minutes", "by_date", "local_date",
            "session__sheet__group_size",
        )
    )  # fmt: skip
    found: dict[UUID, list[tuple[str, Served]]] = defaultdict(list)
    for client_id, service, minutes, by_date, local_date, size in rows:
        parts = {date.fromisoformat(day): part for day, part in by_date.items()} or {local_date: minutes}
        found[client_id] += [(service, Served(day, part, size or 0)) for day, part in parts.items() if part]
    return found


def _coming(
    program: Program, clients: Collection[UUID], today: date, last: date, *, now: datetime
) -> dict[UUID, list[tuple[str, Served]]]:
    """{client: (service, a seat to come)}, attended in full, in a group as large as its places are."""
    places = list(
        Membership.objects.filter(client__in=clients, starts_on__lte=last).exclude(ends_on__lt=today)
    )
    sessions = Session.objects.filter(
        program=program, group__in={p.group_id for p in places}, local_date__range=(today, last), ends_at__gt=now,
        finalised_at=None,
    ).exclude(status=Session.Status.CANCELLED)  # fmt: skip
    by_group: dict[UUID, list[tuple[Session, int]]] = defaultdict(list)
    rows = list(sessions.order_by("starts_at"))
    breaks = planned_breaks(rows)
    for row in rows:
        by_group[row.group_id].append((row, length_in_minutes(row, breaks[row.pk])))
    sizes = _sizes(by_group)
    found: dict[UUID, list[tuple[str, Served]]] = defaultdict(list)
    for place in places:
        for row, minutes in by_group[place.group_id]:
            if place.starts_on <= row.local_date and (
                place.ends_on is None or row.local_date <= place.ends_on
            ):
                served = Served(row.local_date, minutes, sizes[place.group_id])
                found[place.client_id].append((row.service_type, served))
    return found


def _sizes(groups: Collection[UUID]) -> dict[UUID, int]:
    sizes: dict[UUID, set[UUID]] = defaultdict(set)
    rows = Membership.objects.filter(group__in=groups, ends_on=None).values_list("group_id", "client_id")
    for group_id, client_id in rows:
        sizes[group_id].add(client_id)
    return defaultdict(int, {group_id: len(people) for group_id, people in sizes.items()})
