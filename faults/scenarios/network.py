"""Everything a network does to browsers: cut, reset, black hole, one-way, slow, narrow, broken inside a frame."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

from faults import checkers
from faults.browser import Browser
from faults.evening import Evening, evening
from faults.ground import Ground, db
from faults.history import Outcome
from sessions_app.models import Session
from sessions_app.room.batch import Entry
from sessions_app.room.commands import ChatSend
from sessions_app.room.services import act
from sessions_app.room.words import Role
from vio.rehearse.truth import percentile

SHOWS = ("RT-1", "RT-2", "RT-3", "RT-6", "RT-7", "RT-9", "AT-1", "AT-2", "AT-5", "FT-network")
BACK_WITHIN = 35.0
MISSED = 500


async def run(ground: Ground) -> None:
    """Six people; each loses something else, at the same time, while everybody writes."""
    room = await evening(ground, "network", 6)
    steady, *_ = room.clients
    second = await room.device(room.players[1])
    second.start()
    room.talk()
    calm_from = ground.clock.now()
    await asyncio.sleep(12)
    broken_from = ground.clock.now()
    affected = await _break_everything(room)
    await asyncio.sleep(4)
    await second.close()
    mended = ground.clock.now()
    for browser in affected:
        room.wire(browser).mend()
    took = await room.back(BACK_WITHIN)
    ground.book.check(
        "RT-9", checkers.no_later_than("everybody back after the network", took, BACK_WITHIN),
        f"back {took or 0:.1f} s after the network",
    )  # fmt: skip
    await asyncio.sleep(8)
    _others_unaffected(ground, room, affected, (calm_from, broken_from), (broken_from, mended))
    await room.hush()
    await room.check_converged("RT-7", "FT-network")
    await _many_missed(ground, room, steady)
    await room.check_history("RT-1", "RT-2", "RT-3", "RT-6")
    await room.check_converged("RT-3")
    await room.end("AT-1", "AT-2", "AT-5")


async def _break_everything(room: Evening) -> list[Browser]:
    _, cut, hole, deaf, dumb, narrow = room.clients
    for browser in (cut, hole, dumb):
        browser.loses_line()
    room.wire(cut).reset()
    room.wire(hole).black_hole()
    room.wire(deaf).deaf()
    room.wire(dumb).dumb()
    room.wire(narrow).narrow(1000)
    await asyncio.sleep(9)
    cut.loses_line()
    room.wire(cut).cut()
    await asyncio.sleep(8)
    room.wire(cut).cut_inside(room.random.randint(1, 400))
    await asyncio.sleep(9)
    return [cut, hole, deaf, dumb, narrow]


def _others_unaffected(
    ground: Ground,
    room: Evening,
    affected: list[Browser],
    calm: tuple[float, float],
    broken: tuple[float, float],
) -> None:
    names = frozenset(b.door.person for b in affected)
    before = percentile(room.waits(*calm, without=names), 0.95) or 0.0
    after = percentile(room.waits(*broken, without=names), 0.95)
    # Below half a second the ratio is the machine's mood, not ours.
    ground.book.check(
        "FT-network", checkers.no_later_than("others' p95", after, max(2 * before, 0.5)),
        f"others' p95 {1000 * before:.0f} ms before, {1000 * (after or 0):.0f} ms meanwhile",
    )  # fmt: skip


async def _many_missed(ground: Ground, room: Evening, browser: Browser) -> None:
    """Five hundred events while somebody is away: all of them on coming back, in two seconds (RT-3)."""
    wire = room.wire(browser)
    wire.refusing = True
    browser.loses_line()
    wire.cut()
    await db(lambda: _write_many(room))
    resumes = browser.resumes
    wire.refusing = False
    back = await room.back(30)
    took = browser.came_live[-1] - browser._knocked if back is not None else None
    troubles = checkers.no_later_than(f"{MISSED} events on coming back", took, 2.0)
    if browser.resumes == resumes:
        troubles.append("a snapshot came instead of the events")
    ground.book.check("RT-3", troubles, f"{MISSED} missed events in {took or 0:.2f} s")
    await asyncio.sleep(3)


def _write_many(room: Evening) -> None:
    session = Session.objects.get(pk=room.stage.session)
    player = room.players[2]
    entries = []
    for _ in range(MISSED):
        call = room.history.invoke(player.person, str(uuid4()), room.ground.clock.now())
        call.outcome = Outcome.OK
        command = ChatSend(id=UUID(call.id), text="One of many.")
        entries.append(
            Entry(
                session_id=session.pk, program_id=session.program_id, person_id=UUID(player.person),
                client_id=player.client, role=Role.CLIENT, what=command,
            )
        )  # fmt: skip
    act(entries, now=datetime.now(UTC))
