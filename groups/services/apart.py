"""Writes about pairs of clients who are kept apart."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from groups.models import Client, NoContact, Program
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError
from vio.common.permissions import Permission


@transaction.atomic
def keep_apart(
    *, actor: Actor, program: Program, pair: tuple[Client, Client], reason: str, now: datetime
) -> NoContact:
    """Two clients of a program are kept apart from now on. The reason is sealed.

    Raises BadInputError for one person twice, a client of another program or no reason; ConflictError for a pair that
    is kept apart already.
    """
    actor.require(Permission.MANAGE_GROUPS, program.pk)
    first, second = sorted(pair, key=lambda client: client.pk.int)
    if first.pk == second.pk or {first.program_id, second.program_id} != {program.pk}:
        raise BadInputError(fields={"second": "Choose two different clients of this program."})
    if not reason.strip():
        raise BadInputError(fields={"reason": "Say why, for those who decide later."})
    try:
        with transaction.atomic():
            row = NoContact.objects.create(
                program=program, first=first, second=second, reason=reason.strip(), recorded_at=now
            )
    except IntegrityError as error:
        message = "These two are kept apart already."
        raise ConflictError(message, code="kept_apart_already", fields={"second": message}) from error
    _record(actor, row, "no_contact.recorded")
    return row


@transaction.atomic
def end_apart(*, actor: Actor, no_contact: NoContact, now: datetime) -> bool:
    """The two may meet again; False when that was said before."""
    actor.require(Permission.MANAGE_GROUPS, no_contact.program_id)
    if not NoContact.objects.filter(pk=no_contact.pk, ended_at=None).update(ended_at=now):
        return False
    _record(actor, no_contact, "no_contact.ended")
    return True


def _record(actor: Actor, row: NoContact, action: str) -> None:
    """One entry in each chart: it is about both."""
    for client_id in (row.first_id, row.second_id):
        audit.record(actor=actor, action=action, program_id=row.program_id, subject=row, client_id=client_id)
