"""What leaves the house says so: the notice on exports, and how far back an accounting of disclosures reaches."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

NOTICE = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."
"""The short form of 42 CFR 2.32(a)(2) as amended in 2024: fixed words, on every export of clinical content (RI-5)."""


class Basis(StrEnum):
    """The rule under which a person asks who was told what."""

    PART2 = "part2"  # disclosures made with consent, 42 CFR 2.25
    HIPAA = "hipaa"  # disclosures other than for treatment, payment and operations, 45 CFR 164.528


YEARS_BACK = {Basis.PART2: 3, Basis.HIPAA: 6}


def accounting_from(basis: Basis, requested: date) -> date:
    """The first date an accounting covers, included; asked on 29 February it counts back to the 28th."""
    year = requested.year - YEARS_BACK[basis]
    try:
        return requested.replace(year=year)
    except ValueError:
        if (requested.month, requested.day) != (2, 29):
            raise
        return date(year, 2, 28)
