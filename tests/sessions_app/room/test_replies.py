"""Answers that are written without their class are what the class would write."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from sessions_app.room.replies import Ack, Pong, ack_wire, pong_wire, wire

NUMBERS = st.dictionaries(
    st.one_of(
        st.sampled_from(["room", "staff"]),
        st.uuids().map(lambda key: f"person:{key}"),
        st.from_regex(r"side:[0-9a-f]{8}", fullmatch=True),
    ),
    st.integers(0, 2**53),
    max_size=5,
)


@given(NUMBERS)
def test_an_ack(numbers: dict[str, int]) -> None:
    command = str(uuid4())
    assert ack_wire(command, numbers) == wire(Ack(id=command, numbers=numbers))


@given(st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)), NUMBERS)  # noqa: DTZ001  # the zone follows
def test_a_pong(at: datetime, heads: dict[str, int]) -> None:
    command, at = str(uuid4()), at.replace(tzinfo=UTC)
    for instant in (at, at.replace(microsecond=0)):
        assert pong_wire(command, instant, heads) == wire(Pong(id=command, at=instant, heads=heads))
