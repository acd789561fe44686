"""The week bar: hours so far as filled seats, seats still to come as ghosts, and the mark the week has to reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.utils.safestring import SafeString

from vio.common import wording
from vio.common.charts import svg


class Seat(StrEnum):
    """What one session of the week is by now."""

    DONE = "done"  # credited minutes (latest version, R14)
    GHOST = "ghost"  # still to come, with its scheduled minutes (R6)
    MISSED = "missed"  # over, nothing credited
    OFF = "off"  # called off by the program


_SEAT_WORDS = {
    Seat.DONE: "counted",
    Seat.GHOST: "still to come",
    Seat.MISSED: "missed",
    Seat.OFF: "called off",
}


@dataclass(frozen=True)
class WeekSeat:
    """One session: its date, what it is, its minutes (credited when done, scheduled when still to come)."""

    on: date
    kind: Seat
    minutes: int
    label: str = ""  # replaces the weekday, e.g. "Tue family"

    @property
    def word(self) -> str:
        """What stands under the bar."""
        return self.label or f"{self.on:%a}"


@dataclass(frozen=True)
class Week:
    """One client's week. `goal` is the prescribed minimum in minutes (540 for nine hours)."""

    key: str
    seats: tuple[WeekSeat, ...]
    goal: int = 540
    title: str = "My hours this week"
    words: str = ""  # the sentence under the title; `sentence(week)` when empty

    @property
    def minutes(self) -> int:
        """Credited so far."""
        return sum(seat.minutes for seat in self.seats if seat.kind is Seat.DONE)

    @property
    def to_come(self) -> int:
        """Scheduled minutes still to come."""
        return sum(seat.minutes for seat in self.seats if seat.kind is Seat.GHOST)


def sentence(week: Week) -> str:
    """Where the week stands, without blame: "7 h 30 min of 9 h so far. Thursday makes it 9 h."."""
    so_far = f"{wording.hours_words(week.minutes)} of {wording.hours_words(week.goal)} so far."
    if week.minutes >= week.goal:
        return (
            f"{wording.hours_words(week.minutes)}: you have your {wording.hours_words(week.goal)} this week."
        )
    if not week.to_come:
        return f"{so_far} No more sessions this week. Let's talk about the rest."
    if week.minutes + week.to_come < week.goal:
        return f"{so_far} The sessions left add {wording.hours_words(week.to_come)}. Let's talk about how to fit in the rest."
    total = week.minutes
    for seat in week.seats:
        if seat.kind is Seat.GHOST:
            total += seat.minutes
            if total >= week.goal:
                return f"{so_far} {seat.on:%A} makes it {wording.hours_words(total)}."
    return so_far


def scale(week: Week) -> int:
    """Minutes at the right edge: the goal with some air, or all seats when they are more."""
    return max(round(week.goal * 1.12), week.minutes + week.to_come, 1)


def _placed(week: Week) -> Iterator[tuple[WeekSeat, float, float]]:
    """Each seat with a length, with its left and its width as shares: what is done first, then the ghosts."""
    at, whole = 0, scale(week)
    for kind in (Seat.DONE, Seat.GHOST):
        for seat in week.seats:
            if seat.kind is kind and seat.minutes > 0:
                yield seat, at / whole, seat.minutes / whole
                at += seat.minutes


def seat_words(seat: WeekSeat) -> str:
    """One seat as a phrase: "Mon, Apr 13: 2 h 28 min counted"."""
    return f"{wording.day(seat.on)}: {wording.hours_words(seat.minutes)} {_SEAT_WORDS[seat.kind]}"


def _seat(seat: WeekSeat, left: float, width: float, number: int) -> SafeString:
    css = f"week-{seat.kind}" + (" alt" if seat.kind is Seat.DONE and number % 2 else "")
    title = svg.el("title", {}, seat_words(seat))
    seat_box = svg.box(left, width, css, title, y="30%", height="38%", rx=7)
    if width < 0.09:
        return seat_box
    return svg.join((seat_box, svg.text_at(left + width / 2, "91%", seat.word)))


def _goal(week: Week) -> SafeString:
    at = week.goal / scale(week)
    return svg.join(
        (
            svg.line(at, "week-goal", "22%", "74%"),
            svg.text_at(at, "14%", wording.hours_words(week.goal), "t-mid t-ink"),
        )
    )


def bar(week: Week) -> SafeString:
    """The drawing alone."""
    told = "; ".join(seat_words(seat) for seat in week.seats) or "No sessions this week"
    track = svg.box(0, 1, "week-track", y="30%", height="38%", rx=8)
    seats = (_seat(seat, left, width, n) for n, (seat, left, width) in enumerate(_placed(week)))
    name = f"{wording.hours_words(week.minutes)} of {wording.hours_words(week.goal)}"
    return svg.drawing(svg.checked_key(week.key), name, told, "week-bar", track, *seats, _goal(week))


def _legend() -> SafeString:
    done = svg.box(0, 1, "week-done", y="10%", height="80%")
    ghost = svg.box(0.04, 0.92, "week-ghost", y="14%", height="72%")
    return svg.legend([(done, "Counted"), (ghost, "Still to come")])


def draw(week: Week) -> SafeString:
    """The whole figure. Raises ValueError for a bad key."""
    rows = [
        (
            wording.day(seat.on),
            seat.label,
            _SEAT_WORDS[seat.kind].capitalize(),
            wording.hours_words(seat.minutes),
        )
        for seat in week.seats
    ]
    told = svg.table(week.title, ("Day", "Session", "State", "Time"), rows)
    return svg.figure("week", week.title, week.words or sentence(week), bar(week), _legend(), told)
