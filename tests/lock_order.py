"""The one order in which acts lock rows (docs/decisions/0019), and the recorder that holds every test to it.

It reads the statements themselves. An act is what happens inside the outermost `atomic` of the code under test; statements
that are a transaction each hold nothing while they wait. A lock that is not waited for (SKIP LOCKED) may come at any time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

# From the first to the last. Rows of one level are ordered by the lock of `UNDER`, or never meet in one act.
LEVELS: tuple[frozenset[str], ...] = tuple(
    frozenset(level.split())
    for level in (
        "groups_signinthrottle",  # before anybody is known
        "advisory",  # hold_meeting_times
        "groups_program",
        "groups_holiday",
        "groups_levelofcare",
        "groups_group",
        "groups_staffrole",
        "groups_groupstaff groups_absence",
        "groups_series",
        "sessions_app_roomstate",  # of several rooms in the order of their ids
        "sessions_app_session",
        "sessions_app_sessionbreak sessions_app_sessionstaff sessions_app_roomevent"
        " sessions_app_commandresult",
        "sessions_app_attendanceimport",
        "sessions_app_proposedcorrection sessions_app_attendancedispute",
        "sessions_app_attendancesheet",
        "groups_client",
        "groups_contactways groups_emergencycontact groups_enrolment groups_nocontact groups_prescribeddose groups_membership"
        " groups_seatoffer groups_waitlistentry sessions_app_arrivalnotice"
        " sessions_app_techcheck",
        "sessions_app_weekhours sessions_app_groupnote sessions_app_clientnote sessions_app_followup sessions_app_flag",
        "checkins_alert",
        "mfa_authenticator",
        "groups_person",
        "groups_invitation account_emailaddress groups_apitoken groups_calendarfeed",
        "common_delivery",
        "django_session",
    )
)
LEVEL = {table: place for place, level in enumerate(LEVELS) for table in level}
# level (by one of its tables) -> the table whose lock puts its rows in order.
UNDER = {
    "sessions_app_sessionbreak": "sessions_app_session",
    "groups_enrolment": "groups_client",
    "sessions_app_groupnote": "sessions_app_session",
    "groups_invitation": "groups_person",
}
# table -> why holding one of its rows keeps nobody in a circle.
LEAVES = {
    "groups_apitoken": "its last use is written as a request begins, in a transaction of its own; in a test in the test's",
    "django_session": "a login is written in a transaction of its own, at the end of a request",
    "sessions_app_techcheck": "the door holds the chart and one row, and waits for nothing more",
    "common_delivery": "who cancels a message holds what it is about; who sends one holds nothing else",
}
_UNDER = {LEVEL[table]: parent for table, parent in UNDER.items()}
# Two of a level that always come in this order, so that they need no lock above them.
FOLLOWS = {
    ("groups_seatoffer", "groups_waitlistentry"),
    ("sessions_app_groupnote", "sessions_app_clientnote"),
    ("sessions_app_followup", "sessions_app_flag"),
}

_LOCKING = re.compile(
    r"\bFOR (?:NO KEY )?UPDATE\b(?: OF (?P<of>[\w\", ]+?))?(?P<patient> SKIP LOCKED| NOWAIT)?\s*\)?\s*$"
)
_TABLES = re.compile(r'(?:FROM|JOIN) "(\w+)"')
_CHANGING = re.compile(r'^\s*(?:UPDATE|DELETE FROM) "?(\w+)"?')


@dataclass
class Act:
    """What one act locked, in the order of the first lock of each table, and where it left the order."""

    held: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def locks(self, table: str, *, waits: bool = True) -> None:
        """Notes a lock; one that is held already is no new one."""
        if table in self.held:
            return
        if waits:
            self.problems += [
                f"{table} after {before}" for before in self.held if not self.may(before, table)
            ]
        self.held.append(table)

    def may(self, before: str, table: str) -> bool:
        """Whether a row of `table` may be waited for by who holds one of `before`."""
        if before in LEAVES:
            return True
        if before not in LEVEL or table not in LEVEL:
            return False
        first, second = LEVEL[before], LEVEL[table]
        if first == second:
            return (before, table) in FOLLOWS or _UNDER.get(first) in self.held
        return first < second


def locked_by(sql: str) -> list[str]:
    """The tables a statement locks existing rows of; "advisory" for a lock without a row."""
    if "pg_advisory_xact_lock" in sql:
        return ["advisory"]
    if changing := _CHANGING.match(sql):
        return [changing[1]]
    if not (locking := _LOCKING.search(sql)):
        return []
    if locking["of"]:
        return [name.strip().strip('"') for name in locking["of"].split(",")]
    return _TABLES.findall(sql)


def waits(sql: str) -> bool:
    """Whether a locking statement waits for a row that is held."""
    locking = _LOCKING.search(sql)
    return locking is None or locking["patient"] is None


@contextmanager
def watched() -> Iterator[list[Act]]:
    """The acts of a block, as they happen on this thread's connection."""
    acts: list[Act] = []
    savepoints = 0

    def look(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        nonlocal savepoints
        text = str(sql)
        if text.startswith("SAVEPOINT"):
            acts.extend([] if savepoints else [Act()])
            savepoints += 1
        elif text.startswith("RELEASE SAVEPOINT"):
            savepoints -= 1
        elif savepoints:
            for table in locked_by(text):
                acts[-1].locks(table, waits=waits(text))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield acts
