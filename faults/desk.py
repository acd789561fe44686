"""Somebody on call with the desk open, and clients who send a red check-in through the real page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cached_property
from uuid import UUID

from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings

from checkins.models import Alert
from faults.ground import Ground, db
from groups.models import Person, StaffRole
from groups.services.people import PersonDetails
from groups.services.staff import add_staff
from vio.common.permissions import Role
from vio.demo import cast
from vio.rehearse.desk import (
    CheckInError,
    CheckInForm,
    Desk,
    Sent,
    open_red_checkin,
    send_red_checkin,
)
from vio.rehearse.logins import mint_login
from vio.rehearse.stage import ACTOR, Player

EMAIL = f"oncall@faults.{cast.DOMAIN}"


async def on_call(ground: Ground) -> Player:
    """The clinician on call of the program, with a new login; made the first time."""
    program = await ground.program()

    def find() -> Player:
        now = datetime.now(UTC)
        role = StaffRole.objects.filter(program=program, person__email=EMAIL).select_related("person").first()
        if role is None:
            details = PersonDetails(EMAIL, "Casey", "Oncall")
            role = add_staff(
                actor=ACTOR, program=program, person=details, role=Role.CLINICIAN, now=now, is_on_call=True
            )
            TOTP.activate(role.person, cast.factor_secret(role.person.email))
        person = Person.objects.get(pk=role.person_id)
        return Player(str(person.pk), person.short_name, mint_login(person, now=now))

    return await db(find)


class Listening(Desk):
    """Remembers every ring: told to look again, the page fetches everything, which is being told as well."""

    def _hear(self, frame: dict[str, str]) -> None:
        if frame["type"] == "desk.rang":
            self.looks.append((self.clock.now(), frame["kind"], frame.get("id", "")))
        super()._hear(frame)

    @cached_property
    def looks(self) -> list[tuple[float, str, str]]:
        """(when, kind, id) of every ring."""
        return []

    def told(self, alert: str, since: float) -> float | None:
        """When it was first told of that alert, or told to look again, after that time."""
        return next(
            (at for at, kind, key in self.looks if at >= since and (kind == "look" or key == alert)), None
        )


@asynccontextmanager
async def sitting(ground: Ground, player: Player) -> AsyncIterator[Listening]:
    """The desk open in that person's browser."""
    desk = Listening(ground.venue().door(player, "/ws/desk/"), ground.clock)
    task = asyncio.create_task(desk.sit())
    try:
        async with asyncio.timeout(40):
            await desk.ready.wait()
        yield desk
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def red(ground: Ground, client: Player) -> Sent:
    """A red check-in of this client, now. Raises CheckInError or OSError when the page does not take it."""
    venue = ground.venue()
    cookie = f"{venue.login_cookie}={client.login}"
    return await asyncio.to_thread(
        send_red_checkin, venue.origin, cookie, settings.CSRF_COOKIE_NAME, ground.clock
    )


async def red_form(ground: Ground, client: Player) -> CheckInForm:
    """The check-in page of this client, filled in and not sent yet."""
    venue = ground.venue()
    cookie = f"{venue.login_cookie}={client.login}"
    return await asyncio.to_thread(open_red_checkin, venue.origin, cookie, settings.CSRF_COOKIE_NAME)


async def until_heard(desk: Listening, client: Player, sent: Sent, seconds: float) -> float | None:
    """Seconds from sending until the open desk was told of this client's alert; None when it was not."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while loop.time() < until:
        alert = await db(lambda: _alert_of(client))
        # A look before the alert was committed would have shown nothing.
        heard = None if alert is None else desk.told(str(alert[0]), max(sent.at, alert[1].timestamp()))
        if heard is not None:
            return heard - sent.at
        await asyncio.sleep(0.2)
    return None


def _alert_of(client: Player) -> tuple[UUID, datetime] | None:
    rows = Alert.objects.filter(client=client.client, level="red").order_by("-raised_at")
    return rows.values_list("pk", "raised_at").first()


__all__ = ["CheckInError", "Listening", "on_call", "red", "red_form", "sitting", "until_heard"]
