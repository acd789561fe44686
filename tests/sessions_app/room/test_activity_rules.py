"""The rule book of what a group does together: who may, what follows, what each refusal is called."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sessions_app.room import activity_commands as ac
from sessions_app.room import activity_events as a
from sessions_app.room import acts
from sessions_app.room import commands as c
from sessions_app.room.rules import RoomActor
from sessions_app.room.rules.apart import clashes, share_out
from sessions_app.room.rules.due import next_due
from sessions_app.room.views import viewer_of
from sessions_app.room.words import ChatMode, RemovalReason, RoundKind
from tests.sessions_app.room.evening import (
    ALICE,
    BEN,
    CORA,
    FAY,
    GUS,
    HOUSE,
    ID,
    OLGA,
    Evening,
    arrive,
    id_of,
    kinds,
    open_room,
    refuses,
    running_room,
)

SOMEWHERE = "0000000a"
HOSTS_ONLY: list[c.Command] = [
    ac.HostHand(id=ID, person="gus"),
    ac.SpotlightSet(id=ID, person="ben"),
    ac.TimerStart(id=ID, seconds=60),
    ac.TimerStop(id=ID),
    ac.BreakoutsOpen(id=ID, count=2),
    ac.BreakoutsRecall(id=ID),
    ac.BreakoutAssign(id=ID, person="ben"),
    ac.SideEnter(id=ID, side=SOMEWHERE),
    ac.AsideOpen(id=ID, person="ben"),
    ac.AsideClose(id=ID, person="ben"),
    ac.PollOpen(id=ID, question="How?", options=["so", "so-so"]),
    ac.PollClose(id=ID),
    ac.PollShare(id=ID),
    ac.RoundStart(id=ID, kind=RoundKind.CHECKIN),
    ac.RoundStop(id=ID),
    ac.TextShow(id=ID, title="Plan", text="Breathe"),
    ac.TextHide(id=ID),
]


@pytest.mark.parametrize("actor", [ALICE, OLGA], ids=lambda actor: actor.role.value)
@pytest.mark.parametrize("command", HOSTS_ONLY, ids=lambda command: command.type)
def test_only_hosts(command: c.Command, actor: RoomActor) -> None:
    refuses(running_room(ALICE, BEN, OLGA), actor, command, "not_allowed")


@pytest.mark.parametrize("command", HOSTS_ONLY, ids=lambda command: command.type)
def test_the_co_facilitator_may_whatever_the_facilitator_may(command: c.Command) -> None:
    """Equal powers: the same act by either has the same outcome, be it events or a refusal."""

    def outcome(actor: RoomActor) -> Any:
        evening = running_room(ALICE, BEN, GUS)
        try:
            return kinds(evening.does(actor, command))
        except Exception as error:  # the kind of refusal is compared
            return str(error)

    by_fay, by_gus = outcome(FAY), outcome(GUS)
    assert by_fay == by_gus or command.type == "host.hand"


class TestLead:
    def test_who_comes_first_leads_and_leading_stays(self) -> None:
        evening = Evening()
        evening.does(GUS, arrive(GUS))
        assert evening.state.host == "gus"
        evening.does(FAY, arrive(FAY))
        assert evening.state.host == "gus"
        evening.does(OLGA, arrive(OLGA))
        evening.does(GUS, acts.Lose())
        assert evening.state.host == "fay"
        evening.does(FAY, acts.Lose())
        assert evening.state.host is None
        evening.does(GUS, arrive(GUS))
        assert evening.state.host == "gus"

    def test_leaving_hands_over_and_the_end_has_no_host(self) -> None:
        evening = running_room(GUS)
        evening.does(FAY, c.RoomLeave(id=ID))
        assert evening.state.host == "gus"
        evening.does(GUS, c.RoomEnd(id=ID))
        assert evening.state.host is None

    def test_handing_over_needs_a_facilitator_who_is_here(self) -> None:
        evening = running_room(ALICE, GUS, OLGA)
        refuses(evening, FAY, ac.HostHand(id=ID, person="fay"), "leads_already")
        refuses(evening, FAY, ac.HostHand(id=ID, person="olga"), "cannot_lead")
        refuses(evening, FAY, ac.HostHand(id=ID, person="alice"), "cannot_lead")
        evening.does(GUS, acts.Lose())
        refuses(evening, FAY, ac.HostHand(id=ID, person="gus"), "cannot_lead")


class TestSides:
    def opened(self, **fields: Any) -> Evening:
        evening = running_room(ALICE, BEN, GUS)
        evening.does(FAY, ac.BreakoutsOpen(id=ID, rooms=[["alice"], ["ben"]], **fields))
        return evening

    def test_opening_tells_the_room_and_each_who_moves(self) -> None:
        evening = running_room(ALICE, BEN)
        events = evening.does(FAY, ac.BreakoutsOpen(id=ID, rooms=[["alice"], ["ben"]], minutes=5))
        assert kinds(events) == ["breakouts.opened", *["you.moved"] * 3]
        assert [(event.person, event.to) for event in events[1:] if isinstance(event, a.YouMoved)] == [
            ("alice", "breakout"), ("ben", "breakout"), ("fay", "main"),
        ]  # fmt: skip
        assert evening.state.breakouts_end == evening.now + timedelta(minutes=5)
        assert next_due(evening.state) == evening.state.breakouts_end

    @pytest.mark.parametrize(
        ("rooms", "code"),
        [
            ([["alice"], ["alice"]], "assigned_twice"),
            ([["alice", "fay"], []], "not_a_client"),
            ([["cora"], []], "no_such_person"),
        ],
    )
    def test_refused_by_hand(self, rooms: list[list[str]], code: str) -> None:
        refuses(running_room(ALICE, BEN), FAY, ac.BreakoutsOpen(id=ID, rooms=rooms), code)

    def test_too_few_and_twice(self) -> None:
        refuses(running_room(ALICE), FAY, ac.BreakoutsOpen(id=ID, count=2), "too_few_people")
        refuses(self.opened(), FAY, ac.BreakoutsOpen(id=id_of(5), count=2), "breakouts_open")
        refuses(running_room(), FAY, ac.BreakoutsRecall(id=ID), "no_breakouts")

    def test_either_rooms_or_count(self) -> None:
        for fields in ({}, {"rooms": [["a"], ["b"]], "count": 2}, {"count": 7}, {"count": 2, "minutes": 0}):
            with pytest.raises(ValidationError):
                ac.BreakoutsOpen.model_validate({"id": ID, **fields})

    def test_moving_by_hand(self) -> None:
        evening = self.opened()
        second = evening.state.breakouts[1].side
        assert kinds(evening.does(FAY, ac.BreakoutAssign(id=ID, person="alice", side=second))) == [
            "breakout.moved", "you.moved",
        ]  # fmt: skip
        assert evening.state.breakouts[1].people == ("ben", "alice")
        refuses(evening, FAY, ac.BreakoutAssign(id=ID, person="alice", side=second), "already_there")
        refuses(evening, FAY, ac.BreakoutAssign(id=ID, person="alice", side=SOMEWHERE), "no_such_side")
        evening.does(FAY, ac.BreakoutAssign(id=ID, person="alice"))
        assert evening.state.side_of("alice") == ""

    def test_facilitators_hop(self) -> None:
        evening = self.opened()
        first, second = (room.side for room in evening.state.breakouts)
        for side in (first, second):
            evening.does(GUS, ac.SideEnter(id=ID, side=side))
            assert evening.state.side_of("gus") == side
        refuses(evening, GUS, ac.SideEnter(id=ID, side=second), "already_there")
        refuses(evening, GUS, ac.SideEnter(id=ID, side=SOMEWHERE), "no_such_side")
        evening.does(GUS, ac.SideEnter(id=ID))
        assert evening.state.side_of("gus") == ""

    def test_what_is_said_goes_to_those_who_are_there(self) -> None:
        evening = self.opened()
        said = evening.does(ALICE, c.ChatSend(id=ID, text="here"))
        assert [event.audience for event in said] == [f"side:{evening.state.breakouts[0].side}"]
        refuses(evening, ALICE, c.ChatSend(id=ID, text="hey", to="everyone"), "not_allowed")
        evening.does(GUS, ac.SideEnter(id=ID, side=evening.state.breakouts[0].side))
        assert evening.does(GUS, c.ChatSend(id=ID, text="2 min", to="everyone"))[0].audience == "room"
        main = f"side:{evening.state.main_side}"
        assert evening.does(FAY, c.ChatSend(id=ID, text="only us"))[0].audience == main
        assert evening.does(FAY, c.ChatSend(id=ID, text="2 min", to="everyone"))[0].audience == "room"
        for who in (ALICE, GUS):
            assert main not in viewer_of(evening.state, who.person, who.role).audiences
        evening.does(FAY, ac.BreakoutsRecall(id=ID))
        assert evening.state.main_side == ""
        assert evening.does(FAY, c.ChatSend(id=ID, text="all"))[0].audience == "room"

    def test_a_private_talk_goes_before_a_breakout_and_back_to_it(self) -> None:
        evening = self.opened()
        first = evening.state.breakouts[0].side
        evening.does(GUS, ac.AsideOpen(id=id_of(3), person="alice"))
        aside = evening.state.asides["alice"].side
        assert (evening.state.side_of("alice"), evening.state.side_of("gus")) == (aside, aside)
        refuses(evening, FAY, ac.AsideOpen(id=id_of(4), person="alice"), "already_aside")
        evening.does(FAY, ac.BreakoutsRecall(id=ID))
        assert evening.state.side_of("alice") == aside
        evening.does(ALICE, ac.AsideClose(id=ID))
        assert evening.state.side_of("alice") == ""
        assert first not in {room.side for room in evening.state.breakouts}
        refuses(evening, ALICE, ac.AsideClose(id=ID), "no_aside")

    def test_a_second_facilitator_joins_and_the_last_one_out_ends_it(self) -> None:
        evening = running_room(ALICE, GUS)
        evening.does(GUS, ac.AsideOpen(id=id_of(3), person="alice"))
        evening.does(FAY, ac.SideEnter(id=ID, side=evening.state.asides["alice"].side))
        evening.does(GUS, ac.SideEnter(id=ID))
        assert evening.state.asides["alice"].staff == ("fay",)
        assert "aside.closed" in kinds(evening.does(FAY, ac.SideEnter(id=ID)))
        assert evening.state.asides == {}

    def test_chat_is_open_in_a_private_talk_whatever_the_mode(self) -> None:
        evening = running_room(ALICE)
        evening.does(FAY, c.ChatSetMode(id=ID, mode=ChatMode.OFF))
        refuses(evening, ALICE, c.ChatSend(id=ID, text="hello"), "chat_off")
        evening.does(FAY, ac.AsideOpen(id=id_of(3), person="alice"))
        assert kinds(evening.does(ALICE, c.ChatSend(id=ID, text="hello"))) == ["chat.sent_to_side"]


class TestApart:
    @given(
        people=st.lists(st.sampled_from("abcdefghijkl"), unique=True, max_size=12),
        rooms=st.integers(2, 6),
        pairs=st.lists(
            st.tuples(st.sampled_from("abcdefghijkl"), st.sampled_from("abcdefghijkl")), max_size=8
        ),
    )
    def test_shared_out_evenly_without_a_clash(
        self, people: list[str], rooms: int, pairs: list[tuple[str, str]]
    ) -> None:
        apart = frozenset(frozenset(pair) for pair in pairs if pair[0] != pair[1])
        made = share_out(people, rooms, apart)
        if made is None:
            assert apart
            return
        assert sorted(person for room in made for person in room) == sorted(people)
        assert not any(clashes(room, apart) for room in made)
        if not apart:
            assert max(map(len, made)) - min(map(len, made)) <= 1

    def test_three_who_must_all_be_apart_need_three_rooms(self) -> None:
        apart = frozenset(frozenset(pair) for pair in ("ab", "bc", "ac"))
        assert share_out("abc", 2, apart) is None
        assert share_out("abc", 3, apart) == [["a"], ["b"], ["c"]]

    def test_refused_with_its_code(self) -> None:
        evening = running_room(ALICE, BEN, CORA)
        evening.apart = frozenset({frozenset(("alice", "ben"))})
        rooms = [["alice", "ben"], ["cora"]]
        refuses(evening, FAY, ac.BreakoutsOpen(id=ID, rooms=rooms), "kept_apart")
        evening.does(FAY, ac.BreakoutsOpen(id=ID, rooms=[["alice"], ["ben", "cora"]]))
        side = evening.state.breakouts[1].side
        refuses(evening, FAY, ac.BreakoutAssign(id=ID, person="alice", side=side), "kept_apart")
        evening.apart = frozenset(
            frozenset(pair) for pair in (("alice", "ben"), ("ben", "cora"), ("alice", "cora"))
        )
        evening.does(FAY, ac.BreakoutsRecall(id=ID))
        refuses(evening, FAY, ac.BreakoutsOpen(id=ID, count=2), "kept_apart")


class TestPolls:
    def test_the_life_of_a_poll(self) -> None:
        evening = running_room(ALICE, BEN, CORA)
        refuses(evening, ALICE, ac.PollVote(id=ID, option=0), "no_poll")
        refuses(evening, FAY, ac.PollClose(id=ID), "no_poll")
        refuses(evening, FAY, ac.PollShare(id=ID), "poll_not_closed")
        evening.does(FAY, ac.PollOpen(id=ID, question="How?", options=["so", "so-so"]))
        refuses(evening, FAY, ac.PollOpen(id=ID, question="Else?", options=["a", "b"]), "poll_open")
        refuses(evening, FAY, ac.PollVote(id=ID, option=0), "not_a_client")
        refuses(evening, ALICE, ac.PollVote(id=ID, option=2), "no_such_option")
        for actor, option in ((ALICE, 0), (BEN, 1), (CORA, 1)):
            assert kinds(evening.does(actor, ac.PollVote(id=ID, option=option))) == ["poll.answered"]
        refuses(evening, ALICE, ac.PollVote(id=ID, option=1), "already_voted")
        closed = evening.does(FAY, ac.PollClose(id=ID))
        assert closed[1] == a.PollCounted(at=evening.now, counts=(1, 2))
        assert evening.box is None
        evening.does(FAY, ac.PollShare(id=ID))
        refuses(evening, FAY, ac.PollShare(id=ID), "already_shared")
        assert "alice" not in "".join(e.model_dump_json() for e in evening.log if "poll" in e.type)  # type: ignore[attr-defined]

    def test_two_answers_are_too_few_to_show(self) -> None:
        evening = running_room(ALICE, BEN)
        evening.does(FAY, ac.PollOpen(id=ID, question="How?", options=["so", "so-so"]))
        evening.does(ALICE, ac.PollVote(id=ID, option=0))
        evening.does(BEN, ac.PollVote(id=ID, option=0))
        evening.does(FAY, ac.PollClose(id=ID))
        assert evening.state.poll is not None
        assert evening.state.poll.result is None
        refuses(evening, FAY, ac.PollShare(id=ID), "too_few_answers")

    def test_by_name(self) -> None:
        evening = running_room(ALICE, BEN)
        evening.does(FAY, ac.PollOpen(id=ID, question="Who?", options=["I", "you"], anonymous=False))
        voted = evening.does(ALICE, ac.PollVote(id=ID, option=1))
        assert [event.audience for event in voted] == ["room", "staff", "person:alice"]
        refuses(evening, ALICE, ac.PollVote(id=ID, option=0), "already_voted")
        assert evening.does(FAY, ac.PollClose(id=ID))[1] == a.PollCounted(at=evening.now, counts=(0, 1))


class TestRounds:
    def begun(self, *inside: RoomActor) -> Evening:
        evening = running_room(*inside)
        evening.does(FAY, ac.RoundStart(id=ID, kind=RoundKind.CHECKIN, seconds=60))
        return evening

    def test_in_order_and_each_may_pass(self) -> None:
        evening = self.begun(ALICE, BEN, CORA)
        refuses(evening, FAY, ac.RoundStart(id=ID, kind=RoundKind.CLOSING), "round_running")
        refuses(evening, BEN, ac.RoundNext(id=ID), "not_allowed")
        moved = evening.does(ALICE, ac.RoundNext(id=ID, skip=True))
        assert moved == [a.RoundMoved(at=evening.now, by="alice", turn=1, passed="alice")]
        evening.does(FAY, ac.RoundNext(id=ID))
        assert kinds(evening.does(CORA, ac.RoundNext(id=ID))) == ["round.ended"]
        refuses(evening, FAY, ac.RoundNext(id=ID), "no_round")
        refuses(evening, FAY, ac.RoundStop(id=ID), "no_round")

    def test_a_drop_keeps_the_turn_and_leaving_passes_it_on(self) -> None:
        evening = self.begun(ALICE, BEN, CORA)
        evening.does(ALICE, acts.Lose())
        assert evening.state.round is not None
        assert evening.state.round.speaker == "alice"
        assert kinds(evening.does(ALICE, acts.GiveUp()))[-1] == "round.moved"
        evening.does(BEN, c.RoomLeave(id=ID))
        assert evening.state.round is not None
        assert evening.state.round.speaker == "cora"
        removal = c.ClientRemove(id=ID, person="cora", reason_code=RemovalReason.OTHER)
        assert kinds(evening.does(FAY, removal))[-1] == "round.ended"

    def test_an_order_by_hand(self) -> None:
        evening = running_room(ALICE, BEN)
        start = {"id": ID, "kind": "closing"}
        for order, code in ((["alice", "alice"], "assigned_twice"), (["fay"], "not_a_client")):
            refuses(evening, FAY, ac.RoundStart.model_validate({**start, "order": order}), code)
        evening.does(FAY, ac.RoundStart.model_validate({**start, "order": ["ben", "alice"]}))
        assert evening.state.round is not None
        assert evening.state.round.speaker == "ben"
        refuses(running_room(), FAY, ac.RoundStart.model_validate(start), "too_few_people")

    def test_two_numbers_for_the_staff_alone_once(self) -> None:
        evening = self.begun(ALICE)
        evening.does(BEN, arrive(BEN))
        evening.does(FAY, c.ClientAdmit(id=ID, person="ben"))
        told = evening.does(ALICE, ac.RoundAnswer(id=ID, mood=6, urge=3))
        assert [event.audience for event in told] == ["staff", "person:alice"]
        refuses(evening, ALICE, ac.RoundAnswer(id=ID, mood=6, urge=3), "already_answered")
        refuses(evening, BEN, ac.RoundAnswer(id=ID, mood=6, urge=3), "not_in_round")
        for mood in (-1, 11):
            with pytest.raises(ValidationError):
                ac.RoundAnswer(id=ID, mood=mood, urge=0)


class TestSmallThings:
    def test_timer_text_and_spotlight(self) -> None:
        evening = running_room(ALICE)
        refuses(evening, FAY, ac.TimerStop(id=ID), "no_timer")
        evening.does(FAY, ac.TimerStart(id=ID, seconds=60))
        evening.does(FAY, ac.TimerStart(id=ID, seconds=90))
        assert evening.state.timer is not None
        assert evening.state.timer.ends_at - evening.state.timer.started_at == timedelta(seconds=90)
        evening.does(FAY, ac.TimerStop(id=ID))
        refuses(evening, FAY, ac.TextHide(id=ID), "nothing_shown")
        refuses(evening, FAY, ac.TextShow(id=ID, title="Plan", text="  "), "nothing_to_show")
        evening.does(FAY, ac.TextShow(id=ID, title="Plan", link="https://example.org"))
        evening.does(FAY, ac.TextHide(id=ID))
        refuses(evening, FAY, ac.SpotlightSet(id=ID), "same_spotlight")
        refuses(evening, FAY, ac.SpotlightSet(id=ID, person="ben"), "no_such_person")
        evening.does(FAY, ac.SpotlightSet(id=ID, person="alice"))
        evening.does(ALICE, c.RoomLeave(id=ID))
        assert evening.state.spotlight is None

    @pytest.mark.parametrize("link", ["http://example.org", "javascript:alert(1)", "https://", 'https://a"b'])
    def test_only_safe_links(self, link: str) -> None:
        with pytest.raises(ValidationError):
            ac.TextShow(id=ID, title="Plan", link=link)

    def test_a_waiting_person_is_put_nowhere(self) -> None:
        evening = open_room()
        evening.does(ALICE, arrive(ALICE))
        refuses(evening, FAY, ac.AsideOpen(id=ID, person="alice"), "not_in_room")
        refuses(evening, FAY, ac.SpotlightSet(id=ID, person="alice"), "no_such_person")


class TestClock:
    def test_ticks_do_what_is_due_once(self) -> None:
        evening = running_room(ALICE, BEN)
        assert next_due(evening.state) is None
        evening.does(ALICE, c.SupportRequest(id=ID))
        due = next_due(evening.state)
        assert due == evening.now + timedelta(seconds=60)
        assert evening.does(HOUSE, acts.Tick()) == []
        evening.now = due
        assert kinds(evening.does(HOUSE, acts.Tick())) == ["support.overdue"]
        assert evening.does(HOUSE, acts.Tick()) == []
        assert next_due(evening.state) is None
        evening.does(FAY, ac.AsideOpen(id=ID, person="alice"))
        assert evening.state.overdue == frozenset()
        assert evening.state.support == {}
