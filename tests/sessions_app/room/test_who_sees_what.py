"""The view of a room: what peers, the lobby, observers, staff and strangers see of it, and what they do not."""

from __future__ import annotations

import uuid

from sessions_app.room import commands as c
from sessions_app.room.state import Room
from sessions_app.room.views import Viewer, chat_for, hears, project, viewer_of
from sessions_app.room.words import (
    RemovalReason,
    Role,
    Sees,
)
from tests.sessions_app.room.evening import (
    ALICE,
    BEN,
    FAY,
    GUS,
    HOUSE,
    ID,
    OLGA,
    arrive,
    id_of,
    open_room,
    running_room,
)
from tests.sessions_app.room.histories import (
    full_room,
)


class TestWhatIsSeen:
    def test_peers_see_short_names_and_nothing_of_the_staff(self) -> None:
        evening = full_room()
        view = project(evening.state, viewer_of(evening.state, "ben", Role.CLIENT))
        assert set(view.people) == {"alice", "ben", "fay", "gus", "olga"}
        assert {person.staff_name for person in view.people.values()} == {""}
        assert view.support == {}
        assert "Xavier" not in view.model_dump_json()

    def test_the_lobby_sees_itself(self) -> None:
        evening = full_room()
        view = project(evening.state, viewer_of(evening.state, "cora", Role.CLIENT))
        assert set(view.people) == {"cora"}
        assert view == Room(people=view.people)

    def test_staff_see_all(self) -> None:
        evening = full_room()
        assert project(evening.state, viewer_of(evening.state, "gus", Role.COFACILITATOR)) is evening.state

    def test_an_observer_sees_what_the_room_sees(self) -> None:
        evening = full_room()
        assert viewer_of(evening.state, "olga", OLGA.role).audiences == ("room", "person:olga")

    def test_strangers_and_the_removed_see_nothing(self) -> None:
        evening = full_room()
        evening.does(FAY, c.ClientRemove(id=ID, person="ben", reason_code=RemovalReason.OTHER))
        assert viewer_of(evening.state, "zoe", Role.CLIENT) == Viewer("zoe", Sees.SELF)
        assert project(evening.state, Viewer("zoe", Sees.SELF)) == Room()
        assert viewer_of(evening.state, "ben", Role.CLIENT).sees is Sees.SELF

    def test_after_the_end_those_who_were_in_may_see_that_it_is_over(self) -> None:
        evening = full_room()
        evening.does(FAY, c.RoomEnd(id=ID))
        assert viewer_of(evening.state, "ben", Role.CLIENT).sees is Sees.ROOM
        assert viewer_of(evening.state, "cora", Role.CLIENT).sees is Sees.SELF

    def test_chat_for_each_viewer(self) -> None:
        evening = running_room(ALICE, BEN)
        for number in range(60):
            evening.does(ALICE, c.ChatSend(id=id_of(number), text=f"{number}"))
        evening.does(ALICE, c.ChatSend(id=uuid.uuid4(), text="quiet", to="staff"))
        mine = chat_for(viewer_of(evening.state, "alice", Role.CLIENT), evening.log)
        assert [event.text for event in mine][-2:] == ["59", "quiet"]  # type: ignore[attr-defined]
        assert len(mine) == 50
        assert "quiet" not in {
            event.text  # type: ignore[attr-defined]  # chat events have a text
            for event in chat_for(viewer_of(evening.state, "ben", Role.CLIENT), evening.log)
        }

    def test_admission_reveals_nothing_of_those_who_wait(self) -> None:
        evening = open_room(ALICE)
        before = evening.state
        events = evening.does(BEN, arrive(BEN))
        viewer = viewer_of(before, "alice", Role.CLIENT)
        assert not any(hears(viewer, event) for event in events)
        assert project(before, viewer) == project(evening.state, viewer)
        assert not any(hears(viewer_of(before, HOUSE.person, Role.CLIENT), event) for event in events)
        assert GUS.role.hosts
