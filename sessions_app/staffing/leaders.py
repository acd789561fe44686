"""Who leads a session, with substitutes taken into account: the one answer for door, room, sheet and notes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from groups.access import OBSERVER_MAY, in_force, programs_by_role
from groups.models import GroupStaff, Person
from sessions_app.models import Session, SessionStaff
from vio.common.actors import Actor
from vio.common.errors import NotFoundError
from vio.common.permissions import Permission, Role

AROUND = timedelta(hours=12)
"""How long before its start and after its end a substitute has the charts and the group of their one session."""
ORDER = ("facilitator", "cofacilitator", "observer")


@dataclass(frozen=True)
class Leader:
    """Somebody on the staff of one session; `substitute` is the row that put them there, if one did."""

    person: Person
    role: str
    substitute: SessionStaff | None = None

    @property
    def leads(self) -> bool:
        """Whether they lead, and do not only look on."""
        return self.role != "observer"

    @property
    def words(self) -> str:
        """What they are here: "facilitator for this session only, in place of Maya Lin"."""
        role = "co-facilitator" if self.role == "cofacilitator" else self.role
        if self.substitute is None:
            return role
        away = self.substitute.stands_in_for
        return f"{role} for this session only" + (f", in place of {away.full_name}" if away else "")


def leaders_of(session: Session) -> list[Leader]:
    """The staff of a session, facilitators first, then by first name: of its group on that date, less whom somebody stands
    in for, and those of this session alone. Two queries."""
    own = list(session.staff.filter(ended_at=None).select_related("person", "stands_in_for"))
    away = {row.stands_in_for_id for row in own} | {row.person_id for row in own}
    places = GroupStaff.objects.filter(in_force(session.local_date), group=session.group_id)
    found = [
        Leader(place.person, place.role)
        for place in places.select_related("person")
        if place.person_id not in away
    ]
    found += [Leader(row.person, row.role, row) for row in own]
    return sorted(
        found, key=lambda each: (ORDER.index(each.role), each.person.first_name, str(each.person.pk))
    )


def hosts_of(session: Session) -> list[Leader]:
    """Those who lead it, without observers."""
    return [each for each in leaders_of(session) if each.leads]


def person_of(session: Session, key: str | UUID) -> Person:
    """Somebody who is or was on the staff of the session's program; raises NotFoundError."""
    found = Person.objects.filter(pk=key, staff_roles__program=session.program_id).first()
    if found is None:
        raise NotFoundError
    return found


def standing_in(actor: Actor, permission: Permission | None) -> QuerySet[SessionStaff]:
    """The actor's own places in single sessions that carry the permission, whatever their dates."""
    programs = programs_by_role(actor, permission, frozenset({Role.FACILITATOR}))
    places = SessionStaff.objects.filter(program__in=programs, person=actor.person_id, ended_at=None)
    if permission is not None and permission not in OBSERVER_MAY:
        places = places.exclude(role="observer")
    return places


def groups_covered(
    actor: Actor, permission: Permission | None, *, now: datetime
) -> QuerySet[SessionStaff, UUID]:
    """The groups whose session the actor stands in for about now: its people are theirs for that evening."""
    return (
        standing_in(actor, permission)
        .filter(session__starts_at__lte=now + AROUND, session__ends_at__gte=now - AROUND)
        .exclude(session__status=Session.Status.CANCELLED)
        .values_list("session__group_id", flat=True)
    )


def hosted(actor: Actor, sessions: Iterable[Session], led_groups: set[UUID]) -> set[UUID]:
    """Which of these sessions the actor hosts, given the groups they lead today: substitutes in, whom they relieve out."""
    rows = SessionStaff.objects.filter(session__in=[s.pk for s in sessions], ended_at=None)
    mine, relieved = set(), set()
    for session_id, person, role, away in rows.values_list("session", "person", "role", "stands_in_for"):
        if person == actor.person_id and role != "observer":
            mine.add(session_id)
        if away == actor.person_id:
            relieved.add(session_id)
    return mine | {s.pk for s in sessions if s.group_id in led_groups and s.pk not in relieved}
