"""What the clock does to rooms: open those that are due, end those that overran, sweep presence that died.

Due work is found by asking the database, so a tick may be late, doubled or lost without harm (FL-3). Each returns how many
rooms or connections it changed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Max, Q, QuerySet, Value

from sessions_app.models import Session
from sessions_app.room import access, acts, log
from sessions_app.room.acts import Depart
from sessions_app.room.batch import Entry
from sessions_app.room.models import EvidenceKind, PresenceEvidence, RoomEvent, RoomState
from sessions_app.room.services import act
from sessions_app.room.words import Place
from vio.common.steady import elapsed

STALE_AFTER = timedelta(seconds=30)  # AT-2
OVERRUN = timedelta(minutes=30)
"""How long after its scheduled end a room that nobody closed is closed by the clock."""
LOOKS = 5
"""How often the silent are looked at again before they are taken for dead."""
LOOKS_APART = 1.0
"""Seconds between two of these looks."""
AT_ONCE = 2.0
"""Seconds within which a look is answered by a database that is well."""
_MINUTE = Value(timedelta(minutes=1), output_field=DurationField())


def open_due_rooms(*, now: datetime) -> int:
    """Opens the waiting room of every session whose time has come, with its roster expected."""
    lead = ExpressionWrapper(F("program__lobby_opens_minutes") * _MINUTE, output_field=DurationField())
    due = (
        Session.objects.filter(status=Session.Status.SCHEDULED, ends_at__gt=now)
        .annotate(opens_at=ExpressionWrapper(F("starts_at") - lead, output_field=DateTimeField()))
        .filter(opens_at__lte=now)
    )
    return sum(open_room(session, now=now) for session in due)


def open_room(session: Session, *, now: datetime) -> bool:
    """Opens one waiting room; False when somebody else already had."""
    expected = [
        Entry(
            session_id=session.pk,
            program_id=session.program_id,
            person_id=place.person_id,
            client_id=place.client_id,
            what=acts.Expect(name=place.name, staff_name=place.staff_name),
        )
        for place in access.roster(session.group_id, session.local_date)
    ]
    opened, *_ = act([_of_the_house(session, acts.OpenDue()), *expected], now=now)
    return opened.error is None


def end_due_rooms(*, now: datetime) -> int:
    """Ends every room that is still open half an hour after its scheduled end."""
    open_still = [Session.Status.SCHEDULED, Session.Status.OPEN, Session.Status.LIVE]
    overdue = Session.objects.filter(status__in=open_still, ends_at__lte=now - OVERRUN)
    outcomes = [act([_of_the_house(session, acts.EndDue())], now=now)[0] for session in overdue]
    return sum(outcome.error is None for outcome in outcomes)


def tick_due(*, now: datetime, session_id: UUID | None = None) -> int:
    """Does what is due inside rooms: breakouts that are over, calls for help nobody answered. Returns how many rooms.

    Each room in a transaction of its own, so that one room's trouble stays its own and is tried again with the next tick.
    """
    rows = RoomState.objects.filter(state__due__lte=now.timestamp())
    if session_id is not None:
        rows = rows.filter(pk=session_id)
    due = list(rows.values_list("pk", "program_id"))
    for key, program_id in due:
        act([Entry(session_id=key, program_id=program_id, what=acts.Tick())], now=now)
    return len(due)


def sweep_presence(
    *, now: datetime, wait: Callable[[float], None] = time.sleep, forward: Callable[[], float] = elapsed
) -> int:
    """Closes every connection without a proof of life for 30 s, at its last proof (AT-2, AT-4), and gives up the places of
    those whose grace has run out. Returns the number of connections closed.

    While the database or the machine is away nobody's proofs can be written, and whoever looks right afterwards finds
    everybody silent (AT-3). So the silent are looked at again, a second apart, and one look that was not answered at once
    lets them all live until the next sweep. How old a proof may be is counted from the first look.
    """
    silent = _silent(now)
    looks = 0
    while silent and looks < LOOKS:
        wait(LOOKS_APART)
        began = forward()
        silent &= _silent(now)
        looks += 1
        if forward() - began > AT_ONCE:
            silent = set()
    for row in _standing_rooms():
        dead = _dead_connections(row, silent, now)
        gone = _out_of_grace(row, now)
        if dead or gone:
            act([*dead, *gone], now=now)
    return len(silent)


def _standing_rooms() -> QuerySet[RoomState]:
    """Rooms that are not over, and those that are and still have somebody connected."""
    unfinished = [Session.Status.SCHEDULED, Session.Status.OPEN, Session.Status.LIVE]
    rooms = RoomState.objects.filter(Q(session__status__in=unfinished) | ~Q(state__connections={}))
    return rooms.select_related("program")


def _silent(now: datetime) -> set[str]:
    """The connections of all rooms that have no proof of life in the 30 s before `now`."""
    found = _standing_rooms().values_list("state__connections", flat=True)
    connections = [key for room in found for key in room or {}]
    proofs = last_proofs(connections)
    return {key for key in connections if key not in proofs or now - proofs[key] > STALE_AFTER}


def forget_chat(*, now: datetime) -> int:
    """Empties the words of chat, polls, texts and rounds whose time of keeping is over; numbers and evidence stay."""
    keeping = ExpressionWrapper(
        F("program__chat_retention_hours") * Value(timedelta(hours=1), output_field=DurationField()),
        output_field=DurationField(),
    )
    over = (
        Session.objects.filter(ended_at__isnull=False, ended_at__gt=now - timedelta(days=400))
        .annotate(kept_for=keeping)
        .filter(ended_at__lte=Value(now) - F("kept_for"))
    )
    words = RoomEvent.objects.filter(session__in=over, kind__in=[*log.CHAT_KINDS, *log.SHOWN_KINDS]).exclude(
        body=b""
    )
    return words.update(body=b"")


def _of_the_house(session: Session, what: acts.Act) -> Entry:
    return Entry(session_id=session.pk, program_id=session.program_id, what=what)


def _dead_connections(row: RoomState, silent: set[str], now: datetime) -> list[Entry]:
    connections: dict[str, str] = row.state.get("connections", {})
    dead = {key: person for key, person in connections.items() if key in silent}
    proofs = last_proofs(dead)
    return [_departure(row, key, person, proofs.get(key, now)) for key, person in dead.items()]


def last_proofs(connections: Iterable[str]) -> dict[str, datetime]:
    """{connection: its last proof of life} from the evidence."""
    alive = [EvidenceKind.OPENED, EvidenceKind.ADMITTED, EvidenceKind.SEEN, EvidenceKind.STEPPED_OUT]
    rows = (
        PresenceEvidence.objects.filter(connection__in=list(connections), kind__in=alive)
        .values_list("connection")
        .annotate(last=Max("at"))
    )
    return {str(connection): last for connection, last in rows}


def _departure(row: RoomState, connection: str, person: str, at: datetime) -> Entry:
    return Entry(
        session_id=row.session_id,
        program_id=row.program_id,
        person_id=UUID(person),
        connection=UUID(connection),
        what=Depart(at=at, cause="swept"),
    )


def _out_of_grace(row: RoomState, now: datetime) -> list[Entry]:
    grace = timedelta(seconds=row.program.reconnect_grace_seconds)
    room = log.room_of(row.state)
    away = [
        person for place in (Place.IN, Place.WAITING) for person in room.at(place) if not person.connected
    ]
    return [
        Entry(
            session_id=row.session_id,
            program_id=row.program_id,
            person_id=UUID(person.id),
            role=person.role,
            what=acts.GiveUp(),
        )
        for person in away
        if person.lost_at is not None and now - person.lost_at > grace
    ]
