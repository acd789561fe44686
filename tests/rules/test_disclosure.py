"""How far back an accounting of disclosures reaches."""

from __future__ import annotations

from datetime import date

import pytest

from vio.common.disclosure import Basis, accounting_from


@pytest.mark.parametrize(
    ("basis", "requested", "expected"),
    [
        (Basis.PART2, date(2026, 8, 15), date(2023, 8, 15)),
        (Basis.HIPAA, date(2026, 8, 15), date(2020, 8, 15)),
        (Basis.PART2, date(2028, 2, 29), date(2025, 2, 28)),
        (Basis.HIPAA, date(2028, 2, 29), date(2022, 2, 28)),
        (Basis.PART2, date(2027, 2, 28), date(2024, 2, 28)),
    ],
)
def test_years_count_back_to_the_same_date(basis: Basis, requested: date, expected: date) -> None:
    assert accounting_from(basis, requested) == expected


def test_a_date_before_all_years_is_refused() -> None:
    with pytest.raises(ValueError, match="year"):
        accounting_from(Basis.PART2, date(2, 5, 1))
