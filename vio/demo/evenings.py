"""One evening of history: played through the room's own rules, log and evidence, then counted and worked up.

The first quarter of an hour and the rest are brought in one after the other, because in between the scheduler looks
who is missing (F1), and must see what it would have seen then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from groups.models import Client
from sessions_app.attendance.services import excuse_client, finalise_session
from sessions_app.followup.misses import raise_missed, withdraw_miss
from sessions_app.followup.rules import DETERMINED_AFTER
from sessions_app.models import Session
from sessions_app.room import acts, clock
from sessions_app.room import commands as c
from sessions_app.room.acts import Act, Depart
from sessions_app.room.batch import Entry
from sessions_app.room.commands import Command
from sessions_app.room.door.selectors import last_confirmed
from sessions_app.room.door.services import confirm_door
from sessions_app.room.errors import RoomError
from sessions_app.room.presence import Proof, write_proofs
from sessions_app.room.services import replay
from sessions_app.room.words import RemovalReason, Role
from vio.demo import cast, phrases
from vio.demo.book import WHEREABOUTS, Book
from vio.demo.personas import Drop, Evening, evening

PROVE_EVERY = timedelta(minutes=12)
BEAT = 9  # seconds between two heartbeats, at most
SERVER_TROUBLE = (4, 1, cast.CEDAR)
"""(week, weekday, group) of the one evening on which our side broke every connection for a moment."""
ALREADY_SO = {"already_open", "no_hand", "not_in_room", "already_raised", "not_waiting"}


def minutes(value: float) -> timedelta:
    """Minutes as a length of time, in whole seconds."""
    return timedelta(seconds=round(value * 60))


@dataclass
class Script:
    """What happens in one room, collected in any order: entries for the room and proofs of life."""

    book: Book
    session: Session
    random: Random
    ended_at: datetime
    entries: list[tuple[datetime, int, Entry]] = field(default_factory=list)
    proofs: list[Proof] = field(default_factory=list)

    def add(self, at: datetime, entry: Entry) -> None:
        """One entry at its instant."""
        self.entries.append((at, len(self.entries), entry))

    def id(self) -> UUID:
        """An id of a command or connection."""
        return UUID(int=self.random.getrandbits(128), version=4)

    def in_order(self) -> list[tuple[datetime, Entry]]:
        """Everything by time."""
        return [(at, entry) for at, _, entry in sorted(self.entries, key=lambda row: row[:2])]


class Presence:
    """One person in a script: comes, proves to be there, is lost, leaves."""

    def __init__(
        self,
        script: Script,
        person_id: UUID,
        names: tuple[str, str],
        role: Role,
        client: Client | None = None,
    ) -> None:
        self.script = script
        self.person_id = person_id
        self.names = names
        self.role = role
        self.client_id = client.pk if client is not None else None
        self.connection: UUID | None = None
        self.since: datetime | None = None

    def entry(self, what: Command | Act | Depart, connection: UUID | None = None) -> Entry:
        """Something this person does."""
        session = self.script.session
        return Entry(
            session_id=session.pk, program_id=session.program_id, person_id=self.person_id,
            client_id=self.client_id, role=self.role, connection=connection or self.connection,
            source="demo", what=what,
        )  # fmt: skip

    def does(self, at: datetime, what: Command | Act) -> None:
        """A command or an act of this person."""
        self.script.add(at, self.entry(what))

    def connects(self, at: datetime) -> UUID:
        """A new connection at the door."""
        connection = self.script.id()
        arrival = acts.Arrive(name=self.names[0], staff_name=self.names[1])
        self.script.add(at, self.entry(arrival, connection))
        self.connection, self.since = connection, at
        return connection

    def proves(self, connection: UUID, since: datetime, until: datetime) -> None:
        """Proofs of life from one instant to another, the last one at the very end."""
        at = since + PROVE_EVERY
        while at < until:
            self._prove(connection, at)
            at += PROVE_EVERY
        if until > since:
            self._prove(connection, until)

    def _prove(self, connection: UUID, at: datetime) -> None:
        session = self.script.session
        self.script.proofs.append(
            Proof(session.pk, session.program_id, self.person_id, self.client_id, connection, at)
        )

    def is_lost(self, drop: Drop, at: datetime, *, cause: str = "dropped") -> None:
        """The connection breaks and comes back after a while; the place is kept for two minutes."""
        assert self.connection is not None  # noqa: S101  # somebody who is there; tells the type checker
        assert self.since is not None  # noqa: S101
        last = at - timedelta(seconds=self.script.random.randint(0, BEAT))
        self.proves(self.connection, self.since, last)
        gone = self.entry(Depart(at=last, cause=cause))
        self.script.add(at, gone)
        grace = timedelta(seconds=self.script.session.program.reconnect_grace_seconds)
        back = at + timedelta(seconds=drop.seconds)
        if back > at + grace + timedelta(seconds=5):
            self.script.add(at + grace + timedelta(seconds=5), self.entry(acts.GiveUp()))
        self.connects(back)

    def stays_until(self, at: datetime) -> None:
        """Proofs up to the end of the evening."""
        if self.connection is not None and self.since is not None:
            self.proves(self.connection, self.since, at)


# --- the evening --------------------------------------------------------------------------------------------


def play(book: Book, sessions: Sequence[Session]) -> dict[UUID, datetime]:
    """Plays meetings of one date that are over by now, side by side, from the open door to the counted sheet.

    Returns when each was counted. All begin at about the same time: the scheduler looks for misses in all of them.
    """
    scripts = [_write(book, session) for session in sessions]
    due = max(session.starts_at for session in sessions) + DETERMINED_AFTER
    for script in scripts:
        _replay([row for row in script.in_order() if row[0] < due])
    raise_missed(actor=book.house, now=due + timedelta(seconds=4))
    counted = {}
    for script in scripts:
        _finish(script, due)
        counted_at = script.ended_at + timedelta(seconds=25)
        finalise_session(session_id=script.session.pk, now=counted_at, actor=book.house)
        counted[script.session.pk] = counted_at
    return counted


def _write(book: Book, session: Session) -> Script:
    """The whole evening of one session as a script; the waiting room is open when this returns."""
    week, weekday = book.week_of(session.local_date), session.local_date.weekday()
    random = book.stream("evening", session.group.name, session.local_date)
    ended_at = session.ends_at + timedelta(seconds=random.randint(-50, 55))
    script = Script(book, session, random, ended_at)
    clock.open_room(session, now=session.starts_at - minutes(session.program.lobby_opens_minutes))
    leader = _lead(script)
    length = round((session.ends_at - session.starts_at).total_seconds() / 60)
    plans = {}
    for player in book.players(session.local_date):
        if player.group == session.group.name:
            own = book.stream("evening", player.email, session.local_date)
            plans[player] = evening(player.persona, week, weekday, own, minutes=length, leaves=player.leaves)
    trouble = (week, weekday, session.group.name) == SERVER_TROUBLE
    for player, plan in plans.items():
        _attend(script, leader, player, plan, trouble=trouble)
    _course(script, leader)
    _excuse(book, session, plans)
    return script


def _lead(script: Script) -> Presence:
    group, start, random = script.session.group.name, script.session.starts_at, script.random
    hosts = [
        ("facilitator", Role.FACILITATOR, (-12.0, -10.0)),
        ("cofacilitator", Role.COFACILITATOR, (-8.0, -1.0)),
    ]
    found = []
    for place, role, (early, late) in hosts:
        person = script.book.person(script.book.leader(group, place))
        host = Presence(script, person.pk, (person.short_name, person.full_name), role)
        host.connects(start + minutes(random.uniform(early, late)))
        found.append(host)
    return found[0]


def _course(script: Script, leader: Presence) -> None:
    """Start, the break as taken, the end."""
    start, random = script.session.starts_at, script.random
    leader.does(start + minutes(random.uniform(0, 2.5)), c.RoomStart(id=script.id()))
    for planned in script.session.breaks.order_by("planned_start"):
        if planned.planned_start is not None and planned.planned_end is not None:
            begin = planned.planned_start + minutes(random.uniform(-2, 2))
            leader.does(begin, c.BreakStart(id=script.id()))
            leader.does(planned.planned_end + minutes(random.uniform(-1, 2.5)), c.BreakEnd(id=script.id()))
    leader.does(script.ended_at, c.RoomEnd(id=script.id()))


def _attend(script: Script, leader: Presence, player: cast.Player, plan: Evening, *, trouble: bool) -> None:
    if plan.arrives is None:
        return
    start, random = script.session.starts_at, script.random
    client = script.book.client(player)
    one = Presence(script, client.person_id, (client.peer_name, client.person.full_name), Role.CLIENT, client)
    arrived = start + minutes(plan.arrives)
    _say_where(script, player, client, arrived)
    one.connects(arrived)
    ready = start - minutes(9.5)
    admitted = max(arrived, ready) + timedelta(seconds=random.randint(12, 75))
    leader.does(admitted, c.ClientAdmit(id=script.id(), person=str(one.person_id)))
    drops = [*plan.drops, Drop(71.0, random.randint(25, 55))] if trouble else list(plan.drops)
    end = _end_of(plan, start, script.ended_at)
    for drop in sorted(drops, key=lambda d: d.at):
        at = start + minutes(drop.at) + timedelta(seconds=random.randint(0, 2))
        if admitted + minutes(3) < at and at + timedelta(seconds=drop.seconds) < end - minutes(3):
            one.is_lost(drop, at, cause="server" if trouble and drop.at == 71.0 else "dropped")
    _go(script, one, leader, plan, end)
    _take_part(script, one, leader, plan, end)


def _say_where(script: Script, player: cast.Player, client: Client, at: datetime) -> None:
    """At the first evening; from then on the door page is filled in, and one tap is enough."""
    known = script.book.at_the_door
    if client.pk in known or last_confirmed(client) is not None:
        known.add(client.pk)
        return
    street = script.book.stream("door", player.email).randint(2, 240)
    where = replace(WHEREABOUTS, address=f"{street} Harbor Lane")
    confirm_door(actor=script.book.actor(player), session=script.session, client=client, where=where, now=at)


def _end_of(plan: Evening, start: datetime, ended_at: datetime) -> datetime:
    ways = [start + minutes(m) for m in (plan.leaves, plan.removed) if m is not None]
    return min([*ways, ended_at])


def _go(script: Script, one: Presence, leader: Presence, plan: Evening, end: datetime) -> None:
    one.stays_until(end - timedelta(seconds=script.random.randint(1, BEAT)))
    if plan.removed is not None:
        removal = c.ClientRemove(
            id=script.id(), person=str(one.person_id), reason_code=RemovalReason.IMPAIRED
        )
        leader.does(end, removal)
    elif end < script.ended_at:
        one.does(end, c.RoomLeave(id=script.id()))


def _take_part(script: Script, one: Presence, leader: Presence, plan: Evening, end: datetime) -> None:
    start, random = script.session.starts_at, script.random
    for minute in plan.hands:
        up = start + minutes(minute)
        if up + minutes(4) < end and not any(abs(minute - d.at) < 12 for d in plan.drops):
            one.does(up, c.HandRaise(id=script.id()))
            lower = c.HandLower(id=script.id(), person=str(one.person_id))
            leader.does(up + timedelta(seconds=random.randint(20, 180)), lower)
    if plan.second_device is not None and start + minutes(plan.second_device[1]) < end:
        _second_device(script, one, *(start + minutes(m) for m in plan.second_device))
    if plan.steps_out is not None and start + minutes(plan.steps_out[1]) < end:
        out, back = (start + minutes(m) for m in plan.steps_out)
        leader.does(out, c.ClientToLobby(id=script.id(), person=str(one.person_id)))
        leader.does(back, c.ClientAdmit(id=script.id(), person=str(one.person_id)))


def _second_device(script: Script, one: Presence, begin: datetime, end: datetime) -> None:
    first, since = one.connection, one.since
    other = one.connects(begin)
    one.proves(other, begin, end)
    script.add(end, one.entry(Depart(at=end, cause="left"), other))
    one.connection, one.since = first, since


def _excuse(book: Book, session: Session, plans: dict[cast.Player, Evening]) -> None:
    """Absences that were agreed on in the afternoon."""
    leader = book.actor(book.leader(session.group.name))
    for player, plan in plans.items():
        if plan.arrives is None and plan.excused:
            reason = book.stream("excuse", player.email, session.local_date).choice(phrases.EXCUSES)
            at = book.at(session.local_date, 15, 10)
            excuse_client(actor=leader, session=session, client=book.client(player), reason=reason, now=at)


def _finish(script: Script, due: datetime) -> None:
    """The rest of the evening; who comes after all is missed no longer, from that second on (F1)."""
    entries = script.in_order()
    _replay([row for row in entries if row[0] >= due])
    for client_id, at in _first_arrivals(entries).items():
        if at >= due:
            withdraw_miss(
                actor=script.book.house,
                session_id=script.session.pk,
                client_id=client_id,
                because="appeared",
                now=at,
            )
    write_proofs(script.proofs)


def _first_arrivals(entries: list[tuple[datetime, Entry]]) -> dict[UUID, datetime]:
    found: dict[UUID, datetime] = {}
    for at, entry in entries:
        if entry.client_id is not None and isinstance(entry.what, acts.Arrive):
            found.setdefault(entry.client_id, at)
    return found


def _replay(entries: list[tuple[datetime, Entry]]) -> None:
    """Brings entries in; anything but a known harmless refusal is a mistake in the script."""
    for outcome in replay(entries):
        if outcome.error is not None and not (
            isinstance(outcome.error, RoomError) and outcome.error.code in ALREADY_SO
        ):
            raise outcome.error
