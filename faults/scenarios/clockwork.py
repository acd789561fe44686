"""The clockwork stopped for more than two minutes while things fall due, then doubled, multiplied and killed at work."""

from __future__ import annotations

import asyncio
import email
import signal
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from checkins.models import Alert, AlertAct
from faults import checkers
from faults.desk import on_call, red
from faults.evening import Evening, evening
from faults.ground import Ground, db, eventually, eventually_in_db
from faults.stack import end
from sessions_app.models import Flag
from vio.common.models import Delivery
from vio.rehearse.logins import cookie_of
from vio.rehearse.stage import Player

SHOWS = ("FL-1", "FL-2", "FL-3", "AL-3", "AL-4", "AL-6", "FT-1", "FT-clockwork")
SILENT_FOR = 128.0
DUE_AFTER = 40.0
RAISED_WITHIN, CAUGHT_UP_WITHIN = 60.0, 300.0
TEN_TIMES = 10
TASKS = (
    "vio.common.send_deliveries", "sessions_app.followup.find_misses", "sessions_app.room.sweep_presence",
    "sessions_app.attendance.finalise_due", "checkins.alerts.escalate_due_alerts", "sessions_app.hours.compute_weeks",
    "sessions_app.room.end_due",
)  # fmt: skip


async def run(ground: Ground) -> None:
    """Ten expected, four come; the misses fall due while worker and scheduler hang."""
    caller = await on_call(ground)
    room = await evening(ground, "clockwork", 4, due_in=DUE_AFTER + 20)
    stack = ground.stack
    worker, beat = stack.pid("worker"), stack.pid("beat")
    stack.hurt(beat, signal.SIGSTOP)
    stack.hurt_tree(worker, signal.SIGSTOP)
    began = time.monotonic()
    try:
        await _red_long_ago(ground, room)
        await asyncio.sleep(SILENT_FOR - (time.monotonic() - began))
        await _degraded(ground, cookie_of(caller.login))
        late = await db(lambda: Flag.objects.filter(session=room.stage.session).count())
        ground.book.check("FL-2", [f"{late} flags with a dead clockwork"] if late else [], "nothing yet")
    finally:
        stack.hurt_tree(worker, signal.SIGCONT)
        stack.hurt(beat, signal.SIGCONT)
    again = datetime.now(UTC)
    await _multiplied(ground)
    await _caught_up(ground, room)
    await _killed_at_work(ground, room)
    await _escalated(ground, room, again)
    await _flags(ground, room)
    await _mails(ground)
    await room.end("FT-clockwork")


async def _red_long_ago(ground: Ground, room: Evening) -> None:
    """Two red check-ins nobody answers: one of a quarter of an hour ago, one of half an hour, when the clockwork comes back."""
    soon = datetime.now(UTC) + timedelta(seconds=SILENT_FOR / 2)
    for client, ago in zip(room.stage.clients[:2], (timedelta(0), timedelta(minutes=15)), strict=True):
        await red(ground, client)
        await db(partial(_due_at, client, soon - ago))


def _due_at(client: Player, at: datetime) -> int:
    return Alert.objects.filter(client=client.client).update(acknowledge_by=at)


async def _escalated(ground: Ground, room: Evening, again: datetime) -> None:
    """Each step that fell due in the outage once, and soon after it; none that was not due (AL-4)."""
    first, second, third = (client.client for client in room.stage.clients[:3])

    def read() -> list[tuple[object, str, datetime]]:
        found = AlertAct.objects.filter(kind="escalated", alert__client__in=[first, second, third])
        return list(found.values_list("alert__client", "step", "at"))

    acts = await db(read)
    wanted = [(first, "supervisor"), (second, "supervisor"), (second, "director")]
    troubles = checkers.same_multiset([(client, step) for client, step, _ in acts], wanted, "escalations")
    late = max(((at - again).total_seconds() for _, _, at in acts), default=None)
    troubles += checkers.no_later_than("escalated after the outage", late, RAISED_WITHIN)
    troubles += ["escalated by a dead clockwork"] if any(at < again for _, _, at in acts) else []
    ground.book.check(
        "AL-4", troubles, f"{len(wanted)} steps of an outage, each once, within {late or 0:.0f} s; none early"
    )


async def _degraded(ground: Ground, cookie: str) -> None:
    ready = await asyncio.to_thread(ground.stack.readiness)
    status, page = await asyncio.to_thread(lambda: ground.stack.ask("/desk/", cookie=cookie))
    troubles = (
        [] if ready.get("ok") is False and ready.get("worker") is False else [f"readiness says {ready}"]
    )
    if status != 200 or "notice-attention" not in page:
        troubles.append(f"the desk ({status}) does not say that delivery is degraded")
    ground.book.check("AL-6", troubles, "silent for 120 s: readiness red, the desk says so")
    alive, told = await asyncio.to_thread(ground.stack.ask, "/healthz")
    others = [name for name in ("database", "redis", "migrations") if ready.get(name) is not True]
    wrong = [f"readiness blames {others} too"] if others else []
    wrong += [] if (alive, told) == (200, '{"ok": true}') else [f"liveness says {alive} {told[:40]}"]
    ground.book.check("FT-1", wrong, "clockwork silent: alive, and not ready because of it alone")


async def _multiplied(ground: Ground) -> None:
    """Three more workers, a second scheduler, and every task ten times over."""
    stack = ground.stack
    app = ["-m", "celery", "--skip-checks", "--app", "vio.celery:app"]
    more = [
        stack.beside([*app, "worker", "--hostname", f"extra{n}@%h", "--concurrency", "1", "--without-mingle", "--without-gossip"])
        for n in range(3)
    ]  # fmt: skip
    more.append(stack.beside([*app, "beat", "--schedule", str(stack.root / "beat-2"), "--pidfile", ""]))

    def again() -> None:
        from vio.celery import app as celery

        for name in TASKS * TEN_TIMES:
            celery.send_task(name)

    await asyncio.to_thread(again)
    await asyncio.sleep(30)
    await asyncio.to_thread(again)
    await asyncio.sleep(12)
    for process in more:
        end(process)


async def _caught_up(ground: Ground, room: Evening) -> None:
    missing = len(room.stage.clients) - 4
    took = await eventually_in_db(
        lambda: Flag.objects.filter(session=room.stage.session, kind="missed_session").count() == missing,
        CAUGHT_UP_WITHIN,
    )
    ground.book.check(
        "FL-2", checkers.no_later_than("misses of the outage raised", took, CAUGHT_UP_WITHIN),
        f"{missing} misses raised within {42 + (took or 0):.0f} s after an outage of {SILENT_FOR:.0f} s",
    )  # fmt: skip
    ready = await eventually(lambda: ground.stack.readiness().get("ok") is True, 60, 1.0)
    ground.book.check("AL-6", checkers.no_later_than("ready again", ready, 60), "ready again after it")


async def _flags(ground: Ground, room: Evening) -> None:
    """Exactly the expected ones, with the time at which they fell due."""

    def read() -> list[tuple[object, datetime]]:
        rows = Flag.objects.filter(session=room.stage.session, kind="missed_session", withdrawn_at=None)
        return list(rows.values_list("client_id", "due_at"))

    found = await db(read)
    wanted = [client.client for client in room.stage.clients[4:]]
    troubles = checkers.same_multiset([client for client, _ in found], wanted, "misses")
    due = datetime.fromtimestamp(room.stage.planned[0] + 15 * 60, UTC)
    troubles += (
        ["a miss has another due time"] if any(abs((at - due).total_seconds()) > 1 for _, at in found) else []
    )
    seen = f"two schedulers, four workers, every task {2 * TEN_TIMES} times: {len(found)} misses, each once"
    for requirement in ("FL-1", "FL-3"):
        ground.book.check(requirement, troubles, seen)


async def _killed_at_work(ground: Ground, room: Evening) -> None:
    """The worker is killed while it sends; and dies with the scheduler once more."""
    await red(ground, room.stage.clients[2])
    for _ in range(3):
        ground.stack.hurt_tree(ground.stack.pid("worker"), signal.SIGKILL)
        await eventually(lambda: bool(ground.stack.pids("worker")), 20)
        await asyncio.sleep(1.5)
    ground.stack.hurt(ground.stack.pid("beat"), signal.SIGKILL)
    took = await eventually(
        lambda: len(ground.stack.pids("worker")) == len(ground.stack.pids("beat")) == 1, 30
    )
    ground.book.check(
        "FT-clockwork", checkers.no_later_than("worker and scheduler started again", took, 30),
        f"killed: started again in {took or 0:.1f} s",
    )  # fmt: skip


async def _mails(ground: Ground) -> None:
    """Every message of the outbox went out; repeats, if any, under the same id (AL-3)."""
    unsent = Delivery.objects.filter(sent_at=None, cancelled_at=None)
    took = await eventually_in_db(lambda: not unsent.exists(), 120)
    sent = await db(
        lambda: {str(key) for key in Delivery.objects.exclude(sent_at=None).values_list("pk", flat=True)}
    )
    mailed = await asyncio.to_thread(_message_ids, ground.stack.home / "mail")
    troubles = checkers.no_later_than("the outbox is empty", took, 120)
    troubles += checkers.same_multiset(set(mailed), sent, "mails")
    troubles += [] if sent else ["no message was ever due"]
    repeats = sum(times - 1 for times in mailed.values())
    ground.book.check(
        "AL-3", troubles, f"{len(sent)} messages, none lost, {repeats} repeats under the same id"
    )


def _message_ids(folder: Path) -> Counter[str]:
    found: Counter[str] = Counter()
    for file in folder.glob("*.log"):
        for text in file.read_text(encoding="utf-8").split("-" * 79):
            key = email.message_from_string(text.strip()).get("Message-ID")
            if key:
                found[key.strip("<>").removesuffix("@vio")] += 1
    return found
