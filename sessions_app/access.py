"""From an id to a session, for an actor and a permission: the only way there (AZ-2).

A client reaches the sessions of a group on the dates they were a member and enrolled; a facilitator those held while
they led the group, all of a group's while they lead it, and single ones they stand in for; every other staff role those
of its program. Whom somebody stands in for still sees the session and may do nothing in it. Out of reach answers exactly
as absent (NotFoundError); in reach without the right is NotAllowedError.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from groups.access import PROGRAM_WIDE, leading_today, led, one, programs_by_role
from groups.models import Enrolment, GroupStaff, Membership
from sessions_app.models import Session, SessionStaff
from sessions_app.staffing.leaders import standing_in
from vio.common.actors import Actor
from vio.common.permissions import Permission, Role


def covers(day: F | OuterRef) -> Q:
    """Rows with `starts_on` and `ends_on` (both included) that cover a date of the outer query."""
    return Q(starts_on__lte=day) & (Q(ends_on=None) | Q(ends_on__gte=day))


# What is done in or about a session by who leads it: on the evening of a substitute, by the substitute.
LEADING = frozenset(
    {
        Permission.JOIN_ROOM,
        Permission.TAKE_PART,
        Permission.HOST_ROOM,
        Permission.WRITE_NOTES,
        Permission.SIGN_NOTES,
        Permission.CORRECT_ATTENDANCE,
        Permission.ATTEST_ATTENDANCE,
        Permission.IMPORT_LOGS,
    }
)


def expected_memberships() -> QuerySet[Membership]:
    """Inside a query of sessions: the places of the clients expected in each (member and enrolled on its date)."""
    on = OuterRef("local_date")
    enrolled = Enrolment.objects.filter(covers(OuterRef(OuterRef("local_date"))), client=OuterRef("client"))
    return Membership.objects.filter(covers(on), Exists(enrolled), group=OuterRef("group"))


def sessions_for(
    actor: Actor, permission: Permission | None, *, now: datetime | None = None
) -> QuerySet[Session]:
    """The sessions this actor may do that to; `now` defaults to the clock. With None: that they come near at all."""
    if actor.system:
        return Session.objects.all()
    own = programs_by_role(actor, permission, frozenset({Role.CLIENT}))
    expected = expected_memberships().filter(program__in=own, client__person=actor.person_id)
    then: QuerySet[GroupStaff] = led(actor, permission).filter(
        covers(OuterRef("local_date")), group=OuterRef("group")
    )
    today = leading_today(actor, permission, now=now).filter(group=OuterRef("group"))
    leading = Q(Exists(then)) | Q(Exists(today))
    if permission in LEADING:
        away = SessionStaff.objects.filter(
            session=OuterRef("pk"), stands_in_for=actor.person_id, ended_at=None
        )
        leading &= ~Q(Exists(away))
    leading |= Q(Exists(standing_in(actor, permission).filter(session=OuterRef("pk"))))
    reach = Q(program__in=programs_by_role(actor, permission, PROGRAM_WIDE))
    return Session.objects.filter(reach | leading | Q(Exists(expected)))


def session_staff_for(actor: Actor, place_id: UUID, permission: Permission) -> SessionStaff:
    """A place on the staff of one session in reach; raises NotFoundError or NotAllowedError."""
    return one(
        lambda p: SessionStaff.objects.filter(session__in=sessions_for(actor, p)).select_related(
            "program", "session__group", "person"
        ),
        place_id,
        permission,
    )


def session_for(
    actor: Actor,
    session_id: UUID,
    permission: Permission,
    *,
    now: datetime | None = None,
    related: tuple[str, ...] = (),
) -> Session:
    """The session with its group, its program and what else is `related`; raises NotFoundError or NotAllowedError."""
    return one(
        lambda p: sessions_for(actor, p, now=now).select_related("group", "program", *related),
        session_id,
        permission,
    )
