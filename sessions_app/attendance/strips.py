"""The minute strip of a session: from readings to the drawing, and the gaps in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

from sessions_app.attendance.evidence import Cause, Gap
from sessions_app.attendance.figures import Reading, SessionFacts
from sessions_app.attendance.intervals import IntervalSet, intersect, subtract, union
from vio.common import wording
from vio.common.charts.strip import Piece, Strip, StripPiece, StripRow, axis_around

STAFF_CAUSES = {
    Cause.LEFT: "left the room",
    Cause.REMOVED: "asked to step out",
    Cause.LOBBY: "back in the lobby",
    Cause.ENDED: "the room was closed",
    Cause.DROPPED: "connection lost",
    Cause.SERVER: "our system broke the connection",
    Cause.SWEPT: "connection went silent",
    Cause.MANY: "many lost the connection at once",
    Cause.REPLACED: "changed to another window",
    Cause.IMPORTED: "away by the imported log",
}
CLIENT_CAUSES = {
    Cause.LEFT: "you had left the room",
    Cause.REMOVED: "you were asked to step out",
    Cause.LOBBY: "you were back in the waiting room",
    Cause.ENDED: "the room was closed",
    Cause.DROPPED: "your connection was lost",
    Cause.SERVER: "our system broke your connection. That was our fault",
    Cause.SWEPT: "your connection was lost",
    Cause.MANY: "many lost their connection at the same time. That was not your fault",
    Cause.REPLACED: "you changed to another window",
    Cause.IMPORTED: "you were away, by the log of the video service",
}


def pieces(reading: Reading, breaks: IntervalSet, causes: Mapping[Cause, str]) -> tuple[StripPiece, ...]:
    """One client's evening in stretches, in order."""
    inside, window = reading.presence.in_room, reading.window
    counted = intersect(inside, window)
    paused = subtract(intersect(inside, breaks), window)
    found = [
        *_of(Piece.IN, counted),
        *_of(Piece.BREAK, paused),
        *_of(Piece.OUTSIDE, subtract(subtract(inside, window), breaks)),
        *_of(Piece.LOBBY, reading.presence.lobby),
    ]
    for gap, missing in gaps_in_window(reading):
        away = subtract(missing, reading.presence.lobby)
        found += _of(Piece.GAP, away, causes[gap.cause])
    return tuple(sorted(found, key=lambda piece: piece.start))


def gaps_in_window(reading: Reading) -> list[tuple[Gap, IntervalSet]]:
    """Each gap with the part of it that cost time: inside W and not bridged by the policy (R4)."""
    credited = reading.result.credited_intervals
    found = []
    for gap in reading.presence.gaps:
        missing = subtract(intersect((gap.interval,), reading.window), credited)
        if missing:
            found.append((gap, missing))
    return found


def gap_sentences(reading: Reading, tz: str | tzinfo) -> list[str]:
    """For the client: "From 7:05 PM to 7:20 PM your connection was lost."."""
    return [
        f"From {wording.clock(missing[0].start, tz)} to {wording.clock(missing[-1].end, tz)} "
        f"{CLIENT_CAUSES[gap.cause]}."
        for gap, missing in gaps_in_window(reading)
    ]


def strip_of(
    facts: SessionFacts,
    readings: Sequence[Reading],
    names: Mapping[UUID, str],
    summaries: Mapping[UUID, str],
    *,
    title: str,
    words: str = "",
    causes: Mapping[Cause, str] = STAFF_CAUSES,
) -> Strip:
    """The drawing of a session for the readings given, in their order."""
    scheduled = facts.times.scheduled
    start, end = axis_around(scheduled.start, _last_seen(scheduled.end, readings))
    breaks = union(facts.times.breaks)
    rows = (
        StripRow(names[r.client_id], pieces(r, breaks, causes), summaries.get(r.client_id, ""))
        for r in readings
    )
    return Strip(
        key=f"strip-{str(facts.session_id)[:8]}",
        title=title,
        start=_first_seen(start, readings),
        end=end,
        scheduled=(scheduled.start, scheduled.end),
        tz=facts.times.timezone,
        rows=tuple(rows),
        breaks=tuple((pause.start, pause.end) for pause in breaks),
        words=words,
    )


def _of(kind: Piece, stretches: IntervalSet, cause: str = "") -> list[StripPiece]:
    return [StripPiece(kind, s.start, s.end, cause) for s in stretches]


def _first_seen(start: datetime, readings: Sequence[Reading]) -> datetime:
    earliest = [r.presence.in_room[0].start for r in readings if r.presence.in_room]
    return max(min([start, *earliest]), start - timedelta(minutes=20))


def _last_seen(end: datetime, readings: Sequence[Reading]) -> datetime:
    latest = [r.presence.in_room[-1].end for r in readings if r.presence.in_room]
    return min(max([end, *latest]), end + timedelta(minutes=30))
