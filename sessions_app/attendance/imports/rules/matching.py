"""Who somebody in a log is: by account id or e-mail address, never by name (pure).

A name is shown as a hint and decides nothing. Whoever is not known for certain is decided by a person.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sessions_app.attendance.imports.rules.stays import Entry


class By(StrEnum):
    """What an entry was matched by."""

    ACCOUNT = "account"  # an account id of ours: the room's identity, or one given to the vendor
    EMAIL = "email"
    STAFF = "staff"  # certain to be somebody who works here, who is credited with nothing
    UNCLEAR = "unclear"  # id and address name two people
    NOBODY = "nobody"  # nothing in the log is known to us


@dataclass(frozen=True)
class Seat:
    """A client on the sheet of the session."""

    client_id: UUID
    person_id: UUID
    email: str
    name: str


@dataclass(frozen=True)
class Staff:
    """Who works in the program."""

    person_ids: frozenset[UUID]
    emails: frozenset[str]


@dataclass(frozen=True)
class Match:
    """Who an entry is. `client_id` None with STAFF: certainly no client; else a person has to say."""

    by: By
    client_id: UUID | None = None
    same_name: int = 0  # how many on the sheet have this name: a hint, nothing more

    @property
    def certain(self) -> bool:
        """Whether nobody needs to be asked."""
        return self.by in {By.ACCOUNT, By.EMAIL, By.STAFF}


def match(entry: Entry, seats: Sequence[Seat], staff: Staff) -> Match:
    """Who this is, by rule."""
    same_name = sum(1 for seat in seats if seat.name.casefold() in {name.casefold() for name in entry.names})
    by_account = _found(entry.account_refs, _accounts(seats))
    by_email = _found(entry.emails, {seat.email.lower(): seat.client_id for seat in seats})
    known = by_account | by_email
    at_work = _is_staff(entry, staff)
    if len(known) > 1 or (known and at_work):
        return Match(By.UNCLEAR, same_name=same_name)
    if known:
        return Match(By.ACCOUNT if by_account else By.EMAIL, next(iter(known)), same_name)
    return Match(By.STAFF if at_work else By.NOBODY, same_name=same_name)


def _accounts(seats: Sequence[Seat]) -> dict[str, UUID]:
    """An account is named by the id of the person, or of the client's chart."""
    return {str(key): seat.client_id for seat in seats for key in (seat.person_id, seat.client_id)}


def _found(words: Collection[str], known: Mapping[str, UUID]) -> frozenset[UUID]:
    return frozenset(known[word.lower()] for word in words if word.lower() in known)


def _is_staff(entry: Entry, staff: Staff) -> bool:
    ids = {str(key) for key in staff.person_ids}
    return any(ref.lower() in ids for ref in entry.account_refs) or bool(set(entry.emails) & staff.emails)
