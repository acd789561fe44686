"""The staff of one session: who leads it, a substitute, and back again."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from django.utils import timezone
from pydantic import Field

from sessions_app.access import session_for, session_staff_for
from sessions_app.models import SessionStaff
from sessions_app.staffing.leaders import Leader, leaders_of, person_of
from sessions_app.staffing.services import add_session_staff as add
from sessions_app.staffing.services import end_session_staff as end
from vio.common.api.edges import Edges
from vio.common.api.schemas import Anyway, Input, Instant, Output
from vio.common.http import PageRequest
from vio.common.permissions import Permission

edges = Edges("session staff")


class SubstituteIn(Input):
    """Who comes, and in place of whom; without that they lead it together."""

    person_id: UUID
    role: Literal["facilitator", "cofacilitator", "observer"] = "facilitator"
    stands_in_for_id: UUID | None = None
    anyway: bool = Field(default=False, description="Whether to do it in spite of warnings.")


class EndPlaceIn(Input):
    """`anyway` answers what was asked; without it, or without a body, it is asked."""

    anyway: Anyway = False


class SessionLeaderOut(Output):
    """Somebody on the staff of one session; `place_id` is there for a place in this session alone."""

    person_id: UUID
    name: str
    role: str
    place_id: UUID | None
    stands_in_for_id: UUID | None


class SessionStaffOut(Output):
    """Everybody on the staff of one session, who leads it first."""

    leaders: list[SessionLeaderOut]


class SessionPlaceOut(Output):
    """A place in one session."""

    id: UUID
    session_id: UUID
    person_id: UUID
    role: str
    stands_in_for_id: UUID | None
    added_at: Instant
    ended_at: Instant | None


def _leader_out(each: Leader) -> SessionLeaderOut:
    place = each.substitute
    return SessionLeaderOut(
        person_id=each.person.pk, name=each.person.full_name, role=each.role,
        place_id=place.pk if place else None, stands_in_for_id=place.stands_in_for_id if place else None,
    )  # fmt: skip


def _place_out(row: SessionStaff) -> SessionPlaceOut:
    return SessionPlaceOut(
        id=row.pk, session_id=row.session_id, person_id=row.person_id, role=row.role,
        stands_in_for_id=row.stands_in_for_id, added_at=row.added_at, ended_at=row.ended_at,
    )  # fmt: skip


@edges.get("/sessions/{uuid:session_id}/staff", Permission.SEE_PROGRAM, SessionStaffOut)
def list_session_staff(request: PageRequest, session_id: UUID) -> SessionStaffOut:
    """Who leads one session, substitutes taken into account."""
    session = session_for(request.actor, session_id, Permission.SEE_PROGRAM)
    return SessionStaffOut(leaders=[_leader_out(each) for each in leaders_of(session)])


@edges.post("/sessions/{uuid:session_id}/staff", Permission.MANAGE_GROUPS, SessionPlaceOut, status=201)
def add_session_staff(request: PageRequest, session_id: UUID, body: SubstituteIn) -> SessionPlaceOut:
    """Puts somebody on one session; it holds at once, in an open room too."""
    session = session_for(request.actor, session_id, Permission.MANAGE_GROUPS)
    away = person_of(session, body.stands_in_for_id) if body.stands_in_for_id else None
    row = add(
        actor=request.actor, session=session, person=person_of(session, body.person_id), role=body.role,
        stands_in_for=away, now=timezone.now(), anyway=body.anyway,
    )  # fmt: skip
    return _place_out(row)


@edges.post("/session-staff/{uuid:session_staff_id}/end", Permission.MANAGE_GROUPS, SessionPlaceOut)
def end_session_staff(
    request: PageRequest, session_staff_id: UUID, body: EndPlaceIn | None = None
) -> SessionPlaceOut:
    """Ends a place in one session: whom they stood in for leads it again.

    Where they lead elsewhere, or nobody who leads then is licensed for a client's home state, it is asked about (`anyway`).
    """
    place = session_staff_for(request.actor, session_staff_id, Permission.MANAGE_GROUPS)
    anyway = body.anyway if body is not None else False
    return _place_out(end(actor=request.actor, place=place, now=timezone.now(), anyway=anyway))
