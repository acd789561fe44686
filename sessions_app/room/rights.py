"""What this process was told about rights, and since when it would have been told of a change.

Every row that says who may be where notes its key when it changes, with the transaction that changed it (`vio_access_change`,
by triggers). An answer about rights comes with the view (a snapshot of PostgreSQL) in which it was read. It still holds where no
change of its keys can be seen now that could not be seen in that view; so a batch of commands asks for that instead of for all
the rows (AU-7). Nothing is compared by the clock: a transaction that began long ago and was committed a moment ago is found as
well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from sessions_app.room.access import Standing, Ticket

MOST = 4_000
"""Answers remembered; beyond that all are forgotten and asked for again."""
OLDEST = timedelta(seconds=30)
"""How old a view may be. Notes of changes are kept for much longer; whoever is connected is asked about every four seconds."""

NOW = "extract(epoch FROM pg_postmaster_start_time()) || '/' || pg_current_snapshot()"
"""The view of a statement: when the server started, and the snapshot. A server that was set back may give numbers again."""

NOW_IF_SAFE = f"CASE WHEN pg_current_xact_id_if_assigned() IS NULL THEN {NOW} END"
"""The same; null in a transaction that may itself have changed what it reads."""
NOT_SEEN = """c.xid >= pg_snapshot_xmin(split_part(view, '/', 2)::pg_snapshot)
    AND NOT pg_visible_in_snapshot(c.xid, split_part(view, '/', 2)::pg_snapshot)"""
"""Whether a note `c` of a change could not be seen in the view of the column `view`."""


class View(NamedTuple):
    """A view in an order in which the earlier of two is the lesser."""

    server: str
    xmin: int
    xmax: int
    done: int
    """Minus the number of transactions between `xmin` and `xmax` that were still running."""
    text: str

    @classmethod
    def of(cls, text: str) -> Self:
        """Reads what NOW says: "<start>/<xmin>:<xmax>:<running>,…"."""
        server, _, snapshot = text.partition("/")
        xmin, xmax, running = snapshot.split(":")
        return cls(server, int(xmin), int(xmax), -len(running.split(",")) if running else 0, text)


@dataclass(frozen=True, slots=True)
class Told:
    """An answer about one ticket."""

    text: str
    """The database's row, word for word."""
    keys: tuple[str, ...]
    asked_at: datetime
    answer: Standing | str
    """The standing, or the code of the refusal."""
    holds_until: float
    """The last instant (seconds since 1970) at which the login holds."""

    def at(self, now: datetime) -> Standing | str:
        """The answer at an instant: a login ends by itself."""
        return self.answer if now.timestamp() <= self.holds_until else "signed_out"


@dataclass(frozen=True, slots=True)
class Recalled:
    """What is remembered about some tickets, in their order."""

    tickets: Sequence[Ticket]
    told: Sequence[Told]
    view: View | None
    """The earliest view in which one of the answers was read; None when one is too old or was read in an unsafe one."""

    def keys(self) -> set[str]:
        """What a change of these answers would be noted under."""
        return {key for told in self.told for key in told.keys}

    def texts(self) -> list[str]:
        """What the question says of these tickets if nothing has changed (the column `text` of `access.QUERY`)."""
        return [f"({number},{told.text}" for number, told in enumerate(self.told, 1)]


class Rights:
    """The answers of one process. Threads write, the event loop reads: each pair is replaced as a whole."""

    def __init__(self) -> None:
        self._known: dict[Ticket, tuple[Told, View | None]] = {}

    def remember(self, ticket: Ticket, told: Told, *, view: str | None) -> None:
        """Keeps an answer. `view` is None where the transaction that asked may itself have changed what it read."""
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[ticket] = (told, View.of(view) if view else None)

    def recent(self, tickets: Sequence[Ticket], *, now: datetime) -> list[Ticket]:
        """Those about whom there is an answer with a view that is not too old."""
        found = [(ticket, self._known.get(ticket)) for ticket in tickets]
        return [ticket for ticket, known in found if known and known[1] and now - known[0].asked_at < OLDEST]

    def recall(self, tickets: Sequence[Ticket], *, now: datetime) -> Recalled | None:
        """What is remembered about all of these; None when one was never asked about."""
        found = [self._known.get(ticket) for ticket in tickets]
        told, views = [], []
        for known in found:
            if known is None:
                return None
            told.append(known[0])
            views.append(known[1] if now - known[0].asked_at < OLDEST else None)
        return Recalled(tickets, told, _earliest(views))

    def confirm(self, recalled: Recalled, *, view: str, now: datetime) -> None:
        """The database said the same again, in this view. An answer that was replaced meanwhile is left alone."""
        seen = View.of(view)
        for ticket, told in zip(recalled.tickets, recalled.told, strict=True):
            known = self._known.get(ticket)
            if known is not None and known[0] is told:
                again = Told(told.text, told.keys, now, told.answer, told.holds_until)
                self._known[ticket] = (again, seen)


def _earliest(views: Iterable[View | None]) -> View | None:
    earliest: View | None = None
    for view in views:
        if view is None or (earliest is not None and view.server != earliest.server):
            return None
        if earliest is None or view < earliest:
            earliest = view
    return earliest


rights = Rights()
