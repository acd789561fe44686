"""What the clock does: open, end, sweep, forget. Each is run twice, and the second run changes nothing."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
import time_machine

from sessions_app.models import Session
from sessions_app.room import clock, log, tasks
from sessions_app.room import commands as c
from sessions_app.room.models import PresenceEvidence, RoomEvent
from sessions_app.room.presence import PresenceWriter, Proof, write_proofs
from sessions_app.room.words import Phase, Place
from tests.factories import MONDAY_START
from tests.sessions_app.room.live import LiveRoom
from tests.worlds import World
from vio.common.steady import SteadyClock

pytestmark = pytest.mark.django_db


@pytest.fixture
def live(world: World) -> LiveRoom:
    """Monday's session of group A."""
    return LiveRoom(world)


def no_wait(_seconds: float) -> None:
    """Instead of the second between two looks."""


def sweep(*, now: datetime) -> int:
    return clock.sweep_presence(now=now, wait=no_wait)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


class TestOpening:
    def test_the_waiting_room_opens_a_quarter_of_an_hour_before(self, live: LiveRoom) -> None:
        assert clock.open_due_rooms(now=MONDAY_START - minutes(15.1)) == 0
        assert clock.open_due_rooms(now=MONDAY_START - minutes(15)) == 1
        assert clock.open_due_rooms(now=MONDAY_START - minutes(15)) == 0
        assert live.room.phase is Phase.LOBBY
        assert Session.objects.get(pk=live.session.pk).status == Session.Status.OPEN

    def test_the_roster_is_expected(self, live: LiveRoom) -> None:
        clock.open_due_rooms(now=MONDAY_START)
        expected = {person.id: person.staff_name for person in live.room.at(Place.EXPECTED)}
        assert expected == {
            str(live.world.ana.person_id): "Ana Moreno",
            str(live.world.ben.person_id): "Ben Okafor",
        }

    def test_nothing_opens_after_its_end_or_when_cancelled(self, live: LiveRoom) -> None:
        assert clock.open_due_rooms(now=live.session.ends_at) == 0
        Session.objects.update(status=Session.Status.CANCELLED)
        assert clock.open_due_rooms(now=MONDAY_START) == 0


class TestEnding:
    def test_a_room_nobody_closed_is_closed_half_an_hour_after_its_end(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana)
        end = live.session.ends_at
        assert clock.end_due_rooms(now=end + minutes(29)) == 0
        assert clock.end_due_rooms(now=end + minutes(30)) == 1
        assert clock.end_due_rooms(now=end + minutes(31)) == 0
        assert live.evidence(live.world.ana)[-1] == ("closed", "ended")
        assert Session.objects.get(pk=live.session.pk).ended_at == end + minutes(30)

    def test_a_session_nobody_came_to_ends_as_well(self, live: LiveRoom) -> None:
        assert clock.end_due_rooms(now=live.session.ends_at + minutes(31)) == 1
        session = Session.objects.get(pk=live.session.pk)
        assert (session.status, session.started_at) == (Session.Status.ENDED, None)


class TestSweep:
    def test_a_dead_connection_ends_at_its_last_proof_of_life(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana)
        connection = live.connections[live.world.ana.person_id]
        last = live.now + timedelta(seconds=20)
        write_proofs([self.proof(live, connection, last)])
        assert sweep(now=last + timedelta(seconds=29)) == 1  # only the facilitator never answered
        assert sweep(now=last + timedelta(seconds=31)) == 1
        assert sweep(now=last + timedelta(seconds=32)) == 0
        closed = PresenceEvidence.objects.get(client=live.world.ana, kind="closed")
        assert (closed.at, closed.cause, closed.connection) == (last, "swept", connection)
        assert not live.room.people[str(live.world.ana.person_id)].connected

    def test_proofs_that_were_held_up_are_waited_for(self, live: LiveRoom) -> None:
        """What could not be written while the database was away is written a moment later (AT-3)."""
        live.running_with(live.world.ana)
        connection = live.connections[live.world.ana.person_id]
        late = live.now + minutes(1)
        waits: list[float] = []

        def wait(seconds: float) -> None:
            waits.append(seconds)
            if len(waits) == clock.LOOKS:  # the last moment at which it still counts
                write_proofs([self.proof(live, connection, late - timedelta(seconds=2))])

        assert clock.sweep_presence(now=late, wait=wait) == 1  # only the facilitator never answered
        assert sum(waits) == 5
        assert live.evidence(live.world.ana)[-1] == ("seen", "")

    def test_a_look_that_was_not_answered_at_once_lets_everybody_live(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana)
        late = live.now + minutes(1)
        slow = itertools.accumulate(itertools.repeat(3.0))
        assert clock.sweep_presence(now=late, wait=no_wait, forward=lambda: next(slow)) == 0
        assert sweep(now=late) == 2  # the facilitator and Ana

    def test_nobody_waits_where_nobody_is_silent(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana)
        assert clock.sweep_presence(now=live.now + timedelta(seconds=5), wait=pytest.fail) == 0

    def proof(self, live: LiveRoom, connection: object, at: object) -> Proof:
        ana = live.world.ana
        return Proof(
            session_id=live.session.pk, program_id=live.session.program_id, person_id=ana.person_id,
            client_id=ana.pk, connection=connection, at=at,  # type: ignore[arg-type]
        )  # fmt: skip

    def test_place_and_hand_are_kept_for_the_grace_and_then_given_up(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana)
        live.ok(live.world.ana, c.HandRaise(id=uuid4()))
        live.departs(live.world.ana, live.connections[live.world.ana.person_id])
        sweep(now=live.now + timedelta(seconds=119))
        person = str(live.world.ana.person_id)
        assert (live.room.place_of(person), live.room.hands) == (Place.IN, (person,))
        sweep(now=live.now + timedelta(seconds=121))
        assert (live.room.place_of(person), live.room.hands) == (Place.GONE, ())
        assert live.kinds("room")[-1] == "client.left"

    def test_the_end_of_a_room_leaves_nothing_to_sweep(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana)
        live.ok(live.world.facilitator, c.RoomEnd(id=uuid4()))
        assert sweep(now=live.now + minutes(5)) == 0


class TestForgetting:
    def test_words_go_and_numbers_stay(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana)
        live.ok(live.world.ana, c.ChatSend(id=uuid4(), text="for tonight only"))
        live.ok(live.world.facilitator, c.RoomEnd(id=uuid4()))
        assert clock.forget_chat(now=live.now + timedelta(hours=23)) == 0
        assert clock.forget_chat(now=live.now + timedelta(hours=25)) == 1
        assert clock.forget_chat(now=live.now + timedelta(hours=25)) == 0
        row = RoomEvent.objects.get(session=live.session, kind="chat.sent")
        assert bytes(row.body) == b""
        lines = log.beyond(live.session.pk, {})
        assert '"forgotten"' in next(line.frame for line in lines if line.kind == "chat.sent")
        assert log.latest_chat(live.session.pk, ["room"], live.row.heads) == ()


def test_only_the_latest_proof_of_a_connection_is_written(live: LiveRoom) -> None:
    live.running_with(live.world.ana)
    writer, connection = PresenceWriter(), live.connections[live.world.ana.person_id]
    first = TestSweep().proof(live, connection, live.now)
    second = TestSweep().proof(live, connection, live.now + timedelta(seconds=10))
    writer.note(first)
    taken = writer.take()
    writer.note(second)
    writer.put_back(taken)
    assert writer.take() == [second]
    assert writer.take() == []
    write_proofs([second, second])
    write_proofs([second])
    assert PresenceEvidence.objects.filter(connection=connection, kind="seen").count() == 1
    write_proofs([])


def test_the_ticks_of_the_scheduler_do_it_with_the_clock_of_the_server(
    live: LiveRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    with time_machine.travel(MONDAY_START, tick=False):
        tasks.open_due()
        assert live.room.phase is Phase.LOBBY
        live.now = MONDAY_START
        live.arrives(live.world.ana)
    with time_machine.travel(MONDAY_START + minutes(1), tick=False):
        monkeypatch.setattr(tasks, "server_clock", SteadyClock())  # of a process started at that time
        tasks.sweep_presence()
        assert live.evidence(live.world.ana)[-1] == ("closed", "swept")
    with time_machine.travel(live.session.ends_at + minutes(31), tick=False):
        tasks.end_due()
        assert live.room.phase is Phase.ENDED
        tasks.forget_chat()
        assert live.kinds()[-1] != "chat.sent"


def test_the_end_of_the_room_forgets_only_what_came_after_it(live: LiveRoom) -> None:
    """A slow process may not have written the last proofs when the room ends; they are still somebody's minutes (AT-3)."""
    writer = PresenceWriter()
    ended_at = live.now
    before, after = UUID(int=1), UUID(int=2)
    for connection, at in ((before, ended_at), (after, ended_at + timedelta(milliseconds=1))):
        writer.note(
            Proof(
                live.session.pk,
                live.session.program_id,
                live.world.ana.person_id,
                live.world.ana.pk,
                connection,
                at,
            )
        )
    for connection in (before, after):
        writer.forget(connection, after=ended_at)
    assert [proof.connection for proof in writer.take()] == [before]
