"""RT-4: the old view and its events make the new view, for every event type, every viewer, any history."""

import uuid
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions_app.room import acts
from sessions_app.room import commands as c
from sessions_app.room import events as e
from sessions_app.room.errors import RoomError
from sessions_app.room.fold import FOLDS, apply_all
from sessions_app.room.rules import RoomActor
from sessions_app.room.state import Room
from sessions_app.room.views import Viewer, apply_view, chat_for, hears, project, viewer_of
from sessions_app.room.words import Admission, ChatMode, Place, RemovalReason, Role, Sees
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
    Evening,
    arrive,
    id_of,
    open_room,
    running_room,
)

Step = Callable[[str], c.Command | acts.Act]
STEPS: list[Step] = [
    lambda who: acts.Expect("Name X.", "Name Xavier"),
    lambda who: acts.Lose(),
    lambda who: acts.GiveUp(),
    lambda who: acts.OpenDue(),
    lambda who: c.RoomOpen(id=ID),
    lambda who: c.RoomStart(id=ID),
    lambda who: c.BreakStart(id=ID),
    lambda who: c.BreakEnd(id=ID),
    lambda who: c.RoomLock(id=ID),
    lambda who: c.RoomUnlock(id=ID),
    lambda who: c.ClientAdmit(id=ID, person=who),
    lambda who: c.ClientAdmitAll(id=ID),
    lambda who: c.ClientRemove(id=ID, person=who, reason_code=RemovalReason.PRIVACY),
    lambda who: c.ClientRestore(id=ID, person=who),
    lambda who: c.ClientToLobby(id=ID, person=who),
    lambda who: c.ClientMute(id=ID, person=who),
    lambda who: c.ClientUnmute(id=ID),
    lambda who: c.EveryoneMute(id=ID),
    lambda who: c.RoomLeave(id=ID),
    lambda who: c.HandRaise(id=ID),
    lambda who: c.HandLower(id=ID),
    lambda who: c.HandLower(id=ID, person=who),
    lambda who: c.ChatSend(id=ID, text="to all"),
    lambda who: c.ChatSend(id=ID, text="to staff", to="staff"),
    lambda who: c.ChatSetMode(id=ID, mode=ChatMode.OFF),
    lambda who: c.ChatSetMode(id=ID, mode=ChatMode.GROUP),
    lambda who: c.SupportRequest(id=ID),
    lambda who: c.SupportAnswer(id=ID, person=who),
]
ENDINGS: list[Step] = [lambda who: c.RoomEnd(id=ID), lambda who: acts.EndDue()]


def carried_on(before: Room, after: Room, events: list[e.Event], viewer: Viewer) -> None:
    """The law itself, for one viewer whose audiences did not change."""
    view = project(before, viewer)
    for event in events:
        if hears(viewer, event):
            view = apply_view(view, event, viewer)
    assert view == project(after, viewer)


def everybody_carries_on(before: Room, after: Room, events: list[e.Event]) -> None:
    for actor in EVERYBODY:
        viewer = viewer_of(before, actor.person, actor.role)
        if viewer == viewer_of(after, actor.person, actor.role):
            carried_on(before, after, events, viewer)


def holds_together(state: Room) -> None:
    """What is true of every room at every moment."""
    inside = {person.id for person in state.at(Place.IN)}
    assert set(state.hands) <= inside
    assert len(set(state.hands)) == len(state.hands)
    assert state.muted <= inside
    assert all(person.connected or person.lost_at for person in state.at(Place.IN))
    assert (state.phase.value == "break") == (state.break_since is not None)
    assert Room.model_validate_json(state.model_dump_json()) == state


def full_room() -> Evening:
    """A room in which every event type can happen next."""
    evening = running_room(ALICE, BEN, GUS, OLGA)
    evening.does(CORA, arrive(CORA))
    evening.does(ALICE, c.HandRaise(id=ID))
    evening.does(FAY, c.ClientMute(id=ID, person="ben"))
    evening.does(ALICE, c.SupportRequest(id=ID))
    return evening


HOSTS = [FAY, GUS]
PEOPLE = [actor.person for actor in EVERYBODY]
moves = st.one_of(
    st.tuples(st.sampled_from(EVERYBODY), st.none(), st.just("")),
    st.tuples(st.sampled_from(EVERYBODY), st.sampled_from(STEPS), st.sampled_from(PEOPLE)),
    st.tuples(st.sampled_from(HOSTS), st.sampled_from(STEPS), st.sampled_from(PEOPLE[:3])),
    st.tuples(
        st.sampled_from(EVERYBODY[:3]), st.sampled_from(STEPS[:3] + STEPS[-12:]), st.sampled_from(PEOPLE)
    ),
)


def empty_room() -> Evening:
    return Evening(Room(admission=Admission.ROSTER))


@settings(max_examples=2_000, deadline=None)
@given(
    begin=st.sampled_from(["empty", "lobby", "full", "full"]),
    history=st.lists(moves, max_size=40),
    ending=st.sampled_from(ENDINGS),
)
def test_any_history_carries_every_view_on(
    begin: str, history: list[tuple[RoomActor, Step | None, str]], ending: Step
) -> None:
    evening = {"empty": empty_room, "lobby": open_room, "full": full_room}[begin]()
    first = Room(admission=evening.state.admission)
    for actor, step, who in [*history, (GUS, ending, ""), *history[:5]]:
        before = evening.state
        try:
            events = evening.does(actor, step(who) if step else arrive(actor))
        except RoomError:
            assert evening.state is before
            continue
        everybody_carries_on(before, evening.state, events)
        holds_together(evening.state)
    assert apply_all(first, evening.log) == evening.state


def example(kind: type[e.Event]) -> e.Event:
    """One event of a type, about Ben, by Fay."""
    facts: dict[str, object] = {
        "at": full_room().now,
        "person": "ben",
        "by": "fay",
        "name": "Ben X.",
        "staff_name": "Ben Xavier",
        "role": Role.COFACILITATOR,
        "reason": "left",
        "mode": ChatMode.OFF,
        "message": id_of(7),
        "text": "hello",
        "reason_code": "safety",
        "connected": True,
    }
    return kind.model_validate({name: facts[name] for name in kind.model_fields if name in facts})


@pytest.mark.parametrize("kind", e.EVENT_CLASSES, ids=lambda kind: kind.model_fields["type"].default)
def test_every_event_type_travels_and_folds_alike(kind: type[e.Event]) -> None:
    event = example(kind)
    assert e.EVENTS.validate_json(event.model_dump_json()) == event
    before = full_room().state
    after = apply_all(before, [event])
    # Whoever hears the event and sees no more and no less than before arrives at the same view.
    for actor in EVERYBODY:
        viewer = viewer_of(before, actor.person, actor.role)
        if hears(viewer, event) and viewer == viewer_of(after, actor.person, actor.role):
            carried_on(before, after, [event], viewer)


def test_every_event_has_a_fold_and_an_audience() -> None:
    assert set(FOLDS) == set(e.EVENT_CLASSES)
    audiences = {example(kind).audience for kind in e.EVENT_CLASSES}
    assert audiences == {"room", "staff", "person:ben"}


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
