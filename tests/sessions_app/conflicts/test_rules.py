"""Conflicts as values: by example, and against a plain comparison of every pair."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from sessions_app.conflicts.rules import Kind, Meeting, conflicts

START = datetime(2026, 4, 13, 21, 30, tzinfo=UTC)
PEOPLE = [UUID(int=n) for n in range(1, 6)]
GROUP, OTHER = UUID(int=100), UUID(int=101)
ANA, BEN, FAY, *_ = PEOPLE


def meeting(start: int, length: int = 60, **fields: object) -> Meeting:
    begins = START + timedelta(minutes=start)
    return Meeting(begins, begins + timedelta(minutes=length), GROUP, **fields)  # type: ignore[arg-type]


def test_a_client_in_two_groups_at_once_is_named_and_touching_is_fine() -> None:
    mine, other = meeting(0, clients=frozenset({ANA, BEN})), meeting(59, clients=frozenset({ANA}))
    found = conflicts([mine], [other, meeting(60, clients=frozenset({BEN}))], {})
    assert [(c.kind, c.who, c.other, c.is_refused) for c in found] == [
        (Kind.EXPECTED_TWICE, ANA, other, False)
    ]


def test_one_facilitator_twice_is_refused_and_a_co_facilitator_is_asked_about() -> None:
    def roles(mine: str, theirs: str) -> list[bool]:
        found = conflicts([meeting(0, leaders={FAY: mine})], [meeting(30, leaders={FAY: theirs})], {})
        return [c.is_refused for c in found if c.kind is Kind.LEADS_TWICE]

    assert roles("facilitator", "facilitator") == [True]
    assert roles("facilitator", "cofacilitator") == [False]
    assert roles("cofacilitator", "cofacilitator") == [False]


def test_a_state_nobody_is_licensed_in_is_named_once_a_meeting() -> None:
    one = meeting(0, clients=frozenset({ANA, BEN, FAY}), licensed=frozenset({"NY"}))
    homes = {ANA: "NJ", BEN: "NJ", FAY: "NY"}
    assert [(c.kind, c.state) for c in conflicts([one], [], homes)] == [(Kind.NO_LICENCE, "NJ")]
    unknown = meeting(0, clients=frozenset({ANA}), licensed=frozenset())
    assert conflicts([unknown], [], {ANA: ""}) == []


def test_two_that_stand_already_are_nobodys_question() -> None:
    standing = [meeting(0, clients=frozenset({ANA})), meeting(10, clients=frozenset({ANA}))]
    assert conflicts([], standing, {}) == []


some_people = st.frozensets(st.sampled_from(PEOPLE), max_size=3)
meetings = st.builds(
    lambda start, length, clients, leaders: meeting(start, length, clients=clients, leaders=leaders),
    st.integers(0, 200), st.integers(1, 90), some_people,
    st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from(["facilitator", "cofacilitator"]), max_size=2),
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(meetings, max_size=6), st.lists(meetings, max_size=6))
def test_the_sweep_finds_what_every_pair_shows(proposed: list[Meeting], standing: list[Meeting]) -> None:
    pairs = [*itertools.combinations(proposed, 2), *itertools.product(proposed, standing)]
    at_once = [(a, b) for a, b in pairs if a.starts_at < b.ends_at and b.starts_at < a.ends_at]
    expected = sum(
        len(a.clients & b.clients) + len((a.leaders or {}).keys() & (b.leaders or {}).keys())
        for a, b in at_once
    )
    found = conflicts(proposed, standing, {})
    assert len(found) == expected
    assert all(c.other is not None and c.meeting.overlaps(c.other) for c in found)
    refused = [c.is_refused for c in found]
    assert refused == sorted(refused, reverse=True)  # what is refused is told first


@settings(max_examples=100)
@given(st.lists(meetings, max_size=5), st.lists(meetings, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_meetings_does_not_matter(
    proposed: list[Meeting], standing: list[Meeting], shuffle: object
) -> None:
    def told(rows: list[Meeting], others: list[Meeting]) -> list[tuple[str, str, bool]]:
        return sorted((c.kind.value, str(c.who), c.is_refused) for c in conflicts(rows, others, {}))

    before = told(proposed, standing)
    shuffle.shuffle(proposed)  # type: ignore[attr-defined]  # a random.Random of hypothesis
    shuffle.shuffle(standing)  # type: ignore[attr-defined]
    assert told(proposed, standing) == before
