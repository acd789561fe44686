"""Reliable change index: is a difference larger than the measure's own noise?"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext

_RELIABLE_BEYOND = Decimal("1.96")
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class ReliableChange:
    """The index and the smallest change that counts; texts carry two decimals, half up."""

    rci: str
    reliable: bool
    smallest: str
    smallest_points: int


def reliable_change(*, sd: Decimal, r: Decimal, previous: Decimal, current: Decimal) -> ReliableChange:
    """(current - previous) / (sd * sqrt(2 * (1 - r))); reliable beyond 1.96 either way.

    ValueError unless sd is above 0 and r is from 0 to below 1.
    """
    if not (sd.is_finite() and sd > 0 and 0 <= r < 1):
        raise ValueError("the standard deviation must be above 0 and the reliability from 0 to below 1")
    with localcontext() as context:
        context.prec = 50
        error = sd * (2 * (1 - r)).sqrt()
        index = (current - previous) / error
        smallest = _RELIABLE_BEYOND * error
        return ReliableChange(
            rci=_text(index),
            reliable=abs(index) > _RELIABLE_BEYOND,
            smallest=_text(smallest),
            smallest_points=int(smallest.to_integral_value(ROUND_FLOOR)) + 1,
        )


def _text(value: Decimal) -> str:
    rounded = value.quantize(_CENT, ROUND_HALF_UP)
    return str(abs(rounded) if rounded == 0 else rounded)
