"""Writes about clients and their episodes: charts, enrolments, dated doses, steps between levels, contacts.

Every write about one client takes the lock on the chart first, so that two people at once are served one after the
other and each sees what the other did.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from groups.models import (
    Client,
    EmergencyContact,
    Enrolment,
    LevelOfCare,
    Membership,
    PrescribedDose,
    Program,
    StaffRole,
)
from groups.rules import ENROL_WITHIN, ONE_DAY, Period, dose_problem
from groups.selectors import END_REASONS, level_on, today_of
from groups.services.people import PersonDetails, find_or_make_person
from groups.services.programs import require_unchanged
from groups.signals import roster_changing
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError
from vio.common.permissions import Permission, Role
from vio.common.realtime import ring_on_commit

CHART_FIELDS = ("privacy_name", "phone", "home_state")


def lock_chart(client: Client) -> Client:
    """The chart's row, locked until the transaction ends; rows that only point at it may be written meanwhile."""
    charts = Client.objects.select_for_update(of=("self",), no_key=True)
    return charts.select_related("program", "person").get(pk=client.pk)


def ring_person(person_id: UUID) -> None:
    """Tells every process that what this person may reach has changed: open sockets look again (AZ-6)."""
    ring_on_commit(f"person:{person_id}", {"kind": "revoked"})


# --- the chart --------------------------------------------------------------------------------------------


@transaction.atomic
def add_client(
    *, actor: Actor, program: Program, person: PersonDetails, now: datetime, privacy_name: str = "",
    phone: str = "", home_state: str = "",
) -> Client:  # fmt: skip
    """Opens a chart for a person; raises ConflictError when they have one in this program."""
    actor.require(Permission.MANAGE_ENROLMENT, program.pk)
    account, is_new = find_or_make_person(person)
    try:
        with transaction.atomic():
            client = Client.objects.create(
                program=program,
                person=account,
                privacy_name=privacy_name.strip(),
                phone=phone.strip(),
                home_state=home_state.upper(),
            )
    except IntegrityError as error:
        message = "This person has a chart here already. Open it and add a new enrolment instead."
        raise ConflictError(message, code="client_exists", fields={"email": message}) from error
    audit.record(
        actor=actor,
        action="client.added",
        program_id=program.pk,
        subject=client,
        client_id=client.pk,
        details={"new_account": is_new},
    )
    ring_person(account.pk)
    return client


@transaction.atomic
def change_client(
    *, actor: Actor, client: Client, values: Mapping[str, Any], mark: str | None = None
) -> Client:
    """Changes privacy name, phone and home state (names of `CHART_FIELDS`)."""
    actor.require(Permission.MANAGE_ENROLMENT, client.program_id)
    row = lock_chart(client)
    require_unchanged(row, CHART_FIELDS, mark)
    for name in CHART_FIELDS:
        if name in values:
            setattr(row, name, values[name])
    row.save()
    audit.record(
        actor=actor, action="client.changed", program_id=row.program_id, subject=row, client_id=row.pk
    )
    return row


# --- episodes ---------------------------------------------------------------------------------------------


@transaction.atomic
def enrol_client(
    *, actor: Actor, client: Client, level: LevelOfCare, starts_on: date, now: datetime,
    weekly_minutes: int | None = None, weekly_days: int | None = None,
    primary_clinician_id: UUID | None = None,
) -> Enrolment:  # fmt: skip
    """Begins an episode with its first dose (the level's own unless given).

    Raises ConflictError (field `starts_on`) when it would overlap another episode of this client, BadInputError for
    a date more than a year away, a dose that fits no week, or a clinician who is not on the staff.
    """
    actor.require(Permission.MANAGE_ENROLMENT, client.program_id)
    row = lock_chart(client)
    today = today_of(row.program, now)
    if abs(starts_on - today) > ENROL_WITHIN:
        raise BadInputError(fields={"starts_on": "Choose a date within a year of today."})
    if level.program_id != row.program_id:
        raise BadInputError(fields={"level": "Choose a level of this program."})
    _refuse_overlap(row, Period(starts_on))
    _check_clinician(row.program_id, primary_clinician_id)
    enrolment = Enrolment.objects.create(
        program_id=row.program_id,
        client=row,
        level=level,
        primary_clinician_id=primary_clinician_id,
        starts_on=starts_on,
    )
    minutes = level.weekly_minutes if weekly_minutes is None else weekly_minutes
    days = level.weekly_days if weekly_days is None else weekly_days
    _add_dose(enrolment, starts_on, minutes, days)
    _record(actor, "enrolment.started", enrolment, minutes=minutes, days=days)
    ring_person(row.person_id)
    return enrolment


def _refuse_overlap(client: Client, period: Period) -> None:
    for other in client.enrolments.all():
        if Period(other.starts_on, other.ends_on).overlaps(period):
            open_end = "is still open" if other.ends_on is None else f"lasts until {other.ends_on:%b %-d, %Y}"
            message = f"Another enrolment of this client {open_end}. End it first, or start later."
            raise ConflictError(message, code="enrolment_overlaps", fields={"starts_on": message})


def _check_clinician(program_id: UUID, person_id: UUID | None) -> None:
    carers = [Role.CLINICIAN, Role.SUPERVISOR, Role.DIRECTOR]
    if person_id is None:
        return
    if not StaffRole.objects.filter(
        program=program_id, person=person_id, role__in=carers, withdrawn_at=None
    ).exists():
        raise BadInputError(fields={"primary_clinician": "Choose a clinician of this program."})


def _add_dose(
    enrolment: Enrolment, starts_on: date, minutes: int, days: int,
    *, level: LevelOfCare | None = None, reason: str = "",
) -> PrescribedDose:  # fmt: skip
    problem = dose_problem(minutes, days)
    if problem:
        raise BadInputError(fields={"weekly_minutes": problem})
    return PrescribedDose.objects.create(
        program_id=enrolment.program_id,
        enrolment=enrolment,
        starts_on=starts_on,
        weekly_minutes=minutes,
        weekly_days=days,
        level=level,
        reason=reason.strip(),
    )


@transaction.atomic
def change_dose(
    *, actor: Actor, enrolment: Enrolment, starts_on: date, weekly_minutes: int, weekly_days: int,
    now: datetime, reason: str = "", level: LevelOfCare | None = None,
) -> PrescribedDose:  # fmt: skip
    """Prescribes another dose from a date on; with `level`, the step up or down it belongs to.

    Weeks before the date keep the dose they ran under, so the date may not lie before the latest change (ConflictError)
    or outside of the episode (BadInputError). A change made twice for one date replaces only one that is not in force yet.
    """
    actor.require(Permission.MANAGE_ENROLMENT, enrolment.program_id)
    lock_chart(enrolment.client)
    row = Enrolment.objects.select_related("program", "level").get(pk=enrolment.pk)
    _check_dose_date(row, starts_on, today_of(row.program, now))
    if level is not None and level.program_id != row.program_id:
        raise BadInputError(fields={"level": "Choose a level of this program."})
    row.doses.filter(starts_on=starts_on).delete()
    dose = _add_dose(row, starts_on, weekly_minutes, weekly_days, level=level, reason=reason)
    _record(
        actor,
        "enrolment.level_changed" if level else "enrolment.dose_changed",
        row,
        minutes=weekly_minutes,
        days=weekly_days,
    )
    _bring_level_up_to_date(row, today_of(row.program, now))
    return dose


def _check_dose_date(row: Enrolment, starts_on: date, today: date) -> None:
    if not Period(row.starts_on, row.ends_on).covers(starts_on):
        raise BadInputError(fields={"starts_on": "Choose a date within this enrolment."})
    if starts_on < today:
        raise BadInputError(fields={"starts_on": "Past weeks keep their dose. Choose today or a later date."})
    if starts_on - today > ENROL_WITHIN:
        raise BadInputError(fields={"starts_on": "Choose a date within a year of today."})
    if row.doses.filter(starts_on__gt=starts_on).exists():
        message = "A later change is planned already. Choose that date or a later one."
        raise ConflictError(message, code="dose_planned", fields={"starts_on": message})
    if starts_on == row.starts_on == today:
        return
    if row.doses.filter(starts_on=starts_on).exists() and starts_on <= today:
        message = "The dose was changed today already. Choose tomorrow."
        raise ConflictError(message, code="dose_changed_today", fields={"starts_on": message})


def _bring_level_up_to_date(enrolment: Enrolment, today: date) -> bool:
    level = level_on(enrolment, max(today, enrolment.starts_on))
    return bool(Enrolment.objects.filter(pk=enrolment.pk).exclude(level=level).update(level=level))


def apply_due_levels(*, now: datetime) -> int:
    """Moves enrolments to the level whose date has come; safe to run twice. Returns how many changed."""
    stepping = (
        Enrolment.objects.filter(Q(doses__level__isnull=False), ends_on=None)
        .distinct()
        .select_related("program", "level")
    )
    return sum(_bring_level_up_to_date(row, today_of(row.program, now)) for row in stepping)


@transaction.atomic
def change_clinician(*, actor: Actor, enrolment: Enrolment, primary_clinician_id: UUID | None) -> Enrolment:
    """Names another primary clinician, or none."""
    actor.require(Permission.MANAGE_ENROLMENT, enrolment.program_id)
    _check_clinician(enrolment.program_id, primary_clinician_id)
    row = Enrolment.objects.select_for_update(no_key=True).get(pk=enrolment.pk)
    row.primary_clinician_id = primary_clinician_id
    row.save(update_fields=["primary_clinician"])
    _record(actor, "enrolment.clinician_changed", row)
    return row


@transaction.atomic
def end_enrolment(
    *, actor: Actor, enrolment: Enrolment, ends_on: date, reason: str, now: datetime
) -> Enrolment:
    """Ends an episode with its last day, and with it the client's places in groups.

    The earliest last day is yesterday (from today on the client is expected nowhere). Raises ConflictError when it was
    ended before or a group after that day has begun, BadInputError for a date or reason that cannot be. Coming back
    later is a new enrolment.
    """
    actor.require(Permission.MANAGE_ENROLMENT, enrolment.program_id)
    if reason not in dict(END_REASONS):
        raise BadInputError(fields={"reason": "Choose a reason."})
    client = lock_chart(enrolment.client)
    _check_last_day(ends_on, enrolment.starts_on, today_of(client.program, now))
    _ask_about_rosters(client, ends_on, now)
    ended = Enrolment.objects.filter(pk=enrolment.pk, ends_on=None).update(ends_on=ends_on, end_reason=reason)
    if not ended:
        raise ConflictError("This enrolment has been ended already.", code="enrolment_ended")
    enrolment.refresh_from_db()
    _end_places(client, ends_on)
    _record(actor, "enrolment.ended", enrolment, reason=reason)
    ring_person(client.person_id)
    return enrolment


def _check_last_day(ends_on: date, starts_on: date, today: date) -> None:
    if ends_on < starts_on:
        raise BadInputError(fields={"ends_on": "The last day cannot be before the first."})
    if ends_on < today - ONE_DAY:
        raise BadInputError(
            fields={"ends_on": "Past rosters stay as they were. The earliest last day is yesterday."}
        )
    if ends_on - today > ENROL_WITHIN:
        raise BadInputError(fields={"ends_on": "Choose a date within a year of today."})


def _ask_about_rosters(client: Client, ends_on: date, now: datetime) -> None:
    roster_changing.send(
        sender=Enrolment,
        program_id=client.program_id,
        group_id=None,
        client_id=client.pk,
        from_date=ends_on + ONE_DAY,
        adding=False,
        now=now,
    )


def _end_places(client: Client, ends_on: date) -> None:
    places = Membership.objects.filter(client=client)
    places.filter(starts_on__gt=ends_on).delete()
    places.filter(Q(ends_on=None) | Q(ends_on__gt=ends_on)).update(ends_on=ends_on)


# --- emergency contacts -----------------------------------------------------------------------------------


@transaction.atomic
def save_contact(
    *, actor: Actor, client: Client, name: str, phone: str, relation: str, consent_given: bool,
    contact: EmergencyContact | None = None,
) -> EmergencyContact:  # fmt: skip
    """Adds or changes somebody to call; without consent they are called in a medical emergency only (F6)."""
    actor.require(Permission.MANAGE_ENROLMENT, client.program_id)
    if not name.strip() or not phone.strip():
        raise BadInputError(fields={"name": "A name and a number are needed."})
    row = contact or EmergencyContact(program_id=client.program_id, client=client)
    row.name, row.phone = name.strip(), phone.strip()
    row.relation, row.consent_given = relation.strip(), consent_given
    row.save()
    audit.record(
        actor=actor,
        action="contact.changed" if contact else "contact.added",
        program_id=client.program_id,
        subject=row,
        client_id=client.pk,
        details={"consent": consent_given},
    )
    return row


@transaction.atomic
def remove_contact(*, actor: Actor, contact: EmergencyContact) -> None:
    """Takes an emergency contact away."""
    actor.require(Permission.MANAGE_ENROLMENT, contact.program_id)
    audit.record(
        actor=actor,
        action="contact.removed",
        program_id=contact.program_id,
        subject=contact,
        client_id=contact.client_id,
    )
    EmergencyContact.objects.filter(pk=contact.pk).delete()


def _record(
    actor: Actor, action: str, enrolment: Enrolment, *, reason: str = "", minutes: int = 0, days: int = 0
) -> None:
    audit.record(
        actor=actor,
        action=action,
        program_id=enrolment.program_id,
        subject=enrolment,
        client_id=enrolment.client_id,
        reason=reason,
        details={"weekly_minutes": minutes, "weekly_days": days} if minutes or days else None,
    )
