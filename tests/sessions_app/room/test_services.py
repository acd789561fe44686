"""Group commit on real PostgreSQL: numbers, repeats, withdrawn rights, evidence, audit, the session's own columns."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
import tink
from django.db import connection, connections
from django.utils import timezone

from groups.models import Client
from sessions_app.models import Session, SessionBreak
from sessions_app.room import acts, log
from sessions_app.room import commands as c
from sessions_app.room.batch import Entry
from sessions_app.room.models import PresenceEvidence, RoomEvent
from sessions_app.room.services import act, apply_commands, replay, room_row
from sessions_app.room.words import Place, Role
from tests.factories import make_session
from tests.sessions_app.room.live import LiveRoom
from tests.sessions_app.room.written import chat, code_of, is_folded, live
from tests.worlds import World
from vio.common import audit
from vio.common.errors import NotFoundError, UnavailableError
from vio.common.models import AuditEntry
from vio.common.scope import every_program, scope

pytestmark = pytest.mark.django_db
__all__ = ["live"]


class TestLog:
    def test_an_evening_is_numbered_without_gaps_and_folds_to_the_state(self, live: LiveRoom) -> None:
        world = live.world
        live.running_with(world.ana, world.ben)
        live.ok(world.ana, c.HandRaise(id=uuid4()))
        live.ok(world.ben, chat("only for staff", to="staff"))
        live.ok(world.facilitator, c.BreakStart(id=uuid4()))
        live.ok(world.facilitator, c.BreakEnd(id=uuid4()))
        live.ok(world.facilitator, c.RoomEnd(id=uuid4()))
        numbers: dict[str, list[int]] = {}
        for frame in live.frames():
            numbers.setdefault(str(frame["audience"]), []).append(int(str(frame["number"])))
        assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())
        assert {audience: found[-1] for audience, found in numbers.items()} == live.row.heads
        assert live.row.version == sum(live.row.heads.values())
        assert is_folded(live)

    def test_bodies_are_sealed_and_bound_to_their_line(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana)
        live.ok(live.world.facilitator, chat("a marked sentence"))
        row = RoomEvent.objects.get(session=live.session, kind="chat.sent")
        assert b"marked" not in bytes(row.body)
        RoomEvent.objects.filter(pk=row.pk).update(number=row.number + 100)
        with pytest.raises(tink.TinkError):
            log.beyond(live.session.pk, {"room": row.number})

    def test_a_batch_of_several_rooms_commits_together_and_keeps_their_order(
        self, world: World, django_assert_max_num_queries: object
    ) -> None:
        first, second = LiveRoom(world), LiveRoom(world, make_session(world.group, starts_at=timezone.now()))
        for each in (first, second):
            each.running_with(world.ana)
        said = [(room, chat(f"{n}")) for n in range(20) for room in (first, second)]
        outcomes = act([room.entry(world.facilitator, what) for room, what in said], now=first.now)
        assert [outcome.error for outcome in outcomes] == [None] * 40
        for room, start in ((first, 0), (second, 1)):
            texts = [frame["text"] for frame in room.frames() if frame["type"] == "chat.sent"]
            assert texts == [f"{n}" for n in range(20)]
            heads = [outcome.numbers["room"] for outcome in outcomes[start::2]]
            assert heads == list(range(heads[0], heads[0] + 20))

    def test_the_ack_names_only_numbers_its_sender_hears(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana)
        person = f"person:{live.world.ana.person_id}"
        assert set(live.ok(live.world.ana, chat(to="staff")).numbers) == {person}
        assert set(live.ok(live.world.facilitator, chat(to="staff")).numbers) == {"staff"}

    def test_what_was_missed_is_found_in_order(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana)
        seen = dict(live.row.heads)
        for text in ("one", "two"):
            live.ok(live.world.facilitator, chat(text))
        live.ok(live.world.facilitator, chat("quiet", to="staff"))
        lines = log.missed(live.session.pk, {"room": seen["room"]})
        assert lines is not None
        assert [line.kind for line in lines] == ["chat.sent", "chat.sent"]
        assert [line.kind for line in log.beyond(live.session.pk, seen)] == [
            *["chat.sent"] * 2,
            "chat.sent_to_staff",
        ]

    def test_too_much_to_catch_up_on_is_not_attempted(
        self, live: LiveRoom, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        live.running_with(live.world.ana)
        monkeypatch.setattr(log, "MOST_MISSED", 2)
        assert log.missed(live.session.pk, {"room": 0, "staff": 0}) is None


class TestRepeats:
    def test_a_repeat_gets_the_first_answer_and_creates_nothing(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana)
        command = chat("once")
        first = live.ok(live.world.ana, command)
        before = live.row.version
        assert live.ok(live.world.ana, command).numbers == first.numbers
        assert live.row.version == before
        assert live.kinds().count("chat.sent") == 1

    def test_twice_in_one_batch_is_a_repeat_too(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana)
        entry = live.entry(live.world.ana, chat("once"))
        first, second = act([entry, entry], now=live.now)
        assert first.numbers == second.numbers
        assert live.kinds().count("chat.sent") == 1

    def test_a_refusal_is_the_first_answer_as_well(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana)
        command = c.HandLower(id=uuid4())
        assert code_of(live.does(live.world.ana, command)) == "no_hand"
        live.ok(live.world.ana, c.HandRaise(id=uuid4()))
        assert code_of(live.does(live.world.ana, command)) == "no_hand"
        assert live.room.hands == (str(live.world.ana.person_id),)

    def test_the_same_id_of_another_person_is_another_command(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana, live.world.ben)
        command = chat("hello")
        live.ok(live.world.ana, command)
        live.ok(live.world.ben, command)
        assert live.kinds().count("chat.sent") == 2


class TestSession:
    def test_the_session_follows_the_room(self, live: LiveRoom) -> None:
        planned = SessionBreak.objects.create(
            program=live.session.program,
            session=live.session,
            planned_start=live.session.starts_at + timedelta(minutes=30),
            planned_end=live.session.starts_at + timedelta(minutes=40),
        )
        live.running_with(live.world.ana)
        for command in (c.BreakStart, c.BreakEnd, c.BreakStart, c.RoomEnd):
            live.ok(live.world.facilitator, command(id=uuid4()))
        session = Session.objects.get(pk=live.session.pk)
        assert session.status == Session.Status.ENDED
        assert session.opened_at is not None
        assert session.started_at is not None
        assert session.opened_at < session.started_at < session.ended_at  # type: ignore[operator]  # set
        planned.refresh_from_db()
        assert planned.taken_end is not None
        assert planned.taken_end - planned.taken_start == timedelta(seconds=1)
        second = SessionBreak.objects.exclude(pk=planned.pk).get()
        assert second.taken_end == session.ended_at

    def test_a_room_is_made_once_and_as_its_group_is_set(self, live: LiveRoom) -> None:
        first = room_row(live.session.pk)
        assert room_row(live.session.pk).pk == first.pk
        assert live.room.chat_mode == live.world.group.chat_mode
        with pytest.raises(NotFoundError):
            room_row(uuid4())

    def test_acts_are_audited_and_talk_is_not(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana)
        live.ok(live.world.ana, chat("private words", to="staff"))
        live.ok(live.world.facilitator, c.RoomEnd(id=uuid4()))
        found = list(AuditEntry.objects.filter(subject_id=str(live.session.pk)).order_by("number"))
        assert [entry.action for entry in found] == [
            "staff.joined", "room.opened", "client.admitted", "room.started", "room.ended",
        ]  # fmt: skip
        assert found[2].client_id == live.world.ana.pk
        assert {entry.actor_id for entry in found} == {live.world.facilitator.pk}
        assert list(audit.verify()) == []


class TestTrouble:
    def test_a_room_the_database_refuses_does_not_take_others_with_it(self, world: World) -> None:
        good = LiveRoom(world).running_with(world.ana)
        bad = LiveRoom(world, make_session(world.group, starts_at=timezone.now())).running_with(world.ana)
        # A line that is in the way of the next number: the database refuses the second room's events.
        RoomEvent.objects.create(
            session=bad.session, program=world.program, audience="room", number=bad.row.heads["room"] + 1,
            kind="x", body=b"", at=bad.now,
        )  # fmt: skip
        entries = [room.entry(world.facilitator, chat()) for room in (bad, good)]
        before = bad.row.version
        applied = apply_commands(entries, now=good.now)
        assert isinstance(applied.outcomes[0].error, UnavailableError)
        assert applied.outcomes[1].error is None
        assert bad.row.version == before
        assert [written.session_id for written in applied.written] == [good.session.pk]

    def test_without_a_scope_nothing_of_the_room_is_read(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana)
        with scope([]):
            assert RoomEvent.objects.count() == 0
            assert PresenceEvidence.objects.count() == 0
        with every_program():
            assert RoomEvent.objects.count() > 0


@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_moment_leave_no_gap(world: World) -> None:
    live = LiveRoom(world).running_with(world.ana, world.ben)
    begin, people = live.row.heads["room"], (world.ana, world.ben, world.facilitator, world.ana)
    entries = [[live.entry(who, chat(f"{n}")) for n in range(10)] for who in people]

    def write(mine: list[object]) -> None:
        try:
            for entry in mine:
                act([entry], now=timezone.now())  # type: ignore[list-item]  # entries
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(mine,)) for mine in entries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = RoomEvent.objects.filter(session=live.session, audience="room", number__gt=begin)
    found = list(numbers.order_by("id").values_list("number", flat=True))
    assert found == list(range(begin + 1, begin + 41))
    assert live.row.heads["room"] == begin + 40
    assert connection.vendor == "postgresql"
    assert isinstance(live.session.pk, UUID)
    assert live.room.place_of(str(world.ben.person_id)) is Place.IN


class TestHistory:
    """What happened earlier is brought in by the same rules, each entry at its own instant."""

    def past(self, live: LiveRoom) -> list[tuple[datetime, Entry]]:
        world = live.world
        steps = [
            (world.facilitator, acts.Arrive(name="F", staff_name="Fay")),
            (world.facilitator, c.RoomOpen(id=uuid4())),
            (world.ana, acts.Arrive(name="Ana M.", staff_name="Ana Moreno")),
            (world.facilitator, c.ClientAdmit(id=uuid4(), person=str(world.ana.person_id))),
            (world.facilitator, c.RoomStart(id=uuid4())),
            (world.facilitator, c.RoomEnd(id=uuid4())),
        ]
        connections = {who.pk: uuid4() for who, _ in steps}
        entries = [live.entry(who, what, login="", connection=connections[who.pk]) for who, what in steps]
        for place, (who, _) in enumerate(steps):
            client = isinstance(who, Client)
            role = Role.CLIENT if client else Role.FACILITATOR
            entries[place] = entries[place]._replace(role=role, client_id=who.pk if client else None)
        return [(live.now + timedelta(minutes=n), entry) for n, entry in enumerate(entries)]

    def test_each_entry_stands_at_its_own_instant(self, live: LiveRoom) -> None:
        past = self.past(live)
        assert [outcome.error for outcome in replay(past)] == [None] * 6
        session = Session.objects.get(pk=live.session.pk)
        assert (session.started_at, session.ended_at) == (past[4][0], past[5][0])
        rows = PresenceEvidence.objects.filter(session=session, client=live.world.ana).order_by("at")
        assert [(row.kind, row.at) for row in rows] == [
            ("opened", past[2][0]), ("admitted", past[3][0]), ("closed", past[5][0]),
        ]  # fmt: skip
        assert is_folded(live)

    def test_rules_refuse_in_history_as_well(self, live: LiveRoom) -> None:
        past = self.past(live)
        outcomes = replay([past[0], past[4]])
        assert [code_of(outcome) for outcome in outcomes] == [None, "not_open"]

    def test_history_goes_forward(self, live: LiveRoom) -> None:
        past = self.past(live)
        with pytest.raises(ValueError, match="forward"):
            replay([past[1], past[0]])
        assert replay([]) == []
        assert not RoomEvent.objects.filter(session=live.session).exists()
