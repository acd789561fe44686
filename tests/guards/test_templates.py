"""Pages under the strict content policy: nothing inline, nothing unescaped (WE-1, WE-3)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.guards import sources

FORBIDDEN = {
    "an inline script": re.compile(r"<script(?![^>]*\b(src=|type=[\"']application/json))", re.IGNORECASE),
    "an inline style": re.compile(r"<style\b|\sstyle\s*=", re.IGNORECASE),
    "an inline handler": re.compile(r"\s(on[a-z]+|hx-on[:\w-]*)\s*=\s*[\"']", re.IGNORECASE),
    "a script address": re.compile(r"javascript:|hx-vals=[\"']js:", re.IGNORECASE),
    "unescaped text": re.compile(r"\|\s*(safe|safeseq)\b|autoescape\s+off"),
    "an address of another server": re.compile(
        r"(src|href|action)=[\"'](https?:)?//(?!www\.w3\.org)", re.IGNORECASE
    ),
}
# file -> why it may show text unescaped.
UNESCAPED: dict[str, str] = {}
# file -> why it marks text as safe.
MARKS_SAFE = {"vio/common/charts/svg.py": "joins pieces that were each escaped by format_html"}
COMMENTS = re.compile(r"\{#.*?#\}|\{% comment .*?endcomment %\}", re.DOTALL)


@pytest.mark.parametrize("path", sources.template_files(), ids=str)
def test_a_template_has_nothing_inline_and_nothing_unescaped(path: Path) -> None:
    page = COMMENTS.sub("", sources.text(path))
    found = [what for what, pattern in FORBIDDEN.items() if pattern.search(page)]
    if str(path) in UNESCAPED:
        found.remove("unescaped text")
    assert found == []


@pytest.mark.parametrize(
    ("page", "what"),
    [
        ("<script>alert(1)</script>", "an inline script"),
        ("<script type='module'>x</script>", "an inline script"),
        ('<p style="color:red">', "an inline style"),
        ('<a onclick="x()">', "an inline handler"),
        ('<a href="javascript:x()">', "a script address"),
        ("{{ name|safe }}", "unescaped text"),
        ('<img src="https://elsewhere.example/x.png">', "an address of another server"),
    ],
)
def test_the_guard_sees_what_it_forbids(page: str, what: str) -> None:
    assert FORBIDDEN[what].search(page)


@pytest.mark.parametrize(
    "page",
    ['<script src="/static/x.js"></script>', '<script type="application/json" id="x">{}</script>', '<a href="/">'],
)  # fmt: skip
def test_the_guard_lets_through_what_is_fine(page: str) -> None:
    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(page)] == []


def test_text_is_marked_safe_only_where_it_was_escaped() -> None:
    found = {str(p) for p in sources.python_files() if re.search(r"\bmark_safe\(", sources.text(p))}
    assert found == set(MARKS_SAFE)


@pytest.mark.parametrize("path", sources.script_files(), ids=str)
def test_a_script_makes_no_code_from_text(path: Path) -> None:
    found = re.findall(
        r"\beval\(|new Function\(|document\.write\(|\.(?:inner|outer)HTML\s*=", sources.text(path)
    )
    assert found == []
