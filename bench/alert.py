"""The red alert: from the moment a client sends the check-in to the frame on a connected desk, over real HTTP and sockets."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from bench.people import Evening
from bench.rows import Row, Target, judge, percentile
from bench.stack import Stack

SENT = 40
PATIENCE = 10.0


def prepare(evening: Evening, now: Any) -> str:
    """Somebody of the clinical team on call; the cookie of their login."""
    from allauth.mfa.models import Authenticator

    from bench.people import _cookie
    from groups.models import Person, StaffRole

    person = Person.objects.create(email="desk@bench.example", first_name="Desk", password="!")
    StaffRole.objects.create(program=evening.program, person=person, role="clinician", is_on_call=True)
    Authenticator.objects.create(user=person, type="totp", data={"secret": "bench"})
    return _cookie(person, now)


def measure(stack: Stack, evening: Evening, desk_cookie: str) -> list[Row]:
    """The p95 over forty clients, one after the other."""
    from django.conf import settings

    clients = [seat.cookie for seat in evening.seats if not seat.hosts][:SENT]
    ages, trouble = asyncio.run(_play(stack, clients, desk_cookie, settings.CSRF_COOKIE_NAME))
    values = [percentile(ages, 0.95) * 1000] if ages else []
    notes = [f"{len(ages)} check-ins, median {percentile(ages, 0.5) * 1000:.0f} ms" if ages else "", trouble]
    return [
        judge(
            "red alert: posted to desk, p95",
            values,
            "ms",
            Target(500),
            notes=notes,
            spoilt=len(ages) < len(clients),
        )
    ]


async def _play(stack: Stack, clients: list[str], desk_cookie: str, csrf: str) -> tuple[list[float], str]:
    from vio.rehearse.desk import CheckInError, Desk, send_red_checkin
    from vio.rehearse.line import Clock, Door

    clock = Clock()
    desk = Desk(Door(f"ws://localhost:{stack.port}/ws/desk/", stack.origin, desk_cookie, ""), clock)
    sitting = asyncio.create_task(desk.sit())
    ages: list[float] = []
    trouble = ""
    try:
        async with asyncio.timeout(PATIENCE):
            await desk.ready.wait()
        for cookie in clients:
            before = len(_alerts(desk))
            try:
                sent = await asyncio.to_thread(send_red_checkin, stack.origin, cookie, csrf, clock)
            except CheckInError as error:
                trouble = str(error)
                continue
            for _ in range(int(PATIENCE / 0.002)):
                if len(_alerts(desk)) > before:
                    ages.append(max(_alerts(desk)) - sent.at)
                    break
                await asyncio.sleep(0.002)
    except TimeoutError:
        trouble = "the desk was not told to look"
    finally:
        sitting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sitting
    return ages, trouble


def _alerts(desk: Any) -> list[float]:
    return [at for (kind, _), at in desk.rang.items() if kind == "alert"]
