"""From the facts of a session to one client's figures: pure. What is stored, shown and recomputed comes from here.

`SessionFacts` is everything the rules need to know about one session, `Reading` what they make of one client's
evidence, `Figures` the columns of an attendance record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sessions_app.attendance.evidence import OUR_SIDE, Evidence, Gap, PresenceRecord, presence_record
from sessions_app.attendance.intervals import IntervalSet, intersect
from sessions_app.attendance.rules import (
    Attendance,
    AttendancePolicy,
    GroupSize,
    Seat,
    SessionTimes,
    attendance,
    group_size,
)

TECHNICAL = "technical"  # our side broke a connection: staff may credit the gap by a correction (AT-8, R14)
UNEXPECTED = "unexpected"  # was there without a place in the group that day


@dataclass(frozen=True)
class SessionFacts:
    """What is known about one session: times with breaks as taken, R6's planned minutes, policy, people, evidence."""

    session_id: UUID
    program_id: UUID
    local_date: date
    times: SessionTimes
    scheduled_minutes: int
    policy: AttendancePolicy
    policy_id: UUID
    policy_version: int
    cancelled: bool
    expected: frozenset[UUID]
    excused: frozenset[UUID]
    evidence: Mapping[UUID, Sequence[Evidence]]

    @property
    def clients(self) -> list[UUID]:
        """Everybody who gets a record: the expected, and who came without being expected."""
        return sorted(self.expected | set(self.evidence), key=str)

    @property
    def evidence_rows(self) -> int:
        """How much evidence there is: it only ever grows."""
        return sum(len(rows) for rows in self.evidence.values())


@dataclass(frozen=True)
class Reading:
    """What the rules make of one client's evidence in one session."""

    client_id: UUID
    presence: PresenceRecord
    result: Attendance
    window: IntervalSet  # W of R2
    expected: bool
    scheduled_minutes: int

    @property
    def technical(self) -> bool:
        """Whether our side cost this client time inside W."""
        if not self.window:
            return False
        if any(gap.technical and intersect((gap.interval,), self.window) for gap in self.presence.gaps):
            return True
        ended_by_us = self.presence.last_cause in OUR_SIDE
        return ended_by_us and self.presence.in_room[-1].end < self.window[-1].end

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """The times away between two stays."""
        return self.presence.gaps


@dataclass(frozen=True)
class Figures:
    """The computed columns of an attendance record. Equal figures are the same answer (AT-8)."""

    credited_seconds: int
    credited_minutes: int
    scheduled_minutes: int
    delivered_minutes: int
    status: str
    flags: tuple[str, ...]
    by_date: Mapping[str, int]
    first_at: datetime | None
    last_at: datetime | None


def read_client(facts: SessionFacts, client_id: UUID) -> Reading:
    """Applies the rules to one client's evidence (R2-R8, R10; C2, C3).

    Somebody who was not expected cannot be missed: below the limit they count as excused.
    """
    presence = presence_record(facts.evidence.get(client_id, ()))
    expected = client_id in facts.expected
    result = attendance(
        facts.times,
        presence.presence(),
        facts.policy,
        excused=client_id in facts.excused or not expected,
        cancelled=facts.cancelled,
    )
    return Reading(
        client_id, presence, result, facts.times.countable_window(), expected, facts.scheduled_minutes
    )


def figures(reading: Reading) -> Figures:
    """The columns of a record from a reading."""
    result = reading.result
    flags = {str(flag) for flag in result.flags}
    flags |= {TECHNICAL} if reading.technical else set()
    flags |= set() if reading.expected else {UNEXPECTED}
    inside = result.credited_intervals
    return Figures(
        credited_seconds=result.credited_seconds,
        credited_minutes=result.credited_minutes,
        scheduled_minutes=reading.scheduled_minutes,
        delivered_minutes=result.delivered_minutes,
        status=str(result.status),
        flags=tuple(sorted(flags)),
        by_date={day.isoformat(): minutes for day, minutes in sorted(result.by_date.items())},
        first_at=inside[0].start if inside else None,
        last_at=inside[-1].end if inside else None,
    )


def size_of_group(
    minutes: Mapping[UUID, int], policy: AttendancePolicy, *, smallest: int, largest: int
) -> GroupSize:
    """R13 from each client's credited minutes; the limits are the group's own."""
    seats = (Seat(str(client_id), credited) for client_id, credited in minutes.items())
    return group_size(seats, cap=largest, floor=smallest, no_show_below_minutes=policy.no_show_below_minutes)
