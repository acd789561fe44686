"""Pages of WHEN and LIVE that draw on more than one wing: the tonight board, the note beside a running room."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from groups.services.calendar_feeds import actor_for_feed
from sessions_app import access
from sessions_app.board import tonight_board
from sessions_app.calendar import as_calendar, times_of
from sessions_app.models import GroupNote, Session
from sessions_app.notes import forms, services
from vio.common import audit
from vio.common.errors import ConflictError, NotFoundError
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission
from vio.common.scope import scope

SEEN = "X-Seen"
"""The mark of what a page shows; sent back with the next question."""
UNWRITTEN = "0"
"""The version of a group note nobody has begun."""


@needs(Permission.TONIGHT_BOARD)
@require_safe
def tonight(request: PageRequest) -> HttpResponseBase:
    """Tonight's sessions; the page asks again every few seconds and gets 204 while nothing has changed."""
    now = timezone.now()
    context = {"here": "tonight", "board": tonight_board(request.actor, now=now), "now": now}
    rows = render_to_string("sessions_app/tonight/_board.html", context, request)
    mark = hashlib.sha256(rows.encode()).hexdigest()[:16]
    if not request.htmx:
        return render(request, "sessions_app/tonight/tonight.html", {**context, "rows": rows, "mark": mark})
    if request.headers.get(SEEN) == mark:
        return HttpResponse(status=204)
    return HttpResponse(rows, headers={SEEN: mark})


@needs(Permission.WRITE_NOTES)
@require_http_methods(["GET", "HEAD", "POST"])
def room_note(request: PageRequest, session_id: UUID) -> HttpResponseBase:
    """The group note while the group runs: a fragment beside the room. It is signed on the notes page, with the others."""
    session = access.session_for(request.actor, session_id, Permission.WRITE_NOTES)
    if request.method != "POST":
        return _note(request, session)
    now = timezone.now()
    try:
        form = _save_note(request, session, now)
    except ConflictError as error:
        return _note_state(request, session, problem=error.message, status=error.status)
    if form is not None:
        return _note_state(request, session, problem="Too long to save.", status=422)
    return _note_state(request, session, saved_at=now)


def _save_note(request: PageRequest, session: Session, now: datetime) -> forms.GroupNoteForm | None:
    """Stores what was typed; the form with its problems when it cannot be read. Raises ConflictError."""
    note = services.open_notes(actor=request.actor, session=session, now=now)
    data = request.POST.copy()
    if data.get("group-note_version") == UNWRITTEN:  # the first words: the draft was made a line above
        data["group-note_version"] = str(note.version)
    form = forms.group_form(note, data)
    if not form.is_valid():
        return form
    drafts = forms.evening_draft(form, {})
    services.save_drafts(actor=request.actor, session=session, drafts=drafts, now=now)
    return None


def _note(request: PageRequest, session: Session) -> HttpResponse:
    note = GroupNote.objects.filter(session=session).first()
    form = forms.GroupNoteForm(prefix="group", initial={"note_version": UNWRITTEN})
    if note is not None:
        form = forms.group_form(note)
        audit.record(actor=request.actor, action="note.viewed", program_id=session.program_id, subject=note)
    context = {"session": session, "note": note, "form": form, "version": note.version if note else UNWRITTEN}
    return render(request, "sessions_app/room/_note.html", context)


def _note_state(
    request: PageRequest,
    session: Session,
    *,
    saved_at: datetime | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """How the saving went, and the version to send next; the words on the page stay untouched."""
    note = GroupNote.objects.get(session=session)
    version = note.version if saved_at is not None else request.POST.get("group-note_version", UNWRITTEN)
    context = {
        "session": session,
        "version": version,
        "saved_at": saved_at,
        "problem": problem,
        "zone": session.program.zone,
    }
    return render(request, "sessions_app/room/_note_state.html", context, status=status)


@needs(Permission.PUBLIC)
@require_safe
def calendar_feed(request: PageRequest, token: str) -> HttpResponseBase:
    """Somebody's times for their calendar program, which cannot sign in: the secret in the address says whose.

    Unknown and ended secrets answer 404 alike. It opens times only, with the rights the person has now.
    """
    actor = actor_for_feed(token, source=request.actor.source, request_id=request.request_id)
    if actor is None:
        raise NotFoundError
    now = timezone.now()
    with scope(actor.program_ids):
        content = as_calendar(times_of(actor, now=now), now=now)
    return HttpResponse(content, content_type="text/calendar; charset=utf-8")
