"""Writes about the group agreement: new versions, and that a client accepted one."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from groups.models import Agreement, AgreementAcceptance, Client, Program
from groups.selectors import current_agreement
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError, NotAllowedError
from vio.common.permissions import Permission


@transaction.atomic
def publish_agreement(
    *, actor: Actor, program: Program, text: str, now: datetime, after_version: int | None = None
) -> Agreement:
    """Publishes the next version; every client is asked again before their next room.

    `after_version` is the version the author saw; ConflictError when a newer one is there already.
    """
    actor.require(Permission.MANAGE_PROGRAM, program.pk)
    if not text.strip():
        raise BadInputError(fields={"text": "Write the text people will agree to."})
    Program.objects.select_for_update(no_key=True).get(pk=program.pk)
    current = current_agreement(program.pk)
    last = current.version if current else 0
    if after_version is not None and after_version != last:
        raise ConflictError("A newer version was published meanwhile. Please look at it first.")
    agreement = Agreement.objects.create(
        program=program, version=last + 1, text=text.strip(), published_at=now
    )
    audit.record(
        actor=actor,
        action="agreement.published",
        program_id=program.pk,
        subject=agreement,
        details={"version": agreement.version},
    )
    return agreement


def accept_agreement(
    *, actor: Actor, client: Client, agreement: Agreement, now: datetime
) -> AgreementAcceptance:
    """A client accepts the current version; twice is the same as once.

    Raises NotAllowedError for anybody but the client (or the system), ConflictError when a newer version is out.
    """
    if not actor.system and actor.person_id != client.person_id:
        raise NotAllowedError
    if current_agreement(client.program_id) != agreement:
        raise ConflictError(
            "There is a newer version of this agreement. Please read it first.", code="agreement_newer"
        )
    existing = AgreementAcceptance.objects.filter(client=client, agreement=agreement).first()
    return existing or _accept(actor, client, agreement, now)


def _accept(actor: Actor, client: Client, agreement: Agreement, now: datetime) -> AgreementAcceptance:
    try:
        with transaction.atomic():
            accepted = AgreementAcceptance.objects.create(
                program_id=client.program_id, client=client, agreement=agreement, at=now
            )
            audit.record(
                actor=actor,
                action="agreement.accepted",
                program_id=client.program_id,
                subject=agreement,
                client_id=client.pk,
                details={"version": agreement.version},
            )
            return accepted
    except IntegrityError:
        # A second tap was faster: its acceptance is the one.
        return AgreementAcceptance.objects.get(client=client, agreement=agreement)
