"""Does what was found match what a case expects? Only what the case names is compared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from vio.vectors.reading import Json

_SETS = {"flags", "reasons", "inconsistencies"}  # order carries no meaning
_ZERO_MAY_BE_LEFT_OUT = {"by_date", "weeks"}  # a date without minutes
_MAY_BE_FLOORED = {"credited_seconds"}  # exact below the second; a case may name whole seconds


@dataclass(frozen=True)
class Mismatch:
    """One key at which a case and the rules disagree."""

    key: str
    expected: str
    found: str


def mismatches(
    expect: Mapping[str, Json], found: Mapping[str, Json], *, prefix: str = ""
) -> Iterator[Mismatch]:
    """Every key of `expect` that `found` does not match; null matches null or a missing key."""
    for key, wanted in expect.items():
        have = _at(found, key, prefix)
        path = prefix + key
        if isinstance(wanted, dict) and isinstance(have, Mapping):
            yield from mismatches(wanted, have, prefix=f"{path}.")
        elif not _same(key, wanted, have):
            yield Mismatch(path, show(wanted), show(have) if key in found else "nothing")


def show(value: Json) -> str:
    """A value on one line, as JSON."""
    return json.dumps(value, default=_plain, ensure_ascii=False)


def _at(found: Mapping[str, Json], key: str, prefix: str) -> Json:
    zero = prefix.removesuffix(".") in _ZERO_MAY_BE_LEFT_OUT
    return found.get(key, 0 if zero else None)


def _same(key: str, wanted: Json, have: Json) -> bool:
    if key in _SETS and isinstance(wanted, list) and isinstance(have, Sequence) and not isinstance(have, str):
        wanted, have = sorted(wanted, key=show), sorted(have, key=show)
    if key in _MAY_BE_FLOORED and _is_whole(wanted) and isinstance(have, Decimal):
        have = have.to_integral_value(ROUND_FLOOR)
    return _equal(wanted, have)


def _equal(wanted: Json, have: Json) -> bool:
    if isinstance(wanted, list):
        return (
            isinstance(have, list | tuple)
            and len(wanted) == len(have)
            and all(_equal(left, right) for left, right in zip(wanted, have, strict=True))
        )
    if isinstance(wanted, bool) or isinstance(have, bool):
        return wanted is have
    if isinstance(wanted, int | Decimal):
        return isinstance(have, int | float | Decimal) and wanted == Decimal(have)
    return wanted == have


def _is_whole(value: Json) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | Decimal) and value == int(value)


def _plain(value: object) -> int | float:
    """A decimal as JSON writes numbers; nothing else reaches this."""
    number = Decimal(str(value))
    return int(number) if number == number.to_integral_value() else float(number)
