"""The minute strip: one bar per client through a session: in the room, in the lobby, breaks, gaps with their cause.

Form tells the kinds apart without colour: in the room is a full bar, the lobby a half bar, a break a thin line,
a gap a hollow dashed box, presence outside the scheduled time an outlined bar.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from django.utils.safestring import SafeString

from vio.common import wording
from vio.common.charts import svg


class Piece(StrEnum):
    """What a stretch of a client's evening was."""

    IN = "in"  # in the room, and it counts
    LOBBY = "lobby"  # in the waiting room: there, but it does not count (R2)
    BREAK = "break"  # there during a break: does not count (R2)
    GAP = "gap"  # not there between two stretches of being there
    OUTSIDE = "outside"  # there before the group opened or after it was over: does not count (R2)


WORDS = {
    Piece.IN: "In the room",
    Piece.LOBBY: "In the lobby",
    Piece.BREAK: "Break",
    Piece.GAP: "Not there",
    Piece.OUTSIDE: "Before or after the group",
}

# y and height of each kind inside a row's bar
_FORM = {
    Piece.IN: ("4%", "92%"),
    Piece.LOBBY: ("54%", "42%"),
    Piece.BREAK: ("44%", "12%"),
    Piece.GAP: ("16%", "68%"),
    Piece.OUTSIDE: ("22%", "56%"),
}


@dataclass(frozen=True)
class StripPiece:
    """One stretch [start, end) of a row; `cause` says in plain words why a gap happened ("connection lost")."""

    kind: Piece
    start: datetime
    end: datetime
    cause: str = ""


@dataclass(frozen=True)
class StripRow:
    """One client's evening: their name as the reader may see it, the stretches, and the figure at the end of the row."""

    name: str
    pieces: tuple[StripPiece, ...]
    summary: str = ""  # "2 h 28 min of 3 h"


@dataclass(frozen=True)
class Strip:
    """A whole minute strip.

    `key` makes ids unique on the page; `start`..`end` is the axis (usually 10 minutes wider than the schedule);
    `scheduled` and `breaks` are instants as planned or as taken; `now` draws a line while the group runs.
    """

    key: str
    title: str
    start: datetime
    end: datetime
    scheduled: tuple[datetime, datetime]
    tz: str | tzinfo
    rows: tuple[StripRow, ...]
    breaks: tuple[tuple[datetime, datetime], ...] = field(default=())
    now: datetime | None = None
    words: str = ""

    @property
    def span(self) -> svg.Span:
        """The axis. Raises ValueError when it has no length."""
        return svg.Span(self.start, self.end)


def piece_words(piece: StripPiece, tz: str | tzinfo) -> str:
    """One stretch as a phrase: "Not there 7:05 PM to 7:20 PM (15 min): connection lost"."""
    times = f"{wording.clock(piece.start, tz)} to {wording.clock(piece.end, tz)}"
    cause = f": {piece.cause}" if piece.cause else ""
    return f"{WORDS[piece.kind]} {times} ({wording.length_words(piece.end - piece.start)}){cause}"


def _piece(piece: StripPiece, strip: Strip) -> SafeString:
    left, right = strip.span.share(piece.start), strip.span.share(piece.end)
    if right <= left:
        return svg.join(())
    y, height = _FORM[piece.kind]
    title = svg.el("title", {}, piece_words(piece, strip.tz))
    return svg.box(left, right - left, f"strip-{piece.kind}", title, y=y, height=height)


def _ground(strip: Strip) -> SafeString:
    """The scheduled time as a track, the breaks as pauses in it."""
    span = strip.span
    first, last = (span.share(at) for at in strip.scheduled)
    pauses = (
        svg.box(span.share(a), span.share(b) - span.share(a), "strip-pause", rx=0) for a, b in strip.breaks
    )
    return svg.join((svg.box(first, last - first, "strip-track"), *pauses))


def _marks(strip: Strip) -> SafeString:
    marks = [svg.line(strip.span.share(at), "edge-line") for at in strip.scheduled]
    if strip.now is not None and strip.start < strip.now < strip.end:
        marks.append(svg.line(strip.span.share(strip.now), "now-line"))
    return svg.join(marks)


def bar(strip: Strip, row: StripRow, number: int = 0) -> SafeString:
    """One client's bar, named after the client and told stretch by stretch."""
    told = "; ".join(piece_words(piece, strip.tz) for piece in row.pieces) or "Not seen in this session"
    name = f"{row.name}: {row.summary}" if row.summary else row.name
    pieces = svg.join(_piece(piece, strip) for piece in row.pieces)
    return svg.drawing(
        f"{svg.checked_key(strip.key)}-{number}",
        name,
        told,
        "strip-bar",
        _ground(strip),
        pieces,
        _marks(strip),
    )


def _axis(strip: Strip) -> SafeString:
    """The scheduled start and end, and the start of each break where it does not crowd them."""
    span = strip.span
    first, last = strip.scheduled
    labels = [
        svg.text_at(span.share(first), "1.1em", wording.clock(first, strip.tz), "t-start t-ink"),
        svg.text_at(span.share(last), "1.1em", wording.clock(last, strip.tz), "t-end t-ink"),
    ]
    quarter = (span.share(last) - span.share(first)) / 4
    for start, end in strip.breaks:
        middle = (span.share(start) + span.share(end)) / 2
        if span.share(first) + quarter < middle < span.share(last) - quarter:
            labels.append(svg.text_at(middle, "1.1em", "Break", "t-mid"))
            break
    inner = svg.el("svg", {"aria-hidden": "true", "focusable": "false"}, *labels)
    return svg.el("div", {"class": "strip-axis"}, inner)


def _row(strip: Strip, row: StripRow, number: int) -> SafeString:
    return svg.el(
        "li",
        {"class": "strip-row"},
        svg.el("span", {"class": "strip-name"}, row.name),
        svg.el("span", {"class": "strip-sum num"}, row.summary),
        bar(strip, row, number),
    )


def _sample(kind: Piece) -> SafeString:
    y, height = _FORM[kind]
    return svg.box(0, 1, f"strip-{kind}", y=y, height=height)


def _legend(strip: Strip) -> SafeString:
    used = {piece.kind for row in strip.rows for piece in row.pieces}
    return svg.legend([(_sample(kind), WORDS[kind]) for kind in Piece if kind in used])


def _table(strip: Strip) -> SafeString:
    rows = [
        (
            row.name,
            WORDS[piece.kind],
            wording.clock(piece.start, strip.tz),
            wording.clock(piece.end, strip.tz),
            wording.length_words(piece.end - piece.start),
            piece.cause,
        )
        for row in strip.rows
        for piece in row.pieces
    ]
    return svg.table(strip.title, ("Name", "What", "From", "To", "Length", "Why"), rows)


def draw(strip: Strip) -> SafeString:
    """The whole figure. Raises ValueError for a bad key or an axis without length."""
    alone = " strip-alone" if len(strip.rows) == 1 else ""
    rows = (_row(strip, row, number) for number, row in enumerate(strip.rows, 1))
    return svg.figure(
        f"strip{alone}",
        strip.title,
        strip.words,
        _axis(strip),
        svg.el("ol", {"class": "strip-rows"}, *rows),
        _legend(strip),
        _table(strip),
    )


def axis_around(
    start: datetime, end: datetime, margin: timedelta = timedelta(minutes=10)
) -> tuple[datetime, datetime]:
    """The axis that shows a schedule with a little before and after it."""
    return start - margin, end + margin
