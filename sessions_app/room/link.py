"""One connection as the hub knows it: who it is, what it hears, what was sent to it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid4

from sessions_app.room.access import Standing, Ticket
from sessions_app.room.log import Line
from sessions_app.room.outbox import Outbox, Send
from sessions_app.room.run import Heard, Part, Run
from sessions_app.room.views import Viewer
from sessions_app.room.words import Sees

TOO_SLOW = 1013
LOOK_AGAIN = frozenset({"you.admitted", "you.moved_to_lobby", "you.moved"})
"""Events after which a person hears something else: a new snapshot follows."""
MOST_HELD = 2_000
"""How many events may pass while a snapshot is being made for a connection."""


class Link:
    """A live connection. While `joining` it holds back what happens, so that nothing falls between snapshot and live."""

    def __init__(
        self, standing: Standing, login: str, *, send: Send, now: datetime, source: str = ""
    ) -> None:
        self.id: UUID = uuid4()
        self.standing = standing
        self.person = str(standing.person_id)
        """The person's id as it travels."""
        self.login = login
        self.ticket = Ticket(standing.session_id, standing.person_id, login)
        """What to ask again whether this person may still be here."""
        self.source = source
        self.outbox = Outbox(send)
        self.viewer = Viewer(self.person, Sees.SELF)
        self.audiences = self.viewer.audiences
        """The audiences that this connection hears, as its viewer has them."""
        self.last_seen = now
        self.alive = time.monotonic()
        self.joining = True
        self.catching_up = False
        """Joining only to hear what was missed: this person's place is what it was."""
        self.counted = False
        """Whether this connection stands in the room as present (false when looking at a room that is over)."""
        self.closed: int | None = None
        self.unanswered = 0
        """Commands that were said here and are not committed or refused yet."""
        self._after = 0
        self._held: list[Heard] = []

    @property
    def is_inside(self) -> bool:
        """Whether this person is in the room or a side room, and is not just being brought from one place to another."""
        return (not self.joining or self.catching_up) and self.viewer.sees is not Sees.SELF

    def hold(self) -> None:
        """Holds events back until `go_live`."""
        self.joining = True
        self.catching_up = False
        self._held = []

    def feed(self, run: Run) -> None:
        """What happened in the room; held back while joining."""
        if self.closed is not None:
            return
        if self.joining:
            self._held.extend(run.heard)
            if len(self._held) > MOST_HELD:
                self.close(TOO_SLOW)
        elif run.first > self._after:
            part = run.of(self.audiences)
            if part is not None and not self.outbox.push_part(part):
                self.close(TOO_SLOW)
        else:
            self._send_after(run.heard)

    def go_live(self, viewer: Viewer, version: int) -> bool:
        """From here on everything after `version` is sent as it happens.

        True when what was held back says that this person's place has changed since: look again.
        """
        held, self._held = self._held, []
        self.viewer, self.audiences = viewer, viewer.audiences
        self._after = version
        self.joining = self.catching_up = False
        self._send_after(held)
        return any(self._moves(position, line) for position, line in held)

    def _moves(self, position: int, line: Line) -> bool:
        mine = line.audience == f"person:{self.person}"
        return mine and line.kind in LOOK_AGAIN and position > self._after

    def send_line(self, line: Line) -> None:
        """Sends a numbered event."""
        if self.closed is None and not self.outbox.push_part(Part.of((line,))):
            self.close(TOO_SLOW)

    def _send_after(self, heard: Iterable[Heard]) -> None:
        for position, line in heard:
            if position > self._after and line.audience in self.audiences:
                self.send_line(line)

    def send(self, frame: str) -> None:
        """Sends any frame; a connection that takes nothing in any more is closed."""
        if self.closed is None and not self.outbox.push(frame):
            self.close(TOO_SLOW)

    def collect(self) -> None:
        """What is sent from here on goes out in one write, with the `flush` that belongs to this call."""
        self.outbox.collect()

    def flush(self) -> None:
        """Sends what was collected; a connection that takes nothing in any more is closed."""
        if not self.outbox.flush() and self.closed is None:
            self.close(TOO_SLOW)

    def close(self, code: int) -> None:
        """Closes the connection once; the hub lets go of it when it looks next."""
        if self.closed is None:
            self.closed = code
            self.outbox.close(code)
