"""The page at the door: one calm screen before the room, two taps when nothing changed."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.db import transaction
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from groups.access import own_client
from groups.models import Client
from groups.selectors import agreement_needed
from sessions_app.access import session_for
from sessions_app.models import Session
from sessions_app.room.door import services
from sessions_app.room.door.fallback import fallback_of
from sessions_app.room.door.forms import DoorForm, first_values
from sessions_app.room.door.selectors import is_confirmed, last_confirmed
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission

PART_WORDS = (
    ("camera", "Camera"),
    ("microphone", "Microphone"),
    ("speaker", "Speaker"),
    ("connection", "Connection"),
)


@needs(Permission.OWN_PAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def door(request: PageRequest, session_id: UUID) -> HttpResponseBase:
    """Where the client is tonight, whom to call, their name in the group, how their device does; POST goes on to the room."""
    now = timezone.now()
    session = session_for(request.actor, session_id, Permission.OWN_PAGES, now=now)
    client = own_client(request.actor, Permission.OWN_PAGES, program_id=session.program_id)
    if agreement_needed(client) is not None:
        return redirect(f"{reverse('agreement')}?{urlencode({'next': request.path})}")
    try:
        services.require_near(session, now)
    except ConflictError:
        return redirect("room", session_id=session.pk)  # which says when it opens, or what was counted
    if request.method != "POST":
        return _page(request, session, client, DoorForm(initial=first_values(client)))
    form = DoorForm(request.POST)
    sound_only = request.POST.get("join") == "sound"
    if form.is_valid() and _keep(request.actor, session, client, form, sound_only=sound_only, now=now):
        return redirect("room", session_id=session.pk)
    return _page(request, session, client, form, status=422)


def _keep(
    actor: Actor, session: Session, client: Client, form: DoorForm, *, sound_only: bool, now: datetime
) -> bool:
    """Keeps everything or nothing; False with the reasons beside the fields."""
    try:
        with transaction.atomic():
            name = form.cleaned_data["privacy_name"]
            services.choose_name(actor=actor, session=session, client=client, name=name)
            services.confirm_door(
                actor=actor, session=session, client=client, where=form.where, sound_only=sound_only, now=now
            )
            if form.checks:
                services.record_check(
                    actor=actor, session=session, client=client, parts=form.checks, now=now,
                    round_trip_ms=form.cleaned_data["round_trip_ms"],
                )  # fmt: skip
    except BadInputError as error:
        for name, words in error.fields.items():
            form.add_error(name if name in form.fields else None, words)
        return False
    return True


def _page(
    request: PageRequest, session: Session, client: Client, form: DoorForm, *, status: int = 200
) -> HttpResponseBase:
    context = {
        "here": "tonight",
        "session": session,
        "client": client,
        "form": form,
        "zone": session.program.zone,
        "last": last_confirmed(client) if not form.is_bound else None,
        "again": is_confirmed(session.pk, client.pk),
        "fallback": fallback_of(session),
        "parts": PART_WORDS,
    }
    return render(request, "sessions_app/room/door.html", context, status=status)
