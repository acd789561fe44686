"""Writes about payers, coverages and authorisations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from groups.models import Client, Program, ServiceType
from groups.services.enrolment import lock_chart
from sessions_app.hours.authorising import UnitRule
from sessions_app.models import Authorisation, Coverage, Payer
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError
from vio.common.permissions import Permission

TERMS = ("day_minutes", "days_needed", "per_diem_from", "session_minutes", "size_floor", "size_cap")
CHANGEABLE = ("name", "code", "warn_units", "is_active")
MOST_UNITS = 100_000


def add_payer(*, actor: Actor, program: Program, values: Mapping[str, Any]) -> Payer:
    """A payer with its rule. Raises BadInputError for what is no rule, ConflictError for a name that is taken."""
    actor.require(Permission.MANAGE_PROGRAM, program.pk)
    if values.get("rule") not in set(UnitRule):
        raise BadInputError(fields={"rule": "Choose a rule from the list."})
    if set(values.get("service_types", [])) - set(ServiceType.values):
        raise BadInputError(fields={"service_types": "Choose kinds of service from the list."})
    names = (*CHANGEABLE, *TERMS, "rule", "service_types")
    payer = Payer(program=program, **{name: values[name] for name in names if name in values})
    if payer.size_cap < payer.size_floor:
        raise BadInputError(fields={"size_cap": "The largest group is smaller than the smallest."})
    return _saved(actor, payer, "payer.added")


def change_payer(*, actor: Actor, payer: Payer, values: Mapping[str, Any]) -> Payer:
    """Changes the name, the code, the warning or whether it is used (`CHANGEABLE`); the rule never."""
    actor.require(Permission.MANAGE_PROGRAM, payer.program_id)
    for name in CHANGEABLE:
        if name in values:
            setattr(payer, name, values[name])
    return _saved(actor, payer, "payer.changed")


def _saved(actor: Actor, payer: Payer, action: str) -> Payer:
    payer.name = payer.name.strip()
    if not payer.name:
        raise BadInputError(fields={"name": "A payer needs a name."})
    try:
        with transaction.atomic():
            payer.save()
            audit.record(actor=actor, action=action, program_id=payer.program_id, subject=payer)
    except IntegrityError as error:
        message = "There is a payer with this name already."
        raise ConflictError(message, code="payer_exists", fields={"name": message}) from error
    return payer


def cover_client(
    *, actor: Actor, client: Client, payer: Payer, starts_on: date, ends_on: date | None = None,
    member_number: str = "",
) -> Coverage:  # fmt: skip
    """Says who pays for a client from when. Raises BadInputError, or ConflictError while one is open already."""
    actor.require(Permission.MANAGE_ENROLMENT, client.program_id)
    if payer.program_id != client.program_id or not payer.is_active:
        raise BadInputError(fields={"payer": "Choose a payer of this program."})
    _check_dates(starts_on, ends_on)
    try:
        with transaction.atomic():
            made = Coverage.objects.create(
                program_id=client.program_id, client=client, payer=payer, starts_on=starts_on, ends_on=ends_on,
                member_number=member_number.strip(),
            )  # fmt: skip
            _record(actor, made, "coverage.added")
    except IntegrityError as error:
        message = "This payer covers the client already. End that first."
        raise ConflictError(message, code="covered_already", fields={"payer": message}) from error
    return made


@transaction.atomic
def end_coverage(*, actor: Actor, coverage: Coverage, ends_on: date) -> Coverage:
    """The last day this payer pays. Units of later days are no longer counted against its authorisations."""
    actor.require(Permission.MANAGE_ENROLMENT, coverage.program_id)
    _check_dates(coverage.starts_on, ends_on)
    coverage.ends_on = ends_on
    coverage.save(update_fields=["ends_on"])
    _record(actor, coverage, "coverage.ended")
    return coverage


@transaction.atomic
def add_authorisation(
    *, actor: Actor, coverage: Coverage, units: int, starts_on: date, ends_on: date, now: datetime,
    number: str = "",
) -> Authorisation:  # fmt: skip
    """Notes what a payer authorised; BadInputError for dates outside the coverage or no units."""
    actor.require(Permission.MANAGE_ENROLMENT, coverage.program_id)
    lock_chart(coverage.client)
    _check(coverage, units, starts_on, ends_on)
    made = Authorisation.objects.create(
        program_id=coverage.program_id, client_id=coverage.client_id, coverage=coverage, number=number.strip(),
        units=units, starts_on=starts_on, ends_on=ends_on, recorded_at=now,
    )  # fmt: skip
    _record(actor, made, "authorisation.added", units=units)
    return made


@transaction.atomic
def change_authorisation(
    *, actor: Actor, authorisation: Authorisation, units: int, ends_on: date, seen_version: int | None = None
) -> Authorisation:
    """More or fewer units, or another last day; ConflictError behind another's back. Old values stay in the audit."""
    actor.require(Permission.MANAGE_ENROLMENT, authorisation.program_id)
    row = (
        Authorisation.objects.select_for_update(of=("self",), no_key=True)
        .select_related("coverage")
        .get(pk=authorisation.pk)
    )
    if seen_version is not None and seen_version != row.version:
        raise ConflictError(
            "Somebody else changed this meanwhile. Please look first.", code="changed_meanwhile"
        )
    _check(row.coverage, units, row.starts_on, ends_on)
    before = {"units_before": row.units, "ends_on_before": row.ends_on.isoformat()}
    row.units, row.ends_on, row.version = units, ends_on, row.version + 1
    row.save(update_fields=["units", "ends_on", "version"])
    _record(actor, row, "authorisation.changed", units=units, **before)
    return row


def _check(coverage: Coverage, units: int, starts_on: date, ends_on: date) -> None:
    if not 1 <= units <= MOST_UNITS:
        raise BadInputError(fields={"units": f"From 1 to {MOST_UNITS} units."})
    _check_dates(starts_on, ends_on)
    if starts_on < coverage.starts_on or (coverage.ends_on and ends_on > coverage.ends_on):
        raise BadInputError(fields={"starts_on": "The payer does not cover all of these days."})


def _check_dates(starts_on: date, ends_on: date | None) -> None:
    if ends_on is not None and ends_on < starts_on:
        raise BadInputError(fields={"ends_on": "The last day is before the first."})


def _record(actor: Actor, row: Coverage | Authorisation, action: str, **details: Any) -> None:
    audit.record(
        actor=actor, action=action, program_id=row.program_id, subject=row, client_id=row.client_id,
        details=details,
    )  # fmt: skip
