"""Writing, signing and adding to notes. One writing lands in every chart, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from groups.models import Person, StaffRole
from sessions_app.models import AttendanceRecord, ClientNote, GroupNote, NoteAddendum, Session
from sessions_app.notes import content
from sessions_app.notes.leak_guard import Leak, find_leaks, names_of
from sessions_app.notes.rules import ElapsedHours, NoteDue, note_due
from sessions_app.staffing.leaders import hosts_of
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError, FreshSignInNeededError, NotFoundError
from vio.common.permissions import Permission

CHARTED = ("attended", "partial")


@dataclass(frozen=True)
class Draft:
    """What was typed for one note: the version it was opened at, and {field: text}."""

    version: int
    texts: Mapping[str, str]


@dataclass(frozen=True)
class EveningDraft:
    """Everything typed on the notes page of a session: the group note and {client id: its note}."""

    group: Draft | None = None
    clients: Mapping[UUID, Draft] = field(default_factory=dict)


@transaction.atomic
def open_notes(*, actor: Actor, session: Session, now: datetime) -> GroupNote:
    """Makes the drafts that are missing: the group note, and a note for each client with credited time.

    Start, stop and minutes come from the session and the latest attendance. Safe to call again, by two people at once.
    """
    actor.require(Permission.WRITE_NOTES, session.program_id)
    Session.objects.select_for_update(no_key=True).get(pk=session.pk)
    author = actor.person_id
    if author is None:
        author = next((each.person.pk for each in hosts_of(session)), None)
    if author is None:
        raise ConflictError("This group has no facilitator yet.", code="no_facilitator")
    records = _latest_charted(session)
    note, made = GroupNote.objects.get_or_create(
        session=session, defaults={"participant_count": len(records), **_stamps(session, author, now)}
    )
    if not made and note.signed_at is None:
        _refresh(note, session, len(records))
    new = _missing_client_notes(session, records, author, now)
    ClientNote.objects.bulk_create(new)
    if made or new:
        audit.record(
            actor=actor,
            action="note.drafted",
            program_id=session.program_id,
            subject=session,
            details={"notes": len(new)},
        )
    return note


def _stamps(session: Session, author: UUID, now: datetime) -> dict[str, object]:
    return {
        "program_id": session.program_id,
        "author_id": author,
        "started_at": session.started_at,
        "stopped_at": session.ended_at,
        "created_at": now,
        "changed_at": now,
        "due_at": due_of(session).due,
    }


def due_of(session: Session) -> NoteDue:
    """When the notes of a session are due (R15); of a session still running, from its scheduled end."""
    program = session.program
    return note_due(
        ElapsedHours(program.note_due_hours),
        actual_end=session.ended_at or session.ends_at,
        service_date=session.local_date,
        tz=program.zone,
    )


def _refresh(note: GroupNote, session: Session, participants: int) -> None:
    # A draft begun during the group learns the real times once the session has ended.
    GroupNote.objects.filter(pk=note.pk, signed_at=None).update(
        started_at=session.started_at,
        stopped_at=session.ended_at,
        participant_count=participants,
        due_at=due_of(session).due,
    )
    note.refresh_from_db()


def _latest_charted(session: Session) -> list[AttendanceRecord]:
    latest = session.attendance.order_by("client_id", "-version").distinct("client_id")
    return [record for record in latest if record.status in CHARTED]


def _missing_client_notes(
    session: Session, records: list[AttendanceRecord], author: UUID, now: datetime
) -> list[ClientNote]:
    have = set(ClientNote.objects.filter(session=session).values_list("client_id", flat=True))
    return [
        ClientNote(
            session=session,
            client_id=record.client_id,
            minutes=record.credited_minutes,
            attendance_version=record.version,
            **{**_stamps(session, author, now), "started_at": record.first_at, "stopped_at": record.last_at},
        )
        for record in records
        if record.client_id not in have
    ]


@transaction.atomic
def save_drafts(*, actor: Actor, session: Session, drafts: EveningDraft, now: datetime) -> None:
    """Stores what was typed. Raises ConflictError (nothing stored) when somebody else saved one of them meanwhile."""
    actor.require(Permission.WRITE_NOTES, session.program_id)
    if drafts.group is not None:
        _save(_locked_group_note(session), drafts.group, now)
    notes = {
        n.client_id: n
        for n in ClientNote.objects.select_for_update(no_key=True).filter(session=session).order_by("pk")
    }
    for client_id, draft in drafts.clients.items():
        if client_id not in notes:
            raise NotFoundError
        _save(notes[client_id], draft, now)
    audit.record(actor=actor, action="note.saved", program_id=session.program_id, subject=session)


def _save(note: GroupNote | ClientNote, draft: Draft, now: datetime) -> None:
    changed = {name: text for name, text in draft.texts.items() if getattr(note, name) != text}
    if not changed:
        return
    if note.signed_at is not None:
        raise ConflictError("This note is signed. Add an addendum instead.", code="note_signed")
    if note.version != draft.version:
        raise ConflictError(code="note_changed")
    for name, text in changed.items():
        setattr(note, name, text)
    note.version += 1
    note.changed_at = now
    note.save(update_fields=[*changed, "version", "changed_at"])


def _locked_group_note(session: Session) -> GroupNote:
    note = GroupNote.objects.select_for_update(no_key=True).filter(session=session).first()
    if note is None:
        raise NotFoundError
    return note


@transaction.atomic
def sign_notes(*, actor: Actor, session: Session, now: datetime) -> int:
    """Signs the group note and every client note of the session, all or none; returns how many were signed.

    Needs a fresh sign-in (AU-8), an ended session with its attendance computed, complete texts and no other client's name in
    any chart. Signing twice signs once (RI-2). Raises BadInputError with {"<note>.<field>": why}, ConflictError.
    """
    actor.require(Permission.SIGN_NOTES, session.program_id)
    if not actor.fresh:
        raise FreshSignInNeededError
    group_note = _locked_group_note(session)
    fresh = Session.objects.get(pk=session.pk)
    if fresh.finalised_at is None:
        raise ConflictError("The attendance of this session is not ready yet.", code="attendance_not_ready")
    clients = list(
        ClientNote.objects.select_for_update(of=("self",), no_key=True)
        .filter(session=session)
        .select_related("client__person")
        .order_by("pk")
    )
    every: list[GroupNote | ClientNote] = [group_note, *clients]
    unsigned = [note for note in every if note.signed_at is None]
    _require_ready(group_note, clients, unsigned)
    signer = signer_name(actor, session.program_id)
    for note in unsigned:
        _sign(note, actor, signer, now)
    if unsigned:
        audit.record(
            actor=actor,
            action="note.signed",
            program_id=session.program_id,
            subject=session,
            details={"notes": len(unsigned)},
        )
    return len(unsigned)


def _require_ready(
    group_note: GroupNote, clients: list[ClientNote], unsigned: list[GroupNote | ClientNote]
) -> None:
    problems: dict[str, str] = {}
    for note in unsigned:
        required = content.GROUP_REQUIRED if isinstance(note, GroupNote) else content.CLIENT_REQUIRED
        prefix = note_key(note)
        texts = content.texts_of(note)
        problems |= {
            f"{prefix}.{name}": "Please fill this in before signing."
            for name in required
            if not texts[name].strip()
        }
        for leak in leaks_in(note, clients):
            problems[f"{prefix}.{leak.field}"] = (
                f"“{leak.word}” is another client's name. Please take it out."
            )
    if problems:
        raise BadInputError("Some notes are not ready to sign.", code="notes_not_ready", fields=problems)


def note_key(note: GroupNote | ClientNote) -> str:
    """How a note is named in forms and errors: "group", or the client's id."""
    return "group" if isinstance(note, GroupNote) else str(note.client_id)


def leaks_in(note: GroupNote | ClientNote, clients: list[ClientNote]) -> list[Leak]:
    """Names of clients that do not belong into this chart; the group note may name nobody."""
    own = note.client_id if isinstance(note, ClientNote) else None
    names: dict[UUID, frozenset[str]] = {
        n.client_id: names_of(n.client.person.first_name, n.client.person.last_name, n.client.privacy_name)
        for n in clients
    }
    others = (
        frozenset().union(*(words for client_id, words in names.items() if client_id != own))
        if names
        else frozenset()
    )
    return find_leaks(content.texts_of(note), others, allowed=names.get(own, frozenset()) if own else ())


def _sign(note: GroupNote | ClientNote, actor: Actor, signer: str, now: datetime) -> None:
    note.signed_at = now
    note.signed_by_id = actor.who
    note.signer_name = signer
    note.late_entry = now > note.due_at
    note.content_hash = content.content_hash(note, signer=signer, signed_at=now)
    note.version += 1
    note.save(
        update_fields=["signed_at", "signed_by", "signer_name", "late_entry", "content_hash", "version"]
    )


def signer_name(actor: Actor, program_id: UUID) -> str:
    """Name and credentials as they stand beside the signature."""
    person = Person.objects.get(pk=actor.who)
    roles = StaffRole.objects.filter(person=person, program_id=program_id, withdrawn_at=None).exclude(
        credentials=""
    )
    credentials = roles.values_list("credentials", flat=True).first()
    return f"{person.full_name}, {credentials}" if credentials else person.full_name


@transaction.atomic
def add_addendum(*, actor: Actor, note: GroupNote | ClientNote, text: str, now: datetime) -> NoteAddendum:
    """Adds a dated text by a named author to a signed note; the note itself does not change."""
    actor.require(Permission.SIGN_NOTES, note.program_id)
    if note.signed_at is None:
        raise ConflictError("This note is still a draft: change it instead.", code="note_not_signed")
    if not text.strip():
        raise BadInputError(fields={"text": "Please write what is to be added."})
    clients = list(ClientNote.objects.filter(session_id=note.session_id).select_related("client__person"))
    _refuse_leaks(note, clients, text)
    author = signer_name(actor, note.program_id)
    key = uuid4()
    addendum = NoteAddendum.objects.create(
        id=key,
        program_id=note.program_id,
        group_note=note if isinstance(note, GroupNote) else None,
        client_note=note if isinstance(note, ClientNote) else None,
        author_id=actor.who,
        author_name=author,
        text=text,
        at=now,
        content_hash=content.addendum_hash(addendum_id=str(key), text=text, author=author, at=now),
    )
    if isinstance(note, ClientNote) and note.needs_addendum:
        ClientNote.objects.filter(pk=note.pk).update(needs_addendum=False)
    audit.record(
        actor=actor,
        action="note.addendum",
        program_id=note.program_id,
        subject=note,
        client_id=note.client_id if isinstance(note, ClientNote) else None,
    )
    return addendum


def _refuse_leaks(note: GroupNote | ClientNote, clients: list[ClientNote], text: str) -> None:
    own = note.client_id if isinstance(note, ClientNote) else None
    names = {
        n.client_id: names_of(n.client.person.first_name, n.client.person.last_name, n.client.privacy_name)
        for n in clients
    }
    others = {word for client_id, words in names.items() if client_id != own for word in words}
    found = find_leaks({"text": text}, others, allowed=names.get(own, frozenset()) if own else ())
    if found:
        raise BadInputError(
            "An addendum may not name another client.",
            fields={"text": f"“{found[0].word}” is another client's name. Please take it out."},
        )
