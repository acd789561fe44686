"""Writes about absences: somebody of the staff will be away, for another time than was said, or is back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from groups.cover import answering_roles
from groups.models import Absence, Program, StaffRole
from groups.rules import PLAN_WITHIN
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError
from vio.common.permissions import Permission


@transaction.atomic
def add_absence(
    *, actor: Actor, program: Program, person_id: UUID, starts_at: datetime, ends_at: datetime,
    cover_id: UUID | None, now: datetime,
) -> Absence:  # fmt: skip
    """Notes that somebody of the staff is away from `starts_at` until `ends_at` (UTC), and who stands in.

    For oneself, or by who manages the staff. Raises BadInputError for times or a cover that cannot be, ConflictError
    (`absence_overlaps`) where this person is away already.
    """
    _require(actor, program.pk, person_id)
    _lock(program.pk, person_id)
    _check_times(starts_at, ends_at, now)
    _check_cover(program.pk, person_id, cover_id)
    _refuse_overlap(program.pk, person_id, starts_at, ends_at)
    row = Absence.objects.create(
        program=program, person_id=person_id, starts_at=starts_at, ends_at=ends_at, cover_id=cover_id,
        recorded_by_id=actor.who, recorded_at=now,
    )  # fmt: skip
    _record(actor, "absence.added", row)
    return row


@transaction.atomic
def change_absence(
    *, actor: Actor, absence: Absence, starts_at: datetime, ends_at: datetime, cover_id: UUID | None,
    now: datetime,
) -> Absence:  # fmt: skip
    """Another time or another cover, for an absence that is not over; what was handed over already stays there.

    Raises as `add_absence`; ConflictError (`absence_over`) when it is over or was called off.
    """
    row = _running(actor, absence, now)
    if row.starts_at <= now and starts_at != row.starts_at:
        raise BadInputError(fields={"starts_at": "This absence has begun; only its end can change."})
    _check_times(starts_at, ends_at, now)
    _check_cover(row.program_id, row.person_id, cover_id)
    _refuse_overlap(row.program_id, row.person_id, starts_at, ends_at, but=row.pk)
    row.starts_at, row.ends_at, row.cover_id = starts_at, ends_at, cover_id
    row.save(update_fields=["starts_at", "ends_at", "cover"])
    _record(actor, "absence.changed", row)
    return row


@transaction.atomic
def end_absence(*, actor: Actor, absence: Absence, now: datetime) -> None:
    """The person is back now; one that has not begun is called off and goes.

    What was handed over does not come back by itself. Raises ConflictError (`absence_over`) when it is over.
    """
    row = _running(actor, absence, now)
    if row.starts_at >= now:
        _record(actor, "absence.called_off", row)
        Absence.objects.filter(pk=row.pk).delete()
        return
    row.ends_at = now
    row.save(update_fields=["ends_at"])
    _record(actor, "absence.ended", row)


def _require(actor: Actor, program_id: UUID, person_id: UUID) -> None:
    own = actor.person_id == person_id
    actor.require(Permission.OWN_ABSENCES if own else Permission.MANAGE_STAFF, program_id)


def _lock(program_id: UUID, person_id: UUID) -> None:
    """Holds the roles of the person: two absences of one person are checked one after the other."""
    held = StaffRole.objects.select_for_update(no_key=True).filter(
        program=program_id, person=person_id, withdrawn_at=None
    )
    if not list(held.order_by("pk").values_list("pk")):
        raise BadInputError(fields={"person": "Choose somebody of the staff."})


def _running(actor: Actor, absence: Absence, now: datetime) -> Absence:
    _require(actor, absence.program_id, absence.person_id)
    _lock(absence.program_id, absence.person_id)
    row = Absence.objects.select_for_update(no_key=True).filter(pk=absence.pk, ends_at__gt=now).first()
    if row is None:
        raise ConflictError("This absence is over.", code="absence_over")
    return row


def _check_times(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    if ends_at <= starts_at:
        raise BadInputError(fields={"ends_at": "The end must come after the start."})
    if ends_at <= now:
        raise BadInputError(fields={"ends_at": "The end is past. Choose a later one."})
    if ends_at - now > PLAN_WITHIN:
        raise BadInputError(fields={"ends_at": "Choose an end within two years of today."})


def _check_cover(program_id: UUID, person_id: UUID, cover_id: UUID | None) -> None:
    if cover_id is None:
        return
    if cover_id == person_id:
        raise BadInputError(fields={"cover": "Nobody can cover for themselves."})
    if not answering_roles(program_id).filter(person=cover_id).exists():
        raise BadInputError(fields={"cover": "Choose somebody of the clinical team."})


def _refuse_overlap(
    program_id: UUID, person_id: UUID, starts_at: datetime, ends_at: datetime, *, but: UUID | None = None
) -> None:
    same = Absence.objects.filter(program=program_id, person=person_id)
    others = same.filter(starts_at__lt=ends_at, ends_at__gt=starts_at).values_list("pk", flat=True)
    if set(others) - {but}:
        message = "This person is away already in that time. Change that absence instead."
        raise ConflictError(message, code="absence_overlaps", fields={"starts_at": message})


def _record(actor: Actor, action: str, row: Absence) -> None:
    audit.record(
        actor=actor, action=action, program_id=row.program_id, subject=row,
        details={
            "person": str(row.person_id), "cover": str(row.cover_id or ""),
            "starts_at": row.starts_at.isoformat(), "ends_at": row.ends_at.isoformat(),
        },
    )  # fmt: skip
