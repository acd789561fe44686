"""The token sheet keeps its promise: every pair of colors that text is set in is readable, by day and by night.

axe cannot judge text on a gradient, so the ends of every gradient are pairs here too (WCAG 1.4.3, 1.4.11).
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from vio import common

SHEET = (Path(common.__file__).parent / "static/common/css/tokens.css").read_text()
THEMES = ("light", "dark")
GROUNDS = ("paper", "surface", "raised", "sunken", "glow")
SKIES = ("sky-1", "sky-2", "sky-3")

TEXT_PAIRS = [
    *[
        ("ink", ground)
        for ground in (*GROUNDS, *SKIES, "accent-soft", "amber-soft", "orange-soft", "red-soft")
    ],
    *[("ink-soft", ground) for ground in GROUNDS],
    *[("accent", ground) for ground in (*GROUNDS, "accent-soft")],
    *[("red", ground) for ground in ("paper", "surface", "raised", "sunken", "red-soft")],
    *[("amber", ground) for ground in ("paper", "surface", "raised", "amber-soft")],
    *[("orange", ground) for ground in ("surface", "orange-soft")],
    ("ink-soft", "amber-soft"),
    ("accent", "amber-soft"),
    ("accent", "red-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-far"),
    ("on-red", "red-fill"),
    ("paper", "ink"),  # a toast
]
# What has to be seen but is not text: edges of inputs, the focus ring, lines and bars of the drawings.
SHAPE_PAIRS = [
    *[("edge", ground) for ground in ("paper", "surface", "raised")],
    *[("focus", ground) for ground in GROUNDS],
    *[(shape, "surface") for shape in ("accent", "accent-far", "second", "amber", "red")],
    *[("accent", sky) for sky in SKIES],
    *[("accent", "sunken"), ("accent", "accent-soft")],
]

Color = tuple[float, float, float]


def tokens(theme: str) -> dict[str, Color]:
    """Every color token of a theme as OKLCH numbers."""
    number = r"([\d.]+)"
    color = rf"oklch\({number} {number} {number}\)"
    both = re.findall(rf"--([\w-]+): light-dark\({color}, {color}\)", SHEET)
    one = re.findall(rf"--([\w-]+): {color}", SHEET)
    start = 1 if theme == "light" else 4
    found = {row[0]: tuple(float(part) for part in row[start : start + 3]) for row in both}
    found |= {row[0]: tuple(float(part) for part in row[1:4]) for row in one}
    return {name: (values[0], values[1], values[2]) for name, values in found.items()}


def luminance(color: Color) -> float:
    """Relative luminance of an OKLCH color as a screen shows it (out-of-gamut parts clipped)."""
    lightness, chroma, hue = color
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short
    clipped = [min(1.0, max(0.0, part)) for part in (red, green, blue)]
    return 0.2126 * clipped[0] + 0.7152 * clipped[1] + 0.0722 * clipped[2]


def contrast(one: Color, other: Color) -> float:
    """The WCAG contrast ratio, 1 to 21."""
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def test_the_measure_itself() -> None:
    white, black = (1.0, 0.0, 0.0), (0.0, 0.0, 0.0)
    assert contrast(white, black) == pytest.approx(21, abs=0.01)
    assert contrast(white, (0.5999, 0.0, 0.0)) == pytest.approx(3.95, abs=0.03)  # #808080 on white


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_is_readable(theme: str, text: str, ground: str) -> None:
    found = tokens(theme)
    assert contrast(found[text], found[ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("shape", "ground"), SHAPE_PAIRS)
def test_shapes_are_seen(theme: str, shape: str, ground: str) -> None:
    found = tokens(theme)
    assert contrast(found[shape], found[ground]) >= 3
