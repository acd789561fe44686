"""Twelve finished weeks of a program of any size: sessions, evidence and attendance that agree to the second.

Everything is laid out by the database itself, with its checks off, because how fast history can be invented is not what
is measured.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from bench.bulk import on_all_cores, resting_indexes, settle
from bench.people import make_program
from bench.progress import phase
from bench.stack import Stack, owner_connection

WEEKS = 12
EVENINGS = 3
GROUP = 10
LENGTH = 10_800
"""Seconds of a session."""


@dataclass(frozen=True)
class History:
    """What was laid out."""

    program: Any
    clients: list[Any]
    weeks: list[date]
    sessions: int
    records: int
    evidence: int


# Names and addresses are invented by number; nobody of this history ever signs in.
_PEOPLE = (
    """INSERT INTO groups_group (id, program_id, name, max_size)
SELECT gen_random_uuid(), %(program)s, 'Evening ' || n, 12
FROM generate_series(0, (%(clients)s - 1) / %(size)s) n""",
    """INSERT INTO groups_person (id, email, first_name, last_name, password, created_at)
SELECT gen_random_uuid(), left(%(program)s::text, 8) || '.' || n || '@bench.example', 'C' || n, 'Bench', '!', now()
FROM generate_series(0, %(clients)s - 1) n""",
    """INSERT INTO groups_client (id, program_id, person_id, created_at)
SELECT gen_random_uuid(), %(program)s, id, now() FROM groups_person
WHERE email LIKE left(%(program)s::text, 8) || '.%%@bench.example'""",
    """INSERT INTO groups_enrolment (id, program_id, client_id, level_id, starts_on)
SELECT gen_random_uuid(), %(program)s, id, %(level)s, %(first)s FROM groups_client WHERE program_id = %(program)s""",
    """INSERT INTO groups_membership (id, program_id, group_id, client_id, starts_on)
SELECT gen_random_uuid(), %(program)s, g.id, c.id, %(first)s
FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM groups_client WHERE program_id = %(program)s) c
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM groups_group WHERE program_id = %(program)s) g
  ON g.n = c.n / %(size)s""",
)

# Evening 0, 1, 2 of a week are Monday, Tuesday, Thursday.
_SESSIONS = """
INSERT INTO sessions_app_session (id, program_id, group_id, title, service_type, local_date, starts_at, ends_at, status,
  opened_at, started_at, ended_at, finalised_at, misses_found_at, is_rehearsal, follows_series)
SELECT gen_random_uuid(), %(program)s, g.id, 'Evening group', 'group_therapy', d.day, d.at, d.at + d.length, 'ended',
  d.at - interval '15 min', d.at, d.at + d.length, d.at + d.length, d.at, false, true
FROM groups_group g CROSS JOIN (
  SELECT day, (day + time '17:30') AT TIME ZONE 'America/New_York' AS at, make_interval(secs => %(length)s) AS length
  FROM (SELECT %(first)s::date + 7 * w + (ARRAY[1, 2, 4])[e] AS day
    FROM generate_series(0, %(weeks)s - 1) w, generate_series(1, %(evenings)s) e) days) d
WHERE g.program_id = %(program)s"""

# One client in ten misses an evening, one in seven loses the line from minute 60 to minute 70.
_RECORDS = """
INSERT INTO sessions_app_attendancerecord (id, program_id, session_id, client_id, version, local_date, credited_seconds,
  credited_minutes, scheduled_minutes, delivered_minutes, status, flags, by_date, first_at, last_at, policy_id, source,
  reason, recorded_at)
SELECT gen_random_uuid(), %(program)s, id, client_id, 1, local_date, seconds, seconds / 60, %(length)s / 60,
  %(length)s / 60, CASE WHEN seconds = 0 THEN 'no_show' ELSE 'attended' END, '[]',
  CASE WHEN seconds = 0 THEN '{}' ELSE jsonb_build_object(local_date::text, seconds / 60) END,
  CASE WHEN seconds > 0 THEN starts_at END, CASE WHEN seconds > 0 THEN ends_at END, %(policy)s, 'computed', '', ends_at
FROM (
  SELECT s.*, m.client_id, CASE WHEN luck %% 10 = 0 THEN 0 WHEN luck %% 7 = 0 THEN %(length)s - 600 ELSE %(length)s END
    AS seconds
  FROM sessions_app_session s JOIN groups_membership m ON m.group_id = s.group_id
  CROSS JOIN LATERAL (SELECT abs(hashtext(s.local_date::text || m.client_id::text)) AS luck) l
  WHERE s.program_id = %(program)s) evening"""

_EVIDENCE = """
INSERT INTO sessions_app_presenceevidence (session_id, program_id, person_id, client_id, connection, kind, cause, at)
WITH stay AS MATERIALIZED (
  SELECT r.session_id, c.person_id, r.client_id, gen_random_uuid() AS one, gen_random_uuid() AS two, s.starts_at,
    r.credited_seconds = %(length)s AS whole
  FROM sessions_app_attendancerecord r JOIN sessions_app_session s ON s.id = r.session_id
  JOIN groups_client c ON c.id = r.client_id
  WHERE r.program_id = %(program)s AND r.credited_seconds > 0)
SELECT session_id, %(program)s, person_id, client_id, CASE WHEN first THEN one ELSE two END, kind, cause,
  starts_at + make_interval(secs => second)
FROM stay JOIN (VALUES
  (true, true, 'opened', '', -120), (true, true, 'admitted', '', -60), (true, true, 'seen', '', 5400),
  (true, true, 'seen', '', %(length)s - 5), (true, true, 'closed', 'ended', %(length)s),
  (false, true, 'opened', '', -120), (false, true, 'admitted', '', -60), (false, true, 'seen', '', 1800),
  (false, true, 'seen', '', 3600), (false, true, 'closed', 'dropped', 3630),
  (false, false, 'opened', '', 4200), (false, false, 'admitted', '', 4200), (false, false, 'seen', '', 9000),
  (false, false, 'seen', '', %(length)s - 5), (false, false, 'closed', 'ended', %(length)s)
) AS fact (whole, first, kind, cause, second) USING (whole)"""

TABLES = (
    "sessions_app_session", "sessions_app_attendancerecord", "sessions_app_presenceevidence", "groups_client",
    "groups_membership", "groups_enrolment", "groups_person", "groups_group",
)  # fmt: skip


def lay_out(
    stack: Stack, clients: int, now: datetime, *, name: str = "Hours", with_evidence: bool = True
) -> History:
    """A program with that many clients and twelve weeks behind it, ending with the last full week.

    Without evidence it is what the board stands on: sessions and finished attendance alone.
    """
    from groups.models import Client
    from sessions_app.models import AttendancePolicy, HoursPolicy

    program, level = make_program(name, now)
    first = _last_sunday(now.date()) - timedelta(days=7 * WEEKS)
    policy = AttendancePolicy.objects.create(program=program, version=1, effective_from=first)
    HoursPolicy.objects.create(
        program=program, version=1, effective_from=first, countable=["group_therapy"], definition="clock"
    )
    values = {
        "program": program.pk, "level": level.pk, "first": first, "weeks": WEEKS, "evenings": EVENINGS,
        "length": LENGTH, "policy": policy.pk, "clients": clients, "size": GROUP,
    }  # fmt: skip
    made = _laid(stack, values, with_evidence=with_evidence)
    weeks = [first + timedelta(days=7 * n) for n in range(WEEKS)]
    people = list(Client.objects.filter(program=program).order_by("pk"))
    return History(program, people, weeks, made[_SESSIONS], made[_RECORDS], made.get(_EVIDENCE, 0))


def _laid(stack: Stack, values: dict[str, Any], *, with_evidence: bool) -> dict[str, int]:
    """Runs the statements; how many rows each one made.

    Each table is counted before the next statement reads it: by the figures of an empty one, the planner would join a
    hundred thousand clients with ten thousand groups pair by pair.
    """
    laid = (*_PEOPLE, _SESSIONS, _RECORDS, *([_EVIDENCE] if with_evidence else []))
    tables = {statement: statement.split()[2] for statement in laid}  # INSERT INTO ...
    made = {}
    with owner_connection(stack) as owner, on_all_cores(stack.running.pids[0]):
        _let_columns_default(owner)
        owner.execute("SET session_replication_role = replica")
        with resting_indexes(owner, list(tables.values())):
            for statement, table in tables.items():
                with phase(f"  rows of {table}"):
                    made[statement] = owner.execute(statement, values).rowcount
                    owner.execute(f"ANALYZE {table}")
        settle(owner, list(tables.values()))
    return made


def _let_columns_default(owner: Any) -> None:
    """Gives the columns of the tables laid out the models' own defaults, so that a statement names what matters to it."""
    from django.apps import apps

    for model in apps.get_models():
        if model._meta.db_table not in TABLES:
            continue
        for column in model._meta.concrete_fields:
            default = column.get_default() if column.has_default() else ""
            if isinstance(default, bool | int | str) and not (column.null or column.primary_key):
                plain = str(default) if isinstance(default, str) else default  # a choice is its text
                _default(owner, model._meta.db_table, str(column.column), plain)


def _default(owner: Any, table: str, column: str, value: bool | int | str) -> None:
    from psycopg import DataError, errors, sql

    statement = sql.SQL("ALTER TABLE {} ALTER COLUMN {} SET DEFAULT {}")
    # A date or a key has no such default; whatever needs one is named in its statement.
    with contextlib.suppress(DataError, errors.DatatypeMismatch):
        owner.execute(statement.format(sql.Identifier(table), sql.Identifier(column), sql.Literal(value)))


def _last_sunday(day: date) -> date:
    return day - timedelta(days=(day.weekday() + 1) % 7)
