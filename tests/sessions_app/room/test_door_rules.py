"""The door's rules: who is asked about before coming in, who passes by themselves, and that peers learn none of it."""

from __future__ import annotations

import pytest

from sessions_app.room import acts
from sessions_app.room import commands as c
from sessions_app.room import events as e
from sessions_app.room.door.facts import Check, DoorFacts
from sessions_app.room.errors import RoomError
from sessions_app.room.fold import apply_all
from sessions_app.room.rules import RoomActor
from sessions_app.room.state import Room
from sessions_app.room.views import apply_view, hears, project, viewer_of
from sessions_app.room.words import Admission, Place, RemovalReason
from tests.sessions_app.room.evening import ALICE, BEN, CORA, FAY, ID, NAMES, OLGA, Evening, arrive

HERE = DoorFacts(state="NY", camera=Check.PROBLEM, microphone=Check.OK)
ELSEWHERE = DoorFacts(state="NJ", licensed=False, sound_only=True)


def comes(actor: RoomActor, door: DoorFacts | None) -> acts.Arrive:
    return acts.Arrive(name=NAMES[actor.person], staff_name=f"{actor.person.title()} Xavier", door=door)


def refused(evening: Evening, actor: RoomActor, command: c.Command) -> str:
    before = evening.state
    with pytest.raises(RoomError) as caught:
        evening.does(actor, command)
    assert evening.state is before
    return caught.value.code


def begun(admission: Admission = Admission.EACH) -> Evening:
    """Fay has opened the lobby of a room with this policy."""
    evening = Evening(Room(admission=admission))
    evening.does(FAY, arrive(FAY))
    evening.does(FAY, c.RoomOpen(id=ID))
    return evening


def started(admission: Admission = Admission.ROSTER) -> Evening:
    evening = begun(admission)
    evening.does(FAY, c.RoomStart(id=ID))
    return evening


class TestLicence:
    def test_a_state_nobody_is_licensed_in_is_asked_about_once_more(self) -> None:
        evening = begun()
        evening.does(ALICE, comes(ALICE, ELSEWHERE))
        assert refused(evening, FAY, c.ClientAdmit(id=ID, person="alice")) == "nobody_licensed"
        evening.does(FAY, c.ClientAdmit(id=ID, person="alice", knowingly=True))
        assert evening.state.place_of("alice") is Place.IN

    def test_where_somebody_is_licensed_nothing_is_asked(self) -> None:
        evening = begun()
        evening.does(ALICE, comes(ALICE, HERE))
        evening.does(FAY, c.ClientAdmit(id=ID, person="alice"))
        assert evening.state.place_of("alice") is Place.IN

    def test_admit_all_leaves_those_who_are_asked_about(self) -> None:
        evening = begun()
        evening.does(ALICE, comes(ALICE, ELSEWHERE))
        evening.does(BEN, comes(BEN, HERE))
        evening.does(FAY, c.ClientAdmitAll(id=ID))
        assert [p.id for p in evening.state.at(Place.WAITING)] == ["alice"]
        assert evening.state.place_of("ben") is Place.IN
        assert refused(evening, FAY, c.ClientAdmitAll(id=ID)) == "nobody_licensed"

    def test_the_policy_never_lets_them_in_by_itself(self) -> None:
        evening = started()
        evening.does(ALICE, comes(ALICE, ELSEWHERE))
        assert evening.state.place_of("alice") is Place.WAITING

    def test_a_client_cannot_answer_the_question_for_themselves(self) -> None:
        evening = begun()
        evening.does(ALICE, comes(ALICE, ELSEWHERE))
        assert refused(evening, ALICE, c.ClientAdmit(id=ID, person="alice", knowingly=True)) == "not_allowed"

    def test_coming_back_in_line_brings_what_was_said_last(self) -> None:
        evening = begun()
        evening.does(ALICE, comes(ALICE, HERE))
        place = evening.state.people["alice"].since
        evening.does(ALICE, acts.Lose())
        evening.does(ALICE, comes(ALICE, ELSEWHERE))
        assert evening.state.people["alice"].door == ELSEWHERE
        assert evening.state.people["alice"].since == place
        assert refused(evening, FAY, c.ClientAdmit(id=ID, person="alice")) == "nobody_licensed"


def sets(policy: Admission) -> c.AdmissionSet:
    return c.AdmissionSet(id=ID, policy=policy)


class TestPolicyInTheRoom:
    """Those who lead change it while people wait; staff alone hear of it."""

    @pytest.mark.parametrize(
        ("policy", "runs", "comes_in"),
        [
            (Admission.ALL, False, True),
            (Admission.ALL, True, True),
            (Admission.ROSTER, False, False),
            (Admission.ROSTER, True, True),
        ],
    )
    def test_who_waits_and_is_meant_comes_in_at_once(
        self, policy: Admission, runs: bool, comes_in: bool
    ) -> None:
        evening = started(Admission.EACH) if runs else begun(Admission.EACH)
        evening.does(ALICE, comes(ALICE, HERE))
        happened = evening.does(FAY, sets(policy))
        assert isinstance(happened[0], e.AdmissionChanged)
        assert (happened[0].audience, happened[0].by) == ("staff", "fay")
        assert evening.state.admission is policy
        assert (evening.state.place_of("alice") is Place.IN) is comes_in
        evening.does(BEN, comes(BEN, HERE))
        assert (evening.state.place_of("ben") is Place.IN) is comes_in

    def test_back_to_one_by_one_leaves_those_inside_and_holds_the_next(self) -> None:
        evening = begun(Admission.ALL)
        evening.does(ALICE, comes(ALICE, HERE))
        assert len(evening.does(FAY, sets(Admission.EACH))) == 1
        evening.does(BEN, comes(BEN, HERE))
        assert [evening.state.place_of(p) for p in ("alice", "ben")] == [Place.IN, Place.WAITING]

    def test_nobody_comes_in_who_is_locked_out_taken_out_or_asked_about(self) -> None:
        evening = begun()
        evening.does(ALICE, comes(ALICE, HERE))
        evening.does(BEN, comes(BEN, ELSEWHERE))
        evening.does(FAY, c.ClientAdmit(id=ID, person="alice"))
        evening.does(FAY, c.ClientToLobby(id=ID, person="alice"))
        evening.does(FAY, sets(Admission.ALL))
        assert [evening.state.place_of(p) for p in ("alice", "ben")] == [Place.WAITING, Place.WAITING]
        evening.does(FAY, c.RoomLock(id=ID))
        evening.does(CORA, comes(CORA, HERE))
        assert evening.state.place_of("cora") is Place.WAITING
        evening.does(FAY, c.RoomUnlock(id=ID))
        assert evening.state.place_of("cora") is Place.IN

    def test_a_client_sees_nothing_of_it(self) -> None:
        evening = begun(Admission.ALL)
        evening.does(ALICE, comes(ALICE, HERE))
        before = evening.state
        (changed,) = evening.does(FAY, sets(Admission.EACH))
        alice = viewer_of(before, "alice", ALICE.role)
        assert not hears(alice, changed)
        assert project(before, alice) == project(evening.state, alice)

    def test_a_client_may_not(self) -> None:
        evening = begun(Admission.ALL)
        evening.does(ALICE, comes(ALICE, HERE))
        assert refused(evening, ALICE, sets(Admission.EACH)) == "not_allowed"


class TestAutomatic:
    def test_who_waits_comes_in_with_the_start_and_later_ones_at_once(self) -> None:
        evening = begun(Admission.ROSTER)
        evening.does(ALICE, comes(ALICE, HERE))
        assert evening.state.place_of("alice") is Place.WAITING
        evening.does(FAY, c.RoomStart(id=ID))
        evening.does(BEN, comes(BEN, None))
        assert {evening.state.place_of(p) for p in ("alice", "ben")} == {Place.IN}

    def test_one_by_one_stays_one_by_one(self) -> None:
        evening = started(Admission.EACH)
        evening.does(ALICE, comes(ALICE, HERE))
        assert evening.state.place_of("alice") is Place.WAITING

    def test_a_locked_room_lets_nobody_in_and_the_unlocked_one_does(self) -> None:
        evening = started()
        evening.does(FAY, c.RoomLock(id=ID))
        evening.does(ALICE, comes(ALICE, HERE))
        assert evening.state.place_of("alice") is Place.WAITING
        evening.does(FAY, c.RoomUnlock(id=ID))
        assert evening.state.place_of("alice") is Place.IN

    def test_a_start_behind_a_lock_lets_nobody_in(self) -> None:
        evening = begun(Admission.ROSTER)
        evening.does(ALICE, comes(ALICE, HERE))
        evening.does(FAY, c.RoomLock(id=ID))
        evening.does(FAY, c.RoomStart(id=ID))
        assert evening.state.place_of("alice") is Place.WAITING

    def test_who_was_away_at_the_start_comes_in_on_return(self) -> None:
        evening = begun(Admission.ROSTER)
        evening.does(ALICE, comes(ALICE, HERE))
        evening.does(ALICE, acts.Lose())
        evening.does(FAY, c.RoomStart(id=ID))
        assert evening.state.place_of("alice") is Place.WAITING
        evening.does(ALICE, comes(ALICE, HERE))
        assert evening.state.place_of("alice") is Place.IN

    def test_a_removed_client_is_never_admitted_automatically(self) -> None:
        evening = started()
        evening.does(ALICE, comes(ALICE, HERE))
        removal = c.ClientRemove(id=ID, person="alice", reason_code=RemovalReason.SAFETY)
        evening.does(FAY, removal)
        evening.does(FAY, c.ClientRestore(id=ID, person="alice"))
        evening.does(ALICE, comes(ALICE, HERE))
        assert evening.state.place_of("alice") is Place.WAITING
        evening.does(FAY, c.RoomLock(id=ID))
        evening.does(FAY, c.RoomUnlock(id=ID))
        assert evening.state.place_of("alice") is Place.WAITING
        evening.does(FAY, c.ClientAdmit(id=ID, person="alice"))
        assert not evening.state.people["alice"].held

    def test_who_was_asked_to_step_out_stays_out_over_a_long_drop(self) -> None:
        evening = started()
        evening.does(ALICE, comes(ALICE, HERE))
        evening.does(FAY, c.ClientToLobby(id=ID, person="alice"))
        evening.does(ALICE, acts.Lose())
        evening.does(ALICE, acts.GiveUp())
        evening.does(ALICE, comes(ALICE, HERE))
        assert evening.state.place_of("alice") is Place.WAITING

    def test_a_short_drop_needs_no_second_admission(self) -> None:
        evening = started()
        evening.does(ALICE, comes(ALICE, HERE))
        evening.does(ALICE, acts.Lose())
        assert [type(event) for event in evening.does(ALICE, comes(ALICE, HERE))] == [e.ConnectionReturned]


class TestPrivacy:
    @pytest.fixture
    def evening(self) -> Evening:
        """Ben is in, Alice waits in another state, Olga looks on."""
        evening = started(Admission.EACH)
        evening.does(OLGA, arrive(OLGA))
        evening.does(BEN, comes(BEN, HERE))
        evening.does(FAY, c.ClientAdmit(id=ID, person="ben"))
        evening.does(ALICE, comes(ALICE, ELSEWHERE))
        return evening

    @pytest.mark.parametrize("viewer", [ALICE, BEN, CORA, OLGA])
    def test_only_staff_see_where_somebody_is_and_how_their_device_did(
        self, evening: Evening, viewer: RoomActor
    ) -> None:
        seen = project(evening.state, viewer_of(evening.state, viewer.person, viewer.role))
        assert [person.door for person in seen.people.values() if person.door] == []
        assert not any(person.held for person in seen.people.values())

    def test_staff_see_it(self, evening: Evening) -> None:
        seen = project(evening.state, viewer_of(evening.state, "fay", FAY.role))
        assert seen.people["alice"].door == ELSEWHERE
        assert seen.people["ben"].door == HERE

    def test_it_travels_in_events_for_staff_alone(self, evening: Evening) -> None:
        told = {event.audience for event in evening.log if "NJ" in event.model_dump_json()}
        assert told == {"staff"}

    @pytest.mark.parametrize("viewer", [ALICE, BEN, OLGA, FAY])
    def test_each_view_is_carried_on_by_what_its_viewer_hears(self, viewer: RoomActor) -> None:
        evening = started()
        for step in (
            (ALICE, comes(ALICE, HERE)), (ALICE, acts.Lose()), (ALICE, comes(ALICE, ELSEWHERE)),
            (FAY, c.ClientToLobby(id=ID, person="alice")), (ALICE, acts.Lose()),
            (ALICE, comes(ALICE, ELSEWHERE)), (BEN, comes(BEN, HERE)),
            (FAY, c.ClientAdmit(id=ID, person="alice", knowingly=True)),
            (FAY, c.ClientRemove(id=ID, person="ben", reason_code=RemovalReason.SAFETY)),
            (FAY, c.ClientRestore(id=ID, person="ben")), (BEN, comes(BEN, HERE)),
        ):  # fmt: skip
            before = viewer_of(evening.state, viewer.person, viewer.role)
            view = project(evening.state, before)
            events = evening.does(*step)  # type: ignore[arg-type]  # an actor and what they do
            after = viewer_of(evening.state, viewer.person, viewer.role)
            if before == after:  # otherwise a new snapshot follows
                for event in events:
                    view = apply_view(view, event, before) if hears(before, event) else view
                assert view == project(evening.state, after)

    def test_the_state_is_the_fold_of_its_events(self, evening: Evening) -> None:
        assert apply_all(Room(), evening.log) == evening.state
