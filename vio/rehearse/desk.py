"""The clinical team's side of a rehearsal: somebody at the desk, and a client's red check-in through the real page."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Origin

from vio.rehearse.line import Clock, Door

HEARTBEAT = 15.0
ANSWERED_WITHIN = 40.0
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_SUBMISSION = re.compile(r'name="submission_id" value="([^"]+)"')
RED = {"mood": "2", "urge": "7", "used": "no", "safety": "yes", "sleep_hours": "3.5", "medication": "taken"}


@dataclass
class Desk:
    """Somebody of the clinical team with the desk open; `rang` is {(kind, id): when it was first heard}."""

    door: Door
    clock: Clock
    rang: dict[tuple[str, str], float] = field(default_factory=dict)
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def sit(self) -> None:
        """Listens until cancelled, coming back after every loss."""
        while True:
            try:
                async with connect(
                    self.door.url, origin=Origin(self.door.origin), proxy=None, ping_interval=None,
                    additional_headers={"Cookie": self.door.cookie}, close_timeout=2,
                ) as socket:  # fmt: skip
                    heart = asyncio.create_task(self._beat(socket))
                    try:
                        async for text in socket:
                            self._hear(json.loads(text))
                    finally:
                        heart.cancel()
            except (OSError, InvalidHandshake, ConnectionClosed, TimeoutError):
                pass
            await asyncio.sleep(0.5)

    def _hear(self, frame: dict[str, str]) -> None:
        if frame["type"] == "desk.rang":
            self.ready.set()
            self.rang.setdefault((frame["kind"], frame.get("id", "")), self.clock.now())

    async def _beat(self, socket: object) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT)
            await socket.send(json.dumps({"id": str(uuid4()), "type": "ping"}))  # type: ignore[attr-defined]  # a socket


@dataclass(frozen=True)
class Sent:
    """A check-in that went through the page: when it left, and whether the answer showed help at once (AL-7)."""

    at: float
    help_shown: bool


class CheckInError(RuntimeError):
    """The check-in page did not take the answers."""


@dataclass(frozen=True)
class CheckInForm:
    """The check-in page as a client has it open, filled in with a yes to the safety question."""

    origin: str
    cookie: str
    fields: dict[str, str]

    def send(self) -> tuple[int, str]:
        """Sends it; the status and the page that answers. Raises OSError when nothing does."""
        status, _, answer = _request(self.origin, "POST", "/checkin/", self.cookie, urlencode(self.fields))
        return status, answer


def open_red_checkin(origin: str, cookie: str, csrf_cookie: str) -> CheckInForm:
    """Opens the check-in page as that login. Raises CheckInError when it has no form."""
    page, token = _open(origin, cookie, csrf_cookie)
    form = _TOKEN.search(page)
    submission = _SUBMISSION.search(page)
    if form is None or submission is None:
        raise CheckInError("the check-in page has no form")
    fields = {**RED, "csrfmiddlewaretoken": form.group(1), "submission_id": submission.group(1), "note": ""}
    return CheckInForm(origin, f"{cookie}; {csrf_cookie}={token}", fields)


def send_red_checkin(origin: str, cookie: str, csrf_cookie: str, clock: Clock) -> Sent:
    """Opens the check-in page as that login and sends it with a yes to the safety question."""
    form = open_red_checkin(origin, cookie, csrf_cookie)
    at = clock.now()
    status, answer = form.send()
    if status != 200:
        raise CheckInError(f"the check-in was answered with {status}")
    return Sent(at, "988" in answer)


def _open(origin: str, cookie: str, csrf_cookie: str) -> tuple[str, str]:
    status, cookies, page = _request(origin, "GET", "/checkin/", cookie, None)
    if status != 200:
        raise CheckInError(f"the check-in page was answered with {status}")
    found = re.search(rf"{re.escape(csrf_cookie)}=([^;]+)", cookies)
    return page, found.group(1) if found else ""


def _request(origin: str, method: str, path: str, cookie: str, body: str | None) -> tuple[int, str, str]:
    address = urlsplit(origin)
    link = http.client.HTTPConnection(address.hostname or "localhost", address.port, timeout=ANSWERED_WITHIN)
    headers = {"Cookie": cookie, "Origin": origin, "Referer": f"{origin}{path}"}
    if body is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        link.request(method, path, body, headers)
        answer = link.getresponse()
        cookies = "; ".join(answer.headers.get_all("Set-Cookie") or [])
        return answer.status, cookies, answer.read().decode("utf-8", "replace")
    finally:
        link.close()
