"""Reliable change: the index, and the smallest change that is more than noise."""

from __future__ import annotations

from decimal import Decimal

import pytest

from checkins.instruments.rci import reliable_change


def rci(sd: str, r: str, previous: int, current: int) -> tuple[str, bool, str, int]:
    found = reliable_change(
        sd=Decimal(sd), r=Decimal(r), previous=Decimal(previous), current=Decimal(current)
    )
    return found.rci, found.reliable, found.smallest, found.smallest_points


def test_reliable_change() -> None:
    assert rci("6.0", "0.89", 18, 10) == ("-2.84", True, "5.52", 6)
    assert rci("6.0", "0.89", 18, 13) == ("-1.78", False, "5.52", 6)
    assert rci("6.0", "0.89", 10, 10) == ("0.00", False, "5.52", 6)


def test_exactly_1_96_is_not_reliable() -> None:
    assert rci("25", "0.5", 0, 49) == ("1.96", False, "49.00", 50)
    assert rci("25", "0.5", 0, 50) == ("2.00", True, "49.00", 50)


@pytest.mark.parametrize(
    ("sd", "r"), [("0", "0.5"), ("-1", "0.5"), ("6", "1"), ("6", "-0.1"), ("Infinity", "0.5")]
)
def test_a_measure_without_noise_or_sense_is_refused(sd: str, r: str) -> None:
    with pytest.raises(ValueError, match="above 0"):
        rci(sd, r, 1, 2)
