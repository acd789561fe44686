"""The sparkline: a few days of one figure beside a name in a list."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString

from vio.common.charts import svg


def _runs(values: Sequence[int | None]) -> list[list[tuple[int, int]]]:
    """Stretches of known values with their places; a None ends a stretch."""
    found: list[list[tuple[int, int]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            found.append([])
        else:
            found[-1].append((place, value))
    return [run for run in found if run]


def sparkline(values: Sequence[int | None], label: str, top: int = 10) -> SafeString:
    """Values 0..top from left to right, None a gap; `label` names it ("Urge, last 14 days"). No ids, so usable in rows."""
    runs = _runs(values)
    wide = max(1, len(values) - 1)

    def y(value: int) -> float:
        return 1 - min(top, max(0, value)) / top

    lines = [
        svg.el(
            "polyline",
            {
                "points": " ".join(f"{place / wide * 100:.1f},{y(value) * 100:.1f}" for place, value in run),
                "class": "spark-line",
            },
        )
        for run in runs
        if len(run) > 1
    ]
    ground = svg.el(
        "svg", {"viewBox": "0 0 100 100", "preserveAspectRatio": "none", "overflow": "visible"}, *lines
    )
    alone = {run[0] for run in runs if len(run) == 1} | ({runs[-1][-1]} if runs else set())
    dots = [
        svg.el(
            "circle", {"cx": svg.percent(p / wide), "cy": svg.percent(y(v)), "r": 2.5, "class": "spark-end"}
        )
        for p, v in sorted(alone)
    ]
    newest = f"newest {runs[-1][-1][1]}" if runs else "no answers"
    return format_html(
        '<svg class="spark" role="img" aria-label="{}, {}">{}{}</svg>', label, newest, ground, svg.join(dots)
    )
