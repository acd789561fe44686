"""What the committed batch proves: no act on a withdrawn right, and evidence from the door to the drop."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session as Login

from groups.models import Client, Person
from sessions_app.room import commands as c
from sessions_app.room.access import AccessError
from sessions_app.room.errors import RoomError
from sessions_app.room.models import CommandResult, PresenceEvidence
from tests.sessions_app.room.live import LiveRoom
from tests.sessions_app.room.written import chat, code_of, live

pytestmark = pytest.mark.django_db
__all__ = ["live"]


class TestRights:
    """AU-7: no command is executed once the change is committed, whatever the connection believes."""

    def refused(self, live: LiveRoom, who: Person | Client, code: str) -> None:
        before = (live.row.version, CommandResult.objects.count())
        outcome = live.does(who, chat("still here"))
        assert isinstance(outcome.error, AccessError)
        assert outcome.error.code == code
        assert (live.row.version, CommandResult.objects.count()) == before

    def test_after_signing_out(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana)
        Login.objects.filter(session_key=live.login(live.world.ana)).delete()
        self.refused(live, live.world.ana, "signed_out")

    def test_after_a_password_change_or_a_factor_change(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana)
        person = live.world.ana.person
        person.set_password("another good password")
        person.save()
        self.refused(live, live.world.ana, "signed_out")

    def test_after_the_epoch_was_raised_or_the_account_switched_off(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana, live.world.ben)
        Person.objects.filter(pk=live.world.ana.person_id).update(login_epoch=1)
        Person.objects.filter(pk=live.world.ben.person_id).update(is_active=False)
        self.refused(live, live.world.ana, "signed_out")
        self.refused(live, live.world.ben, "signed_out")

    def test_after_the_membership_ended(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana)
        live.world.ana.memberships.update(ends_on=live.session.local_date - timedelta(days=1))
        self.refused(live, live.world.ana, "not_found")

    def test_after_the_staff_role_was_withdrawn(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana)
        live.world.facilitator.staff_roles.update(withdrawn_at=live.now)
        self.refused(live, live.world.facilitator, "not_found")

    def test_somebody_elses_login_is_no_login(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana, live.world.ben)
        outcome = live.does(live.world.ana, chat(), login=live.login(live.world.ben))
        assert code_of(outcome) == "signed_out"

    def test_a_right_the_role_lacks(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana, live.world.ben)
        outcome = live.does(live.world.ana, c.ClientMute(id=uuid4(), person=str(live.world.ben.person_id)))
        assert code_of(outcome) == "not_allowed"
        assert live.room.muted == frozenset()


class TestEvidence:
    def test_from_door_to_drop(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana)
        connection_id = live.connections[live.world.ana.person_id]
        assert live.evidence(live.world.ana) == [("opened", ""), ("admitted", "")]
        live.departs(live.world.ana, connection_id)
        assert live.evidence(live.world.ana)[-1] == ("closed", "dropped")
        assert live.kinds()[-1] == "connection.lost"
        rows = PresenceEvidence.objects.filter(session=live.session, client=live.world.ana)
        assert {row.connection for row in rows} == {connection_id}

    def test_the_late_end_of_an_old_connection_ends_no_newer_one(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana)
        old = live.connections[live.world.ana.person_id]
        new = live.arrives(live.world.ana)
        assert live.evidence(live.world.ana)[-2:] == [("opened", ""), ("admitted", "")]
        live.departs(live.world.ana, old)
        live.departs(live.world.ana, old)
        assert live.room.people[str(live.world.ana.person_id)].connected
        assert "connection.lost" not in live.kinds()
        live.departs(live.world.ana, new)
        assert live.kinds()[-1] == "connection.lost"

    def test_removal_closes_every_device(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana)
        live.arrives(live.world.ana)
        command = {"id": uuid4(), "person": str(live.world.ana.person_id), "reason_code": "safety"}
        live.ok(live.world.facilitator, c.ClientRemove.model_validate(command))
        assert [row for row in live.evidence(live.world.ana) if row[0] == "closed"] == [
            ("closed", "removed")
        ] * 2
        outcome = live.does(live.world.ana, arrival(live, live.world.ana), connection=uuid4())
        assert isinstance(outcome.error, RoomError)
        assert outcome.error.code == "removed"

    def test_stepping_out_and_coming_back(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana)
        person = str(live.world.ana.person_id)
        live.ok(live.world.facilitator, c.ClientToLobby(id=uuid4(), person=person))
        live.ok(live.world.facilitator, c.ClientAdmit(id=uuid4(), person=person))
        assert live.evidence(live.world.ana) == [
            ("opened", ""), ("admitted", ""), ("stepped_out", "lobby"), ("admitted", ""),
        ]  # fmt: skip

    def test_leaving_on_purpose_and_the_end_of_the_session(self, live: LiveRoom) -> None:
        live.running_with(live.world.ana, live.world.ben)
        live.ok(live.world.ana, c.RoomLeave(id=uuid4()))
        live.ok(live.world.facilitator, c.RoomEnd(id=uuid4()))
        assert live.evidence(live.world.ana)[-1] == ("closed", "left")
        assert live.evidence(live.world.ben)[-1] == ("closed", "ended")
        assert live.evidence(live.world.facilitator)[-1] == ("closed", "ended")
        assert live.row.state["connections"] == {}

    def test_staff_evidence_has_no_client(self, live: LiveRoom) -> None:
        live.running_with()
        rows = PresenceEvidence.objects.filter(session=live.session, person=live.world.facilitator)
        assert {row.client_id for row in rows} == {None}
        assert {row.kind for row in rows} == {"opened", "admitted"}


def arrival(live: LiveRoom, who: Person | Client) -> object:
    from sessions_app.room.acts import Arrive

    seat = live.standing(who)
    return Arrive(name=seat.name, staff_name=seat.staff_name)
