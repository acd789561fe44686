"""Who answers while somebody is away: pure rules, no database and no clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class Away:
    """One absence: from `starts_at` up to, not including, `ends_at`; `cover` answers meanwhile, None: nobody is named."""

    person: UUID
    starts_at: datetime
    ends_at: datetime
    cover: UUID | None = None

    def at(self, now: datetime) -> bool:
        """Whether the person is away at that instant."""
        return self.starts_at <= now < self.ends_at


def stands_in(person: UUID, absences: Sequence[Away], now: datetime) -> UUID | None:
    """The person, or when they are away the first of their cover, the cover of that one ... who is there.

    None when the chain ends at somebody away who named nobody, or comes back to where it was.
    """
    away = {one.person: one.cover for one in absences if one.at(now)}
    asked: set[UUID] = set()
    found: UUID | None = person
    while found in away and found not in asked:
        asked.add(found)
        found = away[found]
    return None if found in asked else found


def who_is_there(claims: Iterable[UUID], absences: Sequence[Away], now: datetime) -> UUID | None:
    """The first, in order of claim, who is there or whose cover is; None when nobody is."""
    answers = (stands_in(person, absences, now) for person in claims)
    return next((person for person in answers if person is not None), None)
