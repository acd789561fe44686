"""The ways to a client: what is safe, noted by staff; what is wanted, chosen by the client."""

from __future__ import annotations

from uuid import UUID

from groups import access
from groups.models import Client
from groups.services import contact_ways as service
from groups.services.programs import seen
from vio.common.api.edges import Edges
from vio.common.api.schemas import Flag, Input, Output, Seen
from vio.common.http import PageRequest
from vio.common.permissions import Permission

edges = Edges("messages")


class SafeWaysOut(Output):
    """Which ways to a client are safe. `mark` names this state of them: send it back as `seen`."""

    client_id: UUID
    mail_is_safe: bool
    text_is_safe: bool
    call_is_safe: bool
    voice_message_is_safe: bool
    mark: str


class SafeWaysIn(Input):
    """Which ways are safe, as the client said."""

    mail_is_safe: Flag
    text_is_safe: Flag
    call_is_safe: Flag
    voice_message_is_safe: Flag
    seen: Seen | None = None


class MessagesOut(Output):
    """How the client wants messages, and whether each way is open; `text_closed_because` says why texts are not."""

    wants_mail: bool
    wants_text: bool
    mail_is_open: bool
    text_is_open: bool
    text_closed_because: str


class MessagesIn(Input):
    """How the client wants messages; neither is a fine answer."""

    wants_mail: Flag
    wants_text: Flag


def _safe(client: Client) -> SafeWaysOut:
    row = service.ways_of(client)
    values = {name: getattr(row, name) for name in service.SAFE_FIELDS}
    return SafeWaysOut(client_id=client.pk, mark=seen(row, service.SAFE_FIELDS), **values)


def _mine(client: Client) -> MessagesOut:
    row = service.ways_of(client)
    why = service.why_no_texts(client)
    return MessagesOut(
        wants_mail=row.wants_mail, wants_text=row.wants_text, mail_is_open=row.mail_is_safe,
        text_is_open=not why, text_closed_because=why,
    )  # fmt: skip


@edges.get("/clients/{uuid:client_id}/safe-ways", Permission.MANAGE_ENROLMENT, SafeWaysOut)
def show_safe_ways(request: PageRequest, client_id: UUID) -> SafeWaysOut:
    """Which ways to a client are safe."""
    return _safe(access.client_for(request.actor, client_id, Permission.MANAGE_ENROLMENT))


@edges.put("/clients/{uuid:client_id}/safe-ways", Permission.MANAGE_ENROLMENT, SafeWaysOut)
def note_safe_ways(request: PageRequest, client_id: UUID, body: SafeWaysIn) -> SafeWaysOut:
    """Notes which ways are safe; messages that wait go by what is noted the moment they leave."""
    client = access.client_for(request.actor, client_id, Permission.MANAGE_ENROLMENT)
    values = body.model_dump(exclude={"seen"})
    service.note_safe_ways(actor=request.actor, client=client, values=values, mark=body.seen)
    return _safe(access.client_for(request.actor, client_id, Permission.MANAGE_ENROLMENT))


@edges.get("/my/messages", Permission.OWN_PAGES, MessagesOut)
def show_my_messages(request: PageRequest) -> MessagesOut:
    """How one's messages come."""
    return _mine(access.own_client(request.actor, Permission.OWN_PAGES))


@edges.put("/my/messages", Permission.OWN_PAGES, MessagesOut)
def choose_my_messages(request: PageRequest, body: MessagesIn) -> MessagesOut:
    """Chooses how one's messages come."""
    client = access.own_client(request.actor, Permission.OWN_PAGES)
    service.choose_messages(
        actor=request.actor, client=client, wants_mail=body.wants_mail, wants_text=body.wants_text
    )
    return _mine(access.own_client(request.actor, Permission.OWN_PAGES))
