"""The ballot box of an anonymous poll: who answered, as blinded tokens, and how many chose what; never who chose what.

It stands beside the room in the state row, not in it, so no view and no event holds it. A token is made from the person
with a key that exists only while the poll is open; with the close the box is thrown away and the counts alone remain.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Self

from pydantic import BaseModel, ConfigDict

from sessions_app.room import activity_commands as ac
from sessions_app.room import activity_events as a
from sessions_app.room.event_base import Event


class BallotBox(BaseModel):
    """A value; putting a ballot in gives a new box. `tokens` are sorted, so their order tells nothing of the counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    tokens: tuple[str, ...] = ()
    counts: tuple[int, ...]

    @classmethod
    def fresh(cls, options: int) -> Self:
        """An empty box with a key of its own."""
        return cls(key=secrets.token_hex(32), counts=(0,) * options)

    def has(self, person: str) -> bool:
        """Whether this person's ballot is in."""
        return self._token(person) in self.tokens

    def with_ballot(self, person: str, option: int) -> BallotBox:
        """The box with one more ballot."""
        counts = tuple(count + (place == option) for place, count in enumerate(self.counts))
        tokens = tuple(sorted((*self.tokens, self._token(person))))
        return self.model_copy(update={"tokens": tokens, "counts": counts})

    def _token(self, person: str) -> str:
        return hmac.new(bytes.fromhex(self.key), person.encode(), hashlib.sha256).hexdigest()


def after(box: BallotBox | None, command: object, person: str, events: list[Event]) -> BallotBox | None:
    """The box after one command of a person and the events it led to."""
    for event in events:
        if isinstance(event, a.PollOpened):
            box = BallotBox.fresh(len(event.options)) if event.anonymous else None
        elif isinstance(event, a.PollClosed):  # with the key gone, nobody can ask the box again
            box = None
        elif isinstance(event, a.PollAnswered) and box is not None and isinstance(command, ac.PollVote):
            box = box.with_ballot(person, command.option)
    return box
