"""Template tags that place the drawings of `vio.common.charts`: `{% load vio_charts %}{% strip the_strip %}`.

A page's selector builds the value (Strip, Week, Trend, Weather); the template only says where it stands.
"""

from __future__ import annotations

from collections.abc import Sequence

from django import template
from django.utils.safestring import SafeString

from vio.common.charts import spark, strip, trend, weather, week

register = template.Library()


@register.simple_tag(name="strip")
def strip_tag(value: strip.Strip) -> SafeString:
    """The minute strip of a session."""
    return strip.draw(value)


@register.simple_tag(name="week")
def week_tag(value: week.Week) -> SafeString:
    """The week bar with its sentence and table."""
    return week.draw(value)


@register.simple_tag(name="week_bar")
def week_bar_tag(value: week.Week) -> SafeString:
    """The week bar alone, for a row of a table that says the rest itself; put it inside class="chart week"."""
    return week.bar(value)


@register.simple_tag(name="trend")
def trend_tag(value: trend.Trend) -> SafeString:
    """Mood and urge over time."""
    return trend.draw(value)


@register.simple_tag(name="weather")
def weather_tag(value: weather.Weather) -> SafeString:
    """Tonight's room as anonymous dots."""
    return weather.draw(value)


@register.simple_tag(name="sparkline")
def sparkline_tag(values: Sequence[int | None], label: str, top: int = 10) -> SafeString:
    """A few days of one figure."""
    return spark.sparkline(values, label, top)
