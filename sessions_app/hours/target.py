"""What a client must reach in one week: the prescribed dose, made smaller by rule for a part of a week. Pure.

Three rules a policy version may choose (`Proration`):

- `none`: the dose in force when the week, or the episode in it, began; the whole of it.
- `days`: each part of the week by the dose in force on its days: minutes x days / 7, added up and rounded up once. The
  parts shown are cut from that one sum, so that they always add up to it.
- `scheduled`: as `days`, then lowered for sessions of the client's own groups that the program called off, by at most
  their minutes, and only as far as what is left on the timetable cannot reach it.

Days a week follow the same rules. A person may set another target for one client's week; the reason stays with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sessions_app.hours.forecast import Dose
from vio.common.localtime import ONE_DAY

WEEK_DAYS = 7


class Proration(StrEnum):
    """How a weekly minimum is made smaller."""

    NONE = "none"
    DAYS = "days"
    SCHEDULED = "scheduled"


class Basis(StrEnum):
    """What decided the target, strongest last."""

    FULL = "full"  # the whole dose
    DAYS = "days"  # a part of the week
    LEVEL = "level"  # two doses in one week
    CALLED_OFF = "called_off"  # lowered for sessions called off
    OVERRIDE = "override"  # set by a person


@dataclass(frozen=True)
class DosePart:
    """Days of one week in which one dose is in force, both ends included."""

    first: date
    last: date
    dose: Dose

    @property
    def days(self) -> int:
        """How many days that are."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True)
class OwnSession:
    """A countable session on the timetable of a client's own groups: what it counts in full, and if it was called off."""

    day: date
    minutes: int
    called_off: bool


@dataclass(frozen=True)
class Override:
    """A target set by a person for one client's week (minutes, days)."""

    minutes: int
    days: int


@dataclass(frozen=True)
class Target:
    """What the week is judged by, and why.

    `full` is the whole weekly dose in force at the end of the episode's part of the week, `called_off` by how many
    minutes the rule lowered the target for sessions called off, `parts` the minutes of each part before that.
    """

    minutes: int
    days: int
    full: Dose
    days_in_force: int
    called_off: int
    basis: Basis
    parts: tuple[tuple[DosePart, int], ...] = ()

    @property
    def dose(self) -> Dose:
        """As the forecast takes it."""
        return Dose(self.minutes, self.days)


def dose_parts(
    doses: Mapping[date, Dose], before_first: Dose, *, first: date, last: date
) -> tuple[DosePart, ...]:
    """The days from `first` to `last` cut where another dose begins; `doses` by the date each holds from."""
    cuts = [first, *sorted(day for day in doses if first < day <= last)]
    ends = [day - ONE_DAY for day in cuts[1:]] + [last]
    return tuple(
        DosePart(begin, end, _in_force(doses, before_first, begin))
        for begin, end in zip(cuts, ends, strict=True)
    )


def target(
    parts: Sequence[DosePart],
    sessions: Iterable[OwnSession],
    proration: Proration,
    override: Override | None = None,
) -> Target:
    """The target of one week; `parts` is not empty, `sessions` are those inside the episode (needed by `scheduled`)."""
    found = _whole(parts) if proration is Proration.NONE else _by_days(parts)
    if proration is Proration.SCHEDULED:
        found = _lowered(found, list(sessions))
    if override is None:
        return found
    return Target(
        override.minutes, override.days, found.full, found.days_in_force, 0, Basis.OVERRIDE, found.parts
    )


def _in_force(doses: Mapping[date, Dose], before_first: Dose, day: date) -> Dose:
    begun = [start for start in doses if start <= day]
    return doses[max(begun)] if begun else before_first


def _length(parts: Sequence[DosePart]) -> int:
    return sum(part.days for part in parts)


def _whole(parts: Sequence[DosePart]) -> Target:
    dose = parts[0].dose
    return Target(dose.minutes, dose.days, dose, _length(parts), 0, Basis.FULL, ((parts[0], dose.minutes),))


def _by_days(parts: Sequence[DosePart]) -> Target:
    reached, shares = 0, []
    for part in parts:
        before = _up(reached)
        reached += part.dose.minutes * part.days
        shares.append((part, _up(reached) - before))
    days = _up(sum(part.dose.days * part.days for part in parts))
    length, basis = _length(parts), Basis.FULL
    if length < WEEK_DAYS:
        basis = Basis.DAYS
    if any(part.dose != parts[0].dose for part in parts):
        basis = Basis.LEVEL
    return Target(_up(reached), days, parts[-1].dose, length, 0, basis, tuple(shares))


def _up(seventh: int) -> int:
    """Sevenths of a minute or day as whole ones, rounded up."""
    return -(-seventh // WEEK_DAYS)


def _lowered(whole: Target, sessions: Sequence[OwnSession]) -> Target:
    lost = sum(s.minutes for s in sessions if s.called_off)
    left = sum(s.minutes for s in sessions if not s.called_off)
    minutes = min(lost, max(whole.minutes - left, 0))
    days_left = {s.day for s in sessions if s.minutes and not s.called_off}
    days_lost = {s.day for s in sessions if s.minutes and s.called_off} - days_left
    days = min(len(days_lost), max(whole.days - len(days_left), 0))
    if not minutes and not days:
        return whole
    return Target(
        whole.minutes - minutes, whole.days - days, whole.full, whole.days_in_force, minutes,
        Basis.CALLED_OFF, whole.parts,
    )  # fmt: skip
