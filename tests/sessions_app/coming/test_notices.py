"""What a client says about coming: one holds, no excuse by itself, staff see it, peers never."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client as Browser

from sessions_app.attendance.services.excusing import excuse_client
from sessions_app.attendance.services.finalising import finalise_session
from sessions_app.board import tonight_board
from sessions_app.coming.selectors import notice_of, notice_words
from sessions_app.coming.services import Word, give_notice, withdraw_notice
from sessions_app.followup.misses import raise_missed
from sessions_app.followup.selectors import open_misses
from sessions_app.followup.services import accept_excuse, assign
from sessions_app.models import ArrivalNotice, AttendanceSheet, Excuse, FollowUp, PresenceEvidence, Session
from tests.factories import MONDAY_START, make_session
from tests.worlds import World
from vio.common.actors import system_actor
from vio.common.errors import BadInputError, ConflictError, NotAllowedError, NotFoundError
from vio.common.models import AuditEntry

START = MONDAY_START
BEFORE = START - timedelta(minutes=30)


@pytest.fixture
def tonight(world: World) -> Session:
    return make_session(world.group)


def say(
    world: World, session: Session, minutes: int | None = 10, reason: str = "", now: datetime = BEFORE
) -> ArrivalNotice:
    word = Word(minutes, reason)
    return give_notice(actor=world.actor(world.ana), session=session, client=world.ana, word=word, now=now)


def test_one_holds_and_what_was_said_before_is_kept(world: World, tonight: Session) -> None:
    first = say(world, tonight)
    assert say(world, tonight) == first
    second = say(world, tonight, None, "  The car broke down. ")
    assert (second.kind, second.minutes, second.reason) == ("absent", None, "The car broke down.")
    assert notice_of(tonight.pk, world.ana.pk) == second
    first.refresh_from_db()
    assert first.withdrawn_at == BEFORE
    told = AuditEntry.objects.filter(action="arrival.notice_given").order_by("number")
    assert [entry.details for entry in told] == [
        {"kind": "late", "minutes": 10}, {"kind": "absent", "minutes": None}
    ]  # fmt: skip


def test_it_is_taken_back_once(world: World, tonight: Session) -> None:
    say(world, tonight)
    back = {"actor": world.actor(world.ana), "session": tonight, "client": world.ana, "now": BEFORE}
    assert withdraw_notice(**back) is True
    assert withdraw_notice(**back) is False
    assert notice_of(tonight.pk, world.ana.pk) is None
    assert AuditEntry.objects.filter(action="arrival.notice_withdrawn").count() == 1


def test_the_table_holds_one_and_only_minutes_we_offer(world: World, tonight: Session) -> None:
    row = say(world, tonight)
    for minutes, client in ((5, world.ana), (7, world.ben), (None, world.ben)):
        with pytest.raises(IntegrityError), transaction.atomic():
            ArrivalNotice.objects.create(
                program=world.program, session=tonight, client=client, kind="late", minutes=minutes, said_at=row.said_at
            )  # fmt: skip


def test_when_somebody_late_is_expected(world: World, tonight: Session) -> None:
    assert say(world, tonight, 20).expected_at(START) == START + timedelta(minutes=20)
    after = START + timedelta(minutes=7)
    assert say(world, tonight, 5, now=after).expected_at(START) == START + timedelta(minutes=12)
    assert say(world, tonight, None).expected_at(START) is None


@pytest.mark.parametrize(("word", "field"), [(Word(7), "minutes"), (Word(None, "x" * 501), "reason")])
def test_what_cannot_be_kept_is_said_beside_its_field(
    world: World, tonight: Session, word: Word, field: str
) -> None:
    with pytest.raises(BadInputError) as caught:
        give_notice(actor=world.actor(world.ana), session=tonight, client=world.ana, word=word, now=BEFORE)
    assert set(caught.value.fields) == {field}


def test_only_oneself_and_only_where_one_is_expected(world: World, tonight: Session) -> None:
    for who in (world.ben, world.facilitator, world.dov):
        with pytest.raises(NotAllowedError):
            give_notice(actor=world.actor(who), session=tonight, client=world.ana, word=Word(5), now=BEFORE)
        with pytest.raises(NotAllowedError):
            withdraw_notice(actor=world.actor(who), session=tonight, client=world.ana, now=BEFORE)
    with pytest.raises(NotFoundError):
        give_notice(
            actor=world.actor(world.cleo), session=tonight, client=world.cleo, word=Word(5), now=BEFORE
        )
    assert not ArrivalNotice.objects.exists()


@pytest.mark.parametrize("how", ["over", "cancelled", "there", "early"])
def test_refused_when_it_means_nothing(world: World, tonight: Session, how: str) -> None:
    now, code = BEFORE, "session_over"
    match how:
        case "over":
            now = tonight.ends_at
        case "cancelled":
            Session.objects.filter(pk=tonight.pk).update(status="cancelled")
        case "there":
            code = "there_already"
            PresenceEvidence.objects.create(
                program=world.program, session=tonight, client=world.ana, person=world.ana.person, kind="opened", at=now
            )  # fmt: skip
        case "early":
            now, code = BEFORE - timedelta(days=1), "too_early"
    with pytest.raises(ConflictError) as caught:
        say(world, Session.objects.get(pk=tonight.pk), 10, now=now)
    assert caught.value.code == code
    assert not ArrivalNotice.objects.exists()


def test_not_coming_may_be_said_days_before(world: World, tonight: Session) -> None:
    assert say(world, tonight, None, now=BEFORE - timedelta(days=3)).kind == "absent"


# --- what follows from it ------------------------------------------------------------------------------------------


def missed(world: World) -> FollowUp:
    raise_missed(actor=system_actor("test"), now=START + timedelta(minutes=15))
    return FollowUp.objects.get(client=world.ana)


@pytest.mark.parametrize("minutes", [20, None])
def test_a_miss_is_opened_all_the_same_and_its_owner_sees_what_was_said(
    world: World, tonight: Session, minutes: int | None
) -> None:
    say(world, tonight, minutes)
    task = missed(world)
    found = open_misses(world.actor(world.clinician), now=START + timedelta(minutes=16))
    said = {miss.task.client_id: miss.notice.words if miss.notice else None for miss in found}
    assert said == {world.ana.pk: "cannot come" if minutes is None else "20 min late", world.ben.pk: None}
    assert task.status == "open"


def test_staff_accept_it_as_an_excuse_with_one_click(world: World, tonight: Session) -> None:
    say(world, tonight, None, "At the hospital with my son.")
    task = missed(world)
    now = START + timedelta(minutes=20)
    done = accept_excuse(actor=world.actor(world.supervisor), follow_up_id=task.pk, now=now)
    assert done.status == "withdrawn"
    assert Excuse.objects.get().reason == "At the hospital with my son."


def test_a_clinician_accepts_it_in_a_follow_up_of_their_own(world: World, tonight: Session) -> None:
    say(world, tonight, None, "At the hospital with my son.")
    task = missed(world)
    now = START + timedelta(minutes=20)
    clinician = world.actor(world.clinician)
    FollowUp.objects.filter(pk=task.pk).update(owner=world.supervisor)
    with pytest.raises(NotAllowedError) as refused:
        accept_excuse(actor=clinician, follow_up_id=task.pk, now=now)
    assert refused.value.code == "not_owner"
    assert not Excuse.objects.exists()
    assign(actor=clinician, follow_up_id=task.pk, owner_id=world.clinician.pk, now=now)
    assert accept_excuse(actor=clinician, follow_up_id=task.pk, now=now).status == "withdrawn"
    assert Excuse.objects.get().accepted_by == world.clinician


@pytest.mark.parametrize("who", ["facilitator", "records", "admin", "ana", "lakeside_clinician"])
def test_owning_the_follow_up_is_not_enough_without_the_right(
    world: World, tonight: Session, who: str
) -> None:
    say(world, tonight, None)
    task = missed(world)
    person = getattr(world, who)
    FollowUp.objects.filter(pk=task.pk).update(owner=getattr(person, "person", person))
    with pytest.raises(NotAllowedError):
        accept_excuse(actor=world.actor(person), follow_up_id=task.pk, now=START + timedelta(minutes=20))
    assert not Excuse.objects.exists()


def test_a_signed_sheet_stays_with_who_may_change_one(world: World, tonight: Session) -> None:
    say(world, tonight, None)
    task = missed(world)
    at = START + timedelta(hours=2)
    Session.objects.filter(pk=tonight.pk).update(started_at=START, ended_at=tonight.ends_at, status="ended")
    finalise_session(session_id=tonight.pk, now=at, actor=system_actor("test"))
    AttendanceSheet.objects.filter(session=tonight).update(attested_at=at, attested_by=world.facilitator)
    with pytest.raises(NotAllowedError) as refused:
        accept_excuse(actor=world.actor(world.clinician), follow_up_id=task.pk, now=at)
    assert refused.value.code == "sheet_signed"


def test_excusing_on_the_sheet_stays_with_who_may_correct_it(world: World, tonight: Session) -> None:
    with pytest.raises(NotAllowedError):
        excuse_client(
            actor=world.actor(world.clinician),
            session=tonight,
            client=world.ana,
            reason="Said so.",
            now=START,
        )


@pytest.mark.parametrize("minutes", [10, 0])
def test_without_such_a_word_there_is_nothing_to_accept(world: World, tonight: Session, minutes: int) -> None:
    if minutes:
        say(world, tonight, minutes)
    task = missed(world)
    with pytest.raises(ConflictError) as caught:
        accept_excuse(
            actor=world.actor(world.supervisor), follow_up_id=task.pk, now=START + timedelta(minutes=20)
        )
    assert caught.value.code == "nothing_said"


def test_the_board_shows_it_to_those_who_see_attendance(world: World, tonight: Session) -> None:
    say(world, tonight)

    def seen(who: str) -> list[str]:
        rows = tonight_board(world.actor(getattr(world, who)), now=BEFORE).rows
        return [notice.words for row in rows for notice in row.notices]

    assert seen("facilitator") == seen("clinician") == ["10 min late"]
    assert seen("other_facilitator") == seen("admin") == []


# --- pages ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def clock() -> object:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


def test_one_tap_on_the_start_page_and_back(
    world: World, tonight: Session, client: Browser, clock: object
) -> None:
    client.force_login(world.ana.person)
    assert b"10 minutes late" in client.get("/").content
    page = client.post(f"/sessions/{tonight.pk}/coming/", {"coming": "10"}, follow=True)
    assert b"You said you come about 10 minutes late" in page.content
    assert notice_words(tonight.pk) == {str(world.ana.person_id): "10 min late"}
    page = client.post(f"/sessions/{tonight.pk}/coming/take-back/", follow=True)
    assert b"We expect you" in page.content
    assert notice_words(tonight.pk) == {}


def test_a_reason_that_is_too_long_is_kept_and_explained(
    world: World, tonight: Session, client: Browser, clock: object
) -> None:
    client.force_login(world.ana.person)
    reason = "y" * 501
    page = client.post(f"/sessions/{tonight.pk}/coming/", {"coming": "absent", "reason": reason})
    assert page.status_code == 422
    assert reason.encode() in page.content
    assert not ArrivalNotice.objects.exists()


def test_what_was_said_is_shown_to_leaders_and_hidden_from_peers(
    world: World, tonight: Session, client: Browser, clock: object
) -> None:
    say(world, tonight, None, "Migraine.")
    address = f"/sessions/{tonight.pk}/room/notices/"
    client.force_login(world.facilitator)
    assert client.get(address).json() == {str(world.ana.person_id): "cannot come"}
    board = client.get("/tonight/").content.decode()
    assert "cannot come" in board
    assert "Migraine." in board
    client.force_login(world.ben.person)
    assert client.get(address).status_code == 403
    assert b"cannot come" not in client.get("/").content
    client.force_login(world.other_facilitator)
    assert client.get(address).status_code == 404


def test_the_follow_up_page_offers_the_one_click(
    world: World, tonight: Session, client: Browser, clock: time_machine.Coordinates
) -> None:
    say(world, tonight, None, "Migraine.")
    task = missed(world)
    clock.shift(timedelta(minutes=50))
    address = f"/follow-ups/{task.pk}/"
    FollowUp.objects.update(owner=world.supervisor)
    client.force_login(world.clinician)
    page = client.get(address).content.decode()
    assert "Migraine." in page
    assert "Accept this as an excuse" not in page
    assert "Take it over below" in page
    assert client.post(address, {"act": "excuse"}).status_code == 403
    assert client.post(address, {"act": "assign", "owner": str(world.clinician.pk)}).status_code == 302
    assert "Accept this as an excuse" in client.get(address).content.decode()
    page = client.post(address, {"act": "excuse"}, follow=True).content.decode()
    assert "The client is excused." in page
