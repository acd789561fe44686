"""Template tags and filters of the design system: icons, fields, badges, people, times, the places of a shell.

`{% load vio_ui %}`; docs/design.md lists them with examples.
"""

from __future__ import annotations

import zlib
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, HiddenInput, RadioSelect
from django.template import Context
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from vio.common import wording
from vio.common.badges import badge_for
from vio.common.navigation import SHELLS, Place
from vio.common.permissions import Permission

register = template.Library()

HUES = 8


@register.simple_tag
def icon(name: str, label: str = "", classes: str = "") -> SafeString:
    """One icon of the sprite. Without a label it is decoration and hidden from screen readers."""
    return _icon(f"{static('common/icons.svg')}#{name}", label, f"icon {classes}".strip())


@lru_cache(maxsize=1000)
def _icon(href: str, label: str, css: str) -> SafeString:
    if not label:
        return format_html('<svg class="{}" aria-hidden="true"><use href="{}"/></svg>', css, href)
    return format_html('<svg class="{}" role="img" aria-label="{}"><use href="{}"/></svg>', css, label, href)


@register.simple_tag
def badge(kind: str, state: str, word: str = "") -> SafeString:
    """A state as icon and word: `{% badge "presence" "waiting" %}`; kinds and states are in `vio.common.badges`."""
    found = badge_for(kind, str(state))
    tone = f" tone-{found.tone}" if found.tone else ""
    return format_html(
        '<span class="badge{}" data-state="{}">{}{}</span>', tone, state, icon(found.icon), word or found.word
    )


@register.simple_tag
def level(name: str) -> SafeString:
    """An alert level (red, orange, yellow) as icon, word and colour."""
    return badge("level", name)


_PERSON = (
    '<span class="person"><span class="disc hue-{}{}" aria-hidden="true">{}</span><span>{}{}</span></span>'
)


@register.simple_tag
def person(name: str, note: str = "", large: bool = False, url: str = "") -> SafeString:
    """A disc with initials and the name. The hue comes from the name, so a face is found again by eye."""
    if url:
        named = format_html('<a class="person-name" href="{}">{}</a>', url, name)
    else:
        named = format_html('<span class="person-name">{}</span>', name)
    hue = zlib.crc32(name.encode()) % HUES
    disc = " disc-large" if large else ""
    noted = format_html('<span class="person-note">{}</span>', note) if note else ""
    return format_html(_PERSON, hue, disc, wording.initials(name), named, noted)


# --- forms -------------------------------------------------------------------------------------------------


def _shape(bound: BoundField) -> str:
    """Which form the field's block takes: plain, check (box before its label) or set (several inputs)."""
    widget = bound.field.widget
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        return "set"
    if isinstance(widget, CheckboxInput):
        return "check"
    return "hidden" if isinstance(widget, HiddenInput) else "plain"


def _described_by(bound: BoundField) -> str:
    """The ids of what explains a field: its help and its errors, in reading order."""
    parts = [f"{bound.auto_id}_help"] if bound.help_text else []
    if bound.errors:
        parts.append(f"{bound.auto_id}_error")
    return " ".join(parts)


def _parts(bound: BoundField, classes: str = "") -> dict[str, Any]:
    described = _described_by(bound)
    attributes: dict[str, Any] = {"aria-describedby": described} if described else {}
    if classes:
        attributes["class"] = classes
    return {"field": bound, "shape": _shape(bound), "described_by": described, "attributes": attributes}


@register.inclusion_tag("common/_field.html", name="field")
def field_tag(bound: BoundField, classes: str = "") -> dict[str, Any]:
    """A form field with label, help, input and errors; what was typed is kept because the form is bound."""
    parts = _parts(bound, classes)
    return {**parts, "widget": bound.as_widget(attrs=parts["attributes"])}


@register.inclusion_tag("common/_scale.html")
def scale(bound: BoundField, low: str = "", high: str = "", top: int = 10) -> dict[str, Any]:
    """A 0-10 answer as one row of large radio buttons; `low` and `high` say what the ends mean."""
    chosen = "" if bound.value() is None else str(bound.value())
    steps = [{"value": value, "chosen": str(value) == chosen} for value in range(top + 1)]
    return {**_parts(bound), "steps": steps, "low": low, "high": high, "top": top}


@register.inclusion_tag("common/_choices.html")
def choices(bound: BoundField) -> dict[str, Any]:
    """Two or three large answers (yes / no) for a radio field."""
    chosen = "" if bound.value() is None else str(bound.value())
    options = [
        {"value": value, "word": word, "chosen": str(value) == chosen}
        for value, word in getattr(bound.field, "choices", [])
        if value not in {"", None}
    ]
    return {**_parts(bound), "options": options}


# --- numbers and times -------------------------------------------------------------------------------------


@register.filter
def hours(minutes: int | None) -> str:
    """Minutes as words: `{{ 450|hours }}` is "7 h 30 min"; nothing for None."""
    return "" if minutes is None else wording.hours_words(int(minutes))


@register.filter
def decimal_hours(minutes: int | None) -> str:
    """Minutes as hours with two decimals, half up (R11)."""
    return "" if minutes is None else wording.decimal_hours(int(minutes))


def _time(instant: datetime, words: str) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', instant.isoformat(), words)


@register.filter
def local_time(instant: datetime | None, tz: str | tzinfo) -> SafeString | str:
    """The wall time in the program's zone, as a `<time>`: `{{ session.starts_at|local_time:program.zone }}`."""
    return "" if instant is None else _time(instant, wording.clock(instant, tz))


@register.filter
def local_day(instant: datetime | None, tz: str | tzinfo) -> SafeString | str:
    """The weekday and date in the program's zone, as a `<time>`."""
    return "" if instant is None else _time(instant, wording.local_day(instant, tz))


@register.filter
def since(instant: datetime | None, now: datetime) -> SafeString | str:
    """How long ago (or how far ahead) an instant is from `now`, as a `<time>`."""
    return "" if instant is None else _time(instant, wording.relative(instant, now))


@register.simple_tag
def countdown(until: datetime, now: datetime, done: str = "now") -> SafeString:
    """Time left until an instant; countdown.js keeps it right and puts `done` when it has come."""
    words = wording.relative(until, now) if until > now else done
    return format_html(
        '<time class="countdown" datetime="{}" data-until="{}" data-done="{}">{}</time>',
        until.isoformat(),
        until.isoformat(),
        done,
        words,
    )


@register.filter
def tel(number: str) -> str:
    """A written phone number as an address to call: "(555) 010-0142" is "tel:5550100142"."""
    return "tel:" + "".join(sign for sign in number if sign.isdigit() or sign == "+")


# --- shells ------------------------------------------------------------------------------------------------


def _may(context: Context, permission: Permission) -> bool:
    actor = getattr(context.get("request"), "actor", None)
    return permission is Permission.PUBLIC or (actor is not None and actor.may_somewhere(permission))


def _address(place: Place) -> str:
    try:
        return reverse(place.url_name)
    except NoReverseMatch:
        return ""


@register.inclusion_tag("common/_places.html", takes_context=True)
def places(context: Context, shell: str, current: str = "") -> dict[str, Any]:
    """The bar or rail of a shell, with the places this person may see. `places_all` in the context shows every one."""
    everything = bool(context.get("places_all"))
    shown = []
    for place in SHELLS[shell]:
        url = _address(place) or ("#main" if everything else "")
        if url and (everything or _may(context, place.needs)):
            shown.append({"place": place, "url": url, "current": place.key == current})
    return {"places": shown, "counts": context.get("place_counts") or {}}
