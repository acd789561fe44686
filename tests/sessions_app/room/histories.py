"""Histories of a room: every step anybody can take, rooms in the middle of everything, and what is true at every moment."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from hypothesis import strategies as st

from sessions_app.room import activity_commands as ac
from sessions_app.room import activity_events as a
from sessions_app.room import acts
from sessions_app.room import commands as c
from sessions_app.room import events as e
from sessions_app.room.state import Room
from sessions_app.room.views import Viewer, apply_view, hears, project, viewer_of
from sessions_app.room.words import (
    Admission,
    ChatMode,
    Phase,
    Place,
    RemovalReason,
)
from tests.sessions_app.room.evening import (
    ALICE,
    BEN,
    CORA,
    EVERYBODY,
    FAY,
    GUS,
    ID,
    OLGA,
    Evening,
    arrive,
    id_of,
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
    lambda who: c.ClientCameraOff(id=ID, person=who),
    lambda who: c.ClientCameraOn(id=ID),
    lambda who: c.ShareAllow(id=ID, allowed=True),
    lambda who: c.ShareAllow(id=ID, allowed=False),
    lambda who: c.RoomLeave(id=ID),
    lambda who: c.HandRaise(id=ID),
    lambda who: c.HandLower(id=ID),
    lambda who: c.HandLower(id=ID, person=who),
    lambda who: c.ChatSend(id=ID, text="to all"),
    lambda who: c.ChatSend(id=ID, text="to staff", to="staff"),
    lambda who: c.ChatSetMode(id=ID, mode=ChatMode.OFF),
    lambda who: c.ChatSetMode(id=ID, mode=ChatMode.GROUP),
    lambda who: c.AdmissionSet(id=ID, policy=Admission.ALL),
    lambda who: c.AdmissionSet(id=ID, policy=Admission.EACH),
    lambda who: c.SupportRequest(id=ID),
    lambda who: c.SupportAnswer(id=ID, person=who),
]


def fresh(kind: type[c.Command], /, **fields: object) -> c.Command:
    """A command with an id of its own: side rooms, polls and rounds are named after it."""
    return kind.model_validate({"id": id_of(next(COUNT[0])), **fields})


COUNT = [count(1)]
"""Begun anew for each history, so that the same history is the same in every run."""


def hop(who: str) -> c.Command | acts.Act:
    """Into the side room that Alice is in, wherever that is."""
    return ac.SideEnter(id=ID, side=SIDE[0])


SIDE = ["00000000"]
"""The key of some side room of the history in play; see `remember_side`."""


def remember_side(state: Room) -> None:
    """So that commands can name a side room that is open right now."""
    keys = [room.side for room in state.breakouts] + [aside.side for aside in state.asides.values()]
    SIDE[0] = keys[-1] if keys else "00000000"


ACTIVITIES: list[Step] = [
    lambda who: ac.HostHand(id=ID, person=who),
    lambda who: ac.SpotlightSet(id=ID, person=who),
    lambda who: ac.SpotlightSet(id=ID),
    lambda who: ac.TimerStart(id=ID, seconds=60),
    lambda who: ac.TimerStop(id=ID),
    lambda who: fresh(ac.BreakoutsOpen, count=2, minutes=1),
    lambda who: fresh(ac.BreakoutsOpen, rooms=[[who], []]),
    lambda who: ac.BreakoutsRecall(id=ID),
    lambda who: ac.BreakoutAssign(id=ID, person=who, side=SIDE[0]),
    lambda who: ac.BreakoutAssign(id=ID, person=who),
    hop,
    lambda who: ac.SideEnter(id=ID),
    lambda who: fresh(ac.AsideOpen, person=who),
    lambda who: ac.AsideClose(id=ID, person=who),
    lambda who: ac.AsideClose(id=ID),
    lambda who: c.ChatSend(id=ID, text="to everyone", to="everyone"),
    lambda who: fresh(ac.PollOpen, question="How?", options=["so", "so-so"], anonymous=True),
    lambda who: fresh(ac.PollOpen, question="Who?", options=["I", "you", "they"], anonymous=False),
    lambda who: ac.PollVote(id=ID, option=1),
    lambda who: ac.PollClose(id=ID),
    lambda who: ac.PollShare(id=ID),
    lambda who: fresh(ac.RoundStart, kind="checkin"),
    lambda who: fresh(ac.RoundStart, kind="closing", order=[who], seconds=60),
    lambda who: ac.RoundNext(id=ID),
    lambda who: ac.RoundNext(id=ID, skip=True),
    lambda who: ac.RoundAnswer(id=ID, mood=4, urge=7, keep=True),
    lambda who: ac.RoundStop(id=ID),
    lambda who: fresh(ac.TextShow, title="Plan", text="Breathe"),
    lambda who: ac.TextHide(id=ID),
    lambda who: acts.Tick(),
]
STEPS += ACTIVITIES
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


def whoever_moves_is_told(before: Room, after: Room, events: list[e.Event]) -> None:
    """Whose audiences change while they stay in the room is told, so that a new snapshot follows."""
    told = {event.person for event in events if isinstance(event, a.YouMoved)}
    for actor in EVERYBODY:
        stays = Place.IN is before.place_of(actor.person) is after.place_of(actor.person)
        heard = [viewer_of(room, actor.person, actor.role).audiences for room in (before, after)]
        if stays and after.phase is not Phase.ENDED and heard[0] != heard[1]:
            assert actor.person in told


def holds_together(state: Room) -> None:
    """What is true of every room at every moment."""
    inside = {person.id for person in state.at(Place.IN)}
    assert set(state.hands) <= inside
    assert len(set(state.hands)) == len(state.hands)
    assert state.muted <= inside
    assert all(person.connected or person.lost_at for person in state.at(Place.IN))
    assert (state.phase.value == "break") == (state.break_since is not None)
    assert Room.model_validate_json(state.model_dump_json()) == state
    groups_hold_together(state, inside)


def groups_hold_together(state: Room, inside: set[str]) -> None:
    """The same of what the group does: nobody is in two breakouts, no private talk without both sides, a lead who is here."""
    in_breakouts = [person for room in state.breakouts for person in room.people]
    assert len(set(in_breakouts)) == len(in_breakouts)
    assert set(in_breakouts) <= inside
    assert set(state.asides) <= inside
    staff = [person for aside in state.asides.values() for person in aside.staff]
    assert len(set(staff)) == len(staff)
    assert all(aside.staff for aside in state.asides.values())
    assert set(staff) <= inside
    assert state.spotlight is None or state.spotlight in inside
    assert state.round is None or state.round.speaker in inside
    leads = {person.id for person in state.at(Place.IN) if person.role.hosts and person.connected}
    assert (state.host in leads) if leads else state.host is None
    assert not set(next((room.people for room in state.breakouts if "ben" in room.people), ())) >= APART_PAIR


APART_PAIR = {"ben", "cora"}


def full_room() -> Evening:
    """A room in which every event type can happen next."""
    evening = running_room(ALICE, BEN, GUS, OLGA)
    evening.does(CORA, arrive(CORA))
    evening.does(ALICE, c.HandRaise(id=ID))
    evening.does(FAY, c.ClientMute(id=ID, person="ben"))
    evening.does(ALICE, c.SupportRequest(id=ID))
    evening.apart = frozenset({frozenset(APART_PAIR)})
    return evening


def busy_room() -> Evening:
    """A room in the middle of everything: breakouts, a private talk, a poll by name, a round, a text, a timer."""
    evening = full_room()
    evening.does(FAY, c.ClientAdmit(id=ID, person="cora"))
    evening.does(FAY, fresh(ac.BreakoutsOpen, rooms=[["alice", "ben"], ["cora"]], minutes=30))
    evening.does(GUS, fresh(ac.AsideOpen, person="alice"))
    evening.does(FAY, fresh(ac.PollOpen, question="Who?", options=["I", "you"], anonymous=False))
    evening.does(BEN, ac.PollVote(id=ID, option=0))
    evening.does(FAY, fresh(ac.RoundStart, kind="checkin"))
    evening.does(FAY, fresh(ac.TextShow, title="Plan", text="Breathe"))
    evening.does(FAY, ac.TimerStart(id=ID, seconds=60))
    evening.does(FAY, ac.SpotlightSet(id=ID, person="ben"))
    evening.does(BEN, c.SupportRequest(id=ID))
    return evening


HOSTS = [FAY, GUS]
PEOPLE = [actor.person for actor in EVERYBODY]
moves = st.one_of(
    st.tuples(st.sampled_from(EVERYBODY), st.none(), st.just("")),
    st.tuples(st.sampled_from(EVERYBODY), st.sampled_from(STEPS), st.sampled_from(PEOPLE)),
    st.tuples(st.sampled_from(HOSTS), st.sampled_from(STEPS), st.sampled_from(PEOPLE[:3])),
    st.tuples(st.sampled_from(HOSTS), st.sampled_from(ACTIVITIES), st.sampled_from(PEOPLE[:3])),
    st.tuples(st.sampled_from(EVERYBODY), st.sampled_from(ACTIVITIES), st.sampled_from(PEOPLE)),
    st.tuples(
        st.sampled_from(EVERYBODY[:3]), st.sampled_from(STEPS[:3] + STEPS[-12:]), st.sampled_from(PEOPLE)
    ),
)


def empty_room() -> Evening:
    return Evening(Room(admission=Admission.ROSTER))
