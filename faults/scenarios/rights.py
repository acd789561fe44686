"""Rights withdrawn while people sit in the room, with Redis and without (AU-7); removed by the facilitator (AZ-6)."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from faults import checkers
from faults.browser import Browser
from faults.evening import Evening, evening
from faults.ground import Ground, db, eventually
from faults.history import Outcome
from groups.models import Membership, Person
from groups.services.accounts import end_logins
from sessions_app.room.words import Place
from vio.rehearse.stage import ACTOR

SHOWS = ("AU-7", "AZ-6")
WITH_BELLS, WITHOUT_BELLS = 5.0, 30.0
TOLD_NO_MORE_AFTER = 1.0


async def run(ground: Ground) -> None:
    """Signed out, switched off, no longer a member: each with Redis and with a Redis that hangs."""
    room = await evening(ground, "rights", 7)
    for number, (name, withdraw) in enumerate(WAYS.items()):
        await _withdrawn(room, room.clients[number], name, withdraw, limit=WITH_BELLS)
    pid = ground.stack.pid("valkey")
    ground.stack.hurt(pid, signal.SIGSTOP)
    try:
        for number, (name, withdraw) in enumerate(WAYS.items()):
            told = f"{name}, Redis hung"
            await _withdrawn(room, room.clients[3 + number], told, withdraw, limit=WITHOUT_BELLS)
    finally:
        ground.stack.hurt(pid, signal.SIGCONT)
    await room.back(10)
    await _removed(room, room.clients[6])
    await room.end()


async def _removed(room: Evening, browser: Browser) -> None:
    """Two devices of one person, removed: nothing of the room reaches them a second later, nor a third one (AZ-6)."""
    clock, player = room.ground.clock, room.players[7]
    second = await room.device(player)
    second.start()
    await eventually(second.entered.is_set, 20)
    for writer in (room.lead, second):
        await room.say(writer, patience=10)
    async with asyncio.timeout(20):
        await room.lead.say("client.remove", person=player.person, reason_code="other")
    removed = clock.now()
    third = await room.device(player)
    third.start()
    after = []
    for _ in range(4):
        after.append(await room.say(room.lead, patience=10))
        await asyncio.sleep(1)
    troubles = [] if all(call.outcome is Outcome.OK for call in after) else ["nobody wrote afterwards"]
    for name, device in (("first", browser), ("second", second), ("third", third)):
        heard = [at for at in device.heard_when.values() if at > removed + TOLD_NO_MORE_AFTER]
        troubles += [f"the {name} device heard {len(heard)} things afterwards"] if heard else []
        known = device.diary.known & {call.id for call in after}
        troubles += [f"the {name} device knows what was said afterwards"] if known else []
    in_room = {person.id for person in room.lead.view.at(Place.IN)}
    troubles += ["the removed person stands in the room"] if player.person in in_room else []
    room.ground.book.check(
        "AZ-6", troubles, "removed with two devices: neither they nor a third one hear the room afterwards"
    )


async def _withdrawn(
    room: Evening, browser: Browser, name: str, withdraw: Callable[[str], None], *, limit: float
) -> None:
    """From the commit on nothing of this person is executed, and the socket is closed in time."""
    ground = room.ground
    before = await room.say(browser, patience=10)
    troubles = [] if before.outcome is Outcome.OK else [f"{name}: could not write before"]
    person = browser.door.person
    await asyncio.to_thread(_in_order, withdraw, person)
    committed = ground.clock.now()
    after = await room.say(browser, patience=4)
    if after.outcome is Outcome.OK:
        troubles.append(f"{name}: a command was executed afterwards")
    while not browser.over.is_set() and ground.clock.now() - committed < limit + 3:
        await asyncio.sleep(0.05)
    took = browser.closes[-1][0] - committed if browser.closes and browser.over.is_set() else None
    code = browser.closes[-1][1] if browser.closes else None
    troubles += checkers.no_later_than(f"{name}: socket closed", took, limit)
    if took is not None and code not in {4401, 4403}:
        troubles.append(f"{name}: closed with {code}")
    stored = {key for _, key in await room.transcript()}
    if after.id in stored:
        troubles.append(f"{name}: what was said afterwards is in the log")
    ground.book.check("AU-7", troubles, f"{name}: closed with {code} after {took or 0:.1f} s")


def _in_order(withdraw: Callable[[str], None], person: str) -> None:
    asyncio.run(db(lambda: withdraw(person)))


def _sign_out(person: str) -> None:
    end_logins(person=Person.objects.get(pk=person), actor=ACTOR, now=datetime.now(UTC))


def _switch_off(person: str) -> None:
    """Without a bell: whoever forgets to ring does no more than delay it."""
    Person.objects.filter(pk=person).update(is_active=False)


def _end_membership(person: str) -> None:
    """Without a bell, too."""
    yesterday = datetime.now(UTC).date() - timedelta(days=2)
    Membership.objects.filter(client__person_id=person).update(starts_on=yesterday, ends_on=yesterday)


WAYS: dict[str, Callable[[str], None]] = {
    "signed out": _sign_out,
    "switched off": _switch_off,
    "no longer a member": _end_membership,
}
