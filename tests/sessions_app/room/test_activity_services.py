"""What a group does together, on real PostgreSQL: who hears it, what is kept, what is told upward, what nobody can know."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from checkins.models import Alert, AlertAct, RoundAnswer
from checkins.selectors.trends import days_of
from groups.models import Client, NoContact, Person
from groups.services.apart import end_apart, keep_apart
from sessions_app.attendance.gather import gather
from sessions_app.models import Session
from sessions_app.room import activity_commands as ac
from sessions_app.room import clock, snapshots
from sessions_app.room import commands as c
from sessions_app.room.models import CommandResult, RoomEvent, RoomState
from sessions_app.room.words import Place
from tests.factories import make_client
from tests.sessions_app.room.live import BEGIN, LiveRoom
from tests.sessions_app.room.written import is_folded
from tests.worlds import World
from vio.common import audit
from vio.common.charts.trend import TrendDay
from vio.common.models import AuditEntry
from vio.common.permissions import Permission

pytestmark = pytest.mark.django_db


@pytest.fixture
def live(world: World) -> LiveRoom:
    """The room of tonight's session with Ana and Ben in it, running."""
    return LiveRoom(world).running_with(world.ana, world.ben)


def made(kind: type[c.Command], /, **fields: object) -> c.Command:
    return kind.model_validate({"id": uuid4(), **fields})


def pid(who: Person | Client) -> str:
    return str(who.person_id if isinstance(who, Client) else who.pk)


def refused(live: LiveRoom, who: Person | Client, command: c.Command, code: str) -> None:
    """Refused with the code, and nothing was written."""
    before = (live.row.version, RoomEvent.objects.count(), AuditEntry.objects.count())
    outcome = live.does(who, command)
    assert outcome.error is not None
    assert outcome.error.code == code
    assert (live.row.version, RoomEvent.objects.count(), AuditEntry.objects.count()) == before


def heard_by(live: LiveRoom, who: Person | Client) -> list[str]:
    """The kinds in a snapshot's chat and shown words, for this person now."""
    seat = live.standing(who)
    view = snapshots.view(seat, None, now=live.now)
    assert view.snapshot is not None
    return [event.type for event in (*view.snapshot.chat, *view.snapshot.shown)]


class TestSideRooms:
    def open(self, live: LiveRoom) -> list[str]:
        rooms = [[pid(live.world.ana)], [pid(live.world.ben)]]
        live.ok(live.world.facilitator, made(ac.BreakoutsOpen, rooms=rooms, minutes=10))
        return [room.side for room in live.room.breakouts]

    def test_what_is_said_in_a_side_room_stays_in_it(self, live: LiveRoom) -> None:
        first, second = self.open(live)
        live.ok(live.world.ana, made(c.ChatSend, text="only here"))
        assert live.kinds(f"side:{first}") == ["chat.sent_to_side"]
        assert live.kinds(f"side:{second}") == []
        assert "chat.sent_to_side" in heard_by(live, live.world.ana)
        assert heard_by(live, live.world.ben) == []
        assert heard_by(live, live.world.facilitator) == []
        live.ok(live.world.facilitator, made(ac.SideEnter, side=first))
        assert heard_by(live, live.world.facilitator) == ["chat.sent_to_side"]
        assert is_folded(live)

    def test_who_look_together_see_what_each_alone_would_see(self, live: LiveRoom) -> None:
        self.open(live)
        live.ok(live.world.facilitator, made(c.ChatSend, text="for all"))
        live.ok(live.world.facilitator, made(ac.TextShow, title="Urge surfing", text="Breathe"))
        live.ok(live.world.ana, made(c.ChatSend, text="only in the first"))
        live.ok(live.world.ben, made(c.ChatSend, text="only in the second"))
        seats = [live.standing(who) for who in (live.world.facilitator, live.world.ana, live.world.ben)]
        together = snapshots.views([(seat, None) for seat in seats], now=live.now)
        assert together == [snapshots.view(seat, None, now=live.now) for seat in seats]
        assert "only in the first" in str(together[1])
        assert "only in the second" not in str(together[1])

    def test_numbers_name_the_side_room_and_an_old_one_brings_a_snapshot(self, live: LiveRoom) -> None:
        first, _ = self.open(live)
        live.ok(live.world.ana, made(c.ChatSend, text="only here"))
        seat = live.standing(live.world.ana)
        now = snapshots.view(seat, None, now=live.now).snapshot
        assert now is not None
        assert now.numbers[f"side:{first}"] == 1
        assert snapshots.view(seat, now.numbers, now=live.now).missed == []
        live.ok(live.world.facilitator, made(ac.BreakoutsRecall))
        assert snapshots.view(seat, now.numbers, now=live.now).snapshot is not None

    def test_the_clock_calls_everybody_back_once(self, live: LiveRoom) -> None:
        self.open(live)
        assert clock.tick_due(now=live.now + timedelta(minutes=9)) == 0
        assert clock.tick_due(now=live.now + timedelta(minutes=11)) == 1
        assert clock.tick_due(now=live.now + timedelta(minutes=12)) == 0
        assert live.room.breakouts == ()
        assert live.kinds("room")[-1] == "breakouts.closed"
        assert live.kinds(f"person:{pid(live.world.ana)}").count("you.moved") == 2

    def test_time_in_a_side_room_counts_once_in_the_same_ledger(self, live: LiveRoom) -> None:
        before = live.evidence(live.world.ana)
        self.open(live)
        live.ok(live.world.facilitator, made(ac.BreakoutsRecall))
        live.ok(live.world.facilitator, made(ac.AsideOpen, person=pid(live.world.ana)))
        live.ok(live.world.facilitator, made(ac.AsideClose, person=pid(live.world.ana)))
        assert live.evidence(live.world.ana) == before
        live.now += timedelta(minutes=50)
        live.ok(live.world.facilitator, made(c.RoomEnd))
        session = Session.objects.get(pk=live.session.pk)
        record = gather(session).evidence[live.world.ana.pk]
        assert [row.kind.value for row in sorted(record, key=lambda row: row.at)] == [
            "opened",
            "admitted",
            "closed",
        ]

    def test_a_dropped_client_keeps_the_breakout_and_the_hand(self, live: LiveRoom) -> None:
        first, _ = self.open(live)
        live.ok(live.world.ana, made(c.HandRaise))
        live.departs(live.world.ana, live.connections[live.world.ana.person_id])
        live.arrives(live.world.ana)
        assert live.room.side_of(pid(live.world.ana)) == first
        assert live.room.hands == (pid(live.world.ana),)

    @pytest.mark.parametrize(
        "command", [ac.BreakoutsRecall, ac.TimerStop, ac.PollClose, ac.RoundStop, ac.TextHide]
    )
    def test_clients_run_none_of_it(self, live: LiveRoom, command: type[c.Command]) -> None:
        refused(live, live.world.ana, made(command), "not_allowed")


class TestPeersLearnNothing:
    def test_of_a_private_talk(self, live: LiveRoom) -> None:
        seat = live.standing(live.world.ben)
        before = snapshots.view(seat, None, now=live.now).snapshot
        live.ok(live.world.ana, made(c.SupportRequest))
        live.ok(live.world.facilitator, made(ac.AsideOpen, person=pid(live.world.ana)))
        live.ok(live.world.ana, made(c.ChatSend, text="I am not well"))
        live.ok(live.world.facilitator, made(ac.AsideClose, person=pid(live.world.ana)))
        after = snapshots.view(seat, None, now=live.now).snapshot
        assert before is not None
        assert after == before.model_copy(update={"at": live.now})
        assert live.kinds("staff")[-4:] == [
            "support.requested", "support.answered", "aside.opened", "aside.closed",
        ]  # fmt: skip
        assert {"aside.opened", "aside.closed", "support.answered"} <= set(
            AuditEntry.objects.filter(subject_id=str(live.session.pk)).values_list("action", flat=True)
        )

    def test_the_talk_ends_when_the_client_or_the_staff_goes(self, live: LiveRoom) -> None:
        live.arrives(live.world.cofacilitator)
        live.ok(live.world.cofacilitator, made(ac.AsideOpen, person=pid(live.world.ana)))
        live.ok(live.world.cofacilitator, made(c.RoomLeave))
        assert live.room.asides == {}
        live.ok(live.world.facilitator, made(ac.AsideOpen, person=pid(live.world.ana)))
        live.ok(live.world.ana, made(c.RoomLeave))
        assert live.room.asides == {}
        assert live.room.side_of(pid(live.world.facilitator)) == ""


class TestSilentHand:
    def test_nobody_answers_within_a_minute(self, live: LiveRoom) -> None:
        live.ok(live.world.ana, made(c.SupportRequest))
        assert clock.tick_due(now=live.now + timedelta(seconds=59)) == 0
        assert Alert.objects.count() == 0
        for later in (61, 62, 90):
            clock.tick_due(now=live.now + timedelta(seconds=later))
        alert = Alert.objects.get()
        assert (alert.client_id, alert.level, alert.status) == (live.world.ana.pk, "red", "open")
        assert [reason["code"] for reason in alert.reasons] == ["silent_hand"]
        assert AlertAct.objects.get().kind == "raised"
        assert live.kinds().count("support.overdue") == 1
        assert "support.overdue" not in live.kinds("room")
        assert list(audit.verify()) == []

    def test_answered_in_time_tells_nobody(self, live: LiveRoom) -> None:
        live.ok(live.world.ana, made(c.SupportRequest))
        live.ok(live.world.facilitator, made(c.SupportAnswer, person=pid(live.world.ana)))
        assert clock.tick_due(now=live.now + timedelta(minutes=5)) == 0
        assert Alert.objects.count() == 0

    def test_a_second_call_of_the_evening_has_its_own_minute(self, live: LiveRoom) -> None:
        live.ok(live.world.ana, made(c.SupportRequest))
        clock.tick_due(now=live.now + timedelta(seconds=61))
        live.now += timedelta(seconds=70)
        live.ok(live.world.facilitator, made(c.SupportAnswer, person=pid(live.world.ana)))
        live.ok(live.world.ana, made(c.SupportRequest))
        clock.tick_due(now=live.now + timedelta(seconds=61))
        assert live.kinds().count("support.overdue") == 2
        assert Alert.objects.count() == 1


class TestPolls:
    def ask(self, live: LiveRoom, *, anonymous: bool) -> None:
        fields = {"question": "What helps?", "options": ["sleep", "a call"], "anonymous": anonymous}
        live.ok(live.world.facilitator, made(ac.PollOpen, **fields))

    def test_nobody_can_see_who_chose_what(self, live: LiveRoom) -> None:
        cleo = make_client(live.world.program, live.world.group, first_name="Dana")
        live.arrives(cleo)
        live.ok(live.world.facilitator, made(c.ClientAdmit, person=pid(cleo)))
        self.ask(live, anonymous=True)
        voters = {live.world.ana: 0, live.world.ben: 1, cleo: 1}
        for who, option in voters.items():
            live.ok(who, made(ac.PollVote, option=option))
        box = live.row.state["box"]
        assert box["counts"] == [1, 2]
        assert not any(pid(who) in json.dumps(box) for who in voters)
        assert box["tokens"] == sorted(box["tokens"])
        answers = CommandResult.objects.filter(session=live.session).order_by("-id")[:3]
        assert all(set(row.numbers) == {"room"} for row in answers)
        frames = json.dumps([f for f in live.frames() if str(f["type"]).startswith(("poll.", "you.voted"))])
        assert not any(pid(who) in frames for who in voters)
        assert '"option"' not in frames
        refused(live, live.world.ana, made(ac.PollVote, option=1), "already_voted")
        live.ok(live.world.facilitator, made(ac.PollClose))
        assert "box" not in live.row.state
        assert live.room.poll is not None
        assert live.room.poll.result == (1, 2)
        live.ok(live.world.facilitator, made(ac.PollShare))
        assert live.frames()[-1]["counts"] == [1, 2]
        assert is_folded(live)

    def test_a_result_that_would_name_people_is_withheld(self, live: LiveRoom) -> None:
        self.ask(live, anonymous=True)
        live.ok(live.world.ana, made(ac.PollVote, option=0))
        live.ok(live.world.facilitator, made(ac.PollClose))
        assert "1" not in str(live.frames()[-1]["counts"])
        refused(live, live.world.facilitator, made(ac.PollShare), "too_few_answers")

    def test_a_poll_by_name_tells_the_staff_and_the_voter(self, live: LiveRoom) -> None:
        self.ask(live, anonymous=False)
        live.ok(live.world.ana, made(ac.PollVote, option=1))
        assert live.room.poll is not None
        assert live.room.poll.choices == {pid(live.world.ana): 1}
        ben = snapshots.view(live.standing(live.world.ben), None, now=live.now).snapshot
        assert ben is not None
        assert ben.room.poll is not None
        assert (ben.room.poll.choices, ben.room.poll.answered) == ({}, 1)

    def test_words_are_sealed_and_forgotten_with_the_chat(self, live: LiveRoom) -> None:
        self.ask(live, anonymous=True)
        live.ok(live.world.facilitator, made(ac.TextShow, title="Urge surfing", text="Breathe"))
        row = RoomState.objects.get(pk=live.session.pk)
        assert "What helps?" not in json.dumps(row.state)
        assert "Urge" not in json.dumps(row.state)
        assert heard_by(live, live.world.ana) == ["poll.opened", "text.shown"]
        live.ok(live.world.facilitator, made(c.RoomEnd))
        clock.forget_chat(now=live.now + timedelta(days=3))
        kept = RoomEvent.objects.filter(session=live.session, kind__in=["poll.opened", "text.shown"])
        assert {bytes(event.body) for event in kept} == {b""}


class TestRounds:
    def test_kept_only_with_the_tick(self, live: LiveRoom) -> None:
        live.ok(live.world.facilitator, made(ac.RoundStart, kind="checkin"))
        live.ok(live.world.ana, made(ac.RoundAnswer, mood=6, urge=3))
        assert RoundAnswer.objects.count() == 0
        live.ok(live.world.ben, made(ac.RoundAnswer, mood=1, urge=9, keep=True))
        kept = RoundAnswer.objects.get()
        assert (kept.client_id, kept.mood, kept.urge, kept.session_id) == (
            live.world.ben.pk,
            1,
            9,
            live.session.pk,
        )
        alert = Alert.objects.get()
        assert (alert.client_id, alert.level) == (live.world.ben.pk, "orange")
        refused(live, live.world.ben, made(ac.RoundAnswer, mood=5, urge=5, keep=True), "already_answered")
        assert RoundAnswer.objects.count() == 1
        today = kept.local_date
        assert days_of(live.world.ben, today, today) == (TrendDay(today, 1, 9),)
        assert days_of(live.world.ana, today, today) == ()
        state = json.dumps(live.row.state)
        assert '"mood"' not in state
        assert heard_by(live, live.world.facilitator) == ["round.answered", "round.answered"]
        assert heard_by(live, live.world.ana) == []

    def test_a_repeat_keeps_it_once(self, live: LiveRoom) -> None:
        live.ok(live.world.facilitator, made(ac.RoundStart, kind="closing"))
        command = made(ac.RoundAnswer, mood=6, urge=3, keep=True)
        first, again = live.ok(live.world.ana, command), live.ok(live.world.ana, command)
        assert first.numbers == again.numbers
        assert RoundAnswer.objects.count() == 1


class TestKeptApart:
    def keep(self, world: World) -> NoContact:
        return keep_apart(
            actor=world.actor(world.supervisor), program=world.program, pair=(world.ben, world.ana),
            reason="A court order", now=BEGIN,
        )  # fmt: skip

    def test_by_hand_is_refused_and_at_random_never_happens(self, live: LiveRoom) -> None:
        pair = self.keep(live.world)
        both = [pid(live.world.ana), pid(live.world.ben)]
        refused(live, live.world.facilitator, made(ac.BreakoutsOpen, rooms=[both, []]), "kept_apart")
        live.ok(live.world.facilitator, made(ac.BreakoutsOpen, count=2))
        assert [len(room.people) for room in live.room.breakouts] == [1, 1]
        other = next(room for room in live.room.breakouts if both[0] not in room.people)
        move = made(ac.BreakoutAssign, person=both[0], side=other.side)
        refused(live, live.world.facilitator, move, "kept_apart")
        end_apart(actor=live.world.actor(live.world.supervisor), no_contact=pair, now=live.now)
        live.ok(live.world.facilitator, made(ac.BreakoutAssign, person=both[0], side=other.side))

    def test_nothing_of_it_is_in_the_room(self, live: LiveRoom) -> None:
        self.keep(live.world)
        live.ok(live.world.facilitator, made(ac.BreakoutsOpen, count=2))
        assert "apart" not in json.dumps(live.row.state)
        assert "court" not in json.dumps(live.frames())


class TestLead:
    def test_another_facilitator_leads_at_once_and_the_first_back_when_nobody_was_there(
        self, live: LiveRoom
    ) -> None:
        first, second = live.world.facilitator, live.world.cofacilitator
        assert live.room.host == pid(first)
        live.arrives(second)
        live.departs(first, live.connections[first.pk])
        assert live.room.host == pid(second)
        live.departs(second, live.connections[second.pk])
        assert live.room.host is None
        assert {person.id for person in live.room.at(Place.IN)} >= {pid(live.world.ana), pid(live.world.ben)}
        live.arrives(second)
        assert live.room.host == pid(second)
        live.arrives(first)
        assert live.room.host == pid(second)
        live.ok(second, made(ac.HostHand, person=pid(first)))
        assert live.room.host == pid(first)
        refused(live, second, made(ac.HostHand, person=pid(live.world.ana)), "cannot_lead")


def test_rights_are_asked_in_the_transaction(live: LiveRoom) -> None:
    outcome = live.does(live.world.ana, made(ac.TimerStart, seconds=60), permission=Permission.HOST_ROOM)
    assert outcome.error is not None
    assert outcome.error.code == "not_allowed"
    assert isinstance(live.session.pk, UUID)
    assert live.room.timer is None
