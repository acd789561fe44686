"""The waitlist as staff keep it: who waits, in which order, who was moved ahead and why."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Min

from groups.access import in_force
from groups.models import Client, Group, SeatOffer, WaitlistEntry
from groups.models.waitlist import OPEN, WAITING
from groups.selectors import today_of
from groups.services.places import lock_group
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError
from vio.common.permissions import Permission

REASON_LENGTH = 500


def add_to_waitlist(*, actor: Actor, group: Group, client: Client, now: datetime) -> WaitlistEntry:
    """Puts a client at the end of a group's list.

    Raises BadInputError for a client of another program or without an enrolment in force, ConflictError for one who waits
    already or has a place, and for a closed group.
    """
    actor.require(Permission.MANAGE_GROUPS, group.program_id)
    message = "This client is on the list already."
    try:
        with transaction.atomic():
            return _add(actor, group, client, now)
    except IntegrityError as error:
        raise ConflictError(message, code="waits_already", fields={"client": message}) from error


def _add(actor: Actor, group: Group, client: Client, now: datetime) -> WaitlistEntry:
    row = lock_group(group)
    _check_may_wait(row, client, now)
    entry = WaitlistEntry.objects.create(
        program_id=row.program_id, group=row, client=client, added_at=now, place_at=now,
        added_by_id=actor.person_id,
    )  # fmt: skip
    record(actor, "waitlist.added", entry)
    return entry


def _check_may_wait(group: Group, client: Client, now: datetime) -> None:
    today = today_of(group.program, now)
    if client.program_id != group.program_id:
        raise BadInputError(fields={"client": "Choose a client of this program."})
    if not group.is_active:
        raise ConflictError("This group is closed.", code="group_closed")
    if not client.enrolments.filter(in_force(today)).exists():
        raise BadInputError(code="not_enrolled", fields={"client": "This client is not enrolled today."})
    if group.memberships.filter(client=client, ends_on=None).exists():
        message = "This client has a place in this group."
        raise ConflictError(message, code="has_place", fields={"client": message})


@transaction.atomic
def move_ahead(*, actor: Actor, entry: WaitlistEntry, reason: str, now: datetime) -> WaitlistEntry:
    """Moves somebody to the front, against the order of time: with a reason that is kept. An open offer stays where it is.

    Raises BadInputError without a reason, ConflictError when they do not wait any more.
    """
    actor.require(Permission.MANAGE_GROUPS, entry.program_id)
    why = reason.strip()
    if not why or len(why) > REASON_LENGTH:
        raise BadInputError(fields={"reason": f"Say why, in at most {REASON_LENGTH} letters."})
    lock_group(entry.group)
    row = waiting(entry)
    first = WaitlistEntry.objects.filter(group=row.group_id, status=WAITING).aggregate(at=Min("place_at"))
    row.place_at = min(first["at"], row.place_at) - timedelta(microseconds=1)
    row.moved_at, row.moved_by_id, row.move_reason, row.rest_until = now, actor.person_id, why, None
    row.save(update_fields=["place_at", "moved_at", "moved_by", "move_reason", "rest_until"])
    record(actor, "waitlist.moved_ahead", row)
    return row


@transaction.atomic
def take_off(*, actor: Actor, entry: WaitlistEntry, now: datetime) -> None:
    """Staff take somebody off the list; an open offer is taken back with it. ConflictError when they wait no longer."""
    actor.require(Permission.MANAGE_GROUPS, entry.program_id)
    lock_group(entry.group)
    # The offer before the entry, as an answer locks them.
    SeatOffer.objects.filter(entry=entry, status=OPEN).update(status="withdrawn", closed_at=now)
    row = waiting(entry)
    row.status, row.ended_because, row.ended_at = "left", "staff", now
    row.save(update_fields=["status", "ended_because", "ended_at"])
    record(actor, "waitlist.taken_off", row)


def waiting(entry: WaitlistEntry) -> WaitlistEntry:
    """The entry, locked; ConflictError when it waits no longer."""
    row = WaitlistEntry.objects.select_for_update(no_key=True).filter(pk=entry.pk, status=WAITING).first()
    if row is None:
        raise ConflictError("This client does not wait any more.", code="waits_no_longer")
    return row


def record(actor: Actor, action: str, entry: WaitlistEntry) -> None:
    """The audit entry of an act about somebody who waits."""
    audit.record(
        actor=actor, action=action, program_id=entry.program_id, subject=entry, client_id=entry.client_id,
        details={"group": str(entry.group_id)},
    )  # fmt: skip
