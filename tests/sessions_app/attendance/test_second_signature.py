"""Late corrections: only proposed, signed or declined by another person, never counted before (R14)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse

from sessions_app.attendance.corrections import Changes
from sessions_app.attendance.records import latest
from sessions_app.attendance.services import (
    correct_attendance,
    decline_correction,
    refresh_session,
    sign_correction,
)
from sessions_app.models import AttendanceRecord, ProposedCorrection, Session, WeekHours
from tests.factories import MONDAY_START
from tests.sessions_app.attendance.evenings import CLOCK, finalised, held, sat
from tests.signed_in import browser_of
from tests.worlds import World
from vio.common.errors import BadInputError, ConflictError, NotAllowedError, NotFoundError
from vio.common.models import AuditEntry

END = MONDAY_START + timedelta(minutes=90)
IN_TIME, LATE = END + timedelta(hours=72), END + timedelta(hours=72, seconds=1)


@pytest.fixture
def evening(world: World) -> Session:
    session = held(world.group)
    sat(session, world.ana, 0, 90)
    return finalised(session)


def correct(world: World, session: Session, *, now: datetime = LATE, **more: Any) -> Any:
    values = {
        "actor": world.actor(world.facilitator), "session": session, "client": world.ana,
        "changes": Changes(credited_minutes=60), "reason": "Left early.", "now": now,
    }  # fmt: skip
    return correct_attendance(**(values | more))


def minutes(world: World, session: Session) -> int:
    return latest(session).get(client=world.ana).credited_minutes


def week_minutes(world: World) -> int:
    return WeekHours.objects.get(client=world.ana).minutes


def test_the_window_ends_to_the_second(world: World, evening: Session) -> None:
    assert isinstance(correct(world, evening, now=IN_TIME), AttendanceRecord)
    late = correct(world, evening, changes=Changes(credited_minutes=30))
    assert isinstance(late, ProposedCorrection)
    assert (late.state, late.base_version) == ("open", 2)
    assert minutes(world, evening) == 60


def test_the_window_is_the_programs_own(world: World, evening: Session) -> None:
    world.program.correction_window_hours = 0
    world.program.save()
    assert isinstance(correct(world, evening, now=END + timedelta(minutes=5)), ProposedCorrection)


def test_a_proposal_counts_nowhere_until_it_is_signed(world: World, evening: Session) -> None:
    proposal = correct(world, evening)
    assert (minutes(world, evening), week_minutes(world)) == (90, 90)
    record = sign_correction(
        actor=world.actor(world.supervisor), session=evening, proposal_id=proposal.pk, now=LATE
    )
    assert (record.version, record.author_id, record.reason) == (2, world.facilitator.pk, "Left early.")
    assert (minutes(world, evening), week_minutes(world)) == (60, 60)
    proposal.refresh_from_db()
    assert (proposal.state, proposal.decided_by, proposal.record) == ("signed", world.supervisor, record)
    actions = list(AuditEntry.objects.order_by("number").values_list("action", flat=True))
    assert actions[-3:] == ["attendance.proposed", "attendance.corrected", "attendance.proposal_signed"]
    assert "Left early" not in str(list(AuditEntry.objects.values_list("details", flat=True)))


def test_nobody_signs_their_own_and_only_who_may_signs(world: World, evening: Session) -> None:
    own = correct(world, evening, actor=world.actor(world.supervisor))
    for who, code in ((world.supervisor, "same_person"), (world.facilitator, None), (world.clinician, None)):
        with pytest.raises(NotAllowedError) as refused:
            sign_correction(actor=world.actor(who), session=evening, proposal_id=own.pk, now=LATE)
        assert code in {None, refused.value.code}
        with pytest.raises(NotAllowedError):
            decline_correction(
                actor=world.actor(who), session=evening, proposal_id=own.pk, reason="no", now=LATE
            )
    assert ProposedCorrection.objects.get().state == "open"
    sign_correction(actor=world.actor(world.director), session=evening, proposal_id=own.pk, now=LATE)
    assert minutes(world, evening) == 60


def test_the_database_itself_refuses_one_person_twice(world: World, evening: Session) -> None:
    proposal = correct(world, evening)
    with pytest.raises(IntegrityError), transaction.atomic():
        ProposedCorrection.objects.filter(pk=proposal.pk).update(
            state="declined", decided_by=world.facilitator, decided_at=LATE
        )


def test_declining_needs_a_reason_and_leaves_the_figure(world: World, evening: Session) -> None:
    proposal = correct(world, evening)
    signer = world.actor(world.supervisor)
    with pytest.raises(BadInputError):
        decline_correction(actor=signer, session=evening, proposal_id=proposal.pk, reason=" ", now=LATE)
    decline_correction(
        actor=signer, session=evening, proposal_id=proposal.pk, reason="The log is clear.", now=LATE
    )
    assert minutes(world, evening) == 90
    for act in (sign_correction, decline_correction):
        more = {"reason": "again"} if act is decline_correction else {}
        with pytest.raises(ConflictError) as refused:
            act(actor=signer, session=evening, proposal_id=proposal.pk, now=LATE, **more)  # type: ignore[operator]  # two services of one shape
        assert refused.value.code == "already_decided"
    correct(world, evening, changes=Changes(credited_minutes=70))  # another can be proposed now
    assert ProposedCorrection.objects.filter(state="open").count() == 1


def test_one_waits_at_a_time_and_what_is_impossible_is_refused_at_once(
    world: World, evening: Session
) -> None:
    with pytest.raises(BadInputError):
        correct(world, evening, changes=Changes(credited_minutes=400))
    correct(world, evening)
    with pytest.raises(ConflictError) as refused:
        correct(world, evening, changes=Changes(credited_minutes=70))
    assert refused.value.code == "already_proposed"


def test_a_line_that_changed_meanwhile_is_not_signed(world: World, evening: Session) -> None:
    proposal = correct(world, evening)
    sat(evening, world.ana, 0, 40)
    AttendanceRecord.objects.create(
        **{
            field.attname: getattr(latest(evening).get(client=world.ana), field.attname)
            for field in AttendanceRecord._meta.concrete_fields
            if field.attname not in {"id", "version"}
        },
        version=2,
    )
    with pytest.raises(ConflictError) as refused:
        sign_correction(
            actor=world.actor(world.supervisor), session=evening, proposal_id=proposal.pk, now=LATE
        )
    assert refused.value.code == "changed_meanwhile"
    assert refresh_session(session_id=evening.pk, now=LATE, actor=CLOCK) == []


def test_a_proposal_of_another_session_does_not_exist(world: World, evening: Session) -> None:
    proposal = correct(world, evening)
    other = held(world.other_group)
    with pytest.raises(NotFoundError):
        sign_correction(actor=world.actor(world.supervisor), session=other, proposal_id=proposal.pk, now=LATE)


def test_the_pages_propose_show_decline_and_sign(world: World, evening: Session) -> None:
    with time_machine.travel(LATE, tick=False):
        line = reverse("attendance_line", args=[evening.pk, world.ana.pk])
        leader, signer = browser_of(world.facilitator), browser_of(world.supervisor)
        assert "more than 72 hours" in leader.get(line).content.decode()
        typed = {"credited_minutes": "60", "reason": "Left early.", "seen_version": "1"}
        sent = leader.post(line, typed, follow=True).content.decode()
        assert "counts only when a second person signs it" in sent
        assert "does not count yet" in sent
        assert reverse("attendance_proposals") not in sent
        queue = signer.get(reverse("attendance_proposals")).content.decode()
        assert "Ana Moreno" in queue
        assert "Left early." in queue
        assert leader.get(reverse("attendance_proposals")).status_code == 403
        proposal = ProposedCorrection.objects.get()
        address = reverse("attendance_proposal", args=[evening.pk, proposal.pk])
        refused = signer.post(address, {"decline": "1", "reason": "  "})
        assert refused.status_code == 422
        assert "Please say why" in refused.content.decode()
        assert leader.post(address).status_code == 403
        assert browser_of(world.lakeside_supervisor).post(address).status_code == 404
        assert signer.post(address).status_code == 302
        assert "signed by" in signer.get(line).content.decode()
        assert minutes(world, evening) == 60
        again = signer.post(address)
        assert again.status_code == 409
        assert "Nothing waits" in signer.get(reverse("attendance_proposals")).content.decode()
