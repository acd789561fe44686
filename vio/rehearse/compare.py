"""The ledger beside the script: what PostgreSQL holds after the evening, and every point on which the two do not agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Count, Max

from checkins.models import Alert
from sessions_app.attendance.recompute import recompute_session
from sessions_app.attendance.records import latest
from sessions_app.followup.rules import DETERMINED_AFTER, determined_at
from sessions_app.models import Flag, FollowUp, PresenceEvidence, RoomEvent, Session
from sessions_app.room.models import EvidenceKind
from vio.common.scope import every_program
from vio.rehearse.play import Performance, Played
from vio.rehearse.stage import Player
from vio.rehearse.truth import Course, Expected, Span, Stay, expected, is_causal, length, percentile, statuses

ALERT_WITHIN = 15.0  # AL-2, with parts of the stack down
MISS_WITHIN = 60.0  # FL-2


@dataclass(frozen=True)
class Disagreement:
    """One point on which ledger and script differ: where, about whom (first name and initial), what each says."""

    room: str
    person: str
    what: str
    script: str
    ledger: str


@dataclass(frozen=True)
class NoMiss:
    """A room in which nobody could be found missing, and why: not due before it ended, or determined before it began."""

    room: str
    determined_at: datetime
    known_before: bool

    @property
    def words(self) -> str:
        """In plain words, with what to do."""
        at = f"{self.determined_at.astimezone(UTC):%H:%M} UTC"
        if self.known_before:
            return f"{self.room}: who was missing was found at {at}, before this rehearsal began"
        return (
            f"{self.room}: it had a group until a moment before, so nobody is missing before {at}; rehearse again "
            "a quarter of an hour after the last one, or play longer"
        )


@dataclass
class Result:
    """What a rehearsal found."""

    rooms: int = 0
    people: int = 0
    disagreements: list[Disagreement] = field(default_factory=list)
    deliveries: int = 0
    latencies: list[float] = field(default_factory=list)
    losses: int = 0
    worst: float = 0.0
    alert: float | None = None
    miss: float | None = None
    no_miss: list[NoMiss] = field(default_factory=list)
    seconds: float = 0.0

    def as_json(self) -> dict[str, object]:
        """The one object that `--json` prints; times in milliseconds, `seconds` in seconds."""
        return {
            "rooms": self.rooms,
            "people": self.people,
            "disagreements": [vars(found) for found in self.disagreements],
            "deliveries": self.deliveries,
            "latency_ms": {"p50": _ms(percentile(self.latencies, 0.5)), "p99": _ms(percentile(self.latencies, 0.99))},
            "alert_ms": _ms(self.alert),
            "miss_ms": _ms(self.miss),
            "no_miss": [
                {"room": found.room, "determined_at": found.determined_at.isoformat(), "why": found.words}
                for found in self.no_miss
            ],
            "losses": self.losses,
            "worst_difference_s": round(self.worst, 3),
            "seconds": round(self.seconds, 1),
        }  # fmt: skip


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)


def compare(performance: Performance) -> Result:
    """Reads the ledger of every room that was played and holds it against the script."""
    result = Result(rooms=len(performance.rooms))
    with every_program():
        for played in performance.rooms:
            result.people += sum(role.comes for role in played.roles) + 1 + (played.stage.helper is not None)
            result.deliveries += played.deliveries
            result.latencies += played.latencies
            result.losses += sum(line.diary.losses for lines in played.lines.values() for line in lines)
            result.disagreements += _Room(played, result).disagreements()
        result.disagreements += _red(performance, result)
    result.disagreements += [Disagreement("desk", "", "trouble", text, "") for text in performance.troubles]
    return result


class _Room:
    """The comparison of one room."""

    def __init__(self, played: Played, result: Result) -> None:
        self.played, self.result = played, result
        self.session = Session.objects.select_related("program", "group").get(pk=played.stage.session)
        self.course = course_of(played)
        self.delivered = length(self.course.window)

    def disagreements(self) -> list[Disagreement]:
        return [
            *self._troubles(),
            *self._credit(),
            *self._evidence(),
            *self._misses(),
            *self._chat(),
            *self._log(),
        ]

    def _says(self, person: Player | None, what: str, script: object, ledger: object) -> Disagreement:
        name = person.name if person is not None else ""
        return Disagreement(self.played.stage.name, name, what, str(script), str(ledger))

    def _troubles(self) -> Iterator[Disagreement]:
        for text in self.played.troubles:
            yield self._says(None, "trouble", text, "")
        for player in self._everybody():
            for line in self.played.lines.get(player.person, []):
                for text in line.diary.troubles:
                    yield self._says(player, "clock", text, "")
        for kind, event in (("room.start", "room.started"), ("room.end", "room.ended")):
            asked, stated = self.played.asked.get(kind), self.played.course.get(event)
            if asked and stated and not is_causal(min(stated), *asked):
                yield self._says(None, f"clock of {event}", asked, min(stated))
        if self.session.finalised_at is None:
            yield self._says(None, "attendance was never counted", "finalised", self.session.status)

    def _everybody(self) -> list[Player]:
        stage = self.played.stage
        return [p for p in (stage.leader, stage.helper, *stage.clients) if p is not None]

    # --- attendance -------------------------------------------------------------------------------------------

    def _credit(self) -> Iterator[Disagreement]:
        records = {record.client_id: record for record in latest(self.session)}
        for player in self.played.stage.clients:
            truth = expected(stays_of(self.played, player), self.course)
            record = records.get(player.client) if player.client else None
            if record is None:
                if self.session.finalised_at is not None:
                    yield self._says(player, "attendance record", f"{truth.seconds:.1f} s", "none")
                continue
            self.result.worst = max(self.result.worst, abs(record.credited_seconds - int(truth.seconds)))
            if not truth.agrees(record.credited_seconds):
                yield self._says(player, "credited seconds", _bounds(truth), record.credited_seconds)
            allowed = statuses(truth, self.delivered)
            if record.status not in allowed:
                yield self._says(player, "status", " or ".join(sorted(allowed)), record.status)
        _, differences = recompute_session(self.session)
        for found in differences:
            yield self._says(None, f"recomputed {found.what}", found.found, found.stored)

    def _evidence(self) -> Iterator[Disagreement]:
        rows = PresenceEvidence.objects.filter(session=self.session)
        closed = rows.filter(kind=EvidenceKind.CLOSED).values("connection")
        left = rows.exclude(connection__in=closed).values("connection").distinct().count()
        if left:
            yield self._says(None, "connections without an end", 0, left)
        came = set(rows.exclude(client=None).values_list("client_id", flat=True))
        for player, role in zip(self.played.stage.clients, self.played.roles, strict=True):
            there = bool(stays_of(self.played, player))
            if there and player.client not in came:
                yield self._says(player, "evidence", "was there", "none")
            if role.comes and not there:
                yield self._says(player, "evidence", "came", "was never let in")
            if not role.comes and player.client in came:
                yield self._says(player, "evidence", "never came", "was there")

    # --- misses -----------------------------------------------------------------------------------------------

    def _misses(self) -> Iterator[Disagreement]:
        known_before = self.played.stage.misses_known
        if self.session.misses_found_at is None or known_before:
            due = determined_at(self.session.starts_at)
            self.result.no_miss.append(NoMiss(self.played.stage.name, due, known_before=known_before))
        if self.session.misses_found_at is None:
            return
        flags = Flag.objects.filter(kind="missed_session", session=self.session).exclude(client=None)
        raised = {flag.client_id: flag for flag in flags}
        running = set(
            FollowUp.objects.filter(session=self.session, status__in=("open", "escalated")).values_list(
                "client_id", flat=True
            )
        )
        for player, role in zip(self.played.stage.clients, self.played.roles, strict=True):
            flag = raised.get(player.client)
            if not role.comes:
                yield from self._missed(player, flag)
            elif stays_of(self.played, player) and player.client in running:
                yield self._says(player, "miss", "came, so no miss", "still open")

    def _missed(self, player: Player, flag: Flag | None) -> Iterator[Disagreement]:
        if flag is None:
            yield self._says(player, "miss", "missed", "no flag")
            return
        if flag.withdrawn_at is not None and flag.withdrawn_because != "called_off":
            yield self._says(player, "miss", "missed", f"withdrawn: {flag.withdrawn_because}")
        if not self.played.stage.misses_known:
            took = (flag.raised_at - flag.due_at).total_seconds()
            self.result.miss = max(self.result.miss or 0.0, took)
            if took > MISS_WITHIN:
                yield self._says(player, "miss raised after", f"{MISS_WITHIN:.0f} s", f"{took:.1f} s")

    # --- messages ---------------------------------------------------------------------------------------------

    def _chat(self) -> Iterator[Disagreement]:
        said = self.played.said
        numbers = [message.number for message in said.values()]
        if len(set(numbers)) != len(numbers):
            yield self._says(None, "message numbers", "each once", sorted(numbers))
        for player in self._everybody():
            lines = self.played.lines.get(player.person, [])
            known = set().union(*(line.diary.known for line in lines)) if lines else set()
            head = max((line.numbers.get("room", 0) for line in lines), default=0)
            missing = [key for key, message in said.items() if message.number <= head and key not in known]
            if missing:
                yield self._says(
                    player, "messages heard", "all up to the last seen", f"{len(missing)} missing"
                )
            for line in lines:
                twice = [key for key, times in line.diary.heard.items() if times > 1]
                if twice or line.diary.order != sorted(set(line.diary.order)):
                    yield self._says(player, "messages heard", "once, in order", f"{len(twice)} twice")

    def _log(self) -> Iterator[Disagreement]:
        events = RoomEvent.objects.filter(session=self.session)
        for audience, count, last in events.values_list("audience").annotate(Count("id"), Max("number")):
            if count != last:
                yield self._says(None, f"log of {_audience(audience)}", f"{last} events", count)
        stored = Counter(events.filter(kind="chat.sent").values_list("number", flat=True))
        lost = [m.number for m in self.played.said.values() if stored[m.number] != 1]
        if lost:
            yield self._says(None, "acknowledged messages in the log", "each once", f"numbers {sorted(lost)}")


def _audience(name: str) -> str:
    return name.split(":", 1)[0]


def _bounds(truth: Expected) -> str:
    return f"{truth.seconds:.1f} s ({truth.least:.1f} to {truth.most:.1f})"


def stays_of(played: Played, player: Player) -> list[Stay]:
    """Everything one person lived through in the room, over all connections."""
    return [stay for line in played.lines.get(player.person, []) for stay in line.diary.stays]


def course_of(played: Played) -> Course:
    """The evening's course as the people in it heard it."""
    begun, over = played.course.get("break.started", set()), played.course.get("break.ended", set())
    ended = max(played.course.get("room.ended", set()), default=None)
    breaks: list[Span] = []
    for start in sorted(begun):
        end = min((stop for stop in over if stop > start), default=ended)
        if end is not None:
            breaks.append((start, end))
    return Course(
        played.stage.planned,
        min(played.course.get("room.started", set()), default=None),
        ended,
        tuple(breaks),
    )


# --- the red check-in ---------------------------------------------------------------------------------------


def _red(performance: Performance, result: Result) -> Iterator[Disagreement]:
    sent, player = performance.red, performance.red_client
    if sent is None:
        return
    if not sent.help_shown:
        yield Disagreement("check-in", player.name, "help shown at once", "yes", "no")
    alert = Alert.objects.filter(client=player.client, level="red").order_by("-changed_at").first()
    if alert is None:
        yield Disagreement("check-in", player.name, "alert", "red", "none")
        return
    if "safety" not in {reason["code"] for reason in alert.reasons}:
        yield Disagreement("check-in", player.name, "reason", "safety", "another")
    heard = performance.desk.rang.get(("alert", str(alert.pk)))
    if heard is None:
        yield Disagreement("desk", player.name, "red alert on the open desk", "heard", "never")
        return
    result.alert = max(0.0, heard - sent.at)
    if result.alert > ALERT_WITHIN:
        yield Disagreement(
            "desk", player.name, "red alert within", f"{ALERT_WITHIN:.0f} s", f"{result.alert:.1f} s"
        )


def settled(sessions: list[UUID], *, now: datetime) -> bool:
    """Whether attendance of all these sessions is counted, and their misses are determined as far as they are due."""
    with every_program():
        waiting = Session.objects.filter(pk__in=sessions)
        due = waiting.filter(misses_found_at=None, starts_at__lte=now - DETERMINED_AFTER)
        return not waiting.filter(finalised_at=None).exists() and not due.exists()
