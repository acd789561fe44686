"""Who may do what: one table of role x permission, and the `needs` marker every edge carries.

Roles are held per program (`groups.StaffRole`, `groups.Client`). The table says what a role may do at all; which
objects a person may do it to is decided by each app's `access.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar


class Role(StrEnum):
    """What a person is in one program."""

    CLIENT = "client"
    FACILITATOR = "facilitator"
    CLINICIAN = "clinician"
    SUPERVISOR = "supervisor"
    DIRECTOR = "director"
    RECORDS = "records"
    ADMIN = "admin"


STAFF_ROLES = frozenset(Role) - {Role.CLIENT}


class Permission(StrEnum):
    """One thing that can be allowed or refused."""

    # edges without a role
    PUBLIC = "public"  # nobody needs to be signed in
    SIGNED_IN = "signed_in"  # anybody who is signed in
    SYSTEM = "system"  # the scheduler, the worker and the `vio` command

    # client
    OWN_PAGES = "own_pages"  # home, my week, help
    OWN_CHECKIN = "own_checkin"
    OWN_ATTENDANCE = "own_attendance"

    # room
    JOIN_ROOM = "join_room"
    TAKE_PART = "take_part"  # chat, hand, silent hand
    HOST_ROOM = "host_room"  # admit, remove, start, break, end, chat mode

    # staff
    STAFF_PAGES = "staff_pages"
    OWN_ABSENCES = "own_absences"  # say when oneself is away, and who covers
    TONIGHT_BOARD = "tonight_board"
    SEE_ATTENDANCE = "see_attendance"
    CORRECT_ATTENDANCE = "correct_attendance"
    ATTEST_ATTENDANCE = "attest_attendance"
    CORRECT_ATTESTED = "correct_attested"  # change a sheet that was signed and locked
    IMPORT_LOGS = "import_logs"  # join and leave logs of other services: who is who, and counting them
    SEE_NOTES = "see_notes"
    WRITE_NOTES = "write_notes"
    SIGN_NOTES = "sign_notes"
    SEE_CLIENTS = "see_clients"
    SEE_CHECKINS = "see_checkins"
    SEE_ALERTS = "see_alerts"
    ACT_ON_ALERTS = "act_on_alerts"
    SEE_FOLLOW_UP = "see_follow_up"
    ACT_ON_FOLLOW_UP = "act_on_follow_up"
    EXCUSE_MISS = "excuse_miss"  # accept what a client had said as the excuse, in a follow-up of one's own
    SEE_HOURS = "see_hours"

    # program administration
    SEE_PROGRAM = "see_program"
    MANAGE_PROGRAM = "manage_program"
    MANAGE_ENROLMENT = "manage_enrolment"
    MANAGE_GROUPS = "manage_groups"
    MANAGE_STAFF = "manage_staff"
    SEE_AUDIT = "see_audit"


_P = Permission
_EVERYBODY = frozenset({_P.PUBLIC, _P.SIGNED_IN})
_STAFF = _EVERYBODY | {_P.STAFF_PAGES, _P.OWN_ABSENCES, _P.TONIGHT_BOARD, _P.SEE_PROGRAM}
_FACILITATOR = _STAFF | {
    _P.JOIN_ROOM, _P.TAKE_PART, _P.HOST_ROOM, _P.SEE_ATTENDANCE, _P.CORRECT_ATTENDANCE, _P.ATTEST_ATTENDANCE,
    _P.IMPORT_LOGS, _P.SEE_NOTES, _P.WRITE_NOTES, _P.SIGN_NOTES, _P.SEE_CLIENTS, _P.SEE_CHECKINS, _P.SEE_ALERTS,
}  # fmt: skip
_CLINICIAN = _STAFF | {
    _P.JOIN_ROOM, _P.TAKE_PART, _P.SEE_ATTENDANCE, _P.SEE_NOTES, _P.WRITE_NOTES, _P.SIGN_NOTES, _P.SEE_CLIENTS,
    _P.SEE_CHECKINS, _P.SEE_ALERTS, _P.ACT_ON_ALERTS, _P.SEE_FOLLOW_UP, _P.ACT_ON_FOLLOW_UP,
    _P.EXCUSE_MISS, _P.SEE_HOURS,
}  # fmt: skip
_SUPERVISOR = _CLINICIAN | _FACILITATOR | {_P.MANAGE_ENROLMENT, _P.MANAGE_GROUPS, _P.CORRECT_ATTESTED}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.CLIENT: _EVERYBODY | {_P.OWN_PAGES, _P.OWN_CHECKIN, _P.OWN_ATTENDANCE, _P.JOIN_ROOM, _P.TAKE_PART},
    Role.FACILITATOR: _FACILITATOR,
    Role.CLINICIAN: _CLINICIAN,
    Role.SUPERVISOR: _SUPERVISOR,
    Role.DIRECTOR: _SUPERVISOR | {_P.MANAGE_PROGRAM, _P.MANAGE_STAFF, _P.SEE_AUDIT},
    Role.RECORDS: _STAFF | {_P.SEE_ATTENDANCE, _P.SEE_HOURS, _P.SEE_CLIENTS, _P.SEE_AUDIT},
    Role.ADMIN: _STAFF
    | {
        _P.MANAGE_PROGRAM,
        _P.MANAGE_ENROLMENT,
        _P.MANAGE_GROUPS,
        _P.MANAGE_STAFF,
        _P.IMPORT_LOGS,
        _P.SEE_AUDIT,
        _P.SEE_CLIENTS,
    },
}


@lru_cache(maxsize=256)
def permissions_of(roles: frozenset[Role]) -> frozenset[Permission]:
    """Everything that one of these roles carries."""
    return frozenset().union(*(ROLE_PERMISSIONS[role] for role in roles))


Edge = TypeVar("Edge", bound=Callable[..., object])


def mark(edge: Edge, permission: Permission) -> Edge:
    """Writes on a view, handler, task or command which permission it needs; guard tests read it."""
    edge.needed_permission = permission  # type: ignore[attr-defined]  # a marker on a function object
    return edge


def needed(edge: object) -> Permission | None:
    """The permission an edge was marked with, or None for an edge somebody forgot."""
    return getattr(edge, "needed_permission", None)
