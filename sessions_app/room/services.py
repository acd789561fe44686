"""Writes of the room: `apply_commands` takes everything that waits at one moment and commits it together.

Synchronous, atomic, safe to repeat. Nothing is acknowledged or rung before the commit; ringing is the caller's last step
(`ring`), because a hub delivers to its own connections first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import pairwise
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet

from groups.models import Client
from groups.selectors import pairs_apart
from sessions_app.models import Session, SessionBreak
from sessions_app.room import activity_commands as ac
from sessions_app.room import activity_events as a
from sessions_app.room import errors, statements
from sessions_app.room import events as e
from sessions_app.room.access import AccessError, Standing, Ticket
from sessions_app.room.batch import Entry, Outcome, RoomInWork, Written, empty_room
from sessions_app.room.errors import RoomError
from sessions_app.room.models import EvidenceKind, RoomState
from sessions_app.room.rows import EvidenceRow
from sessions_app.signals import checkin_shared, clients_appeared, support_unanswered
from vio.common import audit, realtime
from vio.common.errors import DomainError, NotAllowedError, NotFoundError, UnavailableError
from vio.common.logs import log
from vio.common.scope import scope

_log = log(__name__)
Rooms = dict[UUID, RoomInWork]
TOGETHER = (ac.BreakoutsOpen, ac.BreakoutAssign)
"""Commands that put people together in a side room."""
Repeats = dict[tuple[UUID, UUID, UUID], Outcome]
Standings = Sequence[Standing | AccessError | None]
"""What the sender of each entry may do, in the order of the entries; None for the house's own acts."""


@dataclass(frozen=True, slots=True)
class Applied:
    """The outcomes in the order of the entries, and what each room's log gained."""

    outcomes: list[Outcome]
    written: list[Written]


def topic(session_id: UUID) -> str:
    """The bell of a room."""
    return f"room:{session_id}"


def apply_commands(entries: Sequence[Entry], *, now: datetime) -> Applied:
    """Applies entries of any number of rooms in one transaction, in order, and commits once (group commit).

    A batch that the database refuses is tried again room by room, so that one room's trouble stays its own; what then
    still fails has the outcome UnavailableError and changed nothing. Where the database itself is gone, trying each room would
    only make everybody wait that many times over.
    """
    line = None
    try:
        connection.ensure_connection()
        line = connection.connection
        return _apply(entries, now)
    except DatabaseError:
        is_gone = line is None or connection.connection is not line  # Django makes a new one where it can
        sessions = dict.fromkeys(entry.session_id for entry in entries)
        if len(sessions) < 2 or is_gone:
            _log.warning("room.not_committed", exc_info=True)
            return Applied([Outcome(error=UnavailableError()) for _ in entries], [])
    return _room_by_room(entries, sessions, now)


def replay(past: Sequence[tuple[datetime, Entry]]) -> list[Outcome]:
    """Applies what happened earlier, each entry at its own instant, in one transaction: for history that is brought in.

    The same rules, log and evidence as at the time itself. Entries are in order of time (ValueError otherwise) and are
    the house's own account of what people did, so no login stands behind them. Nothing rings and nobody is told who
    came: whoever brings history in does with it what should have followed.
    """
    if any(later < earlier for (earlier, _), (later, _) in pairwise(past)):
        raise ValueError("history goes forward")
    with transaction.atomic():
        outcomes = _write_down([entry for _, entry in past], [at for at, _ in past])[0].outcomes
        statements.leave_scope()
    return outcomes


def act(entries: Sequence[Entry], *, now: datetime) -> list[Outcome]:
    """For callers outside a hub (tasks, commands): applies, then rings. Not to be called inside a transaction."""
    applied = apply_commands(entries, now=now)
    ring(applied.written)
    return applied.outcomes


def ring(written: Iterable[Written]) -> None:
    """One bell per room that gained events; losing it costs latency only."""
    for room in written:
        realtime.ring_now(topic(room.session_id), room.facts())


def room_row(session_id: UUID) -> RoomState:
    """The state row of a session's room, made when it is missing. Raises NotFoundError without such a session."""
    row = RoomState.objects.filter(pk=session_id).first()
    if row is not None:
        return row
    session = Session.objects.select_related("group").filter(pk=session_id).first()
    if session is None:
        raise NotFoundError
    first = {"room": empty_room(session).model_dump(mode="json"), "connections": {}, "clients": {}}
    made = RoomState(session=session, program_id=session.program_id, state=first)
    RoomState.objects.bulk_create([made], ignore_conflicts=True)
    return RoomState.objects.get(pk=session_id)


# --- one transaction --------------------------------------------------------------------------------------


def _room_by_room(entries: Sequence[Entry], sessions: Iterable[UUID], now: datetime) -> Applied:
    outcomes: dict[int, Outcome] = {}
    written: list[Written] = []
    for session_id in sessions:
        chosen = [(place, entry) for place, entry in enumerate(entries) if entry.session_id == session_id]
        applied = apply_commands([entry for _, entry in chosen], now=now)
        outcomes.update(zip((place for place, _ in chosen), applied.outcomes, strict=True))
        written += applied.written
    return Applied([outcomes[place] for place in range(len(entries))], written)


def _apply(entries: Sequence[Entry], now: datetime) -> Applied:
    within = connection.in_atomic_block
    with transaction.atomic():
        applied, rooms = _write_down(entries, [now] * len(entries))
        if within:  # otherwise the commit leaves the scope
            statements.leave_scope()
        _tell_of_arrivals([row for room in rooms for row in room.evidence], now)
        _tell_upward(rooms, now)
    return applied


def _write_down(entries: Sequence[Entry], instants: Sequence[datetime]) -> tuple[Applied, list[RoomInWork]]:
    """Inside the caller's transaction: every entry through the rules at its instant, then all rows of all rooms."""
    if not entries:
        return Applied([], []), []
    now = instants[-1]
    tickets, whose = questions_of(entries)
    found = statements.read(
        sessions={entry.session_id for entry in entries},
        programs={entry.program_id for entry in entries},
        commands={
            (entry.session_id, entry.person_id, entry.command_id)
            for entry in entries
            if entry.command_id and entry.person_id
        },
        tickets=tickets,
        now=now,
    )
    rooms = {row.session_id: RoomInWork(row, now) for row in found.rows}
    repeats = {(row.session_id, row.person_id, row.command_id): _first_answer(row) for row in found.answered}
    standings = [None if place is None else found.standings[place] for place in whose]
    _keep_apart(entries, rooms)
    outcomes = take_all(entries, instants, rooms, repeats, standings)
    _write(rooms)
    written = [room.written() for room in rooms.values() if room.rows]
    return Applied(outcomes, written), list(rooms.values())


def take_all(
    entries: Sequence[Entry],
    instants: Sequence[datetime],
    rooms: Rooms,
    repeats: Repeats,
    standings: Standings,
) -> list[Outcome]:
    """Every entry through the rules at its instant, in order; what is to be written gathers in the rooms. Pure."""
    outcomes = []
    for entry, at, standing in zip(entries, instants, standings, strict=True):
        room = rooms[entry.session_id]
        room.now = at
        outcomes.append(_answer(entry, room, repeats, standing))
    return outcomes


def _keep_apart(entries: Sequence[Entry], rooms: Rooms) -> None:
    """Only those who put people together need to know who is kept apart; it is asked anew each time."""
    for session_id in {entry.session_id for entry in entries if isinstance(entry.what, TOGETHER)}:
        room = rooms[session_id]
        room.apart = pairs_apart(room.row.program_id, [UUID(person) for person in room.room.people])


def _first_answer(row: statements.Answered) -> Outcome:
    if not row.error_code:
        return Outcome(numbers=row.numbers)
    if row.error_code in errors.MESSAGES:
        return Outcome(error=RoomError(row.error_code))
    return Outcome(error=DomainError(code=row.error_code))


def questions_of(entries: Sequence[Entry]) -> tuple[list[Ticket], list[int | None]]:
    """What to ask about the senders of commands, each question once; and for each entry which of the answers is its own, None
    for the house's own acts.
    """
    places: dict[Ticket, int] = {}
    whose: list[int | None] = []
    for entry in entries:
        if entry.login and entry.person_id is not None:
            ticket = Ticket(entry.session_id, entry.person_id, entry.login)
            whose.append(places.setdefault(ticket, len(places)))
        else:
            whose.append(None)
    return list(places), whose


def _answer(
    entry: Entry, room: RoomInWork, repeats: Repeats, standing: Standing | AccessError | None
) -> Outcome:
    if standing is not None:
        if isinstance(standing, AccessError):
            return Outcome(error=standing)  # withdrawn: not executed, and not remembered as an answer (AU-7)
        if not standing.may(entry.permission):
            return Outcome(error=NotAllowedError())
        if entry.role is not standing.role or entry.client_id != standing.client_id:
            entry = entry._replace(role=standing.role, client_id=standing.client_id)
    command = entry.command_id
    if command is None or entry.person_id is None:
        return room.take(entry)
    key = (entry.session_id, entry.person_id, command)
    first = repeats.get(key)
    if first is None:  # the same command twice in one batch is a repeat as well
        first = repeats[key] = room.take(entry)
    return first


def _write(rooms: Rooms) -> None:
    """All rows of all rooms: one statement per table."""
    work = list(rooms.values())
    evidence = [row for room in work for row in room.evidence]
    if evidence:
        statements.prove(evidence)
    for room in work:
        _write_session(room)
    statements.write(
        events=[row for room in work for row in room.rows],
        results=[row for room in work for row in room.results],
        states=[room.new_state() for room in work if room.rows or room.state_changed],
    )
    audits = [row for room in work for row in room.audits]
    audit.record_all(audits)


def _tell_of_arrivals(evidence: Iterable[EvidenceRow], now: datetime) -> None:
    """After the commit: clients have connected, so that a running miss ends at once (F1). Trouble there is not ours."""
    came: dict[UUID, set[UUID]] = {}
    for row in evidence:
        if row.kind == EvidenceKind.OPENED and row.client_id:
            came.setdefault(row.session_id, set()).add(row.client_id)
    for session_id, clients in came.items():
        facts = {"session_id": session_id, "client_ids": clients, "now": now}
        transaction.on_commit(partial(clients_appeared.send_robust, sender=RoomState, **facts))


def _tell_upward(rooms: Iterable[RoomInWork], now: datetime) -> None:
    """Inside the transaction: what follows from it (an alert, a kept answer) commits with it or not at all."""
    told = [(room, room.news()) for room in rooms]
    _hold_clients(
        {client_id for _, news in told for _, client_id in news}, [room for room, news in told if news]
    )
    for room, news in told:
        for event, client_id in news:
            facts = {"session_id": room.row.session_id, "client_id": client_id, "now": now}
            with scope({room.row.program_id}):
                if isinstance(event, a.SupportOverdue):
                    asked = room.room.support.get(event.person, event.at)
                    support_unanswered.send(sender=RoomState, asked_at=asked, **facts)
                else:
                    checkin_shared.send(sender=RoomState, mood=event.mood, urge=event.urge, **facts)


def _hold_clients(client_ids: Collection[UUID], rooms: Iterable[RoomInWork]) -> None:
    """The charts of everybody there is news of, in order of their ids, before what follows locks anything of one of them."""
    if len(client_ids) > 1:
        with scope({room.row.program_id for room in rooms}):
            held = Client.objects.select_for_update(no_key=True).filter(pk__in=client_ids)
            list(held.order_by("pk").values_list("pk"))


FOLLOWED = (e.RoomOpened, e.RoomStarted, e.BreakStarted, e.BreakEnded, e.RoomEnded)
"""Events after which the session's own rows change."""


def follows(room: RoomInWork) -> bool:
    """Whether more than the room's own rows must be written: the session's, or what others make of the news."""
    return bool(room.news()) or any(isinstance(event, FOLLOWED) for event in room.events)


def _write_session(room: RoomInWork) -> None:
    """The session's own columns follow the room: what attendance is computed from (R2)."""
    for event in room.events:
        _follow(room.row.session_id, room.row.program_id, event)


def _follow(session_id: UUID, program_id: UUID, event: e.Event) -> None:
    match event:
        case e.RoomOpened():
            _session(session_id).update(status=Session.Status.OPEN, opened_at=event.at)
        case e.RoomStarted():
            _session(session_id).update(status=Session.Status.LIVE, started_at=event.at)
        case e.BreakStarted():
            _take_break(session_id, program_id, event.at)
        case e.BreakEnded():
            _end_break(session_id, event.at)
        case e.RoomEnded():
            _session(session_id).update(status=Session.Status.ENDED, ended_at=event.at)
            _end_break(session_id, event.at)
        case _:
            pass


def _session(session_id: UUID) -> QuerySet[Session]:
    return Session.objects.filter(pk=session_id)


def _end_break(session_id: UUID, at: datetime) -> None:
    running = SessionBreak.objects.filter(session_id=session_id, taken_end=None, taken_start__isnull=False)
    running.update(taken_end=at)


def _take_break(session_id: UUID, program_id: UUID, at: datetime) -> None:
    """The first planned break not taken yet is the one; otherwise an unplanned one is written down."""
    planned = (
        SessionBreak.objects.filter(session_id=session_id, taken_start=None, planned_start__isnull=False)
        .order_by("planned_start")
        .first()
    )
    if planned is None:
        SessionBreak.objects.create(session_id=session_id, program_id=program_id, taken_start=at)
        return
    SessionBreak.objects.filter(pk=planned.pk).update(taken_start=at)
