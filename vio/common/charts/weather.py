"""Room weather: tonight's check-ins of a group as dots in a sky, without names.

Fewer than four dots would tell who is who in a small group, so nothing is drawn until there are four. The dots carry
no order, no id and no time, and equal answers share one dot with a number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from django.utils.safestring import SafeString

from vio.common.charts import svg

LEAST = 4
TOP = 10
_STRONG_URGE = 6  # A4: from here an urge is worth a look


@dataclass(frozen=True)
class WeatherDot:
    """One client's mood and urge tonight, both 0-10."""

    mood: int
    urge: int


@dataclass(frozen=True)
class Weather:
    """Tonight's room: the check-ins given so far and how many people are expected."""

    key: str
    dots: tuple[WeatherDot, ...]
    expected: int
    title: str = "How the room feels tonight"


def sentence(weather: Weather) -> str:
    """The weather in words; says nothing about anybody while there are fewer than four answers."""
    given = f"{len(weather.dots)} of {weather.expected} have checked in."
    if len(weather.dots) < LEAST:
        return f"{given} The picture shows from {LEAST} on, so that nobody stands out."
    return f"{given} {_mood_words(weather.dots)} {_urge_words(weather.dots)}"


def _mood_words(dots: Sequence[WeatherDot]) -> str:
    middle = median(dot.mood for dot in dots)
    if middle >= 7:
        return "The mood is mostly light."
    return "The mood is mixed." if middle >= 4 else "The mood is heavy."


def _urge_words(dots: Sequence[WeatherDot]) -> str:
    strong = sum(dot.urge >= _STRONG_URGE for dot in dots)
    if not strong:
        return "Urges are low."
    # "one" among few would point at a person; a share does not
    return "Some urges are strong." if strong * 2 <= len(dots) else "Many urges are strong."


def _place(value: int) -> float:
    """A 0-10 value as a share of the sky, with air at both edges."""
    return 0.08 + 0.84 * value / TOP


def _dot(dot: WeatherDot, count: int) -> list[SafeString]:
    x, y = svg.percent(_place(dot.mood)), svg.percent(0.1 + 0.68 * (1 - dot.urge / TOP))
    parts = [svg.el("circle", {"cx": x, "cy": y, "r": 10 + 3 * min(count - 1, 4), "class": "weather-dot"})]
    if count > 1:
        parts.append(
            svg.el("text", {"x": x, "y": y, "dy": "0.35em", "class": "t-mid weather-count"}, str(count))
        )
    return parts


def _sky(weather: Weather) -> SafeString:
    """The dots by place, so that their order says nothing about who came when."""
    counted = sorted(Counter(weather.dots).items(), key=lambda item: (item[0].mood, item[0].urge))
    dots = [part for dot, count in counted for part in _dot(dot, count)]
    labels = (
        svg.text_at(0.02, "1.4em", "Strong urges", "t-start"),
        svg.text_at(0.02, "95%", "Heavy mood", "t-start"),
        svg.text_at(0.98, "95%", "Light mood", "t-end"),
    )
    return svg.drawing(
        svg.checked_key(weather.key), weather.title, sentence(weather), "weather-sky", *labels, *dots
    )


def _table(weather: Weather) -> SafeString:
    counted = Counter(weather.dots)
    rows = [
        (str(dot.mood), str(dot.urge), str(counted[dot]))
        for dot in sorted(counted, key=lambda d: (d.mood, d.urge))
    ]
    return svg.table(weather.title, ("Mood", "Urge", "People"), rows)


def draw(weather: Weather) -> SafeString:
    """The whole figure; below four answers only the sentence. Raises ValueError for a bad key."""
    if len(weather.dots) < LEAST:
        return svg.figure("weather", weather.title, sentence(weather))
    return svg.figure("weather", weather.title, sentence(weather), _sky(weather), _table(weather))
