"""What the tonight board shows: today's sessions in reach, who is where in each, what to know before walking in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from groups.access import leading_today, local_dates
from groups.models import Client
from sessions_app.access import sessions_for
from sessions_app.coming.selectors import notices_by_session
from sessions_app.followup.rules import DETERMINED_AFTER
from sessions_app.models import ArrivalNotice, RoomState, Session
from sessions_app.notes.selectors import Debt, note_debt
from sessions_app.room import log
from sessions_app.room.door.fallback import Fallback, fallback_of
from sessions_app.room.page_values import opens_at
from sessions_app.room.state import Room
from sessions_app.room.words import Phase, Place, Role
from sessions_app.selectors import expected_by_session
from sessions_app.signals import board_flags_asked
from sessions_app.staffing.leaders import hosted
from vio.common.actors import Actor
from vio.common.permissions import Permission
from vio.common.permissions import Role as ProgramRole

LEVELS = ("red", "orange")
OBSERVERS = frozenset({ProgramRole.SUPERVISOR, ProgramRole.DIRECTOR})
"""Who may look into any room of the program without leading it (`room.access`)."""


@dataclass(frozen=True)
class Counts:
    """How many of those expected are where. `here` counts who was in at the end, once the evening is over."""

    expected: int
    waiting: int = 0
    here: int = 0
    reconnecting: int = 0
    left: int = 0
    missing: int = 0
    to_come: int = 0


@dataclass(frozen=True)
class BoardFlag:
    """One client whose check-in somebody should know of before the group: level and where to read more."""

    name: str
    level: str
    address: str


@dataclass(frozen=True)
class BoardRow:
    """One session of tonight."""

    session: Session
    state: str  # a state of the badge "session"
    opens_at: datetime
    counts: Counts
    can_host: bool
    can_look: bool
    flags: Sequence[BoardFlag] = ()
    debt: Debt | None = None
    fallback: Fallback | None = None
    notices: Sequence[ArrivalNotice] = ()

    @property
    def flag_levels(self) -> list[tuple[str, int]]:
        """How many flags of each level: [("red", 1)]."""
        found = [flag.level for flag in self.flags]
        return [(level, found.count(level)) for level in LEVELS if level in found]


@dataclass(frozen=True)
class Board:
    """Tonight, and the notes still owed for other evenings."""

    rows: Sequence[BoardRow]
    debts: Sequence[Debt] = field(default=())


def tonight_board(actor: Actor, *, now: datetime) -> Board:
    """The sessions of today in this actor's reach, and any that still runs, in order of time."""
    sessions = list(
        sessions_for(actor, Permission.TONIGHT_BOARD, now=now)
        .filter(_tonight(actor, now))
        .select_related("group", "program")
        .order_by("starts_at", "group__name")
    )
    expected = expected_by_session(session.pk for session in sessions)
    rooms = {row.pk: row for row in RoomState.objects.filter(pk__in=[session.pk for session in sessions])}
    debts = _debts(actor, now)
    notices = notices_by_session(s.pk for s in sessions if actor.may(Permission.SEE_ATTENDANCE, s.program_id))
    led = set(leading_today(actor, Permission.HOST_ROOM, now=now).values_list("group_id", flat=True))
    hosting = hosted(actor, sessions, led)
    flags = _flags(actor, {client for clients in expected.values() for client in clients}, now)
    rows = [
        BoardRow(
            session=session,
            state=_state(session, rooms.get(session.pk)),
            opens_at=opens_at(session),
            counts=counts_of(session, rooms.get(session.pk), len(expected.get(session.pk, ())), now=now),
            can_host=session.pk in hosting,
            can_look=bool(actor.roles_in(session.program_id) & OBSERVERS),
            flags=[flags[client] for client in expected.get(session.pk, ()) if client in flags],
            debt=next((debt for debt in debts if debt.session.pk == session.pk), None),
            fallback=fallback_of(session),
            notices=notices.get(session.pk, ()),
        )
        for session in sessions
    ]
    shown = {session.pk for session in sessions}
    return Board(rows, [debt for debt in debts if debt.session.pk not in shown])


def _tonight(actor: Actor, now: datetime) -> Q:
    """Today in each program's zone (R1); an evening that runs past midnight stays until it ends."""
    running = Q(status__in=[Session.Status.OPEN, Session.Status.LIVE])
    for program_id, today in local_dates(actor, actor.program_ids, now=now).items():
        running |= Q(program=program_id, local_date=today)
    return running


def _state(session: Session, row: RoomState | None) -> str:
    if row is not None and log.room_of(row.state).phase is Phase.BREAK:
        return "break"
    return str(session.status)


def counts_of(session: Session, row: RoomState | None, expected: int, *, now: datetime) -> Counts:
    """Who is where, by the room's own state; before the room was touched everybody is still to come."""
    room = log.room_of(row.state) if row is not None else Room()
    clients = [person for person in room.people.values() if person.role is Role.CLIENT]
    here = [p for p in clients if p.place is Place.IN]
    waiting = [p for p in clients if p.place is Place.WAITING]
    left = [p for p in clients if p.place in (Place.GONE, Place.REMOVED)]
    # Somebody who came without being on the roster is still somebody in the room.
    absent = max(expected - len(here) - len(waiting) - len(left), 0)
    late = now >= session.starts_at + DETERMINED_AFTER  # F1
    over = room.phase is Phase.ENDED
    return Counts(
        expected=max(expected, len(clients)),
        waiting=sum(p.connected for p in waiting),
        here=sum(p.admitted_before for p in left) if over else sum(p.connected for p in here),
        reconnecting=sum(not p.connected for p in here + waiting),
        left=0 if over else len(left),
        missing=absent if late else 0,
        to_come=0 if late else absent,
    )


def _debts(actor: Actor, now: datetime) -> list[Debt]:
    if not actor.may_somewhere(Permission.WRITE_NOTES):
        return []
    return note_debt(actor, sessions_for(actor, Permission.WRITE_NOTES, now=now), now=now)


def _flags(actor: Actor, client_ids: Iterable[UUID], now: datetime) -> dict[UUID, BoardFlag]:
    """What the receivers above know; the worst level wins."""
    wanted = list(client_ids)
    if not wanted or not actor.may_somewhere(Permission.SEE_ALERTS):
        return {}
    found: dict[UUID, tuple[str, str]] = {}
    answers: list[tuple[Any, dict[UUID, tuple[str, str]]]]
    answers = board_flags_asked.send(sender=Board, actor=actor, client_ids=wanted, now=now)  # type: ignore[assignment]
    for _, answer in answers:
        for client_id, (level, address) in answer.items():
            if level in LEVELS and (client_id not in found or level == "red"):
                found[client_id] = (level, address)
    people = Client.objects.filter(pk__in=found).select_related("person")
    flags = {c.pk: BoardFlag(c.person.full_name, *found[c.pk]) for c in people}
    return dict(sorted(flags.items(), key=lambda item: (LEVELS.index(item[1].level), item[1].name)))
