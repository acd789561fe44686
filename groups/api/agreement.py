"""The group agreement, for the client who reads and accepts it."""

from __future__ import annotations

from typing import Annotated

from django.utils import timezone

from groups.access import own_client
from groups.models import Agreement, Client
from groups.selectors import current_agreement
from groups.services.agreements import accept_agreement
from vio.common.api.edges import Edges
from vio.common.api.schemas import Input, Instant, Output, whole
from vio.common.errors import ConflictError, NotFoundError
from vio.common.http import PageRequest
from vio.common.permissions import Permission

edges = Edges("groups")


class AgreementOut(Output):
    """The newest text, and when the client accepted it."""

    version: int
    text: str
    accepted_at: Instant | None


class AcceptIn(Input):
    """The version that was read."""

    version: Annotated[int, whole(1, 2**31 - 1)]


def _current(client: Client) -> Agreement:
    found = current_agreement(client.program_id)
    if found is None:
        raise NotFoundError
    return found


def agreement_out(row: Agreement, client: Client) -> AgreementOut:
    """The text as it goes out to one client."""
    accepted = row.acceptances.filter(client=client).values_list("at", flat=True).first()
    return AgreementOut(version=row.version, text=row.text, accepted_at=accepted)


@edges.get("/my/agreement", Permission.OWN_PAGES, AgreementOut)
def show_my_agreement(request: PageRequest) -> AgreementOut:
    """The group agreement in force; 404 when the program has none."""
    client = own_client(request.actor, Permission.OWN_PAGES)
    return agreement_out(_current(client), client)


@edges.post("/my/agreement", Permission.OWN_PAGES, AgreementOut)
def accept_my_agreement(request: PageRequest, body: AcceptIn) -> AgreementOut:
    """Accepts the text that was read; another version is in force by now: 409 `agreement_newer`."""
    client = own_client(request.actor, Permission.OWN_PAGES)
    current = _current(client)
    if body.version != current.version:
        raise ConflictError("This text is newer. Please read it, then accept it.", code="agreement_newer")
    accept_agreement(actor=request.actor, client=client, agreement=current, now=timezone.now())
    return agreement_out(current, client)
