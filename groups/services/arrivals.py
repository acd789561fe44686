"""A person arrives: account, chart, episode, dose, first group and invitation in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from groups.models import Client, Group, LevelOfCare, Person, Program
from groups.rules import Band
from groups.selectors import today_of
from groups.services.enrolment import add_client, enrol_client
from groups.services.invitations import invite
from groups.services.meeting_times import hold_meeting_times
from groups.services.memberships import add_member
from groups.services.people import PersonDetails
from groups.services.places import lock_group
from vio.common.actors import Actor
from vio.common.errors import ConflictError, DomainError


@dataclass(frozen=True)
class Arrival:
    """What is known of a new client. Minutes and days a week are the level's own unless given; `anyway` as `add_member`."""

    person: PersonDetails
    level: LevelOfCare
    starts_on: date
    weekly_minutes: int | None = None
    weekly_days: int | None = None
    primary_clinician_id: UUID | None = None
    group: Group | None = None
    phone: str = ""
    privacy_name: str = ""
    home_state: str = ""
    anyway: bool | None = None


@transaction.atomic
def admit_new_client(
    *, actor: Actor, program: Program, arrival: Arrival, now: datetime
) -> tuple[Client, Band | None]:
    """Opens the chart, enrols, prescribes, gives the first group's place and invites: all of it or nothing.

    Returns the client and the group's band. Raises what the single services raise; what concerns the group is told
    beside the field `group`.
    """
    hold_meeting_times(program.pk)
    if arrival.group is not None:
        lock_group(arrival.group)  # before the chart, as `add_member` does
    client = add_client(
        actor=actor, program=program, person=arrival.person, now=now, privacy_name=arrival.privacy_name,
        phone=arrival.phone, home_state=arrival.home_state,
    )  # fmt: skip
    enrol_client(
        actor=actor, client=client, level=arrival.level, starts_on=arrival.starts_on, now=now,
        weekly_minutes=arrival.weekly_minutes, weekly_days=arrival.weekly_days,
        primary_clinician_id=arrival.primary_clinician_id,
    )  # fmt: skip
    band = _first_group(actor, client, arrival, now) if arrival.group else None
    send_invitation(actor=actor, person=client.person, program_id=program.pk, now=now)
    return client, band


def _first_group(actor: Actor, client: Client, arrival: Arrival, now: datetime) -> Band:
    assert arrival.group is not None  # noqa: S101  # the caller asked
    starts_on = max(arrival.starts_on, today_of(client.program, now))
    try:
        return add_member(
            actor=actor,
            group=arrival.group,
            client=client,
            starts_on=starts_on,
            now=now,
            anyway=arrival.anyway,
        )[1]
    except DomainError as error:
        if error.status in {403, 404} or "anyway" in error.fields:
            raise
        text = " ".join(error.fields.values()) or error.message
        raise ConflictError(text, code=error.code, fields={"group": text}) from error


def send_invitation(*, actor: Actor, person: Person, program_id: UUID, now: datetime) -> bool:
    """Mails a person without a password the way in; False for somebody who signs in already."""
    if person.has_usable_password():
        return False
    invite(person=person, program_id=program_id, actor=actor, now=now)
    return True
