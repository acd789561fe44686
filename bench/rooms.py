"""The room's figures: the same crowd at vio and at the references, in turn, round after round."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from bench import usage
from bench.crowd import LoadGenerator
from bench.load.dialects import Seat
from bench.people import Evening
from bench.references import Reference
from bench.rows import Row, Target, judge
from bench.stack import Stack

VIO = "vio"
FAST = "vio on uvicorn"
OVERWORKED = 0.9
"""Above this share of its core the load generator, not the server, is what was measured."""


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    rooms: int = 40
    storm_rooms: int = 84
    rounds: int = 3
    seconds: float = 15.0
    bursts: int = 3
    flood_seconds: float = 12.0


@dataclass(frozen=True)
class Side:
    """One server under test: how to reach it and what it has cost so far (its own seconds, PostgreSQL's seconds)."""

    name: str
    dialect: str
    port: int
    origin: str
    seats: Callable[[int], list[Seat]]
    cpu: Callable[[], float]
    database_cpu: Callable[[], float]
    pid: Callable[[], int]


Figures = dict[str, list[float]]


@dataclass
class Measured:
    """Per side, per figure, one value a round; and what was remarkable."""

    figures: dict[str, Figures] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    notes: dict[str, dict[str, list[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    spoilt: set[str] = field(default_factory=set)

    def add(self, side: str, figure: str, value: float | None) -> None:
        """One round's value."""
        if value is not None:
            self.figures[side][figure].append(value)

    def of(self, side: str, figure: str) -> list[float]:
        """All rounds' values."""
        return self.figures[side][figure]


def vio_side(stack: Stack, evening: Evening, name: str = VIO) -> Side:
    """The product."""
    return Side(
        name, "vio", stack.port, stack.origin, evening.of_rooms,
        cpu=lambda: stack.web_cpu() + stack.redis_cpu(), database_cpu=stack.postgres_cpu,
        pid=lambda: stack.web.pid if stack.web else 0,
    )  # fmt: skip


def reference_side(stack: Stack, reference: Reference) -> Side:
    """A reference; it has no database."""
    return Side(
        reference.name, reference.dialect, reference.port, "", reference.seats,
        cpu=lambda: reference.cpu() + stack.redis_cpu(), database_cpu=lambda: 0.0,
        pid=lambda: reference.process.pid,
    )  # fmt: skip


class Rooms:
    """Measures sides with one crowd."""

    def __init__(self, crowd: LoadGenerator, sizes: Sizes, mark: Callable[[], None]) -> None:
        """`mark` is called before and after each stretch that is measured (the profiler's tables begin anew there)."""
        self.crowd, self.sizes, self.mark, self.found = crowd, sizes, mark, Measured()

    # --- storm and memory -----------------------------------------------------------------------------------

    def storm(self, side: Side) -> None:
        """Everybody of the storm's rooms at once, to the snapshot; then idle, in two halves, for memory per connection."""
        seats = side.seats(self.sizes.storm_rooms)
        cpu, database = side.cpu(), side.database_cpu()
        came = self._connect(side, seats)
        spent, stored = side.cpu() - cpu, side.database_cpu() - database
        people = max(1, int(came["came"]))
        if came["failed"]:
            self._remark(
                side, "storm", f"{side.name}: {came['failed']} of {len(seats)} did not come in {came['why']}"
            )
        self.found.add(side.name, "storm_s", came["seconds"])
        self.found.add(side.name, "join_cpu", spent * 1000 / people)
        self.found.add(side.name, "join_cpu_all", (spent + stored) * 1000 / people)
        self._enter(side)
        self._leave()

    def memory(self, side: Side) -> None:
        """Resident memory that each further idle connection costs, after as many again were there before."""
        seats = side.seats(self.sizes.storm_rooms)
        half = len(seats) // 2
        self._connect(side, seats[:half])
        time.sleep(2)
        before = usage.resident_kb(side.pid())
        self._connect(side, seats[half:])
        time.sleep(2)
        after = usage.resident_kb(side.pid())
        self.found.add(side.name, "idle_kb", (after - before) / (len(seats) - half))
        self._leave()

    # --- rounds ---------------------------------------------------------------------------------------------

    def round(self, side: Side) -> None:
        """One side's turn of a round: a steady hundred events a second, then bursts."""
        self._connect(side, side.seats(self.sizes.rooms))
        self._enter(side)
        self.crowd.order("rate", per_second=100, seconds=2)
        self._steady(side)
        for _ in range(self.sizes.bursts):
            time.sleep(1.2)
            self._burst(side)
        self._leave()

    def _steady(self, side: Side) -> None:
        said, spent, stored = self._cost(side, "rate", per_second=100, seconds=self.sizes.seconds)
        self._look(side, "steady", said)
        per = max(1, said["delivered"]) / 1000
        self.found.add(side.name, "steady_cpu", spent * 1000 / per)
        self.found.add(side.name, "steady_cpu_all", (spent + stored) * 1000 / per)
        self.found.add(side.name, "p50", said["p50"])
        self.found.add(side.name, "p99", said["p99"])

    def _burst(self, side: Side) -> None:
        said, spent, stored = self._cost(side, "burst")
        self._look(side, "burst", said)
        per = max(1, said["delivered"]) / 1000
        self.found.add(side.name, "burst_cpu", spent * 1000 / per)
        self.found.add(side.name, "burst_cpu_all", (spent + stored) * 1000 / per)
        self.found.add(side.name, "burst_lost", said["lost"])
        self.found.add(side.name, "burst_s", said["seconds"])

    def flood(self, side: Side) -> None:
        """As much as the server delivers: everybody speaks again as soon as they heard themselves. No limits in the way."""
        self._speak(side, "flood", self.sizes.rooms, pace=0.0)

    def paced(self, side: Side) -> None:
        """As much as people may say: everybody speaks again a second after their last message, in all rooms."""
        self._speak(side, "paced", self.sizes.storm_rooms, pace=1.0)

    def _speak(self, side: Side, figure: str, rooms: int, pace: float) -> None:
        self._connect(side, side.seats(rooms))
        self._enter(side)
        said, spent, stored = self._cost(side, "flood", seconds=self.sizes.flood_seconds, pace=pace)
        self._look(side, figure, said)
        per = max(1, said["delivered"]) / 1000
        self.found.add(side.name, f"{figure}_rate", said["per_second"])
        self.found.add(side.name, f"{figure}_cpu", spent * 1000 / per)
        self.found.add(side.name, f"{figure}_cpu_all", (spent + stored) * 1000 / per)
        self.found.add(side.name, f"{figure}_p99", said["p99"])
        self._leave()

    # --- parts ----------------------------------------------------------------------------------------------

    def _connect(self, side: Side, seats: list[Seat]) -> dict[str, Any]:
        return self.crowd.order(
            "connect", dialect=side.dialect, port=side.port, origin=side.origin,
            seats=[asdict(seat) for seat in seats],
        )  # fmt: skip

    def _enter(self, side: Side) -> None:
        said = self.crowd.order("enter")
        if said["inside"] < said["of"]:
            self._remark(
                side, "steady", f"{side.name}: only {said['inside']} of {said['of']} got into the room"
            )
        time.sleep(1)

    def _leave(self) -> None:
        self.crowd.order("leave")
        time.sleep(2)

    def _cost(self, side: Side, what: str, **values: Any) -> tuple[dict[str, Any], float, float]:
        self.mark()
        cpu, database = side.cpu(), side.database_cpu()
        said = self.crowd.order(what, **values)
        self.mark()
        return said, side.cpu() - cpu, side.database_cpu() - database

    def _look(self, side: Side, figure: str, said: dict[str, Any]) -> None:
        if said["lost"] or said["doubled"]:
            share = 100 * said["lost"] / max(1, said["expected"])
            self._remark(
                side, figure, f"{side.name} lost {said['lost']} ({share:.0f} %), doubled {said['doubled']}"
            )
        if said["own_cpu"] > OVERWORKED:
            self._remark(side, figure, f"the load generator was the limit at {side.name}", spoils=False)
        if said["refused"]:
            self._remark(side, figure, f"refused: {said['refused']}", spoils=False)

    def _remark(self, side: Side, figure: str, words: str, *, spoils: bool = True) -> None:
        self.found.notes[figure][side.name].append(words)
        if spoils and side.name == VIO:
            self.found.spoilt.add(figure)


def rows(found: Measured, compared: list[str]) -> list[Row]:
    """The room's rows: against Socket.IO where it is there, and beside it every other reference."""
    main = next((name for name in compared if name.startswith("Socket.IO")), "")
    made = _against(found, main, primary=True)
    for other in compared:
        if other != main:
            made += _against(found, other, primary=False)
    return made + _on_the_faster_server(found, main)


def _on_the_faster_server(found: Measured, other: str) -> list[Row]:
    """The same product on the optional server; measured after the others, in the same run."""
    if not found.of(FAST, "flood_cpu"):
        return []
    notes = [*found.notes["flood"][FAST], "" if other else "no Socket.IO here, so no ratio"]

    def row(name: str, figure: str, unit: str, target: Target | None = None) -> Row:
        theirs = found.of(other, figure) if other else []
        return judge(f"uvicorn: {name}", found.of(FAST, figure), unit, target, references=theirs, notes=notes)

    cpu = "CPU ms / 1,000"
    return [
        row("saturation: web + Redis", "flood_cpu", cpu, Target(1.5, "ratio")),
        row("saturation: deliveries of one web process", "flood_rate", "deliveries/s"),
        row("steady: web + Redis at 100 events/s", "steady_cpu", cpu),
        row("steady: with PostgreSQL", "steady_cpu_all", cpu),
        row("steady: p99 delivery", "p99", "ms"),
        row("burst: web + Redis, 480 people at once", "burst_cpu", cpu),
    ]


def _against(found: Measured, other: str, *, primary: bool) -> list[Row]:
    missing = "" if other else "no Socket.IO here, so no ratio"

    def row(name: str, figure: str, unit: str, target: Target | None, about: str, **more: Any) -> Row:
        theirs = found.of(other, more.get("theirs", figure)) if other else []
        notes = [*found.notes[about][VIO], *found.notes[about][other], more.get("note", "")]
        of_ratio = target is not None and target.of == "ratio"
        title = name if primary else f"{name} (vs {other})"
        return judge(
            title, found.of(VIO, figure), unit, target if primary else None, references=theirs,
            notes=[*notes, missing if of_ratio else ""], spoilt=about in found.spoilt,
        )  # fmt: skip

    cpu = "CPU ms / 1,000"
    made = [
        row("steady: web + Redis at 100 events/s", "steady_cpu", cpu, Target(1.0, "ratio"), "steady"),
        row("steady: with PostgreSQL", "steady_cpu_all", cpu, Target(1.5, "ratio"), "steady"),
        row("steady: p50 delivery", "p50", "ms", None, "steady"),
        row("steady: p99 delivery", "p99", "ms", Target(25), "steady"),
        row("burst: web + Redis, 480 people at once", "burst_cpu", cpu, Target(0.6, "ratio"), "burst"),
        row("burst: with PostgreSQL", "burst_cpu_all", cpu, None, "burst"),
        row("burst: lost", "burst_lost", "deliveries", Target(0), "burst"),
        row("burst: until everybody had everything", "burst_s", "s", None, "burst"),
        row(
            "saturation of one web process",
            "flood_rate",
            "deliveries/s",
            Target(8000, at_least=True),
            "flood",
        ),
        row("saturation: web + Redis", "flood_cpu", cpu, None, "flood"),
        row("saturation: with PostgreSQL", "flood_cpu_all", cpu, None, "flood"),
        row("saturation: p99 delivery", "flood_p99", "ms", None, "flood"),
        row("storm: everybody to the snapshot", "storm_s", "s", Target(5), "storm"),
        row("storm: web + Redis per join", "join_cpu", "CPU ms", Target(4), "storm"),
        row("storm: with PostgreSQL", "join_cpu_all", "CPU ms", None, "storm"),
        row("memory per idle connection", "idle_kb", "kB", Target(45), "memory"),
    ]
    if primary:
        made += _at_the_limits(found)
    return [r for r in made if primary or r.reference is not None]


def _at_the_limits(found: Measured) -> list[Row]:
    """The larger crowd that says all it may, a message a second each: what the product's own limits let happen."""
    figures = [
        ("deliveries of one web process", "paced_rate", "deliveries/s"),
        ("web + Redis", "paced_cpu", "CPU ms / 1,000"),
        ("with PostgreSQL", "paced_cpu_all", "CPU ms / 1,000"),
        ("p99 delivery", "paced_p99", "ms"),
    ]
    return [
        judge(f"all people may say: {name}", found.of(VIO, figure), unit, notes=found.notes["paced"][VIO])
        for name, figure, unit in figures
    ]


def summary(found: Measured) -> str:
    """One line a side, for the terminal while it runs."""
    lines = []
    for side, figures in found.figures.items():
        parts = ", ".join(f"{name} {median(values):.3g}" for name, values in figures.items())
        lines.append(f"{side}: {parts}")
    return "\n".join(lines)
