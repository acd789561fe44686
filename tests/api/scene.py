"""One Monday evening at Harbor with a row for every address of the API."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.http import HttpResponse
from django.test import Client as Browser

from checkins.models import Alert
from groups.models import (
    Absence,
    Client,
    EmergencyContact,
    Enrolment,
    GroupStaff,
    Holiday,
    LevelOfCare,
    Membership,
    Person,
    SeatOffer,
    Series,
    StaffRole,
    WaitlistEntry,
)
from groups.services.waitlist import add_to_waitlist
from sessions_app.attendance.imports.rules.lines import Vendor
from sessions_app.attendance.imports.rules.zoom_csv import Written
from sessions_app.attendance.imports.services import start_import
from sessions_app.attendance.services import raise_dispute
from sessions_app.followup import misses
from sessions_app.models import (
    AttendanceDispute,
    AttendanceImport,
    Authorisation,
    ClientNote,
    Coverage,
    FollowUp,
    Payer,
    ProposedCorrection,
    Session,
    SessionStaff,
)
from sessions_app.notes import services as notes
from tests.checkins.answers import red_alert
from tests.factories import MONDAY, MONDAY_START, make_client, make_series, make_session
from tests.sessions_app.attendance.evenings import finalised, held, sat
from tests.worlds import World, build_world
from vio.common.actors import system_actor

NOW = MONDAY_START + timedelta(hours=2)  # 19:30 in New York, half an hour after the end
BASE = "/api/v1"
COMPLETE = {"participation": "Spoke twice.", "response": "Tried it at home.", "plan": "Comes on Tuesday."}


@dataclass(frozen=True)
class Scene:
    """The world, and what happened in it by NOW."""

    world: World
    newcomer: Client
    level: LevelOfCare
    enrolment: Enrolment
    membership: Membership
    series: Series
    held: Session
    tomorrow: Session
    late: Session
    note: ClientNote
    alert: Alert
    task: FollowUp
    dispute: AttendanceDispute
    contact: EmergencyContact
    place: GroupStaff
    role: StaffRole
    coverage: Coverage
    authorisation: Authorisation
    proposal: ProposedCorrection
    log: AttendanceImport
    holiday: Holiday
    absence: Absence
    substitute: SessionStaff
    waits: WaitlistEntry
    offer: SeatOffer

    def ids(self) -> dict[str, UUID]:
        """A row for each name in a path."""
        return {
            "program_id": self.world.program.pk, "client_id": self.world.ana.pk, "group_id": self.world.group.pk,
            "level_id": self.level.pk, "enrolment_id": self.enrolment.pk, "membership_id": self.membership.pk,
            "series_id": self.series.pk, "session_id": self.held.pk, "note_id": self.note.pk,
            "alert_id": self.alert.pk, "follow_up_id": self.task.pk,
            "attendance_dispute_id": self.dispute.pk, "emergency_contact_id": self.contact.pk,
            "group_staff_id": self.place.pk, "holiday_id": self.holiday.pk, "absence_id": self.absence.pk,
            "session_staff_id": self.substitute.pk,
            "staff_role_id": self.role.pk, "attendance_import_id": self.log.pk,
            "waitlist_entry_id": self.waits.pk, "seat_offer_id": self.offer.pk,
            "payer_id": self.coverage.payer_id, "coverage_id": self.coverage.pk,
            "authorisation_id": self.authorisation.pk, "proposed_correction_id": self.proposal.pk,
        }  # fmt: skip

    def person(self, name: str) -> Person:
        """Somebody of the world by name."""
        found = getattr(self.world, name)
        return found.person if isinstance(found, Client) else found


def build_scene() -> Scene:
    """Evening A was held and counted, its notes are open; Ana sent a red check-in, Ben is missed in another group hour."""
    world = build_world()
    evening = held(world.group)
    sat(evening, world.ana, 0, 90)
    finalised(evening)
    notes.open_notes(actor=world.actor(world.facilitator), session=evening, now=NOW)
    late = make_session(world.group, starts_at=NOW - timedelta(minutes=20), title="Late hour")
    misses.raise_missed(actor=system_actor("test"), now=NOW)
    enrolment = Enrolment.objects.get(client=world.ana)
    coverage = paid_by(world)
    waits = add_to_waitlist(
        actor=world.actor(world.supervisor), group=world.other_group, client=world.ana, now=NOW
    )
    offer = SeatOffer.objects.create(
        program=world.program, group=world.other_group, entry=waits, client=world.ana, seat=1, offered_at=NOW,
        expires_at=NOW + timedelta(days=1),
    )  # fmt: skip
    return Scene(
        world=world,
        newcomer=make_client(world.program, first_name="Noa", last_name="Lind"),
        level=LevelOfCare.objects.get(program=world.program),
        enrolment=enrolment,
        membership=Membership.objects.get(client=world.ana),
        series=make_series(world.group, starts_on=MONDAY + timedelta(days=7)),
        held=evening,
        tomorrow=make_session(world.group, starts_at=MONDAY_START + timedelta(days=1)),
        late=late,
        note=ClientNote.objects.get(session=evening, client=world.ana),
        alert=red_alert(world, world.ana, now=NOW - timedelta(hours=1)),
        task=FollowUp.objects.get(client=world.ben, session__title="Late hour"),
        dispute=raise_dispute(
            actor=world.actor(world.ana), session=evening, client=world.ana, text="I came at six.", now=NOW
        ),
        contact=EmergencyContact.objects.create(
            program=world.program, client=world.ana, name="Rosa", phone="555-0142"
        ),
        place=GroupStaff.objects.get(group=world.group, person=world.cofacilitator),
        role=StaffRole.objects.get(program=world.program, person=world.records),
        coverage=coverage,
        authorisation=Authorisation.objects.create(
            program=world.program, client=world.ana, coverage=coverage, units=48, starts_on=MONDAY,
            ends_on=MONDAY + timedelta(days=30), recorded_at=NOW,
        ),
        proposal=ProposedCorrection.objects.create(
            program=world.program, session=evening, client=world.ana, base_version=1, credited_minutes=80,
            reason="Left at ten to seven.", proposed_by=world.facilitator, proposed_at=NOW,
        ),
        log=start_import(
            actor=world.actor(world.facilitator), session=evening, vendor=Vendor.JITSI,
            raw=log_of(world.ana.person_id).encode(), written=Written(world.program.zone), now=NOW,
        ),
        substitute=SessionStaff.objects.create(
            program=world.program, session=late, person=world.supervisor, added_at=NOW
        ),
        absence=Absence.objects.create(
            program=world.program, person=world.clinician, starts_at=NOW + timedelta(days=2),
            ends_at=NOW + timedelta(days=3), recorded_by=world.clinician, recorded_at=NOW,
        ),
        holiday=Holiday.objects.create(program=world.program, on=MONDAY + timedelta(days=4), name="Parade"),
        waits=waits,
        offer=offer,
    )  # fmt: skip


def paid_by(world: World) -> Coverage:
    """A payer of Harbor covers Ana."""
    payer = Payer.objects.create(program=world.program, name="Northern Health", rule="unit15")
    return Coverage.objects.create(program=world.program, client=world.ana, payer=payer, starts_on=MONDAY)


def log_of(account: UUID, *, minutes: int = 30) -> str:
    """A log of another service, in which this account was there for the first minutes."""
    begin = int(MONDAY_START.timestamp())
    who = {
        "id": str(account),
        "name": "A.",
        "occupant_jid": "r@c/1",
        "joined_at": begin,
        "left_at": begin + 60 * minutes,
    }
    return json.dumps({"event_name": "muc-room-destroyed", "all_occupants": [who]})


def drafts(scene: Scene, *, version: int = 1) -> dict[str, Any]:
    """Complete notes for the evening."""
    return {
        "group": {"version": version, "topic": "Triggers", "intervention": "Role play in pairs."},
        "clients": [{"client_id": str(scene.world.ana.pk), "version": version, **COMPLETE}],
    }


def answers(**given: Any) -> dict[str, Any]:
    """A quiet evening's check-in."""
    return {"submission_id": str(uuid4()), "mood": 7, "urge": 2, "used": False, "safety": False, **given}


def ask(browser: Browser, method: str, path: str, body: Any = None, **headers: Any) -> HttpResponse:
    """One request whose effects stay."""
    data = "" if body is None else json.dumps(body)
    return browser.generic(method, BASE + path, data, content_type="application/json", **headers)


def tried(browser: Browser, method: str, path: str, body: Any = None, **headers: Any) -> HttpResponse:
    """One request whose effects on the rows are undone."""
    with transaction.atomic():
        response = ask(browser, method, path, body, **headers)
        transaction.set_rollback(True)
    return response
