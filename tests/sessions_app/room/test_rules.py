"""The room's rule book: what each act leads to, and what each refusal is called."""

from __future__ import annotations

import pytest

from sessions_app.room import acts
from sessions_app.room import commands as c
from sessions_app.room.errors import MESSAGES
from sessions_app.room.rules import RULES, RoomActor, decide
from sessions_app.room.words import Admission, ChatMode, Phase, Place
from tests.sessions_app.room.evening import (
    ALICE,
    BEN,
    CORA,
    EVERYBODY,
    FAY,
    GUS,
    HOUSE,
    ID,
    OLGA,
    START,
    Evening,
    arrive,
    kinds,
    open_room,
    refuses,
    removal,
    running_room,
)

HOSTS_ONLY = [
    c.RoomStart(id=ID),
    c.BreakStart(id=ID),
    c.BreakEnd(id=ID),
    c.RoomEnd(id=ID),
    c.RoomLock(id=ID),
    c.RoomUnlock(id=ID),
    c.RoomOpen(id=ID),
    c.ClientAdmit(id=ID, person="ben"),
    c.ClientAdmitAll(id=ID),
    removal("ben"),
    c.ClientRestore(id=ID, person="ben"),
    c.ClientToLobby(id=ID, person="ben"),
    c.ClientMute(id=ID, person="ben"),
    c.EveryoneMute(id=ID),
    c.ChatSetMode(id=ID, mode=ChatMode.OFF),
    c.AdmissionSet(id=ID, policy=Admission.ALL),
    c.SupportAnswer(id=ID, person="ben"),
]


@pytest.mark.parametrize("actor", [ALICE, OLGA], ids=lambda actor: actor.role.value)
@pytest.mark.parametrize("command", HOSTS_ONLY, ids=lambda command: command.type)
def test_only_hosts_run_the_room(command: c.Command, actor: RoomActor) -> None:
    refuses(running_room(ALICE, BEN, OLGA), actor, command, "not_allowed")


@pytest.mark.parametrize("command", HOSTS_ONLY, ids=lambda command: command.type)
def test_a_host_who_is_not_in_the_room_runs_nothing(command: c.Command) -> None:
    refuses(running_room(BEN), GUS, command, "not_in_room")


def test_the_co_facilitator_has_the_same_powers() -> None:
    evening = open_room(GUS)
    assert kinds(evening.does(GUS, c.RoomStart(id=ID))) == ["room.started"]
    assert kinds(evening.does(GUS, c.RoomEnd(id=ID))) == ["room.ended"]


class TestCourse:
    def test_an_evening_from_opening_to_end(self) -> None:
        evening = open_room(ALICE)
        assert kinds(evening.does(FAY, c.RoomStart(id=ID))) == ["room.started"]
        assert evening.state.started_at == evening.now
        assert kinds(evening.does(FAY, c.BreakStart(id=ID))) == ["break.started"]
        assert evening.state.break_since == evening.now
        assert kinds(evening.does(FAY, c.BreakEnd(id=ID))) == ["break.ended"]
        assert evening.state.break_since is None
        assert kinds(evening.does(FAY, c.RoomEnd(id=ID))) == ["room.ended"]
        assert evening.state.phase is Phase.ENDED
        assert evening.state.ended_at == evening.now
        assert evening.state.place_of("alice") is Place.GONE

    @pytest.mark.parametrize(
        ("command", "code"),
        [
            (c.RoomOpen(id=ID), "already_open"),
            (c.BreakStart(id=ID), "not_running"),
            (c.BreakEnd(id=ID), "no_break"),
            (c.RoomUnlock(id=ID), "not_locked"),
            (c.ChatSetMode(id=ID, mode=ChatMode.GROUP), "same_mode"),
            (c.AdmissionSet(id=ID, policy=Admission.EACH), "same_admission"),
        ],
        ids=lambda value: getattr(value, "type", value),
    )
    def test_refused_while_the_lobby_is_open(self, command: c.Command, code: str) -> None:
        refuses(open_room(ALICE), FAY, command, code)

    @pytest.mark.parametrize("command", HOSTS_ONLY, ids=lambda command: command.type)
    def test_nothing_is_run_before_the_opening(self, command: c.Command) -> None:
        evening = Evening()
        evening.does(FAY, arrive(FAY))
        if isinstance(command, c.RoomOpen):
            assert kinds(evening.does(FAY, command)) == ["room.opened"]
            return
        refuses(evening, FAY, command, "no_request" if isinstance(command, c.SupportAnswer) else "not_open")

    def test_no_second_start_and_no_second_break(self) -> None:
        evening = running_room()
        refuses(evening, FAY, c.RoomStart(id=ID), "already_started")
        evening.does(FAY, c.BreakStart(id=ID))
        refuses(evening, FAY, c.BreakStart(id=ID), "on_break")
        refuses(evening, FAY, c.RoomStart(id=ID), "already_started")

    def test_after_the_end_nothing_but_the_end(self) -> None:
        evening = running_room(ALICE)
        evening.does(FAY, c.RoomEnd(id=ID))
        refuses(evening, ALICE, arrive(ALICE), "room_ended")
        refuses(evening, FAY, arrive(FAY), "room_ended")
        refuses(evening, ALICE, c.ChatSend(id=ID, text="hello"), "room_ended")
        refuses(evening, HOUSE, acts.EndDue(), "room_ended")
        refuses(evening, HOUSE, acts.OpenDue(), "room_ended")

    def test_the_clock_opens_and_ends_too(self) -> None:
        evening = Evening()
        opened = evening.does(HOUSE, acts.OpenDue())
        assert kinds(opened) == ["room.opened"]
        assert opened[0].by is None  # type: ignore[attr-defined]  # RoomOpened
        refuses(evening, HOUSE, acts.OpenDue(), "already_open")
        assert kinds(evening.does(HOUSE, acts.EndDue())) == ["room.ended"]

    def test_those_who_still_wait_at_the_end_are_told(self) -> None:
        evening = running_room(ALICE)
        evening.does(BEN, arrive(BEN))
        ended = evening.does(FAY, c.RoomEnd(id=ID))
        assert kinds(ended) == ["room.ended", "you.dismissed"]
        assert ended[1].audience == "person:ben"


class TestConnections:
    def test_a_second_device_changes_nothing(self) -> None:
        evening = running_room(ALICE)
        assert evening.does(ALICE, arrive(ALICE)) == []

    def test_a_drop_keeps_place_hand_and_mute(self) -> None:
        evening = running_room(ALICE)
        evening.does(ALICE, c.HandRaise(id=ID))
        evening.does(FAY, c.ClientMute(id=ID, person="alice"))
        assert kinds(evening.does(ALICE, acts.Lose())) == ["connection.lost"]
        assert evening.state.people["alice"].lost_at == evening.now
        assert evening.does(ALICE, acts.Lose()) == []
        assert kinds(evening.does(ALICE, arrive(ALICE))) == ["connection.returned"]
        assert evening.state.hands == ("alice",)
        assert evening.state.muted == {"alice"}

    def test_when_grace_runs_out_the_place_is_given_up(self) -> None:
        evening = running_room(ALICE, GUS)
        evening.does(BEN, arrive(BEN))
        for actor in (ALICE, BEN, GUS):
            evening.does(actor, acts.Lose())
        given_up = [kinds(evening.does(actor, acts.GiveUp()))[0] for actor in (ALICE, BEN, GUS)]
        assert given_up == ["client.left", "waiting.left", "staff.left"]

    def test_giving_up_on_somebody_who_came_back_does_nothing(self) -> None:
        evening = running_room(ALICE)
        assert evening.does(ALICE, acts.GiveUp()) == []
        assert evening.does(BEN, acts.GiveUp()) == []
        assert evening.does(BEN, acts.Lose()) == []

    @pytest.mark.parametrize(
        ("actor", "kind"), [(ALICE, "client.left"), (GUS, "staff.left")], ids=["client", "staff"]
    )
    def test_leaving_on_purpose(self, actor: RoomActor, kind: str) -> None:
        evening = running_room(ALICE, GUS)
        assert kinds(evening.does(actor, c.RoomLeave(id=ID))) == [kind, "you.left"]
        refuses(evening, actor, c.RoomLeave(id=ID), "not_in_room")

    def test_leaving_the_line(self) -> None:
        evening = running_room()
        evening.does(ALICE, arrive(ALICE))
        assert kinds(evening.does(ALICE, c.RoomLeave(id=ID))) == ["waiting.left", "you.left"]


class TestTakingPart:
    def test_hands_are_a_queue(self) -> None:
        evening = running_room(ALICE, BEN)
        evening.does(BEN, c.HandRaise(id=ID))
        evening.does(ALICE, c.HandRaise(id=ID))
        assert evening.state.hands == ("ben", "alice")
        refuses(evening, BEN, c.HandRaise(id=ID), "already_raised")
        refuses(evening, ALICE, c.HandLower(id=ID, person="ben"), "not_allowed")
        lowered = evening.does(FAY, c.HandLower(id=ID, person="ben"))
        assert (lowered[0].person, lowered[0].by) == ("ben", "fay")  # type: ignore[attr-defined]
        evening.does(ALICE, c.HandLower(id=ID))
        refuses(evening, ALICE, c.HandLower(id=ID), "no_hand")

    @pytest.mark.parametrize(
        "command",
        [c.HandRaise(id=ID), c.HandLower(id=ID), c.ChatSend(id=ID, text="hello"), c.ClientUnmute(id=ID)],
        ids=lambda command: command.type,
    )
    def test_observers_and_those_outside_take_no_part(self, command: c.Command) -> None:
        evening = running_room(OLGA)
        refuses(evening, OLGA, command, "not_allowed")
        refuses(evening, ALICE, command, "not_in_room")
        evening.does(ALICE, arrive(ALICE))
        refuses(evening, ALICE, command, "not_in_room")

    @pytest.mark.parametrize(
        ("mode", "client_may", "host_may"),
        [(ChatMode.GROUP, True, True), (ChatMode.STAFF_ONLY, False, True), (ChatMode.OFF, False, True)],
    )
    def test_chat_modes(self, mode: ChatMode, client_may: bool, host_may: bool) -> None:
        evening = running_room(ALICE)
        if mode is not ChatMode.GROUP:
            evening.does(FAY, c.ChatSetMode(id=ID, mode=mode))
        if client_may:
            assert kinds(evening.does(ALICE, c.ChatSend(id=ID, text="hello"))) == ["chat.sent"]
        else:
            refuses(evening, ALICE, c.ChatSend(id=ID, text="hello"), "chat_off")
        assert host_may == (kinds(evening.does(FAY, c.ChatSend(id=ID, text="hello"))) == ["chat.sent"])
        quiet = evening.does(ALICE, c.ChatSend(id=ID, text="psst", to="staff"))
        assert [event.audience for event in quiet] == ["staff", "person:alice"]

    def test_the_way_to_the_staff_is_open_from_the_door_on(self) -> None:
        evening = running_room(OLGA)
        evening.does(ALICE, arrive(ALICE))
        assert (
            kinds(evening.does(ALICE, c.ChatSend(id=ID, text="no sound", to="staff")))[0]
            == "chat.sent_to_staff"
        )
        assert kinds(evening.does(FAY, c.ChatSend(id=ID, text="look", to="staff"))) == ["chat.sent_to_staff"]
        refuses(evening, OLGA, c.ChatSend(id=ID, text="hm", to="staff"), "not_allowed")
        refuses(evening, BEN, c.ChatSend(id=ID, text="hm", to="staff"), "not_in_room")

    def test_mutes(self) -> None:
        evening = running_room(ALICE, BEN)
        evening.does(FAY, c.ClientMute(id=ID, person="alice"))
        refuses(evening, FAY, c.ClientMute(id=ID, person="alice"), "already_muted")
        evening.does(FAY, c.EveryoneMute(id=ID))
        assert evening.state.muted == {"alice", "ben"}
        evening.does(ALICE, c.ClientUnmute(id=ID))
        assert evening.state.muted == {"ben"}
        refuses(evening, ALICE, c.ClientUnmute(id=ID), "not_muted")

    def test_the_silent_hand_reaches_staff_alone(self) -> None:
        evening = running_room(ALICE, BEN)
        asked = evening.does(ALICE, c.SupportRequest(id=ID))
        assert [event.audience for event in asked] == ["staff", "person:alice"]
        refuses(evening, ALICE, c.SupportRequest(id=ID), "already_requested")
        answered = evening.does(FAY, c.SupportAnswer(id=ID, person="alice"))
        assert [event.audience for event in answered] == ["staff", "person:alice"]
        refuses(evening, FAY, c.SupportAnswer(id=ID, person="alice"), "no_request")
        refuses(evening, FAY, c.SupportRequest(id=ID), "not_a_client")
        refuses(evening, CORA, c.SupportRequest(id=ID), "not_in_room")


def test_every_lasting_command_has_a_rule() -> None:
    lasting = {command for command in c.COMMAND_CLASSES if command.lasting}
    assert lasting | set(acts.Act.__args__) == set(RULES)


def test_every_code_the_rules_raise_has_words() -> None:
    assert all(message.endswith(".") for message in MESSAGES.values())


def test_deciding_leaves_the_state_alone() -> None:
    evening = running_room(ALICE)
    before = evening.state.model_copy(deep=True)
    decide(evening.state, c.HandRaise(id=ID), ALICE, START)
    assert evening.state == before
    assert len(EVERYBODY) == 6
