"""Writes of the door: what a client confirms before the room, the name they go by, how their device did."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from datetime import datetime, timedelta

from django.db import transaction

from groups.licences import STATES
from groups.models import Client
from groups.services.enrolment import lock_chart
from sessions_app.models import DoorConfirmation, Session, TechCheck
from sessions_app.room.door.facts import Check
from sessions_app.room.door.selectors import PARTS, confirmed, names_in_use
from sessions_app.selectors import is_expected
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError, NotAllowedError, NotFoundError

READY_BEFORE = timedelta(hours=1)
"""How long before the lobby opens a client may already say where they will be."""
LONGEST = {"address": 160, "city": 80, "contact_name": 80, "contact_phone": 40, "contact_relation": 40}
NAME_LENGTH = 40
MISSING = {
    "address": "Write where you are: street and number, or the name of the place.",
    "city": "Write the city or town.",
    "state": "Choose the state you are in.",
}
"""{field: what is said when it is empty}."""
_DIGITS = re.compile(r"\d")
_PHONE = re.compile(r"[\d\s().+\-x#]{7,40}")


@dataclass(frozen=True)
class Whereabouts:
    """Where a client is tonight and whom to call. Without a contact name the client names nobody."""

    address: str
    city: str
    state: str
    contact_name: str = ""
    contact_phone: str = ""
    contact_relation: str = ""

    def tidied(self) -> Whereabouts:
        """The same without stray spaces, the state in capital letters."""
        values = {f.name: " ".join(getattr(self, f.name).split()) for f in fields(self)}
        return Whereabouts(**{**values, "state": values["state"].upper()})

    def problems(self) -> dict[str, str]:
        """{field: what is wrong with it}; empty when it can be kept."""
        found = {name: "Write this shorter, please." for name, most in LONGEST.items()
                 if len(getattr(self, name)) > most}  # fmt: skip
        found |= {name: words for name, words in MISSING.items() if not getattr(self, name)}
        if self.state not in STATES:
            found["state"] = MISSING["state"]
        return found | self._contact_problems()

    def _contact_problems(self) -> dict[str, str]:
        if not self.contact_name and not self.contact_phone:
            return {}
        if not self.contact_name:
            return {"contact_name": "Write who this number belongs to."}
        if not _PHONE.fullmatch(self.contact_phone) or len(_DIGITS.findall(self.contact_phone)) < 7:
            return {"contact_phone": "Write a phone number, with the area code."}
        return {}


@transaction.atomic
def confirm_door(
    *, actor: Actor, session: Session, client: Client, where: Whereabouts, now: datetime,
    sound_only: bool = False,
) -> DoorConfirmation:  # fmt: skip
    """A client says where they are for this session and whom to call; the same again changes nothing.

    From here on the room takes them in, for the whole session. Raises NotAllowedError for anybody but the client (or
    the system), NotFoundError for a client who is not expected, ConflictError when the session is over, called off or
    still far off, BadInputError (fields) for what cannot be kept.
    """
    _require_self(actor, client)
    tidy = where.tidied()
    if problems := tidy.problems():
        raise BadInputError(fields=problems)
    lock_chart(client)
    if not is_expected(session, client.pk):
        raise NotFoundError
    if not actor.system:
        require_near(session, now)
    known = confirmed(session.pk, client.pk)
    if known is not None and _same(known, tidy, sound_only):
        return known
    row = DoorConfirmation.objects.create(
        program_id=session.program_id,
        session=session,
        client=client,
        sound_only=sound_only,
        source="system" if actor.system else "client",
        at=now,
        **{f.name: getattr(tidy, f.name) for f in fields(tidy)},
    )
    _record(actor, "door.confirmed", session, client, again=known is not None, sound_only=sound_only)
    return row


def require_near(session: Session, now: datetime) -> None:
    """Raises ConflictError unless the session's door is open, or opens within the hour."""
    if session.status in (Session.Status.ENDED, Session.Status.CANCELLED) or session.ended_at is not None:
        raise ConflictError("This session is over.", code="session_over")
    opens_at = session.starts_at - timedelta(minutes=session.program.lobby_opens_minutes)
    if session.status == Session.Status.SCHEDULED and now < opens_at - READY_BEFORE:
        raise ConflictError("It is too early for this. Come back an hour before the group.", code="too_early")


def whereabouts_of(row: DoorConfirmation) -> Whereabouts:
    """What a confirmation says."""
    return Whereabouts(**{f.name: getattr(row, f.name) for f in fields(Whereabouts)})


def _same(row: DoorConfirmation, where: Whereabouts, sound_only: bool) -> bool:
    return row.sound_only == sound_only and astuple(whereabouts_of(row)) == astuple(where)


@transaction.atomic
def record_check(
    *, actor: Actor, session: Session, client: Client, parts: Mapping[str, Check], now: datetime,
    round_trip_ms: int | None = None,
) -> TechCheck:  # fmt: skip
    """Keeps how the client's device did (names of `PARTS`; a part not named was skipped); trying again replaces it.

    Raises NotAllowedError for anybody but the client (or the system), NotFoundError for one who is not expected.
    """
    _require_self(actor, client)
    lock_chart(client)
    if not is_expected(session, client.pk):
        raise NotFoundError
    values = {part: str(parts.get(part, Check.SKIPPED)) for part in PARTS}
    row, _ = TechCheck.objects.update_or_create(
        session=session,
        client=client,
        defaults={**values, "program_id": session.program_id, "round_trip_ms": round_trip_ms, "at": now},
    )
    _record(actor, "door.checked", session, client, **values)
    return row


@transaction.atomic
def choose_name(*, actor: Actor, session: Session, client: Client, name: str) -> Client:
    """The client chooses what the group sees; empty is first name and initial (AZ-6).

    Raises NotAllowedError for anybody but the client, BadInputError (field `privacy_name`) for a name that is too long
    or that somebody else of this session goes by.
    """
    _require_self(actor, client)
    tidy = " ".join(name.split())
    row = lock_chart(client)
    if tidy in {row.peer_name, row.privacy_name}:
        return row
    if len(tidy) > NAME_LENGTH:
        raise BadInputError(fields={"privacy_name": f"At most {NAME_LENGTH} letters, please."})
    if tidy.casefold() in names_in_use(session, row):
        raise BadInputError(fields={"privacy_name": "Somebody in the group has this name. Choose another."})
    row.privacy_name = tidy
    row.save(update_fields=["privacy_name"])
    _record(actor, "client.name_chosen", session, row)
    return row


def _require_self(actor: Actor, client: Client) -> None:
    if not actor.system and actor.person_id != client.person_id:
        raise NotAllowedError


def _record(actor: Actor, action: str, session: Session, client: Client, **details: str | bool) -> None:
    audit.record(
        actor=actor,
        action=action,
        program_id=session.program_id,
        subject=session,
        client_id=client.pk,
        details=details or None,
    )
