"""`python -m bench [--quick] [--only NAME]`: measures, prints, writes var/bench.json and docs/benchmarks.md."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from bench import alert, evidence, history, hours, machine, pages, references, report, rooms, stack
from bench.crowd import LoadGenerator
from bench.people import Evening, make_evening
from bench.progress import phase, say
from bench.rows import Row, to_table

STEPS = ("storm", "memory", "rounds", "paced", "flood")
PARTS = ("rooms", "alert", "evidence", "hours")


@dataclass
class Options:
    """What was asked for."""

    quick: bool
    only: list[str]
    clients: int
    board_clients: int
    rounds: int
    references: bool
    write: bool
    steps: list[str]
    profile: bool
    rooms: int


def options() -> Options:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller and shorter, about four minutes")
    parser.add_argument(
        "--only", action="append", default=[], choices=PARTS, help="only this part (repeatable)"
    )
    parser.add_argument(
        "--clients", type=int, default=0, help="clients of the hours figures (10,000; quick 2,000)"
    )
    parser.add_argument(
        "--board-clients", type=int, default=0, help="clients of the board figures (100,000; quick 10,000)"
    )
    parser.add_argument("--rounds", type=int, default=0, help="interleaved rounds of the rooms (3; quick 1)")
    parser.add_argument("--no-references", action="store_true", help="vio alone, for work on it: no ratios")
    parser.add_argument(
        "--steps", action="append", default=[], choices=STEPS, help="only these steps of the rooms"
    )
    parser.add_argument("--rooms", type=int, default=0, help="rooms of twelve at most (84)")
    parser.add_argument(
        "--profile", action="store_true", help="sample the web process into var/bench/profile.txt"
    )
    parser.add_argument("--no-document", action="store_true", help="leave docs/benchmarks.md as it is")
    given = parser.parse_args()
    return Options(
        given.quick, given.only or list(PARTS), given.clients or (2_000 if given.quick else 10_000),
        given.board_clients or (10_000 if given.quick else 100_000), given.rounds or (1 if given.quick else 3),
        not given.no_references, not given.no_document,
        given.steps or list(STEPS), given.profile, given.rooms or 84,
    )  # fmt: skip


def main() -> int:
    """Runs the bench; 1 when something could not be measured at all."""
    chosen = options()
    began = time.monotonic()
    say(machine.description())
    running = stack.start()
    made: list[Row] = []
    try:
        from vio.common.scope import every_program

        with every_program():
            evening = make_evening(chosen.rooms, datetime.now(UTC))
            stack.analyse(running)
            say("services are up, people are made")
            for name in chosen.only:
                made += _PARTS[name](running, evening, chosen)
    finally:
        running.stop()
    made = sorted(made, key=lambda row: row.met is None)
    report.write(
        made, chosen.write, seconds=time.monotonic() - began, clients=chosen.clients, quick=chosen.quick
    )
    sys.stdout.write(to_table(made))
    missed = sum(row.met is False for row in made)
    say(f"{len(made)} rows, {missed} below their target, {time.monotonic() - began:.0f} s")
    return 0


def _rooms(running: stack.Stack, evening: Evening, chosen: Options) -> list[Row]:
    sizes = rooms.Sizes(
        rooms=min(40, chosen.rooms),
        storm_rooms=chosen.rooms,
        rounds=chosen.rounds,
        seconds=8 if chosen.quick else 15,
        flood_seconds=6 if chosen.quick else 12,
    )
    running.profiled = chosen.profile
    running.start_web()
    with contextlib.ExitStack() as cleanup:
        crowd = LoadGenerator()
        cleanup.callback(crowd.stop)
        sides = [rooms.vio_side(running, evening)]
        absent = []
        for reference, why in _references(running, chosen):
            if reference is None:
                absent.append(why)
                say(why)
            else:
                cleanup.callback(reference.stop)
                sides.append(rooms.reference_side(running, reference))
        measuring = rooms.Rooms(crowd, sizes, running.note_profile)
        for what, step, times in _steps(measuring, sizes):
            if what not in chosen.steps:
                continue
            for number in range(times):
                for side in sides:
                    say(f"{what} {number + 1}: {side.name}")
                    step(side)
        if "paced" in chosen.steps:
            say(f"all people may say: {rooms.VIO}")
            measuring.paced(sides[0])
        if "flood" in chosen.steps:
            running.restart_web(unpaced=True)
            _flood(measuring, sides)
            _faster(running, evening, measuring)
        say("\n" + rooms.summary(measuring.found))
        return rooms.rows(measuring.found, [side.name for side in sides[1:]])


def _flood(measuring: rooms.Rooms, sides: list[rooms.Side]) -> None:
    for side in sides:
        say(f"flood: {side.name}")
        measuring.flood(side)


def _faster(running: stack.Stack, evening: Evening, measuring: rooms.Rooms) -> None:
    """The optional server, where it is installed, after everything else of the rooms."""
    try:
        running.restart_web("uvicorn")
    except stack.BenchError as error:  # it is optional: the figures of the others stand without it
        say(f"{rooms.FAST}: {error}")
        running.restart_web()
        return
    side = rooms.vio_side(running, evening, rooms.FAST)
    say(f"rounds 1: {side.name}")
    measuring.round(side)
    running.restart_web("uvicorn", unpaced=True)
    _flood(measuring, [side])
    running.restart_web()


def _steps(measuring: rooms.Rooms, sizes: rooms.Sizes) -> list[tuple[str, Callable[[rooms.Side], None], int]]:
    return [
        ("storm", measuring.storm, 1),
        ("memory", measuring.memory, 1),
        ("rounds", measuring.round, sizes.rounds),
    ]


def _references(running: stack.Stack, chosen: Options) -> Iterator[tuple[references.Reference | None, str]]:
    if not chosen.references:
        return
    for fetch, begin in (
        (references.fetch_socketio, references.start_socketio),
        (references.fetch_channel_layer, references.start_tutorial),
    ):
        why = fetch()
        yield (None, why) if why else (begin(running), "")


def _alert(running: stack.Stack, evening: Evening, chosen: Options) -> list[Row]:
    say("red alerts")
    desk = alert.prepare(evening, datetime.now(UTC))
    if running.web is None:
        running.start_web()
    return alert.measure(running, evening, desk)


def _evidence(running: stack.Stack, evening: Evening, chosen: Options) -> list[Row]:
    say("presence evidence")
    return evidence.measure(running, evening, chosen.rounds, datetime.now(UTC))


def _hours(running: stack.Stack, evening: Evening, chosen: Options) -> list[Row]:
    """The hours and, on the same history, the pages."""
    now = datetime.now(UTC)
    with phase(f"hours: {chosen.clients:,} clients laid out"):
        past = history.lay_out(running, chosen.clients, now)
    say(f"hours: {past.records:,} records, {past.evidence:,} rows of evidence")
    with phase(f"board: {chosen.board_clients:,} clients laid out"):
        large = history.lay_out(running, chosen.board_clients, now, name="Board", with_evidence=False)
    say(f"board: {large.records:,} records")
    made = hours.measure(running, past, large, min(2, chosen.rounds), now)
    if running.web is None:
        running.start_web()
    with phase("pages"):
        return made + pages.measure(running, past, now)


_PARTS: dict[str, Callable[[stack.Stack, Evening, Options], list[Row]]] = {
    "rooms": _rooms,
    "alert": _alert,
    "evidence": _evidence,
    "hours": _hours,
}


if __name__ == "__main__":
    sys.exit(main())
