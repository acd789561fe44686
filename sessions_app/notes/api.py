"""Notes of a session: read, saved as drafts under their version, signed, added to."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from django.utils import timezone
from ninja import Query
from pydantic import Field, StringConstraints

from sessions_app.access import session_for, sessions_for
from sessions_app.models import ClientNote, GroupNote, NoteAddendum, Session
from sessions_app.notes import content, selectors
from sessions_app.notes import services as service
from sessions_app.notes.selectors import Debt
from vio.common import audit
from vio.common.api.edges import Edges
from vio.common.api.paging import Page, Paging, page_of_list
from vio.common.api.schemas import Input, Instant, LongText, Output, Version, absent
from vio.common.errors import BadInputError, NotFoundError
from vio.common.http import PageRequest
from vio.common.permissions import Permission

edges = Edges("notes")
AddendumText = Annotated[str, StringConstraints(min_length=1, max_length=8000)]


class DebtFilter(Paging):
    """Narrows the list by how urgent it is."""

    standing: Literal["open", "due_soon", "overdue"] | None = None


class DebtOut(Output):
    """A session whose notes are not all signed."""

    session_id: UUID
    title: str
    group_name: str
    local_date: date
    open_notes: int
    due_at: Instant
    standing: str


class AddendumOut(Output):
    """A dated addition to a signed note."""

    id: UUID
    author_name: str
    text: str
    at: Instant
    content_hash: str


class NoteOut(Output):
    """A note: draft with a version, or signed with signer, time and hash. `intact` says it still is what was signed."""

    id: UUID
    client_id: UUID | None
    client_name: str | None
    version: int
    texts: dict[str, str]
    minutes: int | None
    started_at: Instant | None
    stopped_at: Instant | None
    due_at: Instant
    signed_at: Instant | None
    signer_name: str
    late_entry: bool
    needs_addendum: bool
    content_hash: str
    intact: bool
    addenda: list[AddendumOut]


class NotesOut(Output):
    """The notes of a session; `group` is null before they were opened."""

    session_id: UUID
    group: NoteOut | None
    clients: list[NoteOut]


class GroupDraft(Input):
    """Texts of the group note, without any client's name; what is not sent stays."""

    version: Version
    topic: LongText = absent()
    intervention: LongText = absent()
    process: LongText = absent()
    plan: LongText = absent()


class ClientDraft(Input):
    """Texts of one client's note; what is not sent stays."""

    client_id: UUID
    version: Version
    participation: LongText = absent()
    response: LongText = absent()
    risk: LongText = absent()
    goal: LongText = absent()
    plan: LongText = absent()


class Drafts(Input):
    """Everything typed for an evening: stored together or not at all."""

    group: GroupDraft | None = None
    clients: Annotated[list[ClientDraft], Field(max_length=60)] = []


class SignedOut(Output):
    """How many notes were signed now."""

    signed: int
    notes: NotesOut


class AddendumIn(Input):
    """What is to be added; name and time are added by the server."""

    text: AddendumText


def debt_out(debt: Debt) -> DebtOut:
    """A session with open notes."""
    session = debt.session
    return DebtOut(
        session_id=session.pk, title=session.title, group_name=session.group.name,
        local_date=session.local_date, open_notes=debt.open_notes, due_at=debt.due_at,
        standing=debt.standing,
    )  # fmt: skip


def addendum_out(row: NoteAddendum) -> AddendumOut:
    """An addendum as it goes out."""
    return AddendumOut(
        id=row.pk, author_name=row.author_name, text=row.text, at=row.at, content_hash=row.content_hash
    )


def note_out(note: GroupNote | ClientNote) -> NoteOut:
    """A note as it goes out."""
    mine = note if isinstance(note, ClientNote) else None
    return NoteOut(
        id=note.pk, client_id=mine.client_id if mine else None,
        client_name=mine.client.person.full_name if mine else None, version=note.version,
        texts=content.texts_of(note), minutes=mine.minutes if mine else None, started_at=note.started_at,
        stopped_at=note.stopped_at, due_at=note.due_at, signed_at=note.signed_at,
        signer_name=note.signer_name, late_entry=note.late_entry,
        needs_addendum=mine.needs_addendum if mine else False, content_hash=note.content_hash,
        intact=content.is_intact(note), addenda=[addendum_out(a) for a in note.addenda.order_by("at", "pk")],
    )  # fmt: skip


def _notes(request: PageRequest, session: Session) -> NotesOut:
    """All notes of a session, with one entry per chart looked at (RI-3)."""
    group = GroupNote.objects.filter(session=session).first()
    clients = list(selectors.client_notes(session))
    for note in ([group] if group else []) + clients:
        audit.record(
            actor=request.actor, action="note.viewed", program_id=session.program_id, subject=note,
            client_id=note.client_id if isinstance(note, ClientNote) else None,
        )  # fmt: skip
    return NotesOut(
        session_id=session.pk,
        group=note_out(group) if group else None,
        clients=[note_out(n) for n in clients],
    )


@edges.get("/notes", Permission.SEE_NOTES, Page[DebtOut])
def list_note_debts(request: PageRequest, wanted: Query[DebtFilter]) -> Page[DebtOut]:
    """Sessions whose notes are not all signed, the oldest due first."""
    mine = sessions_for(request.actor, Permission.SEE_NOTES)
    debts = [
        debt
        for debt in selectors.note_debt(request.actor, mine, now=timezone.now())
        if wanted.standing in {None, debt.standing}
    ]
    return page_of_list(Page[DebtOut], debts, wanted, debt_out)


@edges.get("/sessions/{uuid:session_id}/notes", Permission.SEE_NOTES, NotesOut)
def show_notes(request: PageRequest, session_id: UUID) -> NotesOut:
    """The notes of a session."""
    return _notes(request, session_for(request.actor, session_id, Permission.SEE_NOTES))


@edges.post("/sessions/{uuid:session_id}/notes/open", Permission.WRITE_NOTES, NotesOut)
def open_notes(request: PageRequest, session_id: UUID) -> NotesOut:
    """Makes the drafts that are missing; safe to call again."""
    session = session_for(request.actor, session_id, Permission.WRITE_NOTES)
    service.open_notes(actor=request.actor, session=session, now=timezone.now())
    return _notes(request, session)


@edges.put("/sessions/{uuid:session_id}/notes", Permission.WRITE_NOTES, NotesOut)
def save_notes(request: PageRequest, session_id: UUID, body: Drafts) -> NotesOut:
    """Saves drafts; 409 `note_changed` and nothing stored when somebody saved one of them meanwhile."""
    session = session_for(request.actor, session_id, Permission.WRITE_NOTES)
    service.save_drafts(actor=request.actor, session=session, drafts=_evening(body), now=timezone.now())
    return _notes(request, session)


def _evening(body: Drafts) -> service.EveningDraft:
    clients = {draft.client_id: _draft(draft) for draft in body.clients}
    if len(clients) != len(body.clients):
        raise BadInputError(fields={"clients": "Send one draft for each client."})
    return service.EveningDraft(group=_draft(body.group) if body.group else None, clients=clients)


def _draft(given: GroupDraft | ClientDraft) -> service.Draft:
    texts = given.model_dump(exclude_unset=True, exclude={"version", "client_id"})
    return service.Draft(version=given.version, texts=texts)


@edges.post("/sessions/{uuid:session_id}/notes/sign", Permission.SIGN_NOTES, SignedOut, fresh=True)
def sign_notes(request: PageRequest, session_id: UUID) -> SignedOut:
    """Signs every note of the session, all or none. Needs a sign-in of the last five minutes; a token is none."""
    session = session_for(request.actor, session_id, Permission.SIGN_NOTES)
    signed = service.sign_notes(actor=request.actor, session=session, now=timezone.now())
    return SignedOut(signed=signed, notes=_notes(request, session))


@edges.post(
    "/sessions/{uuid:session_id}/notes/{uuid:note_id}/addenda", Permission.SIGN_NOTES, AddendumOut, status=201
)
def add_addendum(request: PageRequest, session_id: UUID, note_id: UUID, body: AddendumIn) -> AddendumOut:
    """Adds to one signed note."""
    session = session_for(request.actor, session_id, Permission.SIGN_NOTES)
    note: GroupNote | ClientNote | None = (
        GroupNote.objects.filter(session=session, pk=note_id).first()
        or ClientNote.objects.filter(session=session, pk=note_id).first()
    )
    if note is None:
        raise NotFoundError
    row = service.add_addendum(actor=request.actor, note=note, text=body.text, now=timezone.now())
    return addendum_out(row)
