"""Coming in: who waits, who is admitted, put out, called back, and what each refusal is called."""

from __future__ import annotations

import pytest

from sessions_app.room import acts
from sessions_app.room import commands as c
from sessions_app.room.state import Room
from sessions_app.room.words import Admission, Place
from tests.sessions_app.room.evening import (
    ALICE,
    BEN,
    CORA,
    FAY,
    GUS,
    ID,
    OLGA,
    Evening,
    arrive,
    kinds,
    open_room,
    refuses,
    removal,
    running_room,
)


class TestDoor:
    def test_a_client_waits_until_admitted(self) -> None:
        evening = open_room()
        assert kinds(evening.does(ALICE, arrive(ALICE))) == ["client.waiting", "you.waiting"]
        assert kinds(evening.does(FAY, c.ClientAdmit(id=ID, person="alice"))) == [
            "client.admitted",
            "you.admitted",
        ]
        assert evening.state.place_of("alice") is Place.IN
        refuses(evening, FAY, c.ClientAdmit(id=ID, person="alice"), "not_waiting")

    def test_known_clients_pass_by_themselves_when_the_room_is_set_so(self) -> None:
        evening = Evening(Room(admission=Admission.ROSTER))
        evening.does(FAY, arrive(FAY))
        evening.does(FAY, c.RoomOpen(id=ID))
        assert kinds(evening.does(ALICE, arrive(ALICE)))[-1] == "you.waiting"
        started = evening.does(FAY, c.RoomStart(id=ID))
        assert kinds(started) == ["room.started", "client.admitted", "you.admitted"]
        assert kinds(evening.does(BEN, arrive(BEN)))[-1] == "you.admitted"

    def test_nobody_comes_before_the_opening_but_staff(self) -> None:
        evening = Evening()
        refuses(evening, ALICE, arrive(ALICE), "not_open")
        assert kinds(evening.does(OLGA, arrive(OLGA))) == ["staff.joined"]

    def test_admit_all_takes_those_who_are_connected_in_their_order(self) -> None:
        evening = open_room()
        for actor in (BEN, ALICE, CORA):
            evening.does(actor, arrive(actor))
        evening.does(CORA, acts.Lose())
        admitted = evening.does(FAY, c.ClientAdmitAll(id=ID))
        assert [event.person for event in admitted[::2]] == ["ben", "alice"]  # type: ignore[attr-defined]
        refuses(evening, FAY, c.ClientAdmitAll(id=ID), "nobody_waiting")
        refuses(evening, FAY, c.ClientAdmit(id=ID, person="cora"), "not_connected")

    def test_a_waiting_place_survives_a_drop(self) -> None:
        evening = open_room()
        evening.does(ALICE, arrive(ALICE))
        evening.does(BEN, arrive(BEN))
        assert kinds(evening.does(ALICE, acts.Lose())) == ["waiting.lost"]
        assert kinds(evening.does(ALICE, arrive(ALICE))) == ["waiting.returned"]
        assert [person.id for person in evening.state.at(Place.WAITING)] == ["alice", "ben"]

    def test_the_lock_keeps_new_people_out_and_lets_known_ones_return(self) -> None:
        evening = running_room(ALICE)
        evening.does(BEN, arrive(BEN))
        evening.does(FAY, c.RoomLock(id=ID))
        refuses(evening, FAY, c.RoomLock(id=ID), "already_locked")
        refuses(evening, FAY, c.ClientAdmit(id=ID, person="ben"), "room_locked")
        refuses(evening, FAY, c.ClientAdmitAll(id=ID), "room_locked")
        evening.does(ALICE, acts.Lose())
        evening.does(ALICE, acts.GiveUp())
        assert kinds(evening.does(ALICE, arrive(ALICE))) == ["client.admitted", "you.admitted"]
        evening.does(FAY, c.RoomUnlock(id=ID))
        evening.does(FAY, c.ClientAdmit(id=ID, person="ben"))
        assert evening.state.place_of("ben") is Place.IN

    def test_the_lock_also_holds_back_automatic_admission(self) -> None:
        evening = Evening(Room(admission=Admission.ROSTER))
        evening.does(FAY, arrive(FAY))
        evening.does(FAY, c.RoomOpen(id=ID))
        evening.does(FAY, c.RoomLock(id=ID))
        assert kinds(evening.does(ALICE, arrive(ALICE))) == ["client.waiting", "you.waiting"]

    def test_removed_is_removed_until_restored(self) -> None:
        evening = running_room(ALICE)
        removed = evening.does(FAY, removal("alice"))
        assert kinds(removed) == ["client.left", "client.removed", "you.removed"]
        assert [event.audience for event in removed] == ["room", "staff", "person:alice"]
        refuses(evening, ALICE, arrive(ALICE), "removed")
        refuses(evening, FAY, removal("alice"), "no_such_person")
        evening.does(FAY, c.ClientRestore(id=ID, person="alice"))
        refuses(evening, FAY, c.ClientRestore(id=ID, person="alice"), "not_removed")
        assert kinds(evening.does(ALICE, arrive(ALICE))) == ["client.waiting", "you.waiting"]

    def test_removing_somebody_who_waits_tells_the_room_nothing(self) -> None:
        evening = running_room(BEN)
        evening.does(ALICE, arrive(ALICE))
        assert kinds(evening.does(FAY, removal("alice"))) == ["client.removed", "you.removed"]

    def test_stepping_out_ends_hand_and_mute_and_needs_a_new_admission(self) -> None:
        evening = running_room(ALICE)
        evening.does(ALICE, c.HandRaise(id=ID))
        evening.does(FAY, c.ClientMute(id=ID, person="alice"))
        moved = evening.does(FAY, c.ClientToLobby(id=ID, person="alice"))
        assert kinds(moved) == ["client.left", "client.moved_to_lobby", "you.moved_to_lobby"]
        assert evening.state.hands == ()
        assert evening.state.muted == frozenset()
        assert evening.state.place_of("alice") is Place.WAITING
        refuses(evening, FAY, c.ClientToLobby(id=ID, person="alice"), "not_in_room")
        refuses(evening, ALICE, c.ChatSend(id=ID, text="hello"), "not_in_room")

    def test_stepping_out_while_reconnecting_keeps_the_truth_about_the_connection(self) -> None:
        evening = running_room(ALICE)
        evening.does(ALICE, acts.Lose())
        evening.does(FAY, c.ClientToLobby(id=ID, person="alice"))
        refuses(evening, FAY, c.ClientAdmit(id=ID, person="alice"), "not_connected")
        assert kinds(evening.does(ALICE, arrive(ALICE))) == ["waiting.returned"]

    @pytest.mark.parametrize(
        "command",
        [removal("gus"), c.ClientToLobby(id=ID, person="gus"), c.ClientMute(id=ID, person="gus")],
        ids=lambda command: command.type,
    )
    def test_staff_are_not_handled_like_clients(self, command: c.Command) -> None:
        refuses(running_room(GUS), FAY, command, "not_a_client")

    def test_a_stranger_cannot_be_handled_at_all(self) -> None:
        refuses(running_room(), FAY, c.ClientAdmit(id=ID, person="nobody"), "no_such_person")

    def test_the_roster_is_expected_once(self) -> None:
        evening = Evening()
        assert kinds(evening.does(ALICE, acts.Expect("Alice X.", "Alice Xavier"))) == ["client.expected"]
        assert evening.does(ALICE, acts.Expect("Alice X.", "Alice Xavier")) == []
        assert evening.state.place_of("alice") is Place.EXPECTED
