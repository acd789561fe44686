"""The client's word about tonight, said and taken back from their start page; what staff see of it while the room runs."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from groups.access import own_client
from groups.models import Client
from sessions_app.access import session_for
from sessions_app.coming.forms import NoticeForm
from sessions_app.coming.selectors import notice_of, notice_words
from sessions_app.coming.services import give_notice, withdraw_notice
from sessions_app.models import Session
from vio.common.errors import BadInputError, ConflictError
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission


def mine(request: PageRequest, session_id: UUID) -> tuple[Session, Client]:
    """A session the acting client is expected in, and their chart."""
    session = session_for(request.actor, session_id, Permission.OWN_PAGES)
    return session, own_client(request.actor, Permission.OWN_PAGES, program_id=session.program_id)


@needs(Permission.OWN_PAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def say_notice(request: PageRequest, session_id: UUID) -> HttpResponseBase:
    """Being late is one tap on the start page; not coming asks here for a reason, which may stay empty."""
    session, client = mine(request, session_id)
    form = NoticeForm(request.POST if request.method == "POST" else None, initial=_initial(session, client))
    status = 200
    if request.method == "POST":
        if form.is_valid() and _said(request, session, client, form):
            return redirect("home")
        status = 422
    context = {
        "here": "tonight",
        "form": form,
        "session": session,
        "zone": session.program.zone,
        "notice": notice_of(session.pk, client.pk),
    }
    return render(request, "sessions_app/coming/notice.html", context, status=status)


def _initial(session: Session, client: Client) -> dict[str, str]:
    held = notice_of(session.pk, client.pk)
    return {"reason": held.reason if held else ""}


def _said(request: PageRequest, session: Session, client: Client, form: NoticeForm) -> bool:
    try:
        give_notice(actor=request.actor, session=session, client=client, word=form.word(), now=timezone.now())
    except BadInputError as error:
        for name, why in error.fields.items():
            form.add_error(name if name in form.fields else None, why)
        return False
    except ConflictError as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, "Thank you. Your team knows.")
    return True


@needs(Permission.OWN_PAGES)
@require_POST
def take_back_notice(request: PageRequest, session_id: UUID) -> HttpResponseBase:
    """The client comes after all."""
    session, client = mine(request, session_id)
    withdraw_notice(actor=request.actor, session=session, client=client, now=timezone.now())
    messages.success(request, "Good. We expect you.")
    return redirect("home")


@needs(Permission.HOST_ROOM)
@require_safe
def room_notices(request: PageRequest, session_id: UUID) -> HttpResponseBase:
    """{person id: what they said} for the console, which asks again every few seconds; no reasons."""
    session = session_for(request.actor, session_id, Permission.HOST_ROOM)
    return JsonResponse(notice_words(session.pk))
