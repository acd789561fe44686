"""Writes about staff: a person gets a role, its particulars change, it is withdrawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from groups.models import Person, Program, StaffRole
from groups.services.accounts import end_logins
from groups.services.enrolment import ring_person
from groups.services.leaders import end_lost_places
from groups.services.people import PersonDetails, find_or_make_person
from groups.services.programs import require_unchanged
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError
from vio.common.permissions import ROLE_PERMISSIONS, STAFF_ROLES, Permission, Role

ROLE_FIELDS = ("credentials", "licensed_states", "licence_ends", "is_on_call")
Ends = Mapping[str, date | None]
"""{state: the last day the licence counts; None: it has no end}."""


@transaction.atomic
def add_staff(
    *, actor: Actor, program: Program, person: PersonDetails, role: Role, now: datetime, credentials: str = "",
    licensed_states: Sequence[str] = (), licence_ends: Ends | None = None, is_on_call: bool = False,
) -> StaffRole:  # fmt: skip
    """Gives a person a role in a program; raises ConflictError when they hold it already."""
    actor.require(Permission.MANAGE_STAFF, program.pk)
    if role not in STAFF_ROLES:
        raise BadInputError(fields={"role": "Choose a role of the staff."})
    account, is_new = find_or_make_person(person)
    try:
        with transaction.atomic():
            row = StaffRole.objects.create(
                program=program,
                person=account,
                role=role,
                credentials=credentials.strip(),
                licensed_states=list(licensed_states),
                licence_ends=_ends(licensed_states, licence_ends or {}),
                is_on_call=is_on_call,
            )
    except IntegrityError as error:
        message = "This person has that role already."
        raise ConflictError(message, code="role_exists", fields={"role": message}) from error
    _record(actor, "staff.role_granted", row, new_account=is_new)
    end_logins(person=account, actor=actor, now=now, reason="role.granted")  # a new right, a new login (AU-5)
    return row


@transaction.atomic
def change_staff(
    *, actor: Actor, staff_role: StaffRole, credentials: str, licensed_states: Sequence[str],
    is_on_call: bool, licence_ends: Ends | None = None, mark: str | None = None,
) -> StaffRole:  # fmt: skip
    """Changes credentials, licences and the on-call flag of a role in force."""
    actor.require(Permission.MANAGE_STAFF, staff_role.program_id)
    row = StaffRole.objects.select_for_update(no_key=True).get(pk=staff_role.pk)
    if row.withdrawn_at is not None:
        raise ConflictError("This role was withdrawn.", code="role_withdrawn")
    require_unchanged(row, ROLE_FIELDS, mark)
    row.credentials, row.licensed_states = credentials.strip(), list(licensed_states)
    row.licence_ends = _ends(licensed_states, licence_ends or {})
    row.is_on_call = is_on_call
    row.save(update_fields=list(ROLE_FIELDS))
    _record(actor, "staff.role_changed", row, on_call=is_on_call)
    return row


@transaction.atomic
def withdraw_role(*, actor: Actor, staff_role: StaffRole, now: datetime) -> StaffRole:
    """Takes a role away at once: the places in groups and single sessions that it carried end, and every login of the person;
    sockets look again (AU-7).

    Raises ConflictError when it was withdrawn before, or when nobody would be left who manages the staff.
    """
    actor.require(Permission.MANAGE_STAFF, staff_role.program_id)
    program = Program.objects.select_for_update(no_key=True).get(pk=staff_role.program_id)
    withdrawn = StaffRole.objects.filter(pk=staff_role.pk, withdrawn_at=None).update(
        withdrawn_at=now, is_on_call=False
    )
    if not withdrawn:
        raise ConflictError("This role was withdrawn already.", code="role_withdrawn")
    _require_a_manager(program)
    staff_role.refresh_from_db()
    person = staff_role.person
    end_lost_places(actor=actor, person=person, program=program, now=now)
    Person.objects.filter(pk=person.pk).update(login_epoch=F("login_epoch") + 1)
    _record(actor, "staff.role_withdrawn", staff_role)
    ring_person(person.pk)
    return staff_role


def _ends(states: Sequence[str], ends: Ends) -> dict[str, str]:
    return {state: end.isoformat() for state in states if (end := ends.get(state)) is not None}


def _require_a_manager(program: Program) -> None:
    managers = [role for role in STAFF_ROLES if Permission.MANAGE_STAFF in ROLE_PERMISSIONS[role]]
    if not StaffRole.objects.filter(program=program, role__in=managers, withdrawn_at=None).exists():
        raise ConflictError(
            "Somebody must be left who can manage the staff. Give that role to another person first.",
            code="last_manager",
        )


def _record(actor: Actor, action: str, row: StaffRole, **details: bool) -> None:
    audit.record(
        actor=actor,
        action=action,
        program_id=row.program_id,
        subject=row,
        details={"role": row.role, "person": str(row.person_id), **details},
    )
