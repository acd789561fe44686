"""An app for the live room in one file: signs in, follows the room, writes what is typed. See docs/protocol.md.

    python docs/example_client.py http://localhost:8000 you@example.org SESSION_ID

The password is asked for, and the code of the second step where there is one. Needs httpx and websockets.
"""

from __future__ import annotations

import asyncio
import getpass
import json
import re
import sys
from typing import Any
from uuid import uuid4

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

HEARTBEAT = 10.0  # seconds
FINAL = {4401, 4403, 4409, 4428}  # not signed in, not allowed, replaced by too many, the door asks first


def sign_in(origin: str, email: str, password: str, code: str = "") -> str:
    """The cookie header of a fresh login; raises SystemExit in words."""
    with httpx.Client(base_url=origin, follow_redirects=True, timeout=30) as browser:
        page = browser.get("/account/login/")
        page = browser.post(page.url, data={"login": email, "password": password, **token(page)})
        if page.url.path == "/account/step/":
            page = browser.post(page.url, data={"code": code or input("Code: "), **token(page)})
        if page.url.path.startswith("/account/"):
            raise SystemExit("These do not fit together: e-mail address, password, code.")
        return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


def token(page: httpx.Response) -> dict[str, str]:
    """The form's own token: no page of ours is answered without it."""
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    return {"csrfmiddlewaretoken": found.group(1)} if found else {}


class Room:
    """One connection to one room that comes back by itself and misses nothing."""

    def __init__(self, origin: str, session: str, cookie: str) -> None:
        self.origin, self.cookie = origin, cookie
        self.address = f"{origin.replace('http', 'ws', 1)}/ws/sessions/{session}/"
        self.numbers: dict[str, int] = {}  # the last number handled, by audience
        self.unanswered: dict[str, dict[str, Any]] = {}  # said, but neither acknowledged nor refused

    async def stay(self, said: asyncio.Queue[str]) -> int:
        """Follows the room until the server says it is for good; returns the close code."""
        pause = 0.5
        while True:
            # Names of audiences in the address: "me" stands for one's own.
            query = "&".join(f"{'me' if a.startswith('person:') else a}={n}" for a, n in self.numbers.items())
            try:
                async with connect(
                    f"{self.address}?{query}" if query else self.address,
                    origin=self.origin, additional_headers={"Cookie": self.cookie},  # type: ignore[arg-type]  # a plain text
                ) as line:  # fmt: skip
                    pause = 0.5
                    for command in list(self.unanswered.values()):  # the same id: nothing happens twice
                        await line.send(json.dumps(command))
                    tasks = [asyncio.create_task(self.beat(line)), asyncio.create_task(self.talk(line, said))]
                    try:
                        async for text in line:
                            await self.hear(line, json.loads(text))
                    finally:
                        for task in tasks:
                            task.cancel()
                code = line.close_code or 1006
            except (OSError, ConnectionClosed, TimeoutError):
                code = 1006
            if code in FINAL or code == 1000:
                return code
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)

    async def beat(self, line: ClientConnection) -> None:
        """The heartbeat: without it the presence ends after thirty seconds."""
        while True:
            await line.send(json.dumps({"id": str(uuid4()), "type": "ping", "heads": self.numbers}))
            await asyncio.sleep(HEARTBEAT)

    async def talk(self, line: ClientConnection, said: asyncio.Queue[str]) -> None:
        """Each line that was typed becomes a message; it is kept until the server has answered."""
        while True:
            command = {"id": str(uuid4()), "type": "chat.send", "text": await said.get(), "to": "room"}
            self.unanswered[command["id"]] = command
            await line.send(json.dumps(command))

    async def hear(self, line: ClientConnection, frame: dict[str, Any]) -> None:
        """One frame: an answer, the whole picture, the head numbers, or something that happened."""
        match frame["type"]:
            case "ack":
                self.unanswered.pop(frame["id"], None)
            case "error":
                if frame["code"] not in {"unavailable", "rate_limited"}:  # these mean: say it again later
                    self.unanswered.pop(frame.get("id") or "", None)
                print(f"! {frame['message']}", flush=True)
            case "snapshot":
                self.numbers = dict(frame["numbers"])
                print(f"= {len(frame['room']['people'])} people, {frame['room']['phase']}", flush=True)
            case "pong" if any(n > self.numbers.get(a, 0) for a, n in frame["heads"].items()):
                resume = {"id": str(uuid4()), "type": "room.resume", "numbers": self.numbers}
                await line.send(json.dumps(resume))
            case kind if "number" in frame and frame["number"] > self.numbers.get(frame["audience"], 0):
                self.numbers[frame["audience"]] = frame["number"]
                print(f"  {kind} {frame.get('name', '')} {frame.get('text', '')}".rstrip(), flush=True)


async def main(origin: str, email: str, session: str) -> int:
    """Until the room is over; lines of standard input are said in the room."""
    room = Room(origin, session, sign_in(origin, email, getpass.getpass("Password: ")))
    said: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin, lambda: said.put_nowait(sys.stdin.readline().strip()))
    return await room.stay(said)


if __name__ == "__main__":
    print("closed:", asyncio.run(main(*sys.argv[1:4])))
