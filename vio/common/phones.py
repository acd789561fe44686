"""Phone numbers as people write them, parsed into the one form a text service takes. Pure.

Numbers without a country are read by the North American plan; others need their "+". A number with an extension can be
called and not texted.
"""

from __future__ import annotations

import re

_SPACING = re.compile(r"[\s().\-\u2010-\u2015/]+")
_INTERNATIONAL = re.compile(r"\+[1-9]\d{7,14}")
_NORTH_AMERICAN = re.compile(r"(?:\+?1)?([2-9]\d{2}[2-9]\d{6})")


def e164(written: str) -> str | None:
    """A number in E.164 form ("+15185550102"), or None for what is not surely a number that takes texts."""
    digits = _SPACING.sub("", written.strip())
    if not digits.isascii():
        return None
    if found := _NORTH_AMERICAN.fullmatch(digits):
        return f"+1{found[1]}"
    if digits.startswith("+1"):  # that country's numbers are all of the plan above
        return None
    return digits if _INTERNATIONAL.fullmatch(digits) else None
