"""The load generator's process: one JSON order a line on standard input, one JSON answer a line on standard output."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from typing import Any

from bench.load.driver import Crowd


async def serve() -> None:
    """Takes orders until standard input ends."""
    loop = asyncio.get_running_loop()
    crowd: Crowd | None = None
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order: dict[str, Any] = json.loads(line)
        what = order.pop("do")
        if what == "connect":
            if crowd is None:
                crowd = Crowd(order["dialect"], order["port"], order["origin"])
            answer = await crowd.connect(order["seats"])
        elif crowd is None:
            answer = {"error": "nobody is connected"}
        else:
            answer = await getattr(crowd, what)(**order)
            if what == "leave":
                crowd = None
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    gc.freeze()
    gc.set_threshold(100_000, 50, 1000)
    asyncio.run(serve())
