"""The trend: mood and urge day by day, with sessions, misses, alerts and level changes on one axis of time.

A day without a check-in is a gap: the line stops and starts again, it is never drawn across what nobody knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from django.utils.safestring import SafeString

from vio.common import wording
from vio.common.charts import svg

TOP = 10  # both scales run from 0 to 10
_TICKS = 5


@dataclass(frozen=True)
class TrendDay:
    """One local day's check-in; None where the day's answer is missing."""

    on: date
    mood: int | None
    urge: int | None


class Mark(StrEnum):
    """What else happened on a day."""

    ATTENDED = "attended"
    PARTIAL = "partial"
    MISSED = "missed"
    EXCUSED = "excused"
    ALERT = "alert"


MARK_WORDS = {
    Mark.ATTENDED: "Attended",
    Mark.PARTIAL: "Partly there",
    Mark.MISSED: "Missed",
    Mark.EXCUSED: "Excused or called off",
    Mark.ALERT: "Red alert",
}


@dataclass(frozen=True)
class TrendMark:
    """A session or an alert on the lane under the lines."""

    on: date
    kind: Mark
    words: str = ""


@dataclass(frozen=True)
class LevelChange:
    """A change of care: a dotted line with its words, e.g. "9 h to 6 h"."""

    on: date
    words: str


@dataclass(frozen=True)
class Trend:
    """The whole drawing from `first` to `last`, both included."""

    key: str
    first: date
    last: date
    days: tuple[TrendDay, ...]
    marks: tuple[TrendMark, ...] = ()
    levels: tuple[LevelChange, ...] = ()
    title: str = "Mood and urge"
    words: str = ""

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("a trend's last day is not before its first")

    def share(self, on: date) -> float:
        """Where a day lies between the first (0) and the last (1), clipped."""
        whole = (self.last - self.first).days or 1
        return min(1.0, max(0.0, (on - self.first).days / whole))


Reading = Callable[[TrendDay], int | None]


def runs(days: Sequence[TrendDay], read: Reading) -> Iterator[list[tuple[date, int]]]:
    """Stretches of days without a gap between them: a missing day, or a missing answer, ends a stretch."""
    run: list[tuple[date, int]] = []
    for day in sorted(days, key=lambda one: one.on):
        value = read(day)
        if run and (value is None or day.on - run[-1][0] > timedelta(days=1)):
            yield run
            run = []
        if value is not None:
            run.append((day.on, value))
    if run:
        yield run


def _height(value: int) -> float:
    """The share from the top at which a value lies."""
    return 1 - value / TOP


def _line(trend: Trend, run: list[tuple[date, int]], css: str) -> SafeString:
    """One stretch as a polyline on a 1000 x 100 ground that is stretched to the plot."""
    points = " ".join(f"{trend.share(on) * 1000:.1f},{_height(value) * 100:.1f}" for on, value in run)
    return svg.el("polyline", {"points": points, "class": css})


def _dot(trend: Trend, on: date, value: int, name: str, radius: float) -> SafeString:
    title = svg.el("title", {}, f"{wording.day(on)}: {name} {value} of {TOP}")
    place: dict[str, svg.Value | None] = {
        "cx": svg.percent(trend.share(on)),
        "cy": svg.percent(_height(value)),
    }
    return svg.el("circle", {**place, "r": radius, "class": f"dot-{name}"}, title)


def _series(trend: Trend, name: str, read: Reading) -> SafeString:
    found = list(runs(trend.days, read))
    lines = (_line(trend, run, f"line-{name}") for run in found if len(run) > 1)
    ground = svg.el("svg", {"viewBox": "0 0 1000 100", "preserveAspectRatio": "none"}, *lines)
    # many days: only stretches of a single day and the newest keep their dot, the lines say the rest
    crowded = (trend.last - trend.first).days > 35
    dots = (
        _dot(trend, on, value, name, 3.5 if crowded else 3.75)
        for run in found
        for on, value in run
        if not crowded or len(run) == 1 or on == found[-1][-1][0]
    )
    return svg.join((ground, *dots))


def _ground(trend: Trend) -> SafeString:
    """Horizontal lines and their numbers at 0, 5 and 10."""
    parts = []
    for value in (0, 5, 10):
        y = svg.percent(_height(value))
        parts.append(svg.el("line", {"x1": "0", "x2": "100%", "y1": y, "y2": y, "class": "grid-line"}))
        parts.append(svg.el("text", {"x": "-8", "y": y, "dy": "0.34em", "class": "t-end"}, str(value)))
    return svg.join(parts)


def _levels(trend: Trend) -> SafeString:
    parts = []
    for change in trend.levels:
        at = trend.share(change.on)
        parts.append(svg.line(at, "level-line"))
        side = "t-end" if at > 0.6 else "t-start"
        label = svg.el(
            "text",
            {"x": svg.percent(at), "y": "-0.45em", "dx": -5 if at > 0.6 else 5, "class": side},
            change.words,
        )
        parts.append(label)
    return svg.join(parts)


def _shape(kind: Mark) -> SafeString:
    """The sign of a mark around its own origin: disc, ring, cross, bar, triangle."""
    match kind:
        case Mark.ATTENDED:
            return svg.el("circle", {"r": 4.5, "class": "mark-in"})
        case Mark.PARTIAL:
            return svg.el("circle", {"r": 4, "class": "mark-part"})
        case Mark.MISSED:
            return svg.el("path", {"d": "M-4 -4 L4 4 M-4 4 L4 -4", "class": "mark-miss"})
        case Mark.EXCUSED:
            return svg.el("path", {"d": "M-4 0 H4", "class": "mark-off"})
        case Mark.ALERT:
            return svg.el("path", {"d": "M0 -6 L6 5 H-6 Z", "class": "mark-alert"})


def _mark(trend: Trend, mark: TrendMark) -> SafeString:
    words = mark.words or MARK_WORDS[mark.kind]
    y = "16%" if mark.kind is Mark.ALERT else "46%"
    place: dict[str, svg.Value | None] = {
        "x": svg.percent(trend.share(mark.on)),
        "y": y,
        "overflow": "visible",
    }
    return svg.el("svg", place, svg.el("title", {}, f"{wording.day(mark.on)}: {words}"), _shape(mark.kind))


def ticks(first: date, last: date, most: int = _TICKS) -> list[date]:
    """At most `most` days, evenly apart and the first among them, to name on the axis."""
    whole = (last - first).days
    step = max(1, -(-whole // max(1, most - 1)))
    return [first + timedelta(days=step * n) for n in range(whole // step + 1)]


def _lane(trend: Trend) -> SafeString:
    named = ticks(trend.first, trend.last)
    labels = []
    for on in named:
        at = trend.share(on)
        side = "t-start" if at < 0.04 else "t-end" if at > 0.96 else "t-mid"
        labels.append(svg.text_at(at, "94%", f"{on:%b} {on.day}", side))
    marks = (_mark(trend, mark) for mark in trend.marks if trend.first <= mark.on <= trend.last)
    return svg.el(
        "svg", {"class": "trend-lane", "aria-hidden": "true", "focusable": "false"}, *labels, *marks
    )


def _legend(trend: Trend) -> SafeString:
    flat: dict[str, svg.Value | None] = {"x1": "0", "x2": "100%", "y1": "50%", "y2": "50%"}
    entries = [
        (svg.el("line", {**flat, "class": "line-mood"}), "Mood (10 is best)"),
        (svg.el("line", {**flat, "class": "line-urge"}), "Urge (10 is strongest)"),
    ]
    for kind in Mark:
        if any(mark.kind is kind for mark in trend.marks):
            sign = svg.el("svg", {"x": "50%", "y": "50%", "overflow": "visible"}, _shape(kind))
            entries.append((sign, MARK_WORDS[kind]))
    return svg.legend(entries)


def _told(trend: Trend) -> str:
    """What a screen reader hears: the newest day, and how many days are missing."""
    known = sorted(
        (day for day in trend.days if day.mood is not None or day.urge is not None), key=lambda d: d.on
    )
    whole = (trend.last - trend.first).days + 1
    if not known:
        return f"No check-ins in these {whole} days"
    newest = known[-1]
    return (
        f"{len(known)} of {whole} days have a check-in. Newest, {wording.day(newest.on)}: "
        f"mood {'-' if newest.mood is None else newest.mood}, urge {'-' if newest.urge is None else newest.urge}."
    )


def _table(trend: Trend) -> SafeString:
    happened: dict[date, list[str]] = {}
    for mark in trend.marks:
        happened.setdefault(mark.on, []).append(mark.words or MARK_WORDS[mark.kind])
    for change in trend.levels:
        happened.setdefault(change.on, []).append(change.words)
    by_day = {day.on: day for day in trend.days}
    rows = []
    for on in sorted({*by_day, *happened}, reverse=True):
        day = by_day.get(on, TrendDay(on, None, None))
        mood = "" if day.mood is None else str(day.mood)
        urge = "" if day.urge is None else str(day.urge)
        rows.append((wording.day(on), mood, urge, ", ".join(happened.get(on, []))))
    return svg.table(trend.title, ("Day", "Mood", "Urge", "What happened"), rows)


def draw(trend: Trend) -> SafeString:
    """The whole figure. Raises ValueError for a bad key."""
    plot = svg.drawing(
        svg.checked_key(trend.key),
        trend.title,
        _told(trend),
        "trend-plot",
        _ground(trend),
        _levels(trend),
        _series(trend, "urge", lambda day: day.urge),
        _series(trend, "mood", lambda day: day.mood),
    )
    frame = svg.el("div", {"class": "trend-frame"}, plot, _lane(trend))
    return svg.figure("trend", trend.title, trend.words, frame, _legend(trend), _table(trend))
