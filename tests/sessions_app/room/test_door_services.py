"""What is kept at the door: where, whom to call, the name, the device; and who may say it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from groups.models import Client, Group, StaffRole
from groups.services.memberships import save_group
from sessions_app.models import DoorConfirmation, Session, TechCheck
from sessions_app.room.door.facts import Check, DoorFacts
from sessions_app.room.door.fallback import Fallback, fallback_of, set_fallback
from sessions_app.room.door.selectors import facts_of, licensed_states
from sessions_app.room.door.services import Whereabouts, choose_name, confirm_door, record_check
from tests.factories import MONDAY_START, WHEREABOUTS, at_the_door, make_session
from tests.worlds import World
from vio.common.errors import BadInputError, ConflictError, NotAllowedError, NotFoundError
from vio.common.models import AuditEntry

pytestmark = pytest.mark.django_db
NOW = MONDAY_START - timedelta(minutes=5)


@pytest.fixture
def session(world: World) -> Session:
    return make_session(world.group, status="open")


def confirm(
    world: World, session: Session, client: Client, where: Whereabouts = WHEREABOUTS, **more: object
) -> DoorConfirmation:
    """The client confirms, as themselves."""
    given = {"actor": world.actor(client), "now": NOW, **more}
    return confirm_door(session=session, client=client, where=where, **given)  # type: ignore[arg-type]  # by name


class TestConfirming:
    def test_it_is_kept_with_who_when_and_by_which_way(self, world: World, session: Session) -> None:
        row = confirm(world, session, world.ana, sound_only=True)
        row.refresh_from_db()
        assert (row.address, row.city, row.state, row.contact_name) == (
            "12 Elm St",
            "Albany",
            "NY",
            "Rosa Quill",
        )
        assert (row.sound_only, row.source, row.at, row.program_id) == (True, "client", NOW, world.program.pk)
        entry = AuditEntry.objects.get(action="door.confirmed")
        assert (entry.actor_id, entry.client_id) == (world.ana.person_id, world.ana.pk)
        assert entry.details == {"again": False, "sound_only": True}

    def test_nothing_a_client_writes_rests_in_the_clear(self, world: World, session: Session) -> None:
        confirm(world, session, world.ana)
        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(d)::text FROM sessions_app_doorconfirmation d")
            stored = cursor.fetchone()[0]
            cursor.execute("SELECT string_agg(a::text, ' ') FROM common_auditentry a")
            stored += cursor.fetchone()[0]
        for word in ("Elm", "Albany", "Rosa", "0102", "mother"):
            assert word not in stored
            assert word.encode().hex() not in stored

    def test_the_same_again_changes_nothing_and_another_place_is_a_new_row(
        self, world: World, session: Session
    ) -> None:
        first = confirm(world, session, world.ana)
        again = confirm(world, session, world.ana, replace(WHEREABOUTS, city="  Albany "))
        assert again.pk == first.pk
        moved = confirm(
            world, session, world.ana, replace(WHEREABOUTS, state="nj"), now=NOW + timedelta(minutes=40)
        )
        assert (moved.state, DoorConfirmation.objects.count()) == ("NJ", 2)
        facts = facts_of(session, world.ana.pk)
        assert facts is not None
        assert facts.state == "NJ"

    def test_a_client_may_name_nobody(self, world: World, session: Session) -> None:
        row = confirm(world, session, world.ana, Whereabouts("Room 4, Hope House", "Troy", "NY"))
        assert row.contact_name == ""

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"address": "  "}, "address"), ({"city": ""}, "city"), ({"state": ""}, "state"), ({"state": "ZZ"}, "state"),
            ({"contact_phone": "none"}, "contact_phone"), ({"contact_phone": "12345"}, "contact_phone"),
            ({"contact_phone": ""}, "contact_phone"), ({"contact_name": ""}, "contact_name"),
            ({"address": "x" * 161}, "address"), ({"contact_relation": "x" * 41}, "contact_relation"),
        ],
    )  # fmt: skip
    def test_what_nobody_could_use_is_refused_beside_its_field(
        self, world: World, session: Session, wrong: dict[str, str], field: str
    ) -> None:
        with pytest.raises(BadInputError) as caught:
            confirm(world, session, world.ana, replace(WHEREABOUTS, **wrong))
        assert set(caught.value.fields) == {field}
        assert not DoorConfirmation.objects.exists()

    @pytest.mark.parametrize("who", ["ben", "facilitator", "supervisor", "director"])
    def test_nobody_says_it_for_a_client(self, world: World, session: Session, who: str) -> None:
        with pytest.raises(NotAllowedError):
            confirm(world, session, world.ana, actor=world.actor(getattr(world, who)))
        assert not DoorConfirmation.objects.exists()

    def test_a_client_of_another_group_is_not_expected(self, world: World, session: Session) -> None:
        with pytest.raises(NotFoundError):
            confirm(world, session, world.cleo)

    def test_neither_too_early_nor_after_the_end(self, world: World, session: Session) -> None:
        later = make_session(world.group, starts_at=MONDAY_START + timedelta(days=1))
        with pytest.raises(ConflictError) as early:
            confirm(world, later, world.ana)
        assert early.value.code == "too_early"
        assert (
            confirm(world, later, world.ana, now=later.starts_at - timedelta(minutes=70)).session_id
            == later.pk
        )
        session.status = Session.Status.ENDED
        with pytest.raises(ConflictError) as over:
            confirm(world, session, world.ana)
        assert over.value.code == "session_over"


def licensed_of(session: Session, client: Client) -> bool:
    found = facts_of(session, client.pk)
    assert found is not None
    return found.licensed


class TestLicences:
    def test_the_states_of_those_who_lead_and_of_nobody_else(self, world: World, session: Session) -> None:
        StaffRole.objects.filter(person=world.cofacilitator).update(licensed_states=["NJ", "PA"])
        StaffRole.objects.filter(person=world.supervisor).update(licensed_states=["CA"])
        assert licensed_states(session) == {"NY", "NJ", "PA"}
        StaffRole.objects.filter(person=world.cofacilitator).update(withdrawn_at=NOW)
        assert licensed_states(session) == {"NY"}
        world.group.staff.filter(person=world.facilitator).update(role="observer")
        assert licensed_states(session) == frozenset()

    def test_a_licence_counts_until_its_last_day_and_no_longer(self, world: World, session: Session) -> None:
        for days, counts in ((-1, False), (0, True), (1, True)):
            end = session.local_date + timedelta(days=days)
            StaffRole.objects.filter(program=world.program).update(licence_ends={"NY": end.isoformat()})
            assert licensed_states(session) == (frozenset({"NY"}) if counts else frozenset())

    def test_a_client_where_it_is_over_is_asked_about(self, world: World, session: Session) -> None:
        confirm(world, session, world.ana)
        over = (session.local_date - timedelta(days=1)).isoformat()
        assert licensed_of(session, world.ana)
        StaffRole.objects.filter(program=world.program).update(licence_ends={"NY": over})
        assert not licensed_of(session, world.ana)

    def test_a_substitute_counts_on_their_evening(self, world: World, session: Session) -> None:
        StaffRole.objects.filter(person=world.other_facilitator).update(licensed_states=["VT"])
        for on, seen in ((session.local_date - timedelta(days=1), False), (session.local_date, True)):
            place = world.group.staff.create(
                program=world.program, person=world.other_facilitator, starts_on=on, ends_on=on
            )
            assert ("VT" in licensed_states(session)) is seen
            place.delete()

    def test_staff_see_that_nobody_is_licensed_there(self, world: World, session: Session) -> None:
        at_the_door(session, world.ana, where=replace(WHEREABOUTS, state="NJ"), at=NOW)
        assert facts_of(session, world.ana.pk) == DoorFacts(state="NJ", licensed=False)
        assert facts_of(session, world.ben.pk) is None


class TestTechCheck:
    def test_the_last_try_holds_and_a_part_not_tried_was_skipped(
        self, world: World, session: Session
    ) -> None:
        me = world.actor(world.ana)
        for camera in (Check.OK, Check.PROBLEM):
            record_check(
                actor=me,
                session=session,
                client=world.ana,
                parts={"camera": camera},
                now=NOW,
                round_trip_ms=41,
            )
        row = TechCheck.objects.get()
        assert (row.camera, row.microphone, row.round_trip_ms) == ("problem", "skipped", 41)
        at_the_door(session, world.ana, at=NOW)
        assert facts_of(session, world.ana.pk) == DoorFacts(state="NY", camera=Check.PROBLEM)

    def test_only_the_client_and_only_one_who_is_expected(self, world: World, session: Session) -> None:
        with pytest.raises(NotAllowedError):
            record_check(actor=world.actor(world.ben), session=session, client=world.ana, parts={}, now=NOW)
        with pytest.raises(NotFoundError):
            record_check(actor=world.actor(world.cleo), session=session, client=world.cleo, parts={}, now=NOW)
        assert not TechCheck.objects.exists()


class TestName:
    def choose(self, world: World, session: Session, name: str) -> str:
        return choose_name(
            actor=world.actor(world.ana), session=session, client=world.ana, name=name
        ).peer_name

    def test_a_client_chooses_and_takes_back_the_name_the_group_sees(
        self, world: World, session: Session
    ) -> None:
        assert self.choose(world, session, " River ") == "River"
        assert self.choose(world, session, "") == "Ana M."

    @pytest.mark.parametrize("name", ["ben o.", "Facilitator S.", "facilitator staff", "Second"])
    def test_nobody_goes_by_the_name_of_somebody_else_of_tonight(
        self, world: World, session: Session, name: str
    ) -> None:
        with pytest.raises(BadInputError) as caught:
            self.choose(world, session, name)
        assert set(caught.value.fields) == {"privacy_name"}
        world.ana.refresh_from_db()
        assert world.ana.privacy_name == ""

    def test_nobody_names_somebody_else(self, world: World, session: Session) -> None:
        with pytest.raises(NotAllowedError):
            choose_name(actor=world.actor(world.ben), session=session, client=world.ana, name="Silly")


class TestFallback:
    def test_the_sessions_own_way_goes_before_the_groups(self, world: World, session: Session) -> None:
        assert fallback_of(session) is None
        admin = world.actor(world.admin)
        values = {"fallback_phone": "518-555-0190", "fallback_code": "4417#"}
        save_group(actor=admin, program=world.program, group=world.group, values=values, now=NOW)
        fresh = Session.objects.select_related("group", "program").get(pk=session.pk)
        assert fallback_of(fresh) == Fallback("518-555-0190", "4417#", "")
        set_fallback(actor=admin, session=fresh, phone="", code="", link="https://meet.example/door")
        fresh.refresh_from_db()
        assert fallback_of(fresh) == Fallback("", "", "https://meet.example/door")
        set_fallback(actor=admin, session=fresh, phone="", code="", link="")
        fresh.refresh_from_db()
        assert fallback_of(fresh) == Fallback("518-555-0190", "4417#", "")

    @pytest.mark.parametrize(
        ("way", "field"),
        [
            (("call us", "", ""), "fallback_phone"), (("", "123", ""), "fallback_code"),
            (("", "", "http://meet.example/a"), "fallback_link"), (("", "", "javascript:alert(1)"), "fallback_link"),
            (("518-555-0190", "4" * 41, ""), "fallback_code"), (("", "", "https://meet.example/" + "a" * 300), "fallback_link"),
        ],
    )  # fmt: skip
    def test_what_nobody_could_call_or_open_is_refused(
        self, world: World, session: Session, way: tuple[str, str, str], field: str
    ) -> None:
        admin, (phone, code, link) = world.actor(world.admin), way
        with pytest.raises(BadInputError) as caught:
            set_fallback(actor=admin, session=session, phone=phone, code=code, link=link)
        assert set(caught.value.fields) == {field}
        values = {"fallback_phone": phone, "fallback_code": code, "fallback_link": link}
        with pytest.raises(BadInputError):
            save_group(actor=admin, program=world.program, group=world.group, values=values, now=NOW)
        assert Group.objects.get(pk=world.group.pk).fallback_phone == ""

    def test_a_facilitator_does_not_write_it(self, world: World, session: Session) -> None:
        with pytest.raises(NotAllowedError):
            set_fallback(
                actor=world.actor(world.facilitator), session=session, phone="518-555-0190", code="", link=""
            )
