"""What the notes pages show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from sessions_app.models import ClientNote, GroupNote, Session
from sessions_app.notes.rules import WARN_BEFORE
from vio.common.actors import Actor
from vio.common.permissions import Permission, Role


@dataclass(frozen=True)
class Debt:
    """One session whose notes are not all signed: how many are open, when they are due, how that stands."""

    session: Session
    open_notes: int
    due_at: datetime
    standing: str  # open, due_soon, overdue


def client_notes(session: Session) -> QuerySet[ClientNote]:
    """The notes of a session in the order of the roster."""
    return (
        ClientNote.objects.filter(session=session)
        .select_related("client__person")
        .prefetch_related("addenda")
        .order_by("client__person__first_name", "client__person__last_name", "pk")
    )


def note_debt(actor: Actor, sessions: QuerySet[Session], *, now: datetime) -> list[Debt]:
    """Ended sessions with unsigned notes, oldest due first.

    A facilitator sees those of their groups; a supervisor and the director those of the program (`sessions` is already theirs).
    """
    mine = sessions.filter(status="ended", is_rehearsal=False).select_related(
        "group", "program", "group_note"
    )
    drafts: dict[UUID, list[ClientNote | GroupNote]] = {}
    for group_note in GroupNote.objects.filter(session__in=mine, signed_at=None):
        drafts.setdefault(group_note.session_id, []).append(group_note)
    for note in ClientNote.objects.filter(session__in=mine, signed_at=None):
        drafts.setdefault(note.session_id, []).append(note)
    found = [_debt(session, drafts[session.pk], now) for session in mine.filter(pk__in=list(drafts))]
    return sorted(found, key=lambda debt: debt.due_at)


def _debt(session: Session, notes: list[ClientNote | GroupNote], now: datetime) -> Debt:
    due = min(note.due_at for note in notes)
    return Debt(session, len(notes), due, _standing(due, now))


def oversees_notes(actor: Actor) -> bool:
    """Whether this person looks after everybody's notes."""
    return any(
        {Role.SUPERVISOR, Role.DIRECTOR} & actor.roles_in(p)
        for p in actor.programs_with(Permission.SEE_NOTES)
    )


def _standing(due: datetime, now: datetime) -> str:
    if now > due:
        return "overdue"
    return "due_soon" if now >= due - WARN_BEFORE else "open"
