"""A server that asks before it ends waits for everybody who has something to say (RT-8)."""

from __future__ import annotations

import pytest

from vio.common import sockets
from vio.common.sockets import Goodbyes, stop_with_the_server


@pytest.mark.asyncio
async def test_everybody_finishes_and_one_that_fails_keeps_no_other_from_it() -> None:
    goodbyes, said = Goodbyes(), list[str]()

    async def fails() -> None:
        raise RuntimeError("a defect")

    async def says() -> None:
        said.append("goodbye")

    goodbyes.add(fails)
    goodbyes.add(says)
    await goodbyes.all_said()
    assert said == ["goodbye"]


@pytest.mark.asyncio
@pytest.mark.parametrize("asked", [True, False])
async def test_who_asks_is_waited_for_only_where_the_server_asks_back(
    monkeypatch: pytest.MonkeyPatch, asked: bool
) -> None:
    goodbyes, said = Goodbyes(), list[str]()
    goodbyes.are_asked_for = asked
    monkeypatch.setattr(sockets, "goodbyes", goodbyes)

    async def says() -> None:
        said.append("goodbye")

    stop_with_the_server(says)
    await goodbyes.all_said()
    assert said == (["goodbye"] if asked else [])
