"""The evening of a night on which the calendar does something, and what it must have left in the books."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time, timedelta

from faults import checkers
from faults.evening import Evening
from faults.ground import Ground, db, eventually_in_db
from faults.night import COMES_BEFORE, GOES_AFTER, LASTS, Night
from groups.models import Group, Program
from groups.services.series import Plan, create_series
from sessions_app.attendance.records import latest
from sessions_app.followup.models import FollowUp
from sessions_app.hours.models import WeekHours
from sessions_app.models import Flag, Session
from sessions_app.notes.services import due_of
from vio.rehearse.extras import extra_groups
from vio.rehearse.logins import cookie_of
from vio.rehearse.stage import ACTOR

PEOPLE = 4
HEARD_WITHIN = 12.0
RAISED_WITHIN = 60.0
COUNTED_WITHIN = 150.0
KINDS = ("web", "worker", "beat", "postgres", "valkey")


async def play(ground: Ground, night: Night) -> None:
    """Four of ten come; they talk until the clock on the wall has done what it does, and some minutes longer."""
    await db(lambda: _settle(night))
    before = {kind: ground.stack.pids(kind) for kind in KINDS}
    await _until(night.change - COMES_BEFORE)
    stage = await ground.room(due_at=night.planned + timedelta(minutes=15))
    room = Evening(ground, night.name, stage, PEOPLE)
    try:
        await room.begin()
        began = _now()
        room.talk((4.0, 8.0))
        await _until(max(night.change + GOES_AFTER, began + LASTS))
        _stayed(room, night, began)
        await room.hush(5)
        await room.check_converged("FT-clock")
        await room.check_history("FT-clock")
        await _misses(room, night)
        await room.end("AT-7", "FT-clock")
    finally:
        await room.leave()
    for _, check in ground.later:
        await check()
    await _books(room, night)
    await _pages(room, night)
    troubles = [f"{kind} was started again" for kind in KINDS if ground.stack.pids(kind) != before[kind]]
    ready = await asyncio.to_thread(ground.stack.readiness)
    troubles += [] if ready.get("ok") is True else [f"readiness says {ready}"]
    _note(room, troubles, "every process went on, ready all the time")


def _settle(night: Night) -> None:
    """The program is in that zone, and another group of it gets a timetable while the old offset is still in force."""
    groups = extra_groups(2, actor=ACTOR, now=_now())
    Program.objects.filter(pk=groups[0].program_id).update(timezone=night.zone)
    other = Group.objects.select_related("program").get(pk=groups[1].pk)
    plan = Plan("Evening group", "group_therapy", night.rule, time(19, 0), 180, night.day)
    create_series(actor=ACTOR, group=other, plan=plan, now=_now())


def _now() -> datetime:
    return datetime.now(UTC)


async def _until(at: datetime) -> None:
    await asyncio.sleep(max(0.0, (at - _now()).total_seconds()))


def _note(room: Evening, troubles: list[str], seen: str, *ids: str) -> None:
    for requirement in ids or ("FT-clock",):
        room.ground.book.check(
            requirement, [f"{room.name}: {trouble}" for trouble in troubles], f"{room.name}: {seen}"
        )


def _stayed(room: Evening, night: Night, began: datetime) -> None:
    """Nobody was thrown out, and everybody heard everything soon, before and after."""
    closes = [code for devices in room.browsers.values() for browser in devices for _, code in browser.closes]
    troubles = [f"{len(closes)} sockets were closed: {closes[:4]}"] if closes else []
    slow = room.slowest(0, room.ground.clock.now() - 5)
    troubles += checkers.no_later_than("a message until heard", slow, HEARD_WITHIN)
    change = night.change.timestamp()
    sides = [
        [c for c in room.history.calls if c.answered and (c.asked < change) is early]
        for early in (True, False)
    ]
    troubles += [] if all(sides) else ["nothing was said on one side of the change"]
    seen = f"from {(night.change - began).total_seconds():.0f} s before to {(_now() - night.change).total_seconds():.0f} s after"
    _note(room, troubles, f"{seen} sockets stayed", "AT-7", "FT-clock")


async def _misses(room: Evening, night: Night) -> None:
    """Fifteen minutes after the start as they pass, not as they stand on the wall (R1, F1); the ladder 24 hours after it (F2)."""
    wanted = [client.client for client in room.stage.clients[PEOPLE:]]
    flags = Flag.objects.filter(session=room.stage.session, kind="missed_session", withdrawn_at=None)
    await eventually_in_db(lambda: flags.count() >= len(wanted), RAISED_WITHIN)
    found = await db(lambda: list(flags.values_list("client_id", "due_at", "raised_at")))
    troubles = checkers.same_multiset([client for client, _, _ in found], wanted, "misses")
    due = night.planned + timedelta(minutes=15)
    troubles += [f"a miss was due at {at.isoformat()}" for _, at, _ in found if at != due]
    late = max(((raised - due).total_seconds() for _, _, raised in found), default=None)
    troubles += checkers.no_later_than("misses raised", late, RAISED_WITHIN)
    troubles += ["a miss was raised early"] if any(raised < due for _, _, raised in found) else []
    tasks = FollowUp.objects.filter(session=room.stage.session)
    first = await db(lambda: set(tasks.values_list("next_due_at", flat=True)))
    tomorrow = due + timedelta(hours=24)
    troubles += [] if first == {tomorrow} else [f"first attempts are due {sorted(map(str, first))}"]
    _note(
        room,
        troubles,
        f"{len(found)} misses, each once, {late or 0:.0f} s after they were due",
        "FL-2",
        "FT-clock",
    )


async def _books(room: Evening, night: Night) -> None:
    """Day of service, week, note and timetable, each as worked out by hand."""
    session = await db(lambda: Session.objects.select_related("program").get(pk=room.stage.session))
    troubles = [] if session.local_date == night.day else [f"the day of service is {session.local_date}"]
    ended = session.ended_at or _now()
    due = due_of(session).due
    troubles += [] if due == ended + timedelta(hours=24) else [f"the note is due at {due.isoformat()}"]
    troubles += await db(lambda: _timetable(night))
    minutes = await db(
        lambda: {r.client_id: r.credited_seconds // 60 for r in latest(session) if r.credited_seconds}
    )
    there = {player.client for player in room.players[1:]}
    troubles += [] if set(minutes) == there else ["others than those who came were credited"]
    troubles += [f"only {min(minutes.values())} minutes"] if minutes and min(minutes.values()) < 8 else []
    wanted = {(client, night.week): value for client, value in minutes.items()}

    def counted() -> bool:
        return _weeks(session) == wanted

    took = await eventually_in_db(counted, COUNTED_WITHIN, 2.0)
    if took is None:
        found = sorted(
            {(str(week), value) for (_, week), value in (await db(lambda: _weeks(session))).items()}
        )
        troubles.append(f"hours are {found}, wanted {sorted({(str(w), v) for (_, w), v in wanted.items()})}")
    seen = f"day {night.day}, week of {night.week}: {sorted(minutes.values())} min; note due 24 h after the end; timetable kept"
    _note(room, troubles, seen)


def _weeks(session: Session) -> dict[tuple[object, object], int]:
    rows = WeekHours.objects.filter(program=session.program_id, minutes__gt=0)
    return {(row.client_id, row.week): row.minutes for row in rows}


def _timetable(night: Night) -> list[str]:
    made = Session.objects.exclude(series=None).filter(starts_at__gt=night.change).order_by("starts_at")
    found = tuple(made.values_list("starts_at", flat=True)[: len(night.coming)])
    return [] if found == night.coming else [f"the timetable meets at {[at.isoformat() for at in found]}"]


async def _pages(room: Evening, night: Night) -> None:
    """The pages that show days and weeks, to one who leads and one who came."""
    looks = (("/tonight/", room.stage.leader), ("/week/", room.players[1]))
    answers = [
        (path, (await asyncio.to_thread(room.ground.stack.ask, path, cookie=cookie_of(player.login)))[0])
        for path, player in looks
    ]
    _note(room, [f"{path} says {status}" for path, status in answers if status != 200], "pages answer")
