"""People who are to be kept apart (no-contact): never in one side room, whoever or whatever assigns."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations

Pairs = frozenset[frozenset[str]]


def clashes(people: Collection[str], apart: Pairs) -> bool:
    """Whether two of these people are to be kept apart."""
    return bool(apart) and any(frozenset(pair) in apart for pair in combinations(people, 2))


def share_out(people: Sequence[str], rooms: int, apart: Pairs) -> list[list[str]] | None:
    """The people, in their order, in rooms of about the same size, nobody with whom they are kept apart from.

    None when that cannot be done. Those with most such pairs are placed first, so that a way is found soon.
    """
    first = sorted(people, key=lambda person: -sum(person in pair for pair in apart))
    made: list[list[str]] = [[] for _ in range(rooms)]
    return made if _place(first, made, apart) else None


def _place(people: Sequence[str], rooms: list[list[str]], apart: Pairs) -> bool:
    if not people:
        return True
    person, rest = people[0], people[1:]
    empty_tried = False
    for room in sorted(rooms, key=len):
        if not room and empty_tried:
            continue  # empty rooms are alike
        empty_tried = empty_tried or not room
        if any(frozenset((person, other)) in apart for other in room):
            continue
        room.append(person)
        if _place(rest, rooms, apart):
            return True
        room.remove(person)
    return False
