"""Pages of notes: a session's notes, my open notes, an addendum."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sessions_app import access
from sessions_app.models import ClientNote, GroupNote, Session
from sessions_app.notes import content, forms, selectors, services
from vio.common import audit
from vio.common.errors import BadInputError, ConflictError, FreshSignInNeededError, NotFoundError
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission


@dataclass
class NotePanel:
    """One note on the page: its form while it is a draft, its text once signed."""

    note: GroupNote | ClientNote
    form: forms.NoteForm | None
    intact: bool
    title: str
    fields: list[tuple[str, str]]  # of a signed note: label and text


@needs(Permission.SEE_NOTES)
@require_safe
def notes(request: PageRequest) -> HttpResponseBase:
    """Sessions whose notes are not all signed, with the time they are due."""
    now = timezone.now()
    mine = access.sessions_for(request.actor, Permission.SEE_NOTES)
    debts = selectors.note_debt(request.actor, mine, now=now)
    return render(request, "sessions_app/notes/notes.html", {"debts": debts, "now": now})


@needs(Permission.SEE_NOTES)
@require_http_methods(["GET", "HEAD", "POST"])
def session_notes(request: PageRequest, session_id: UUID) -> HttpResponseBase:
    """The notes of one session: POST `act` = open, save or sign."""
    wanted = Permission.WRITE_NOTES if request.method == "POST" else Permission.SEE_NOTES
    session = access.session_for(request.actor, session_id, wanted)
    if request.method != "POST":
        return _page(request, session)
    if request.POST.get("act") == "open":
        services.open_notes(actor=request.actor, session=session, now=timezone.now())
        return redirect("session_notes", session_id=session.pk)
    return _save_or_sign(request, session, sign=request.POST.get("act") == "sign")


def _save_or_sign(request: PageRequest, session: Session, *, sign: bool) -> HttpResponseBase:
    group_note = GroupNote.objects.filter(session=session).first()
    if group_note is None:
        raise NotFoundError
    group, clients = _bound_forms(request, session, group_note)
    if not all(form.is_valid() for form in ([group] if group else []) + list(clients.values())):
        return _page(request, session, group=group, clients=clients, status=422)
    now = timezone.now()
    try:
        # What was typed is stored first: a signature that is refused loses nothing.
        services.save_drafts(
            actor=request.actor, session=session, drafts=forms.evening_draft(group, clients), now=now
        )
        if sign:
            services.sign_notes(actor=request.actor, session=session, now=now)
    except FreshSignInNeededError:
        messages.info(request, "Saved. Please confirm that it is you, then sign.")
        here = reverse("session_notes", args=[session.pk])
        return redirect(f"{reverse('account_reauthenticate')}?next={here}")
    except BadInputError as error:
        group, clients = _bound_forms(request, session, group_note, after_saving=True)
        _mark(error, group, clients)
        messages.error(request, error.message)
        return _page(request, session, group=group, clients=clients, status=error.status)
    except ConflictError as error:
        messages.error(request, error.message)
        return _page(request, session, group=group, clients=clients, status=error.status)
    messages.success(request, "Signed. The notes are in every chart." if sign else "Saved as a draft.")
    return redirect("session_notes", session_id=session.pk)


def _bound_forms(
    request: PageRequest, session: Session, group_note: GroupNote, *, after_saving: bool = False
) -> tuple[forms.GroupNoteForm | None, dict[UUID, forms.ClientNoteForm]]:
    """The forms of the notes that are not signed, bound to what was sent; after saving at the versions now stored."""
    data = request.POST.copy()
    drafts = [note for note in selectors.client_notes(session) if note.signed_at is None]
    if after_saving:
        group_note.refresh_from_db()
        data["group-note_version"] = str(group_note.version)
        for note in drafts:
            data[f"{note.client_id}-note_version"] = str(note.version)
    group = forms.group_form(group_note, data) if group_note.signed_at is None else None
    present = [note for note in drafts if f"{note.client_id}-note_version" in data]
    return group, {note.client_id: forms.client_form(note, data) for note in present}


def _mark(
    error: BadInputError, group: forms.GroupNoteForm | None, clients: dict[UUID, forms.ClientNoteForm]
) -> None:
    """Puts each problem beside its field."""
    named: dict[str, forms.NoteForm] = {str(client_id): form for client_id, form in clients.items()}
    if group is not None:
        named["group"] = group
    for form in named.values():
        form.is_valid()
    for place, why in error.fields.items():
        key, _, field = place.partition(".")
        if key in named:
            named[key].add_error(field, why)


def _page(
    request: PageRequest,
    session: Session,
    *,
    group: forms.GroupNoteForm | None = None,
    clients: dict[UUID, forms.ClientNoteForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    group_note = GroupNote.objects.filter(session=session).prefetch_related("addenda").first()
    may_write = request.actor.may(Permission.WRITE_NOTES, session.program_id)
    panels = []
    if group_note is not None:
        form = group or (forms.group_form(group_note) if may_write else None)
        panels.append(_panel(group_note, form, "Group note"))
    for note in selectors.client_notes(session):
        typed = (clients or {}).get(note.client_id) or (forms.client_form(note) if may_write else None)
        panels.append(_panel(note, typed, note.client.person.full_name))
    _audit_view(request, session, panels)
    context = {
        "session": session,
        "panels": panels,
        "may_write": may_write,
        "unsigned": sum(panel.note.signed_at is None for panel in panels),
        "due": services.due_of(session),
        "now": timezone.now(),
        "addendum_form": forms.AddendumForm(),
    }
    return render(request, "sessions_app/notes/session_notes.html", context, status=status)


def _panel(note: GroupNote | ClientNote, form: forms.NoteForm | None, title: str) -> NotePanel:
    labels = forms.GroupNoteForm if isinstance(note, GroupNote) else forms.ClientNoteForm
    texts = [(str(labels.base_fields[name].label), text) for name, text in content.texts_of(note).items()]
    draft = form if note.signed_at is None else None
    return NotePanel(note, draft, content.is_intact(note), title, texts)


def _audit_view(request: PageRequest, session: Session, panels: list[NotePanel]) -> None:
    """One entry per chart that was looked at (RI-3)."""
    for panel in panels:
        audit.record(
            actor=request.actor,
            action="note.viewed",
            program_id=session.program_id,
            subject=panel.note,
            client_id=panel.note.client_id if isinstance(panel.note, ClientNote) else None,
        )


@needs(Permission.SIGN_NOTES)
@require_POST
def add_addendum(request: PageRequest, session_id: UUID, note_id: UUID) -> HttpResponseBase:
    """Adds to one signed note of a session."""
    session = access.session_for(request.actor, session_id, Permission.SIGN_NOTES)
    note: GroupNote | ClientNote | None = (
        GroupNote.objects.filter(session=session, pk=note_id).first()
        or ClientNote.objects.filter(session=session, pk=note_id).first()
    )
    if note is None:
        raise NotFoundError
    form = forms.AddendumForm(request.POST)
    try:
        if not form.is_valid():
            raise BadInputError(fields={"text": "Please shorten this text."})
        services.add_addendum(
            actor=request.actor, note=note, text=form.cleaned_data["text"], now=timezone.now()
        )
    except BadInputError as error:
        form.add_error("text", error.fields.get("text", error.message))
        context = {"session": session, "note": note, "form": form}
        return render(request, "sessions_app/notes/addendum.html", context, status=422)
    messages.success(request, "Added to the signed note.")
    return redirect("session_notes", session_id=session.pk)
