"""Who answers while somebody is away: the order of claim, each followed by a chain of covers that never turns in circles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groups.cover_rules import Away, stands_in, who_is_there

NOW = datetime(2026, 4, 13, 21, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
A, B, C, D = (UUID(int=n) for n in range(1, 5))


def away(person: UUID, cover: UUID | None = None, *, start: int = -1, end: int = 1) -> Away:
    return Away(person, NOW + start * HOUR, NOW + end * HOUR, cover)


@pytest.mark.parametrize(
    ("claims", "absences", "expected"),
    [
        ([A, B], [], A),  # everybody is there: the first
        ([], [], None),
        ([A, B], [away(A)], B),  # nobody named: the next in order
        ([A, B], [away(A, C)], C),  # the cover comes before the next in order
        ([A, B], [away(A, C), away(C, D)], D),  # a cover who is away has a cover too
        ([A, B], [away(A, C), away(C)], B),  # never an absent cover
        ([A, B], [away(A, C), away(C, A)], B),  # two who name each other are both away
        ([A], [away(A, C), away(C, D), away(D, C)], None),  # a ring further on
        ([A, B], [away(A), away(B)], None),
        ([A, B], [away(A, B), away(B, A)], None),
        ([A], [away(A, C, start=1, end=2)], A),  # not yet
        ([A], [away(A, C, start=-2, end=-1)], A),  # over
        ([A], [away(A, C, start=0, end=1)], C),  # from the very instant
        ([A], [away(A, C, start=-1, end=0)], A),  # back at the very instant
    ],
)
def test_the_first_who_is_there(claims: list[UUID], absences: list[Away], expected: UUID | None) -> None:
    assert who_is_there(claims, absences, NOW) == expected


people = st.sampled_from([A, B, C, D])
absences = st.lists(
    st.builds(away, people, st.none() | people, start=st.integers(-2, 1), end=st.integers(2, 3)),
    max_size=6,
    unique_by=lambda one: one.person,
)


@given(st.lists(people), absences)
def test_whoever_is_named_is_there_and_somebody_is_if_a_claimant_is(
    claims: list[UUID], found: list[Away]
) -> None:
    gone = {one.person for one in found if one.at(NOW)}
    answer = who_is_there(claims, found, NOW)
    assert answer is None or answer not in gone
    assert (answer is not None) or set(claims) <= gone


def test_who_is_there_stands_in_for_themselves() -> None:
    assert stands_in(A, [away(B, C)], NOW) == A
