"""From append-only presence evidence to stays in the room (AT-2 to AT-9): pure, and the same whatever
the order.

Evidence is what the server noted with its own clock, one row a fact, per connection. Rows may come
twice, late or shuffled: they are sorted by their time and equal ones are one. A connection that died
ends at its last proof of life, never at the time somebody noticed; so a lost client costs at most a
heartbeat and nobody gains a second.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from uuid import UUID

from sessions_app.attendance.intervals import Interval, IntervalSet, subtract, union
from sessions_app.attendance.rules import Presence
from vio.common.localtime import as_utc

# A living browser proves itself every 10 s; 2 s more for the way. Older than that when the room
# closes: it was gone.
PROOF_HOLDS = timedelta(seconds=12)


class EvidenceKind(StrEnum):
    """What happened on a connection. The order is the order of events that carry the same time."""

    OPENED = "opened"  # connected, in the lobby
    ADMITTED = "admitted"  # in the room from now on
    SEEN = "seen"  # any frame: proof of life
    STEPPED_OUT = "stepped_out"  # no longer in the room; cause lobby, removed or left
    CLOSED = "closed"  # the connection is over; cause below
    WITHDRAWN = "withdrawn"  # an import was taken back: nothing of this connection counts


class Cause(StrEnum):
    """Why a stay in the room ended. Any other word is taken as an unclean end."""

    LEFT = "left"  # by the client's own act
    REMOVED = "removed"  # by staff
    LOBBY = "lobby"  # sent back to wait
    ENDED = "ended"  # the session was closed
    DROPPED = "dropped"  # the socket broke
    SERVER = "server"  # our side stopped
    SWEPT = "swept"  # found silent later
    MANY = "many"  # read from the evidence of all: many were lost at once, so it was not this client's line
    REPLACED = "replaced"  # the same browser came back on a new connection
    IMPORTED = "imported"  # the log of another service says so


OUR_SIDE = frozenset({Cause.SERVER, Cause.MANY})
_LOST = frozenset({Cause.DROPPED, Cause.SWEPT})


@dataclass(frozen=True)
class Evidence:
    """One row: `at` is the server's time of the fact, not of its writing."""

    connection: UUID
    kind: EvidenceKind
    at: datetime
    cause: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", EvidenceKind(self.kind))
        object.__setattr__(self, "at", as_utc(self.at))


@dataclass(frozen=True)
class Stay:
    """An unbroken time in the room or the lobby over one connection, and why it ended."""

    interval: Interval
    cause: Cause


@dataclass(frozen=True)
class Gap:
    """A time between two stays in the room, and why the client was away."""

    interval: Interval
    cause: Cause

    @property
    def technical(self) -> bool:
        """Our fault, not the client's: staff may credit it by a correction (AT-8, R14)."""
        return self.cause in OUR_SIDE


@dataclass(frozen=True)
class PresenceRecord:
    """One client's evening: where the minute strip is drawn from."""

    in_room: IntervalSet
    lobby: IntervalSet  # waiting on every device, in the room on none
    gaps: tuple[Gap, ...]
    last_cause: Cause | None  # how the last stay in the room ended; None if there was none

    def presence(self) -> tuple[Presence, ...]:
        """What the attendance rule takes."""
        return tuple(Presence(interval.start, interval.end) for interval in self.in_room)


def presence_record(evidence: Iterable[Evidence]) -> PresenceRecord:
    """Read all evidence of one client in one session, of however many connections (AT-2 to AT-9)."""
    rows: dict[UUID, set[Evidence]] = defaultdict(set)
    for row in evidence:
        rows[row.connection].add(row)
    room: list[Stay] = []
    lobby: list[Stay] = []
    for of_connection in rows.values():
        if any(row.kind is EvidenceKind.WITHDRAWN for row in of_connection):
            continue
        in_room, waiting = _stays(sorted(of_connection, key=_order))
        room += in_room
        lobby += waiting
    in_room_set = union(stay.interval for stay in room)
    return PresenceRecord(
        in_room=in_room_set,
        lobby=subtract(union(stay.interval for stay in lobby), in_room_set),
        gaps=tuple(
            Gap(Interval(before.end, after.start), _cause_at(before.end, room))
            for before, after in pairwise(in_room_set)
        ),
        last_cause=_cause_at(in_room_set[-1].end, room) if in_room_set else None,
    )


AT_ONCE = timedelta(seconds=15)
"""How near in time losses are one event: a heartbeat and the time to notice."""
FEWEST_AT_ONCE = 3


def lost_at_once(losses: Iterable[tuple[UUID, datetime]], present: int) -> tuple[Interval, ...]:
    """The times in which so many clients lost their connection together that it was no client's own line.

    `losses`: client and instant of each unclean end; `present`: how many clients there were that evening. At least three
    of them, and at least half.
    """
    needed = max(FEWEST_AT_ONCE, -(-present // 2))
    rows = sorted(losses, key=lambda loss: loss[1])
    found = []
    for place, (_, first) in enumerate(rows):
        near = [loss for loss in rows[place:] if loss[1] - first <= AT_ONCE]
        if len({client for client, _ in near}) >= needed:
            found.append(Interval(first, near[-1][1] + timedelta(microseconds=1)))
    return union(found)


def told_apart(rows: Iterable[Evidence], outages: IntervalSet) -> list[Evidence]:
    """The rows, with losses that many shared named as such."""
    return [_shared(row, outages) for row in rows]


def _shared(row: Evidence, outages: IntervalSet) -> Evidence:
    lost = row.kind is EvidenceKind.CLOSED and _cause(row.cause) in _LOST
    if lost and any(outage.start <= row.at < outage.end for outage in outages):
        return replace(row, cause=Cause.MANY.value)
    return row


_KIND_ORDER = {kind: place for place, kind in enumerate(EvidenceKind)}
_OWN_TIME = {Cause.LEFT, Cause.REMOVED, Cause.LOBBY, Cause.IMPORTED}


def _order(row: Evidence) -> tuple[datetime, int, str]:
    return row.at, _KIND_ORDER[row.kind], row.cause


def _cause(text: str) -> Cause:
    try:
        return Cause(text)
    except ValueError:
        return Cause.DROPPED


def _stays(rows: Sequence[Evidence]) -> tuple[list[Stay], list[Stay]]:
    """Stays in the room and in the lobby of one connection, from its rows in order."""
    room: list[Stay] = []
    lobby: list[Stay] = []
    place: list[Stay] | None = lobby
    since = proof = rows[0].at
    for row in rows:
        if row.kind is EvidenceKind.CLOSED:
            _close(place, since, proof, row)
            return room, lobby
        proof = row.at
        if row.kind is EvidenceKind.ADMITTED and place is not room:
            _end(place, since, row.at, Cause.LEFT)
            place, since = room, row.at
        elif row.kind is EvidenceKind.STEPPED_OUT and place is room:
            cause = _cause(row.cause)
            _end(place, since, row.at, cause)
            place, since = (lobby if cause is Cause.LOBBY else None), row.at
    _end(place, since, proof, Cause.DROPPED)
    return room, lobby


def _close(place: list[Stay] | None, since: datetime, proof: datetime, row: Evidence) -> None:
    """End a stay at the close itself if that was somebody's act, else at the last proof of life."""
    cause = _cause(row.cause)
    alive_at_the_end = cause is Cause.ENDED and row.at - proof <= PROOF_HOLDS
    _end(place, since, row.at if cause in _OWN_TIME or alive_at_the_end else proof, cause)


def _end(place: list[Stay] | None, since: datetime, end: datetime, cause: Cause) -> None:
    if place is not None and end > since:
        place.append(Stay(Interval(since, end), cause))


# Where several devices end at the same instant, the first of these that applies is the reason.
_STRONGEST = (
    Cause.SERVER,
    Cause.MANY,
    Cause.REMOVED,
    Cause.LOBBY,
    Cause.LEFT,
    Cause.IMPORTED,
    Cause.ENDED,
    Cause.REPLACED,
    Cause.SWEPT,
    Cause.DROPPED,
)


def _cause_at(end: datetime, stays: Sequence[Stay]) -> Cause:
    causes = {stay.cause for stay in stays if stay.interval.end == end}
    return next(cause for cause in _STRONGEST if cause in causes)
