"""From an id to an object of this app, for an actor and a permission: the only way there (AZ-2).

Each question has two halves. *Reach* says which rows a role comes near at all: a client their own chart and groups, a
facilitator the groups they lead today, every other staff role its whole program. The permission table says what may
be done there. Out of reach answers exactly as absent (NotFoundError); in reach without the right is NotAllowedError.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.utils import timezone

from groups.models import (
    Absence,
    Client,
    EmergencyContact,
    Enrolment,
    Group,
    GroupStaff,
    Holiday,
    LevelOfCare,
    Membership,
    NoContact,
    Program,
    SeatOffer,
    Series,
    StaffRole,
    WaitlistEntry,
)
from groups.signals import groups_covered_asked
from vio.common.actors import Actor
from vio.common.errors import NotAllowedError, NotFoundError
from vio.common.permissions import ROLE_PERMISSIONS, STAFF_ROLES, Permission, Role

Row = TypeVar("Row", bound=Model)
PROGRAM_WIDE = STAFF_ROLES - {Role.FACILITATOR}
# An observer of a group (a trainee, an interpreter) looks on and may do nothing to it.
OBSERVER_MAY = frozenset(
    {
        Permission.JOIN_ROOM,
        Permission.TONIGHT_BOARD,
        Permission.SEE_PROGRAM,
        Permission.SEE_ATTENDANCE,
        Permission.SEE_CLIENTS,
    }
)


def programs_by_role(actor: Actor, permission: Permission | None, roles: frozenset[Role]) -> frozenset[UUID]:
    """The programs where one of these roles carries the permission; with None, where one is held at all."""
    return frozenset(
        program_id
        for program_id, held in actor.roles.items()
        if any(permission is None or permission in ROLE_PERMISSIONS[role] for role in held & roles)
    )


def in_force(on: date) -> Q:
    """Rows with `starts_on` and `ends_on` (both included) that cover a local date."""
    return Q(starts_on__lte=on) & (Q(ends_on=None) | Q(ends_on__gte=on))


def led(actor: Actor, permission: Permission | None) -> QuerySet[GroupStaff]:
    """The actor's own places as a leader of groups that carry the permission, whatever their dates."""
    programs = programs_by_role(actor, permission, frozenset({Role.FACILITATOR}))
    places = GroupStaff.objects.filter(program__in=programs, person=actor.person_id)
    if permission is not None and permission not in OBSERVER_MAY:
        places = places.exclude(role="observer")
    return places


def _rows(actor: Actor, program_ids: frozenset[UUID]) -> list[Program]:
    """The rows of programs the actor has a role in: those already read with the roles, or else asked for."""
    if program_ids <= actor.known.keys():
        return [actor.known[program_id] for program_id in program_ids]
    return list(Program.objects.filter(pk__in=program_ids))


def local_dates(
    actor: Actor, program_ids: frozenset[UUID], *, now: datetime | None = None
) -> dict[UUID, date]:
    """{program id: its date now} for programs of the actor, each in the program's own zone (R1)."""
    at = now or timezone.now()
    return {p.pk: at.astimezone(p.zone).date() for p in _rows(actor, program_ids)}


def leading_today(
    actor: Actor, permission: Permission | None, *, now: datetime | None = None
) -> QuerySet[GroupStaff]:
    """The actor's places as a leader that are in force today, in each program's zone."""
    programs = programs_by_role(actor, permission, frozenset({Role.FACILITATOR}))
    today = Q(pk__in=[])
    for program_id, on in local_dates(actor, programs, now=now).items():
        today |= Q(program=program_id) & in_force(on)
    return led(actor, permission).filter(today)


def covered(actor: Actor, permission: Permission | None, *, now: datetime | None = None) -> Q:
    """Groups the actor leads for one session about now, standing in for somebody; on rows of groups."""
    found = Q(pk__in=[])
    if any(Role.FACILITATOR in held for held in actor.roles.values()):
        asked = groups_covered_asked.send(
            sender=Group, actor=actor, permission=permission, now=now or timezone.now()
        )
        for _, groups in asked:
            found |= Q(pk__in=groups)
    return found


def programs_for(actor: Actor, permission: Permission | None) -> QuerySet[Program]:
    """The programs in which the actor may do that (with None: holds any role)."""
    if actor.system:
        return Program.objects.all()
    return Program.objects.filter(pk__in=programs_by_role(actor, permission, frozenset(Role)))


def groups_for(
    actor: Actor, permission: Permission | None, *, now: datetime | None = None
) -> QuerySet[Group]:
    """The groups this actor may do that to; `now` defaults to the clock."""
    if actor.system:
        return Group.objects.all()
    reach = Q(program__in=programs_by_role(actor, permission, PROGRAM_WIDE))
    reach |= Q(Exists(leading_today(actor, permission, now=now).filter(group=OuterRef("pk"))))
    reach |= covered(actor, permission, now=now)
    own = programs_by_role(actor, permission, frozenset({Role.CLIENT}))
    for program_id, on in local_dates(actor, own, now=now).items():
        places = Membership.objects.filter(in_force(on), program=program_id, client__person=actor.person_id)
        reach |= Q(Exists(places.filter(group=OuterRef("pk"))))
    return Group.objects.filter(reach)


def clients_for(
    actor: Actor, permission: Permission | None, *, now: datetime | None = None
) -> QuerySet[Client]:
    """The charts this actor may do that to: all of the program, the members of the groups led today, or one's own.

    A facilitator loses a client's chart the day after the client left their last group; the sessions they held
    together stay open to them (`sessions_app.access`).
    """
    if actor.system:
        return Client.objects.all()
    reach = Q(program__in=programs_by_role(actor, permission, PROGRAM_WIDE))
    reach |= Q(
        program__in=programs_by_role(actor, permission, frozenset({Role.CLIENT})), person=actor.person_id
    )
    leading = leading_today(actor, permission, now=now)
    covering = Group.objects.filter(covered(actor, permission, now=now)).values("pk")
    led_in = programs_by_role(actor, permission, frozenset({Role.FACILITATOR}))
    for program_id, on in local_dates(actor, led_in, now=now).items():
        members = Membership.objects.filter(
            Q(ends_on=None) | Q(ends_on__gte=on),
            program=program_id,
            client=OuterRef("pk"),
        ).filter(Q(group__in=leading.filter(program=program_id).values("group")) | Q(group__in=covering))
        reach |= Q(Exists(members))
    return Client.objects.filter(reach)


def one(rows: Callable[[Permission | None], QuerySet[Row]], key: UUID, permission: Permission) -> Row:
    """The row with that id; NotFoundError out of reach, NotAllowedError in reach without the right."""
    found = rows(permission).filter(pk=key).first()
    if found is not None:
        return found
    if rows(None).filter(pk=key).exists():
        raise NotAllowedError
    raise NotFoundError


def program_for(actor: Actor, program_id: UUID, permission: Permission) -> Program:
    """The program; raises NotFoundError or NotAllowedError."""
    if program_id in actor.known and program_id in programs_by_role(actor, permission, frozenset(Role)):
        found: Program = actor.known[program_id]
        return found
    return one(lambda p: programs_for(actor, p), program_id, permission)


def program_or_first(actor: Actor, program_id: UUID | None, permission: Permission) -> Program:
    """The program that was asked for, or the first by name in which the actor may do this; NotFoundError."""
    if program_id is not None:
        return program_for(actor, program_id, permission)
    allowed = programs_by_role(actor, permission, frozenset(Role))
    if actor.known and allowed:
        return min(_rows(actor, allowed), key=lambda program: (program.name, program.pk))
    found = programs_for(actor, permission).order_by("name", "pk").first()
    if found is None:
        raise NotFoundError
    return found


def first_program(actor: Actor) -> Program | None:
    """The program whose line stands on every page of this person; None without a role."""
    return min(_rows(actor, actor.program_ids), key=lambda program: program.pk, default=None)


def group_for(actor: Actor, group_id: UUID, permission: Permission, *, now: datetime | None = None) -> Group:
    """The group with its program; raises NotFoundError or NotAllowedError."""
    return one(lambda p: groups_for(actor, p, now=now).select_related("program"), group_id, permission)


def reaches_all(actor: Actor, permission: Permission, program_id: UUID) -> bool:
    """Whether every chart of the program is in reach: then its rows need not be compared with `clients_for` one by one."""
    return actor.system or program_id in programs_by_role(actor, permission, PROGRAM_WIDE)


def client_for(
    actor: Actor, client_id: UUID, permission: Permission, *, now: datetime | None = None
) -> Client:
    """The chart with its person and program; raises NotFoundError or NotAllowedError."""
    return one(
        lambda p: clients_for(actor, p, now=now).select_related("program", "person"), client_id, permission
    )


def own_client(actor: Actor, permission: Permission, *, program_id: UUID | None = None) -> Client:
    """The acting person's own chart (of the program given, or the newest); raises NotFoundError."""
    charts = Client.objects.filter(
        program__in=programs_by_role(actor, permission, frozenset({Role.CLIENT})), person=actor.person_id
    ).select_related("program", "person")
    if program_id is not None:
        charts = charts.filter(program=program_id)
    chart = charts.order_by("-created_at").first()
    if chart is None:
        raise NotFoundError
    return chart


def enrolment_for(actor: Actor, enrolment_id: UUID, permission: Permission) -> Enrolment:
    """An episode of a client in reach; raises NotFoundError or NotAllowedError."""
    return one(
        lambda p: Enrolment.objects.filter(client__in=clients_for(actor, p)).select_related(
            "program", "client__person", "level"
        ),
        enrolment_id,
        permission,
    )


def contact_for(actor: Actor, contact_id: UUID, permission: Permission) -> EmergencyContact:
    """An emergency contact of a client in reach; raises NotFoundError or NotAllowedError."""
    return one(
        lambda p: EmergencyContact.objects.filter(client__in=clients_for(actor, p)).select_related(
            "program", "client__person"
        ),
        contact_id,
        permission,
    )


def membership_for(actor: Actor, membership_id: UUID, permission: Permission) -> Membership:
    """A place in a group in reach; raises NotFoundError or NotAllowedError."""
    return one(
        lambda p: Membership.objects.filter(group__in=groups_for(actor, p)).select_related(
            "program", "group", "client__person"
        ),
        membership_id,
        permission,
    )


def no_contact_for(actor: Actor, no_contact_id: UUID, permission: Permission) -> NoContact:
    """A pair kept apart, of two clients in reach; raises NotFoundError or NotAllowedError."""
    return one(
        lambda p: NoContact.objects.filter(
            first__in=clients_for(actor, p), second__in=clients_for(actor, p)
        ).select_related("program", "first__person", "second__person"),
        no_contact_id,
        permission,
    )


def group_staff_for(actor: Actor, place_id: UUID, permission: Permission) -> GroupStaff:
    """A leader's place in a group in reach; raises NotFoundError or NotAllowedError."""
    return one(
        lambda p: GroupStaff.objects.filter(group__in=groups_for(actor, p)).select_related(
            "program", "group", "person"
        ),
        place_id,
        permission,
    )


def series_for(actor: Actor, series_id: UUID, permission: Permission) -> Series:
    """A timetable of a group in reach; raises NotFoundError or NotAllowedError."""
    return one(
        lambda p: Series.objects.filter(group__in=groups_for(actor, p)).select_related("program", "group"),
        series_id,
        permission,
    )


def level_for(actor: Actor, level_id: UUID, permission: Permission) -> LevelOfCare:
    """A level of care of a program in reach; raises NotFoundError or NotAllowedError."""
    return one(
        lambda p: LevelOfCare.objects.filter(program__in=programs_for(actor, p)).select_related("program"),
        level_id,
        permission,
    )


def holiday_for(actor: Actor, holiday_id: UUID, permission: Permission) -> Holiday:
    """A holiday of a program in reach; raises NotFoundError or NotAllowedError."""
    return one(
        lambda p: Holiday.objects.filter(program__in=programs_for(actor, p)).select_related("program"),
        holiday_id,
        permission,
    )


def staff_role_for(actor: Actor, role_id: UUID, permission: Permission) -> StaffRole:
    """A role somebody holds in a program in reach; raises NotFoundError or NotAllowedError."""
    return one(
        lambda p: StaffRole.objects.filter(program__in=programs_for(actor, p)).select_related(
            "program", "person"
        ),
        role_id,
        permission,
    )


def absences_for(actor: Actor, permission: Permission | None) -> QuerySet[Absence]:
    """Absences the actor may change: one's own with that permission, everybody's where one manages the staff."""
    own = Q(program__in=programs_for(actor, permission), person=actor.person_id)
    managed = Q(program__in=programs_by_role(actor, Permission.MANAGE_STAFF, frozenset(Role)))
    return Absence.objects.filter(own | managed).select_related("program", "person", "cover")


def absence_for(actor: Actor, absence_id: UUID, permission: Permission) -> Absence:
    """An absence of one's own or of the staff one manages; raises NotFoundError for every other one."""
    return one(lambda p: absences_for(actor, p), absence_id, permission)


def waitlist_entry_for(actor: Actor, entry_id: UUID, permission: Permission) -> WaitlistEntry:
    """Somebody's place on the waitlist of a group in reach; raises NotFoundError or NotAllowedError."""
    return one(
        lambda p: WaitlistEntry.objects.filter(group__in=groups_for(actor, p)).select_related(
            "program", "group__program", "client__person"
        ),
        entry_id,
        permission,
    )


def own_offer(actor: Actor, offer_id: UUID) -> SeatOffer:
    """An offer made to the acting client; NotFoundError for anybody else's."""
    programs = programs_by_role(actor, Permission.OWN_PAGES, frozenset({Role.CLIENT}))
    found = (
        SeatOffer.objects.filter(pk=offer_id, client__person=actor.person_id, program__in=programs)
        .select_related("group__program", "client__person", "entry")
        .first()
    )
    if found is None:
        raise NotFoundError
    return found
