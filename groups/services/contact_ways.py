"""How a client is written to: what is safe, what they want, and the one way for a message to a client.

The flags are asked twice: when a message is posted, and the moment before it leaves (`groups.receivers`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction

from groups.models import Client, ContactWays
from groups.services.enrolment import lock_chart
from groups.services.programs import require_unchanged
from vio.common import audit, outbox, texting
from vio.common.actors import Actor
from vio.common.errors import BadInputError, NotAllowedError
from vio.common.permissions import Permission
from vio.common.phones import e164

SAFE_FIELDS = ("mail_is_safe", "text_is_safe", "call_is_safe", "voice_message_is_safe")


def ways_of(client: Client) -> ContactWays:
    """The row, or the defaults of a client about whom nobody noted anything."""
    try:
        return client.contact_ways
    except ObjectDoesNotExist:
        return ContactWays(client=client, program_id=client.program_id)


def channels_to(client: Client) -> list[str]:
    """The channels ("mail", "sms") a message to this client takes now: safe, wanted, and carried."""
    ways = ways_of(client)
    found = ["mail"] if ways.mail_is_safe and ways.wants_mail else []
    texts = ways.text_is_safe and ways.wants_text and texting.available()
    return [*found, "sms"] if texts and e164(client.phone) else found


def address_of(client: Client, channel: str) -> str:
    """Where a message to this client may go on a channel; '' when it may not."""
    if channel not in channels_to(client):
        return ""
    return client.person.email if channel == "mail" else e164(client.phone) or ""


def tell_client(
    *, client: Client, kind: str, about: str, path: str, due_at: datetime, void_at: datetime | None = None
) -> int:
    """Posts a neutral message to a client on each channel that is safe and wanted, in the caller's transaction."""
    return outbox.post(
        program_id=client.program_id, recipients=[client.person], kind=kind, about=about, path=path, due_at=due_at,
        void_at=void_at, channels=channels_to(client),
    )  # fmt: skip


@transaction.atomic
def note_safe_ways(
    *, actor: Actor, client: Client, values: Mapping[str, bool], mark: str | None = None
) -> ContactWays:
    """Staff note which ways to a client are safe (names of `SAFE_FIELDS`); ConflictError behind another's back."""
    actor.require(Permission.MANAGE_ENROLMENT, client.program_id)
    row = ways_of(lock_chart(client))
    require_unchanged(row, SAFE_FIELDS, mark)
    changed = {name: values[name] for name in SAFE_FIELDS if name in values}
    return _keep(actor, row, changed, "client.safe_ways_noted")


@transaction.atomic
def choose_messages(*, actor: Actor, client: Client, wants_mail: bool, wants_text: bool) -> ContactWays:
    """The client says how they want their messages; neither is a fine answer.

    Raises NotAllowedError for anybody but the client, BadInputError for texts newly wanted that are not safe yet or that
    have no number to go to.
    """
    _require_self(actor, client)
    chart = lock_chart(client)
    row = ways_of(chart)
    if wants_text and not row.wants_text and (why := why_no_texts(chart)):
        raise BadInputError(fields={"wants_text": why})
    return _keep(actor, row, {"wants_mail": wants_mail, "wants_text": wants_text}, "client.messages_chosen")


def why_no_texts(client: Client) -> str:
    """Why this client can get no texts, in words for them; '' when they can."""
    if not texting.available():
        return "Your program does not send texts."
    if not e164(client.phone):
        return "We have no number for texts. Ask your team to add it."
    if not ways_of(client).text_is_safe:
        return "Nobody noted yet that texts are safe for you. Ask your team."
    return ""


def _require_self(actor: Actor, client: Client) -> None:
    actor.require(Permission.OWN_PAGES, client.program_id)
    if client.person_id != actor.person_id:
        raise NotAllowedError


def _keep(actor: Actor, row: ContactWays, values: Mapping[str, bool], action: str) -> ContactWays:
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    audit.record(
        actor=actor, action=action, program_id=row.program_id, subject=row, client_id=row.client_id,
        details=dict(values),
    )  # fmt: skip
    return row


def client_of(person_id: UUID, program_id: UUID) -> Client | None:
    """The chart of a person in a program, if they are in treatment there."""
    return (
        Client.objects.select_related("person", "contact_ways")
        .filter(person=person_id, program=program_id)
        .first()
    )
