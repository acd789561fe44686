"""From the lines of a log to who was there from when to when, and what is odd about it: pure.

The same whatever the order of the lines. Lines of one connection are paired join to leave; connections of one account or
address are one entry; a line without any id stands alone, because a name tells nobody apart (R4). Nothing is made up:
what has no start is not counted, what has no end is counted to the end of the session only if a person says so (R3).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sessions_app.attendance.imports.rules.lines import LogLine
from sessions_app.attendance.intervals import Interval


class Finding(StrEnum):
    """What is odd about a stay. Which of them keep it from being counted is `NOT_COUNTED`."""

    ORPHAN_LEAVE = "orphan_leave"  # a leave without a join: when they came is not known
    LOST_END = "lost_end"  # joined again on the same connection without having left
    MISSING_END = "missing_end"  # never left: counted to the end if a person says so
    BACKWARDS = "backwards"  # left before or when they joined (R3)
    OUTSIDE = "outside"  # wholly before or after the session (R2)
    PARTLY_OUTSIDE = "partly_outside"  # only what is inside counts (R2)
    DUPLICATE = "duplicate"  # the same line again: counted once (R4)
    OVERLAP = "overlap"  # two connections at a time: counted once (R4)
    LOBBY = "lobby"  # in the waiting room: earns nothing (R2)


NOT_COUNTED = frozenset({Finding.ORPHAN_LEAVE, Finding.LOST_END, Finding.BACKWARDS, Finding.OUTSIDE})


@dataclass(frozen=True)
class Stay:
    """One connection's time, as logged; `key` is the same for the same facts."""

    key: str
    join: datetime | None
    leave: datetime | None
    lobby: bool
    findings: tuple[Finding, ...] = ()
    lines: tuple[LogLine, ...] = ()  # what it was read from

    @property
    def numbers(self) -> tuple[int, ...]:
        """The lines of the file it was read from."""
        return tuple(sorted({line.number for line in self.lines}))

    @property
    def counts(self) -> bool:
        """Whether it becomes evidence, with its end confirmed if that is missing."""
        return not NOT_COUNTED & set(self.findings)

    @property
    def needs_end(self) -> bool:
        """Whether it counts only if a person says they stayed to the end."""
        return self.counts and Finding.MISSING_END in self.findings


@dataclass(frozen=True)
class Entry:
    """Somebody in a log, with everything that holds them together; `names` are hints for people, nothing else."""

    key: str
    account_refs: tuple[str, ...]
    emails: tuple[str, ...]
    names: tuple[str, ...]
    stays: tuple[Stay, ...]

    @property
    def counts(self) -> bool:
        """Whether any of it could become evidence."""
        return any(stay.counts for stay in self.stays)


Connection = tuple[str, ...]


def entries_of(lines: Iterable[LogLine], session: Interval) -> tuple[Entry, ...]:
    """Everybody in the log. `session` is the time the group ran, for what lies outside of it."""
    by_connection: dict[Connection, list[LogLine]] = defaultdict(list)
    for line in lines:
        by_connection[_connection(line)].append(line)
    together: dict[Connection, list[Connection]] = defaultdict(list)
    for connection, of_it in by_connection.items():
        together[_who(connection, of_it)].append(connection)
    found = [
        _entry(who, {connection: by_connection[connection] for connection in sorted(connections)}, session)
        for who, connections in together.items()
    ]
    return tuple(sorted(found, key=_by_name))


def _by_name(entry: Entry) -> tuple[str, str]:
    return (entry.names[0].casefold() if entry.names else "", entry.key)


def digest_of(lines: Iterable[LogLine]) -> str:
    """A hash of what a log says, whatever the order of its lines and however often one is repeated."""
    facts = sorted({_key("line", *_facts(line)) for line in lines})
    return _key("log", *facts, length=64)


def _key(*parts: str, length: int = 20) -> str:
    joined = "\x1f".join(part.replace("\x1f", " ") for part in parts)
    return hashlib.sha256(joined.encode("utf-8", "replace")).hexdigest()[:length]


def _facts(line: LogLine) -> tuple[str, ...]:
    times = (at.isoformat() if at else "" for at in (line.join, line.leave))
    return (
        line.vendor_ref, line.display_name, line.email or "", line.account_ref or "", *times, str(line.lobby),
    )  # fmt: skip


def _connection(line: LogLine) -> Connection:
    """What holds lines of one connection together; a line without the vendor's id is a connection of its own."""
    return ("ref", line.vendor_ref) if line.vendor_ref else ("line", *_facts(line))


def _who(connection: Connection, lines: Sequence[LogLine]) -> Connection:
    """What holds connections of one person together: one account, else one address; else the connection stands alone."""
    accounts = sorted({line.account_ref for line in lines if line.account_ref})
    emails = sorted({line.email for line in lines if line.email})
    if len(accounts) == 1:
        return ("account", *accounts)
    if not accounts and len(emails) == 1:
        return ("email", *emails)
    return connection


def _entry(who: Connection, connections: Mapping[Connection, Sequence[LogLine]], session: Interval) -> Entry:
    lines = [line for of_it in connections.values() for line in of_it]
    stays = [stay for connection, of_it in connections.items() for stay in _stays(connection, of_it)]
    judged = [_judged(stay, session) for stay in stays]
    return Entry(
        key=_key("entry", *who),
        account_refs=tuple(sorted({line.account_ref for line in lines if line.account_ref})),
        emails=tuple(sorted({line.email for line in lines if line.email})),
        names=tuple(sorted({line.display_name for line in lines if line.display_name})),
        stays=tuple(sorted(_overlaps(judged), key=_by_time)),
    )


def _by_time(stay: Stay) -> tuple[datetime, str]:
    at = stay.join or stay.leave
    assert at is not None  # noqa: S101  # every line says one of them
    return at, stay.key


def _stays(connection: Connection, lines: Sequence[LogLine]) -> Iterator[Stay]:
    for lobby in (False, True):
        of_kind = [line for line in lines if line.lobby is lobby]
        yield from _paired(connection, of_kind, lobby=lobby)


def _paired(connection: Connection, lines: Sequence[LogLine], *, lobby: bool) -> Iterator[Stay]:
    """Whole lines as they are; half ones paired in the order of their times."""
    written: dict[tuple[datetime | None, datetime | None], list[LogLine]] = defaultdict(list)
    for line in lines:
        written[line.join, line.leave].append(line)
    whole = {times for times in written if None not in times}
    begun, ended = {join for join, _ in whole}, {leave for _, leave in whole}
    joins = [join for join, leave in written if leave is None and join is not None and join not in begun]
    leaves = [leave for join, leave in written if join is None and leave is not None and leave not in ended]
    for join, leave, finding in [*((*times, None) for times in whole), *_walk(joins, leaves)]:
        parts = [(join, leave), (join, None), (None, leave)] if join and leave else [(join, leave)]
        again = any(len(written.get(part, ())) > 1 for part in parts)
        yield Stay(
            key=_key("stay", *connection, str(join), str(leave), str(lobby)),
            join=join, leave=leave, lobby=lobby,
            findings=tuple(f for f in (finding, Finding.DUPLICATE if again else None) if f),
            lines=tuple(line for part in parts for line in written.get(part, ())),
        )  # fmt: skip


Half = tuple[datetime | None, datetime | None, Finding | None]


def _walk(joins: Iterable[datetime], leaves: Iterable[datetime]) -> Iterator[Half]:
    """Pairs halves of one connection. At one instant an open stay ends before the next begins."""
    waiting, going = set(joins), set(leaves)
    came: datetime | None = None
    for at in sorted(waiting | going):
        if at in going and came is None and at in waiting:
            yield at, at, None  # came and went at one instant
            continue
        if at in going:
            yield (came, at, None) if came else (None, at, Finding.ORPHAN_LEAVE)
            came = None
        if at in waiting:
            if came:
                yield came, None, Finding.LOST_END
            came = at
    if came:
        yield came, None, Finding.MISSING_END


def _judged(stay: Stay, session: Interval) -> Stay:
    found = list(stay.findings)
    if stay.lobby:
        found.append(Finding.LOBBY)
    if stay.join and stay.leave and stay.leave <= stay.join:
        found.append(Finding.BACKWARDS)
    elif stay.join and _outside(stay.join, stay.leave, session):
        found.append(Finding.OUTSIDE)
    elif stay.join and stay.leave and (stay.join < session.start or stay.leave > session.end):
        found.append(Finding.PARTLY_OUTSIDE)
    if (
        stay.join
        and stay.leave is None
        and Finding.LOST_END not in found
        and Finding.MISSING_END not in found
    ):
        found.append(Finding.MISSING_END)
    return replace(stay, findings=tuple(dict.fromkeys(found)))


def _outside(join: datetime, leave: datetime | None, session: Interval) -> bool:
    return join >= session.end or (leave is not None and leave <= session.start)


def _overlaps(stays: Sequence[Stay]) -> list[Stay]:
    """Marks what lies over another stay in the room of the same person."""
    inside = sorted((s for s in stays if s.counts and s.leave and not s.lobby), key=_by_time)
    over: set[str] = set()
    latest: Stay | None = None
    for stay in inside:
        if latest is not None and stay.join and latest.leave and stay.join < latest.leave:
            over |= {latest.key, stay.key}
        if latest is None or (stay.leave and latest.leave and stay.leave > latest.leave):
            latest = stay
    return [replace(s, findings=(*s.findings, Finding.OVERLAP)) if s.key in over else s for s in stays]
