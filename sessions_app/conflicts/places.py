"""What speaks against a place in a group: the same person elsewhere at the same time, a state nobody who leads is licensed in.

The place stands in its table already, in a transaction that has not ended: what is read is what would be true.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from groups.models import GroupStaff, Membership
from groups.selectors import today_of
from sessions_app.conflicts.ahead import meetings
from sessions_app.conflicts.reading import compare
from sessions_app.conflicts.rules import Conflict, Kind
from sessions_app.models import SessionStaff

LOOK_AHEAD = timedelta(days=28)
"""How far from its beginning a place is looked at: what repeats has come round by then."""


def conflicts_of_place(place: Membership | GroupStaff, *, now: datetime) -> list[Conflict]:
    """What the place of a client or a leader runs into in its first four weeks, in order of time; nothing for an observer."""
    if isinstance(place, GroupStaff) and place.role == "observer":
        return []
    program = place.program
    first = max(place.starts_on, today_of(program, now))
    last = min(place.ends_on or first + LOOK_AHEAD, first + LOOK_AHEAD)
    mine = meetings(program, first, last, now=now, groups=[place.group_id])
    others = _groups_of_member(place) if isinstance(place, Membership) else _groups_of_leader(place)
    standing = meetings(program, first, last, now=now, groups=others - {place.group_id})
    who = place.client_id if isinstance(place, Membership) else place.person_id
    home = place.client.home_state if isinstance(place, Membership) else None
    return [
        found for found in compare(program, mine, standing)
        if (found.who == who and _is_elsewhere(found)) or (found.kind is Kind.NO_LICENCE and _concerns(found, home))
    ]  # fmt: skip


def _is_elsewhere(found: Conflict) -> bool:
    """Whether it is another group; two meetings of one group at once are no matter of a place in it."""
    return found.other is not None and found.other.group != found.meeting.group


def _concerns(found: Conflict, home: str | None) -> bool:
    """Whether a licence is missing because of this place: of this client's state, and beside somebody who leads.

    A group that nobody leads yet is a gap of its own and told elsewhere.
    """
    return (home is None or found.state == home) and bool(found.meeting.leaders)


def _groups_of_member(place: Membership) -> set[UUID]:
    others = Membership.objects.filter(client=place.client_id).exclude(ends_on__lt=place.starts_on)
    return set(others.values_list("group", flat=True))


def _groups_of_leader(place: GroupStaff) -> set[UUID]:
    still = Q(ends_on=None) | Q(ends_on__gte=place.starts_on)
    led = GroupStaff.objects.filter(still, program=place.program_id, person=place.person_id)
    alone = SessionStaff.objects.filter(
        program=place.program_id, person=place.person_id, ended_at=None,
        session__local_date__gte=place.starts_on,
    )  # fmt: skip
    return {*led.values_list("group", flat=True), *alone.values_list("session__group", flat=True)}
