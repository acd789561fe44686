"""What speaks against meetings at certain times: people in two places at once, states nobody who leads is licensed in.

Pure: meetings come in as values. Times are half-open, so a group that begins when another ends is no conflict. Everything
found is a warning that a person may overrule, except one facilitator leading two meetings at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Kind(StrEnum):
    """What is wrong."""

    LEADS_TWICE = "leads_twice"
    EXPECTED_TWICE = "expected_twice"
    NO_LICENCE = "no_licence"


@dataclass(frozen=True)
class Meeting:
    """One meeting: when, of which group, who is expected, who leads ({person: role}), and where those are licensed."""

    starts_at: datetime
    ends_at: datetime
    group: UUID
    clients: frozenset[UUID] = frozenset()
    leaders: Mapping[UUID, str] | None = None
    licensed: frozenset[str] | None = None  # None: not asked

    def overlaps(self, other: Meeting) -> bool:
        """Whether one instant lies in both."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True)
class Conflict:
    """One thing that speaks against a meeting: who it is about (or which state), and the other meeting if there is one."""

    kind: Kind
    meeting: Meeting
    other: Meeting | None = None
    who: UUID | None = None
    state: str = ""
    is_refused: bool = False


def conflicts(
    proposed: Sequence[Meeting], standing: Sequence[Meeting], homes: Mapping[UUID, str]
) -> list[Conflict]:
    """Everything that speaks against the proposed meetings, beside the standing ones and among themselves, in order of time.

    `homes` are the clients' home states; one who has none is not asked about.
    """
    found = [conflict for mine, other in _pairs(proposed, standing) for conflict in _at_once(mine, other)]
    found += [conflict for meeting in proposed for conflict in _unlicensed(meeting, homes)]
    return sorted(found, key=_order)


def _order(conflict: Conflict) -> tuple[bool, datetime, str, str, str]:
    return (
        not conflict.is_refused, conflict.meeting.starts_at, conflict.kind, str(conflict.who), conflict.state,
    )  # fmt: skip


def _pairs(proposed: Sequence[Meeting], standing: Sequence[Meeting]) -> Iterator[tuple[Meeting, Meeting]]:
    """Every overlapping pair with a proposed one in it, once; a sweep over the starts."""
    rows = [(m, True) for m in proposed] + [(m, False) for m in standing]
    rows.sort(key=lambda row: (row[0].starts_at, row[0].ends_at))
    running: list[tuple[Meeting, bool]] = []
    for meeting, is_new in rows:
        running = [row for row in running if row[0].ends_at > meeting.starts_at]
        for other, other_is_new in running:
            if is_new and meeting.overlaps(other):
                yield meeting, other
            elif other_is_new and meeting.overlaps(other):
                yield other, meeting
        running.append((meeting, is_new))


def _at_once(mine: Meeting, other: Meeting) -> Iterator[Conflict]:
    here, there = mine.leaders or {}, other.leaders or {}
    for person in sorted(here.keys() & there.keys(), key=str):
        both_lead = here[person] == there[person] == "facilitator"
        yield Conflict(Kind.LEADS_TWICE, mine, other, person, is_refused=both_lead)
    for client in sorted(mine.clients & other.clients, key=str):
        yield Conflict(Kind.EXPECTED_TWICE, mine, other, client)


def _unlicensed(meeting: Meeting, homes: Mapping[UUID, str]) -> Iterator[Conflict]:
    if meeting.licensed is None:
        return
    states = {homes.get(client, "") for client in meeting.clients} - {"", *meeting.licensed}
    for state in sorted(states):
        yield Conflict(Kind.NO_LICENCE, meeting, state=state)
