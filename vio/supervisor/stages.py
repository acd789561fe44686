"""All children of a stack, in the stages in which they were started; stopped stage by stage in reverse."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vio.supervisor.child import Child, Spec
from vio.supervisor.output import Terminal


class Stages:
    """A stack of children that grows while it starts and is taken down from the top."""

    def __init__(self, log_folder: Path, terminal: Terminal) -> None:
        self._log_folder = log_folder
        self._terminal = terminal
        self._stages: list[list[Child]] = []
        self._keepers: set[asyncio.Task[None]] = set()

    @property
    def children(self) -> list[Child]:
        """Every child so far, in the order of their start."""
        return [child for stage in self._stages for child in stage]

    async def start(self, *specs: Spec) -> None:
        """Start the children of one stage together and wait until all are ready.

        Raises StackError when one is not, or dies for good before that.
        """
        self._terminal.expect([spec.name for spec in specs])
        stage = [Child(spec, self._log_folder, self._terminal) for spec in specs]
        self._stages.append(stage)
        keepers = [asyncio.create_task(child.keep()) for child in stage]
        self._keepers.update(keepers)
        ready = asyncio.ensure_future(asyncio.gather(*(child.ready() for child in stage)))
        await _first_trouble(ready, keepers)

    async def once(self, spec: Spec) -> None:
        """Run one program to its end. Raises StackError when it fails."""
        stage = [Child(spec, self._log_folder, self._terminal)]
        self._stages.append(stage)
        await stage[0].once()
        self._stages.remove(stage)

    async def restart(self, prefix: str) -> None:
        """Restart, one after the other, the children whose name begins with `prefix`."""
        for child in self.children:
            if child.spec.name.startswith(prefix):
                await child.restart()
                await child.ready()

    async def failed(self) -> None:
        """Wait for ever, or until keeping a child alive fails in a way that cannot be mended: raise that."""
        done, _ = await asyncio.wait(self._keepers, return_when=asyncio.FIRST_EXCEPTION)
        for keeper in done:
            keeper.result()

    async def stop(self) -> None:
        """Stop everything in reverse order."""
        for stage in reversed(self._stages):
            await asyncio.gather(*(child.stop() for child in stage))
        await asyncio.gather(*self._keepers, return_exceptions=True)

    def kill(self) -> None:
        """Kill everything at once; `stop` then finds nothing to wait for."""
        for child in self.children:
            child.kill()


async def _first_trouble(ready: asyncio.Future[list[None]], keepers: Sequence[asyncio.Task[None]]) -> None:
    """Wait for `ready`, but no longer than until a keeper gives up."""
    try:
        waited: list[asyncio.Future[Any]] = [ready, *keepers]
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        for keeper in keepers:
            if keeper.done():
                keeper.result()
        await ready
    finally:
        ready.cancel()
        await asyncio.gather(ready, return_exceptions=True)
