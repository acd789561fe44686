"""Questions that wait at the same moment are asked together: a thousand people at the door cost a few statements.

While one round is being answered, the next gathers; nobody waits for a timer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")
MOST = 128


class Together(Generic[Question, Answer]):
    """Answers questions in rounds, in order; `answer` gives one answer per question, an exception to raise it."""

    def __init__(self, answer: Callable[[list[Question]], Awaitable[list[Answer | Exception]]]) -> None:
        self._answer = answer
        self._waiting: list[tuple[Question, asyncio.Future[Answer]]] = []
        self._task: asyncio.Task[None] | None = None
        self._idle = asyncio.Event()
        self._idle.set()

    async def ask(self, question: Question) -> Answer:
        """The answer; raises what was answered as an exception. Whoever stops waiting is not asked for."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, future))
        self._idle.clear()
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._rounds())
        return await future

    async def _rounds(self) -> None:
        while self._waiting:
            # Whoever gave up in the meantime costs nothing any more.
            wanted = [one for one in self._waiting if not one[1].done()]
            now, self._waiting = wanted[:MOST], wanted[MOST:]
            if now:
                await self._round(now)
        self._idle.set()

    async def settled(self, within: float) -> None:
        """Waits until nobody waits for an answer, but no longer than so many seconds."""
        if not self._idle.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(within):
                    await self._idle.wait()

    async def _round(self, asked: list[tuple[Question, asyncio.Future[Answer]]]) -> None:
        answers: list[Answer | Exception]
        try:
            answers = await self._answer([question for question, _ in asked])
        except Exception as error:  # nobody may wait for ever; each asker hears what went wrong
            answers = [error] * len(asked)
        for (_, future), answer in zip(asked, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
