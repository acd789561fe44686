"""The door for another app: what a client says before the room, how their device did, another way to meet."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.utils import timezone
from pydantic import Field, StringConstraints

from groups.access import own_client
from groups.models import Client
from sessions_app.access import session_for
from sessions_app.models import DoorConfirmation, Session
from sessions_app.room.door import services
from sessions_app.room.door.facts import Check
from sessions_app.room.door.fallback import Fallback, fallback_of, set_fallback
from sessions_app.room.door.selectors import PARTS, confirmed, last_confirmed
from vio.common.api.edges import Edges
from vio.common.api.schemas import Flag, Input, Instant, Line, Output, whole
from vio.common.http import PageRequest
from vio.common.permissions import Permission

edges = Edges("sessions")
Address = Annotated[str, StringConstraints(max_length=160)]
Short = Annotated[str, StringConstraints(max_length=40)]
Url = Annotated[str, StringConstraints(max_length=300)]


class DoorIn(Input):
    """Where a client is tonight and whom to call; without a contact name they name nobody."""

    address: Address
    city: Line
    state: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2}$")]
    contact_name: Line = ""
    contact_phone: Short = ""
    contact_relation: Short = ""
    sound_only: Flag = False


class FallbackOut(Output):
    """Another way to meet when the room fails; empty where nothing is written."""

    phone: str
    code: str
    link: str


class DoorOut(Output):
    """What the client said last. `confirmed_at` is null as long as it was not said for this session: the room waits for it."""

    confirmed_at: Instant | None
    address: str
    city: str
    state: str
    contact_name: str
    contact_phone: str
    contact_relation: str
    sound_only: bool
    fallback: FallbackOut | None


class CheckIn(Input):
    """How each part of the device did. No names of devices."""

    camera: Check = Check.SKIPPED
    microphone: Check = Check.SKIPPED
    speaker: Check = Check.SKIPPED
    connection: Check = Check.SKIPPED
    round_trip_ms: Annotated[int, whole(0, 600_000)] | None = Field(default=None)


class CheckOut(CheckIn, Output):
    """The tech check as it is kept."""

    at: Instant


class FallbackIn(Input):
    """Another way to meet for one session; all empty is as the group says."""

    phone: Short = ""
    code: Short = ""
    link: Url = ""


def _mine(request: PageRequest, session_id: UUID) -> tuple[Session, Client]:
    session = session_for(request.actor, session_id, Permission.OWN_PAGES)
    return session, own_client(request.actor, Permission.OWN_PAGES, program_id=session.program_id)


def fallback_out(found: Fallback | None) -> FallbackOut | None:
    """Another way to meet as it goes out."""
    return FallbackOut(**vars(found)) if found else None


def door_out(row: DoorConfirmation | None, session: Session) -> DoorOut:
    """What was said, as it goes out."""
    said = services.whereabouts_of(row) if row else services.Whereabouts("", "", "")
    here = row is not None and row.session_id == session.pk
    return DoorOut(
        confirmed_at=row.at if row and here else None, sound_only=bool(row and row.sound_only),
        fallback=fallback_out(fallback_of(session)), **vars(said),
    )  # fmt: skip


@edges.get("/my/sessions/{uuid:session_id}/door", Permission.OWN_PAGES, DoorOut)
def show_my_door(request: PageRequest, session_id: UUID) -> DoorOut:
    """What the client said for this session, or last, to be confirmed."""
    session, client = _mine(request, session_id)
    return door_out(confirmed(session.pk, client.pk) or last_confirmed(client), session)


@edges.put("/my/sessions/{uuid:session_id}/door", Permission.OWN_PAGES, DoorOut)
def confirm_my_door(request: PageRequest, session_id: UUID, body: DoorIn) -> DoorOut:
    """Says where the client is tonight; from here on the room's socket takes them in."""
    session, client = _mine(request, session_id)
    said = body.model_dump()
    sound_only = said.pop("sound_only")
    row = services.confirm_door(
        actor=request.actor, session=session, client=client, where=services.Whereabouts(**said),
        sound_only=sound_only, now=timezone.now(),
    )  # fmt: skip
    return door_out(row, session)


@edges.put("/my/sessions/{uuid:session_id}/check", Permission.OWN_PAGES, CheckOut)
def record_my_check(request: PageRequest, session_id: UUID, body: CheckIn) -> CheckOut:
    """Keeps how the client's device did before this session."""
    session, client = _mine(request, session_id)
    row = services.record_check(
        actor=request.actor, session=session, client=client, now=timezone.now(),
        parts={part: getattr(body, part) for part in PARTS}, round_trip_ms=body.round_trip_ms,
    )  # fmt: skip
    return CheckOut(at=row.at, round_trip_ms=row.round_trip_ms, **{p: Check(getattr(row, p)) for p in PARTS})


@edges.get("/sessions/{uuid:session_id}/fallback", Permission.TONIGHT_BOARD, FallbackOut)
def show_fallback(request: PageRequest, session_id: UUID) -> FallbackOut:
    """How this session meets when its room fails: its own way, else the group's."""
    session = session_for(request.actor, session_id, Permission.TONIGHT_BOARD)
    return fallback_out(fallback_of(session)) or FallbackOut(phone="", code="", link="")


@edges.put("/sessions/{uuid:session_id}/fallback", Permission.MANAGE_GROUPS, FallbackOut)
def change_fallback(request: PageRequest, session_id: UUID, body: FallbackIn) -> FallbackOut:
    """Writes another way to meet for this one session."""
    session = session_for(request.actor, session_id, Permission.MANAGE_GROUPS)
    row = set_fallback(actor=request.actor, session=session, phone=body.phone, code=body.code, link=body.link)
    return fallback_out(fallback_of(row)) or FallbackOut(phone="", code="", link="")
