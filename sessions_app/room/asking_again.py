"""Asks again about everybody who is connected (AU-7). Mostly that is one small question: was anything changed that they rest on?

Who may be in a room stands in a dozen tables, and reading them for everybody every few seconds costs more than a quiet evening's
messages. Each change is noted (see rights.py), so what was remembered is asked about only where a note says so. A part of the
people is read in full each time all the same, so that nobody stays for more than a minute on the strength of notes alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import connection

from sessions_app.room import access
from sessions_app.room.access import AccessError, Standing, Ticket
from sessions_app.room.rights import NOT_SEEN, NOW_IF_SAFE, Recalled, Told, rights
from vio.common.scope import every_program

MOST_CHANGES = 10_000
"""Keys told of at once; where more was changed, everybody is read in full."""


def standings_again(
    tickets: Sequence[Ticket], *, now: datetime, in_full: Collection[Ticket] = ()
) -> list[Standing | AccessError]:
    """As `access.standings`, for people who were let in before; `in_full` are read whatever is remembered."""
    told = _still_true([ticket for ticket in tickets if ticket not in in_full], now=now)
    open_ = [ticket for ticket in tickets if ticket not in told]
    read = dict(zip(open_, access.standings(open_, now=now), strict=True))
    return [access.answered(told[t], now) if t in told else read[t] for t in tickets]


def _still_true(tickets: Sequence[Ticket], *, now: datetime) -> dict[Ticket, Told]:
    """Of which tickets what is remembered holds still, and what that is. One statement."""
    recalled = rights.recall(rights.recent(tickets, now=now), now=now)
    if recalled is None or recalled.view is None:
        return {}
    with every_program(), connection.cursor() as cursor:
        cursor.execute(_CHANGED, [recalled.view.text])
        server, view, keys = cursor.fetchone()
    if server != recalled.view.server or view is None or len(keys) >= MOST_CHANGES:
        return {}
    changed = set(keys)
    pairs = zip(recalled.tickets, recalled.told, strict=True)
    same = {ticket: told for ticket, told in pairs if changed.isdisjoint(told.keys)}
    rights.confirm(Recalled([*same], [*same.values()], recalled.view), view=view, now=now)
    return same


_CHANGED = f"""
SELECT extract(epoch FROM pg_postmaster_start_time())::text, {NOW_IF_SAFE}, ARRAY(
  SELECT DISTINCT c.key FROM vio_access_change c WHERE {NOT_SEEN} LIMIT {MOST_CHANGES})
FROM (SELECT %s::text AS view) v"""  # noqa: S608  # put together from the house's own words
