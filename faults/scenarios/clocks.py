"""One process whose clock jumps: an hour forward, back, two days: no time is gained or lost, sockets stay (AT-7)."""

from __future__ import annotations

import asyncio
import http.client
import os
import re
import socket
import time
from email.utils import parsedate_to_datetime
from pathlib import Path

from faults import checkers, faketime
from faults.evening import Evening
from faults.ground import Ground, eventually
from faults.stack import end
from vio.supervisor import plan

SHOWS = ("AT-7", "FT-clock")
STEPS = ("+3600", "-3600", "+0", "+172800", "+0")
HELD_FOR = 14.0

_EXPIRES = re.compile(r"expires=([^;]+)", re.IGNORECASE)
_MAX_AGE = re.compile(r"max-age=(\d+)", re.IGNORECASE)


async def run(ground: Ground) -> None:
    """Two of four clients are on a web process of their own whose wall clock is stepped."""
    path = faketime.library()
    if path is None:
        for requirement in SHOWS:
            ground.book.check(requirement, [faketime.MISSING], "")
        return
    when = ground.stack.root / "clock"
    when.write_text("+0\n", encoding="utf-8")
    when.chmod(0o644)
    faked = {**faketime.environment(path), "FAKETIME_TIMESTAMP_FILE": str(when), "FAKETIME_NO_CACHE": "1"}
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    port, fd = int(listener.getsockname()[1]), listener.fileno()
    os.set_inheritable(fd, True)
    command = plan.web(0, listener, {}).command[1:]
    process = ground.stack.beside(command, more=faked, fds=(fd,))
    try:
        up = await eventually(lambda: ground.stack.ask("/healthz", port=port, timeout=5)[0] == 200, 60, 0.5)
        if up is None:
            ground.book.check("AT-7", ["the stepped process did not start"], "")
            return
        await _evening(ground, when, port)
    finally:
        end(process)
        listener.close()


def _ahead(port: int) -> float:
    """By how many seconds the process behind that port is ahead of us: a cookie says when it ends and how long it lives."""
    link = http.client.HTTPConnection("localhost", port, timeout=20)
    try:
        link.request("GET", "/account/login/")
        told = link.getresponse().headers.get("Set-Cookie", "")
    finally:
        link.close()
    ends, lives = _EXPIRES.search(told), _MAX_AGE.search(told)
    if ends is None or lives is None:
        return float("nan")
    return parsedate_to_datetime(ends.group(1)).timestamp() - int(lives.group(1)) - time.time()


async def _evening(ground: Ground, when: Path, port: int) -> None:
    room = Evening(ground, "clocks", await ground.room(), 4)
    await room.begin(targets={1: port, 2: port})
    room.talk()
    await asyncio.sleep(8)
    ahead: list[float] = []
    for step in STEPS:
        await asyncio.to_thread(when.write_text, f"{step}\n", "utf-8")
        await asyncio.sleep(HELD_FOR)
        ahead.append(await asyncio.to_thread(_ahead, port))
    # A step that did not arrive would show nothing.
    wrong = [step for step, seen in zip(STEPS, ahead, strict=True) if not abs(seen - float(step)) < 60]
    ground.book.check(
        "AT-7", [f"the clock was not stepped by {step}" for step in wrong], "every step was seen"
    )
    closes = [code for browser in room.clients for _, code in browser.closes]
    troubles = [f"{len(closes)} sockets were closed: {closes[:4]}"] if closes else []
    slow = room.slowest(0, ground.clock.now() - 10)
    troubles += checkers.no_later_than("a message until heard", slow, 12.0)
    for requirement in SHOWS:
        ground.book.check(requirement, troubles, f"clock of one process {', '.join(STEPS)} s: sockets stayed")
    await room.hush(5)
    await room.check_converged("AT-7")
    await room.end("AT-7", "FT-clock")
