"""Figures as rows: what was measured, beside which reference, against which target. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Literal

Judged = Literal["value", "ratio"]


@dataclass(frozen=True)
class Row:
    """One line of the report. `reference` and `ratio` are None without a reference; `met` is None without a target."""

    name: str
    value: float | None
    unit: str
    reference: float | None = None
    ratio: float | None = None
    target: str = ""
    met: bool | None = None
    note: str = ""


@dataclass(frozen=True)
class Target:
    """A limit on the value or on the ratio to the reference."""

    limit: float
    of: Judged = "value"
    at_least: bool = False

    def words(self) -> str:
        """The target as it stands in the report: "≤ 1.5 x", "≥ 8000"."""
        sign = "≥" if self.at_least else "≤"
        return f"{sign} {self.limit:g}{' x' if self.of == 'ratio' else ''}"

    def met(self, figure: float | None) -> bool:
        """Whether a figure keeps the target; a figure that could not be measured does not."""
        if figure is None or math.isnan(figure):
            return False
        return figure >= self.limit if self.at_least else figure <= self.limit


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile (`share` 0 to 1). Raises ValueError for no values."""
    if not values:
        raise ValueError("no values, no percentile")
    ordered = sorted(values)
    return ordered[min(len(ordered), max(1, math.ceil(share * len(ordered)))) - 1]


def ratio_of(values: Sequence[float], references: Sequence[float]) -> float | None:
    """The ratio of two medians; None when either side was not measured or the reference is nothing."""
    if not values or not references or median(references) <= 0:
        return None
    return median(values) / median(references)


def judge(
    name: str,
    values: Sequence[float],
    unit: str,
    target: Target | None = None,
    *,
    references: Sequence[float] = (),
    notes: Iterable[str] = (),
    spoilt: bool = False,
) -> Row:
    """The row of interleaved rounds: medians, their ratio, and whether the target is met.

    A target on a ratio is not met when its reference is missing. `spoilt` (something was lost) never meets a target.
    """
    value = median(values) if values else None
    ratio = ratio_of(values, references)
    met = None
    if target is not None:
        met = not spoilt and target.met(value if target.of == "value" else ratio)
    return Row(
        name=name,
        value=_rounded(value),
        unit=unit,
        reference=_rounded(median(references) if references else None),
        ratio=_rounded(ratio),
        target=target.words() if target else "",
        met=met,
        note="; ".join(dict.fromkeys(note for note in notes if note)),
    )


def to_json(rows: Sequence[Row]) -> str:
    """The rows as `var/bench.json` holds them."""
    return json.dumps([asdict(row) for row in rows], indent=1, ensure_ascii=False) + "\n"


def to_table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| Figure | Value | Unit | Reference | Ratio | Target | Met | Note |",
        "|---|---:|---|---:|---:|---|---|---|",
    ]
    for row in rows:
        cells = (
            row.name, _cell(row.value), row.unit, _cell(row.reference),
            f"{row.ratio:g} x" if row.ratio is not None else "", row.target, _verdict(row.met), row.note,
        )  # fmt: skip
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _verdict(met: bool | None) -> str:
    return "" if met is None else "yes" if met else "**no**"


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _rounded(value: float | None) -> float | None:
    """Three significant digits: more would be noise."""
    if value is None or value == 0 or math.isnan(value):
        return value
    return round(value, max(0, 2 - math.floor(math.log10(abs(value)))))
