"""The leak guard: no chart may name another client (domain reference, section 7). Pure; runs locally.

A name is found as a whole word, whatever its case or accents; a possessive ("Ben's") counts as the name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SHORTEST = 2  # a one-letter name would block every sentence
# Names that are everyday words are only found when written as a name, with a capital.
EVERYDAY = frozenset(
    {"will", "grace", "hope", "may", "mark", "faith", "joy", "art", "rose", "bill", "sky", "dawn"}
)


@dataclass(frozen=True)
class Leak:
    """One name of another client found in a text: in which field, and the name as written."""

    field: str
    word: str


def names_of(first: str, last: str, privacy_name: str = "") -> frozenset[str]:
    """The words that give somebody away: first name, last name, the parts of a chosen name."""
    words = [*first.split(), *last.split(), *privacy_name.split()]
    return frozenset(w.strip(".") for w in words if len(w.strip(".")) >= SHORTEST)


def find_leaks(texts: Mapping[str, str], others: Iterable[str], *, allowed: Iterable[str] = ()) -> list[Leak]:
    """Every name of `others` in the texts {field: text}, except names the chart's own client has too."""
    own = {_plain(name) for name in allowed}
    wanted = {_plain(name) for name in others} - own
    return [
        Leak(field, word)
        for field, text in texts.items()
        for word in dict.fromkeys(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", text))
        if _names(word, wanted)
    ]


def _names(word: str, wanted: set[str]) -> bool:
    plain = _plain(word)
    if plain not in wanted and not any(part in wanted for part in plain.split("-")):
        return False
    return plain not in EVERYDAY or word[:1].isupper()


def _plain(word: str) -> str:
    split = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in split if not unicodedata.combining(c))
