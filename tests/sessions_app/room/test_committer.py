"""The committer's word: what is committed is never answered as failed, what failed never as done (P2)."""

from __future__ import annotations

from uuid import uuid4

import pytest

from sessions_app.room.acts import OpenDue
from sessions_app.room.batch import Entry, Outcome, Written
from sessions_app.room.committer import Committer
from sessions_app.room.services import Applied

pytestmark = pytest.mark.asyncio


def entry() -> Entry:
    return Entry(session_id=uuid4(), program_id=uuid4(), what=OpenDue())


async def committed(entries: list[Entry]) -> Applied:
    """A commit that worked: one log line for each room."""
    written = [Written(e.session_id, 0, [], []) for e in entries]
    return Applied(outcomes=[Outcome(numbers={"room": 1}) for _ in entries], written=written)


async def test_trouble_after_the_commit_does_not_take_the_word_back() -> None:
    tried: list[Written] = []

    def deliver(written: Written) -> None:
        tried.append(written)
        raise RuntimeError("a connection in an impossible state")

    committer = Committer(committed, deliver)
    answers = [committer.submit(entry()), committer.submit(entry())]
    assert [(await answer).error for answer in answers] == [None, None]
    assert len(tried) == 2  # the second room is not made to pay for the first


async def test_a_commit_that_failed_is_said_to_have_failed_and_the_next_goes_on() -> None:
    works = False

    async def apply(entries: list[Entry]) -> Applied:
        if not works:
            raise ConnectionError
        return await committed(entries)

    committer = Committer(apply, lambda written: None)
    failed = (await committer.submit(entry())).error
    assert failed is not None
    assert failed.code == "unavailable"
    works = True
    assert (await committer.submit(entry())).error is None
