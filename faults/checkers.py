"""Pure checks of a history against what is in the database and what each browser holds. Each returns what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence

from faults.history import History, Outcome

Numbered = tuple[int, str]
"""A number in an audience and the id of the message that has it."""


def exactly_once(history: History, transcript: Sequence[str]) -> list[str]:
    """Acknowledged = once in the transcript; failed = absent; unknown = at most once; nothing from nowhere (RT-1, RT-2)."""
    stored = Counter(transcript)
    troubles = []
    for call in history.calls:
        times = stored[call.id]
        if call.outcome is Outcome.OK and times != 1:
            troubles.append(f"acknowledged {call.id[:8]} is in the transcript {times} times")
        elif call.outcome is Outcome.FAIL and times:
            troubles.append(f"refused ({call.code}) {call.id[:8]} is in the transcript")
        elif times > 1:
            troubles.append(f"unknown {call.id[:8]} is in the transcript {times} times")
    asked = {call.id for call in history.calls}
    troubles += [f"{key[:8]} was never said" for key in stored if key not in asked]
    return troubles


def acknowledged_numbers(history: History, transcript: Iterable[Numbered]) -> list[str]:
    """The number in an acknowledgement is the number in the log (RT-1)."""
    where = {key: number for number, key in transcript}
    return [
        f"{call.id[:8]} was acknowledged as {call.number} and is {where.get(call.id)}"
        for call in history.of(Outcome.OK)
        if call.number is not None and where.get(call.id, call.number) != call.number
    ]


def without_gaps(numbers: Mapping[str, Sequence[int]]) -> list[str]:
    """Each audience's numbers are 1, 2, 3 ... (RT-1)."""
    return [
        f"numbers of {audience.split(':')[0]} are not 1 to {len(found)}"
        for audience, found in numbers.items()
        if sorted(found) != list(range(1, len(found) + 1))
    ]


def in_order(history: History, transcript: Iterable[Numbered]) -> list[str]:
    """If one was acknowledged before another was asked, it comes first (RT-6)."""
    where = {key: number for number, key in transcript}
    done = [(c.answered, where[c.id]) for c in history.of(Outcome.OK) if c.answered and c.id in where]
    asked = [(c.asked, where[c.id]) for c in history.calls if c.id in where]
    events = sorted([(at, 0, n) for at, n in done] + [(at, 1, n) for at, n in asked])
    troubles, highest = [], 0
    for _, is_question, number in events:
        if is_question and number < highest:
            troubles.append(f"number {number} was asked after {highest} was acknowledged")
        if not is_question:
            highest = max(highest, number)
    return troubles


def heard_in_order(heard: Mapping[str, Sequence[Numbered]]) -> list[str]:
    """Each browser heard each number once, rising; and all browsers heard the same under the same number (RT-3, RT-6)."""
    troubles, known = [], dict[int, str]()
    for browser, frames in heard.items():
        numbers = [number for number, _ in frames]
        if numbers != sorted(set(numbers)):
            troubles.append(f"{browser} heard numbers twice or out of order")
        for number, content in frames:
            if known.setdefault(number, content) != content:
                troubles.append(f"{browser} heard something else under {number}")
    return troubles


def complete(heard: Mapping[str, set[str]], expected: Iterable[str]) -> list[str]:
    """Every browser knows every message of the transcript (RT-3, RT-5)."""
    wanted = set(expected)
    return [
        f"{browser} lacks {len(wanted - known)} of {len(wanted)} messages"
        for browser, known in heard.items()
        if wanted - known
    ]


def same_state(views: Mapping[str, object], truth: Mapping[str, object]) -> list[str]:
    """After quiet each browser's state is the server's snapshot (RT-7)."""
    return [
        f"{browser} sees something else than the server"
        for browser, view in views.items()
        if view != truth.get(browser)
    ]


def same_multiset(found: Iterable[Hashable], expected: Iterable[Hashable], what: str) -> list[str]:
    """Exactly the expected things, each as often as expected (FL-1, AL-3)."""
    there, wanted = Counter(found), Counter(expected)
    troubles = []
    if missing := wanted - there:
        troubles.append(f"{sum(missing.values())} {what} missing")
    if extra := there - wanted:
        troubles.append(f"{sum(extra.values())} {what} too many")
    return troubles


def within_bounds(name: str, credited: float, least: float, most: float) -> list[str]:
    """Credited seconds inside what the truth allows (AT-1 to AT-3)."""
    if least <= credited <= most:
        return []
    return [f"{name} is credited {credited:.0f} s, truth allows {least:.1f} to {most:.1f}"]


def no_later_than(what: str, took: float | None, limit: float) -> list[str]:
    """Something happened, and in time; seconds."""
    if took is None:
        return [f"{what}: never"]
    return [] if took <= limit else [f"{what}: {took:.1f} s, limit {limit:g} s"]
