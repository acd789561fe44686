"""The first thing a connection hears: the snapshot, or what it missed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sessions_app.room import log
from sessions_app.room.access import Standing
from sessions_app.room.events import AnyEvent
from sessions_app.room.log import Line, Moment, Words
from sessions_app.room.replies import Me, Snapshot
from sessions_app.room.views import Viewer, project, shown_for, viewer_of
from sessions_app.room.words import Sees
from vio.common.scope import scope


def snapshot(
    standing: Standing, moment: Moment, *, now: datetime, words: list[Words] | None = None
) -> Snapshot:
    """What this person may see of the room at that moment, with the numbers it holds.

    `words` are all of the room's, when they were read for many at once.
    """
    viewer = viewer_of(moment.room, str(standing.person_id), standing.role)
    return Snapshot(
        at=now,
        me=Me(person=viewer.person, role=standing.role, sees=viewer.sees),
        room=project(moment.room, viewer),
        chat=_chat(standing, viewer, moment, words),
        shown=_shown(standing, viewer, moment, words),
        numbers=numbers_for(viewer.audiences, moment.heads),
    )


@dataclass(frozen=True, slots=True)
class View:
    """What a connection is shown first: the snapshot, or the lines it missed; live from `version` on."""

    viewer: Viewer
    moment: Moment
    snapshot: Snapshot | None
    missed: list[Line]


Wanted = tuple[Standing, Mapping[str, int] | None]
"""Who wants to see their room, and the numbers they have seen already (None for a first look)."""


def views(wanted: Sequence[Wanted], *, now: datetime) -> list[View | Exception]:
    """For everybody who looks at one moment their room as committed now: what they missed, or else everything.

    Each room is read once, however many look at it.
    """
    with scope({standing.program_id for standing, _ in wanted}):
        looking = Counter(standing.session_id for standing, _ in wanted)
        moments = log.moments(set(looking))
        words = {session: log.words_of(session) for session, people in looking.items() if people > 1}
        return [
            _view(who, seen, moments[who.session_id], now, words.get(who.session_id)) for who, seen in wanted
        ]


def view(standing: Standing, seen: Mapping[str, int] | None, *, now: datetime) -> View:
    """The same for one."""
    with scope({standing.program_id}):
        return _view(standing, seen, log.moment(standing.session_id), now)


def _view(
    standing: Standing,
    seen: Mapping[str, int] | None,
    moment: Moment,
    now: datetime,
    words: list[Words] | None = None,
) -> View:
    viewer = viewer_of(moment.room, str(standing.person_id), standing.role)
    missed = catch_up(standing, viewer, seen, moment) if seen is not None else None
    if missed is None:
        return View(viewer, moment, snapshot(standing, moment, now=now, words=words), [])
    return View(viewer, moment, None, missed)


def catch_up(
    standing: Standing, viewer: Viewer, seen: Mapping[str, int], moment: Moment
) -> list[Line] | None:
    """What this viewer missed since the numbers seen; None when a snapshot is the honest answer (RT-3).

    That is so when the numbers are not about the audiences the viewer hears now, are ahead of the log, or when too much
    was missed.
    """
    heads = numbers_for(viewer.audiences, moment.heads)
    if set(seen) != set(heads) or any(number > heads[audience] for audience, number in seen.items()):
        return None
    missed = log.missed(standing.session_id, seen)
    if missed is None:
        return None
    return [line for line in missed if line.number <= heads[line.audience]]


def numbers_for(audiences: Collection[str], heads: Mapping[str, int]) -> dict[str, int]:
    """The head numbers of these audiences."""
    return {audience: heads.get(audience, 0) for audience in audiences}


def _chat(
    standing: Standing, viewer: Viewer, moment: Moment, words: list[Words] | None
) -> tuple[AnyEvent, ...]:
    if not any(moment.heads.get(audience) for audience in viewer.audiences):
        return ()
    return log.latest_chat(standing.session_id, viewer.audiences, moment.heads, words)


def _shown(
    standing: Standing, viewer: Viewer, moment: Moment, words: list[Words] | None
) -> tuple[AnyEvent, ...]:
    room = moment.room
    if viewer.sees is Sees.SELF or not (room.poll or room.text or room.round):
        return ()
    said = log.latest_words(standing.session_id, viewer.audiences, moment.heads, words)
    return tuple(shown_for(viewer, room, said))  # type: ignore[arg-type]  # what was read is of the union
