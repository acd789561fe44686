"""Playing the chosen scenarios one after the other on one stack. Loaded only when Django stands."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Callable, Sequence

from faults import catalogue
from faults.ground import Ground


async def play(ground: Ground, chosen: Sequence[str], say: Callable[[str], None]) -> None:
    """Every scenario, then the checks that had to wait for the clockwork.

    What brings a stack of its own runs beside the others; what leaves the machine idle shares its time with others like it.
    """
    beside = [asyncio.create_task(_one(ground, name, say)) for name in chosen if name in catalogue.BESIDE]
    try:
        for names in catalogue.in_turn(chosen):
            await asyncio.gather(*(_one(ground, name, say) for name in names))
        for requirement, check in ground.later:
            try:
                await check()
            except Exception as error:  # what could not be looked at does not hold
                ground.book.check(requirement, [f"{type(error).__name__}: {error}"], "")
        await asyncio.gather(*beside)
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
    for requirement in catalogue.unseen(chosen, {finding.id for finding in ground.book.findings}):
        ground.book.check(requirement, ["nothing looked at it"], "")


async def _one(whole: Ground, name: str, say: Callable[[str], None]) -> None:
    ground, module, began = whole.part(), catalogue.load(name), time.monotonic()
    try:
        await module.run(ground)
    except Exception as error:  # a scenario that broke off has shown nothing: all it was to show is not shown
        traceback.print_exc()
        for requirement in module.SHOWS:
            ground.book.check(requirement, [f"{name} broke off: {type(error).__name__}: {error}"], "")
    finally:
        while ground.leaving:
            await ground.leaving.pop()()
    say(f"  {name}: {time.monotonic() - began:.0f} s")
