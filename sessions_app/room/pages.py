"""Pages of the live room: the client's room, the facilitators' console, the sheet of one client behind a name.

One address for everybody; what it shows follows from who is looking and how far the evening is. Looking changes
nothing: the room is opened by the socket or by the clock, never by a page.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from groups.selectors import no_contacts_in
from sessions_app import access
from sessions_app.models import Session
from sessions_app.room.access import AccessError, Standing, Ticket, standing
from sessions_app.room.door.fallback import fallback_of
from sessions_app.room.door.selectors import confirmed, is_confirmed
from sessions_app.room.door.services import READY_BEFORE
from sessions_app.room.page_values import host_words, opens_at, plan_of, roster_of, sheet_of
from sessions_app.room.words import RemovalReason, Role
from sessions_app.selectors import expected_clients
from vio.common import audit
from vio.common.errors import NotAllowedError, NotFoundError, SignInNeededError
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission

RELOAD = "HX-Refresh"
STATE = "X-Room"
# State and word; a narrow column has no place for "In the room". Empty: the word of the badge.
PRESENCE_STATES = (
    ("expected", ""), ("waiting", ""), ("in", "In"), ("reconnecting", ""), ("gone", ""), ("missing", ""), ("removed", ""),
)  # fmt: skip
PHASE_STATES = ("scheduled", "open", "live", "break", "ended")
REASON_WORDS = {
    RemovalReason.DISRUPTION: "It disturbs the group",
    RemovalReason.SAFETY: "Somebody's safety",
    RemovalReason.IMPAIRED: "Seems impaired tonight",
    RemovalReason.PRIVACY: "Somebody else can hear or see the group",
    RemovalReason.WRONG_ROOM: "Came to the wrong room",
    RemovalReason.OTHER: "Another reason",
}


@needs(Permission.JOIN_ROOM)
@require_safe
def room(request: PageRequest, session_id: UUID) -> HttpResponseBase:
    """The room of one session, for whoever asks: console, room, waiting page or what comes after."""
    now = timezone.now()
    session = access.session_for(request.actor, session_id, Permission.JOIN_ROOM, now=now)
    if session.status == Session.Status.CANCELLED:
        return _shut(request, session, "cancelled", now)
    try:
        seat = standing(Ticket(session.pk, request.actor.who, request.session.session_key or ""), now=now)
    except AccessError as error:
        return _refused(request, error)
    if session.ended_at is not None or session.status == Session.Status.ENDED:
        return _shut(request, session, "ended", now, seat)
    if seat.role is Role.CLIENT and not _is_open(session, now):
        return _shut(request, session, "before" if now < session.ends_at else "over", now, seat)
    return _live(request, session, seat, now)


def _refused(request: PageRequest, error: AccessError) -> HttpResponseBase:
    """Who reaches the session but not its room: the agreement first, a new sign-in, or no right at all."""
    if error.code == "agreement_needed":
        return redirect(f"{reverse('agreement')}?{urlencode({'next': request.path})}")
    if error.code == "signed_out":
        raise SignInNeededError from error
    raise NotAllowedError("The room is for its group and for those who lead it.") from error


def _is_open(session: Session, now: datetime) -> bool:
    """Whether the door is open, or would be opened by the first who knocks."""
    if session.status in (Session.Status.OPEN, Session.Status.LIVE):
        return True
    return opens_at(session) <= now < session.ends_at


def _shut(
    request: PageRequest, session: Session, why: str, now: datetime, seat: Standing | None = None
) -> HttpResponse:
    """The room is not there yet, or no more: when it opens, or what was counted."""
    staff = request.actor.is_staff if seat is None else seat.role is not Role.CLIENT
    context = {
        "here": "tonight",
        "session": session,
        "zone": session.program.zone,
        "why": why,
        "now": now,
        "opens_at": opens_at(session),
        "shell": "common/shell_staff.html" if staff else "common/shell_client.html",
        "staff": staff,
        "fallback": fallback_of(session),
        "door": _may_get_ready(session, seat, why, now),
    }
    return _answer(request, "shut.html", context, why)


def _may_get_ready(session: Session, seat: Standing | None, why: str, now: datetime) -> str:
    """While a client waits for the door: "open" when they can say now where they are, "done" when they have."""
    if why != "before" or seat is None or seat.client_id is None:
        return ""
    if is_confirmed(session.pk, seat.client_id):
        return "done"
    return "open" if now >= opens_at(session) - READY_BEFORE else ""


def _live(request: PageRequest, session: Session, seat: Standing, now: datetime) -> HttpResponseBase:
    if request.htmx:  # somebody was waiting for the door on this address: it is open now
        return HttpResponse(headers={RELOAD: "true"})
    staff = seat.role is not Role.CLIENT
    at_door = confirmed(session.pk, seat.client_id) if seat.client_id else None
    if not staff and at_door is None:
        return redirect("door", session_id=session.pk)
    context = {
        "here": "tonight",
        "session": session,
        "seat": seat,
        "plan": plan_of(session, now=now),
        "zone": session.program.zone,
        "now": now,
        "fallback": fallback_of(session),
    }
    if not staff:
        mine = {"host_words": host_words(session), "sound_only": at_door is not None and at_door.sound_only}
        return _answer(request, "room.html", {**context, **mine}, "live")
    return _answer(request, "console.html", {**context, **_for_console(session, seat)}, "live")


def _for_console(session: Session, seat: Standing) -> dict[str, object]:
    return {
        "hosts": seat.role.hosts,
        "reasons": [(reason.value, words) for reason, words in REASON_WORDS.items()],
        "roster": roster_of(session) if seat.role.hosts else [],
        "kept_apart": no_contacts_in(expected_clients(session).values_list("pk", flat=True))
        if seat.role.hosts
        else [],
        "presence_states": PRESENCE_STATES,
        "phase_states": PHASE_STATES,
    }


def _answer(request: PageRequest, template: str, context: dict[str, object], state: str) -> HttpResponse:
    """The page; a header tells its own script whether there still is a room to come back to."""
    response = render(request, f"sessions_app/room/{template}", context)
    response.headers[STATE] = state
    return response


@needs(Permission.HOST_ROOM)
@require_safe
def room_person(request: PageRequest, session_id: UUID, person_id: UUID) -> HttpResponseBase:
    """Where to reach a client of tonight's group and whom to call for them; each look is recorded."""
    session = access.session_for(request.actor, session_id, Permission.HOST_ROOM)
    client = expected_clients(session).select_related("person").filter(person=person_id).first()
    if client is None:
        raise NotFoundError
    audit.record(
        actor=request.actor,
        action="client.safety_viewed",
        program_id=session.program_id,
        subject=session,
        client_id=client.pk,
    )
    context = {"sheet": sheet_of(session, client), "zone": session.program.zone}
    return render(request, "sessions_app/room/_person_sheet.html", context)
