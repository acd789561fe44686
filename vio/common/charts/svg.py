"""Small pieces every drawing is made of: elements with escaped attributes, positions, tables, the figure around it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from html import escape

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

_KEY = re.compile(r"[a-z][a-z0-9-]*\Z")
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9:-]*\Z")

Value = str | int | float | SafeString


def el(tag: str, attributes: dict[str, Value | None] | None = None, *children: str) -> SafeString:
    """One element. Attribute values and plain text children are escaped; None leaves an attribute out.

    Raises ValueError for a tag or attribute name that is not a plain word: names come from code, never from data.
    """
    written = "".join(
        f' {_named(name)}="{_escaped(value)}"'
        for name, value in (attributes or {}).items()
        if value is not None
    )
    return mark_safe(f"<{_named(tag)}{written}>{join(children)}</{tag}>")  # noqa: S308  # every part was escaped


def join(parts: Iterable[str]) -> SafeString:
    """Parts one after the other, plain text escaped."""
    return mark_safe("".join(map(_escaped, parts)))  # noqa: S308  # escaped part by part


@cache
def _named(name: str) -> str:
    """The name, once it was seen to be one: a page of forty bars has a dozen names and thousands of elements."""
    if not _NAME.match(name):
        raise ValueError(f"not an element or attribute name: {name}")
    return name


def _escaped(value: Value) -> str:
    """What Django's `conditional_escape` gives, without its way around lazy texts, of which there are none here."""
    return str(value) if isinstance(value, SafeString) else escape(str(value))


def percent(share: float) -> str:
    """A share of 1 as a length in percent with three decimals, without trailing zeros: 1/6 is "16.667%"."""
    text = f"{share * 100:.3f}".rstrip("0").rstrip(".")
    return f"{'0' if text in {'-0', ''} else text}%"


def checked_key(key: str) -> str:
    """The key that makes a drawing's ids unique on its page. Raises ValueError unless it is a plain lower-case word."""
    if not _KEY.match(key):
        raise ValueError(f"a chart's key is lower-case letters, digits and hyphens: {key!r}")
    return key


@dataclass(frozen=True)
class Span:
    """A stretch of time that a drawing shows from left to right. Raises ValueError unless it has a length."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError("a span ends after it starts")

    def share(self, at: datetime) -> float:
        """Where an instant lies: 0 at the start, 1 at the end, clipped to both."""
        whole = (self.end - self.start).total_seconds()
        return min(1.0, max(0.0, (at - self.start).total_seconds() / whole))


def drawing(key: str, title: str, description: str, css: str, *parts: str, **attributes: Value) -> SafeString:
    """An `<svg role=img>` named by its title and told by its description."""
    labels = f"{key}-t {key}-d" if description else f"{key}-t"
    head = [el("title", {"id": f"{key}-t"}, title)]
    if description:
        head.append(el("desc", {"id": f"{key}-d"}, description))
    return el(
        "svg",
        {"class": css, "role": "img", "aria-labelledby": labels, "focusable": "false", **attributes},
        *head,
        *parts,
    )


def legend(entries: Sequence[tuple[SafeString, str]]) -> SafeString:
    """What each form means; the samples are decoration, the words say it."""
    items = (
        el("li", {}, el("svg", {"aria-hidden": "true", "focusable": "false"}, sample), word)
        for sample, word in entries
    )
    return el("ul", {"class": "legend"}, *items)


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> SafeString:
    """The drawing as a table behind a "Show as a table" disclosure."""
    heads = join(el("th", {"scope": "col"}, cell) for cell in head)
    body = join(
        el(
            "tr",
            {},
            el("th", {"scope": "row"}, row[0]),
            *(el("td", {}, cell) for cell in row[1:]),
        )
        for row in rows
    )
    whole = el(
        "table",
        {"class": "table"},
        el("caption", {"class": "visually-hidden"}, caption),
        el("thead", {}, el("tr", {}, heads)),
        el("tbody", {}, body),
    )
    return el(
        "details",
        {"class": "disclosure"},
        el("summary", {}, "Show as a table"),
        el("div", {"class": "table-box", "tabindex": "0", "role": "region", "aria-label": caption}, whole),
    )


def figure(css: str, title: str, words: str, *parts: str, show_title: bool = True) -> SafeString:
    """The `<figure>` around a drawing: its title and its sentence above, the table below."""
    title_css = "chart-title" if show_title else "visually-hidden"
    caption = el(
        "figcaption",
        {},
        el("span", {"class": title_css}, title),
        el("span", {"class": "chart-words"}, words) if words else "",
    )
    return el("figure", {"class": f"chart {css}"}, caption, *parts)


def text_at(x: float, y: str, words: str, css: str = "t-mid") -> SafeString:
    """A label at a share of the width."""
    return format_html('<text x="{}" y="{}" class="{}">{}</text>', percent(x), y, css, words)


def line(x: float, css: str, top: str = "0", bottom: str = "100%") -> SafeString:
    """A vertical line at a share of the width."""
    return el("line", {"x1": percent(x), "x2": percent(x), "y1": top, "y2": bottom, "class": css})


def box(
    x: float, width: float, css: str, *children: str, y: str = "0", height: str = "100%", rx: int = 3
) -> SafeString:
    """A rectangle by shares of the width; children are its `<title>`."""
    return el(
        "rect",
        {"x": percent(x), "width": percent(width), "y": y, "height": height, "rx": rx, "class": css},
        *children,
    )
