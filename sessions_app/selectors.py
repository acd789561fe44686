"""Reads of WHEN that join: who is expected in a session, and the sessions of a person, a date or a week."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet

from groups.access import in_force
from groups.models import Client, Enrolment, Membership
from sessions_app.access import expected_memberships, sessions_for
from sessions_app.models import Session
from vio.common.actors import Actor
from vio.common.permissions import Permission


def _members(session: Session) -> QuerySet[Membership]:
    on = session.local_date
    enrolled = Enrolment.objects.filter(in_force(on), client=OuterRef("client"))
    return Membership.objects.filter(in_force(on), Exists(enrolled), group=session.group_id)


def expected_clients(session: Session) -> QuerySet[Client]:
    """The clients expected in a session: member of its group and enrolled on its local date (R10), by name.

    Whether the session was cancelled is not asked; past rosters never change, because dates end places.
    """
    return (
        Client.objects.filter(pk__in=_members(session).values("client"))
        .select_related("person")
        .order_by("person__first_name", "person__last_name", "pk")
    )


def is_expected(session: Session, client_id: UUID) -> bool:
    """Whether one client is expected in a session."""
    return _members(session).filter(client=client_id).exists()


def expected_by_session(session_ids: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """{session id: ids of the clients expected}, for many sessions with one query; a session without any is absent."""
    pairs = (
        Session.objects.filter(pk__in=list(session_ids))
        .annotate(expected=ArraySubquery(expected_memberships().values("client")))
        .values_list("pk", "expected")
    )
    return {session_id: set(clients) for session_id, clients in pairs if clients}


def client_sessions(client: Client, first: date, last: date) -> QuerySet[Session]:
    """The sessions a client is expected in from one local date to another (both included), in order; any status."""
    mine = expected_memberships().filter(client=client)
    return (
        Session.objects.filter(Exists(mine), program=client.program_id, local_date__range=(first, last))
        .select_related("group", "program")
        .order_by("starts_at")
    )


def client_sessions_on(client: Client, on: date) -> QuerySet[Session]:
    """The sessions a client is expected in on one local date, in order; any status."""
    return client_sessions(client, on, on)


def staff_sessions(actor: Actor, permission: Permission, first: date, last: date) -> QuerySet[Session]:
    """The sessions in an actor's reach from one local date to another (both included), in order; any status."""
    return (
        sessions_for(actor, permission)
        .filter(local_date__range=(first, last))
        .select_related("group", "program")
        .order_by("starts_at", "group__name")
    )


def staff_sessions_on(actor: Actor, permission: Permission, on: date) -> QuerySet[Session]:
    """The sessions in an actor's reach on one local date, in order; any status."""
    return staff_sessions(actor, permission, on, on)


def week_sessions(actor: Actor, permission: Permission, first: date) -> QuerySet[Session]:
    """The sessions in an actor's reach in the seven local dates from `first` on."""
    return staff_sessions(actor, permission, first, first + timedelta(days=6))
