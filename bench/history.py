"""Twelve finished weeks of a program of any size: sessions, evidence and attendance that agree to the second.

People are made as the application makes them; sessions, records and evidence are laid out by the database itself, with its
checks off, because how fast history can be invented is not what is measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from bench.people import make_program
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
    "groups_membership", "groups_enrolment", "groups_person",
)  # fmt: skip


def lay_out(stack: Stack, clients: int, now: datetime) -> History:
    """A program with that many clients and twelve weeks behind it, ending with the last full week."""
    from sessions_app.models import AttendancePolicy, HoursPolicy

    program, level = make_program("Hours", now)
    first = _last_sunday(now.date()) - timedelta(days=7 * WEEKS)
    policy = AttendancePolicy.objects.create(program=program, version=1, effective_from=first)
    HoursPolicy.objects.create(
        program=program, version=1, effective_from=first, countable=["group_therapy"], definition="clock"
    )
    people = _people(program, level, clients, first)
    values = {
        "program": program.pk, "first": first, "weeks": WEEKS, "evenings": EVENINGS, "length": LENGTH,
        "policy": policy.pk,
    }  # fmt: skip
    with owner_connection(stack) as owner:
        owner.execute("SET session_replication_role = replica")
        made = [owner.execute(statement, values).rowcount for statement in (_SESSIONS, _RECORDS, _EVIDENCE)]
        for table in TABLES:
            owner.execute(f"VACUUM (ANALYZE) {table}")
        owner.execute("CHECKPOINT")
    weeks = [first + timedelta(days=7 * n) for n in range(WEEKS)]
    return History(program, people, weeks, *made)


def _people(program: Any, level: Any, number: int, first: date) -> list[Any]:
    from groups.models import Client, Enrolment, Group, Membership, Person

    groups = Group.objects.bulk_create(
        Group(program=program, name=f"Evening {n}", max_size=12) for n in range(-(-number // GROUP))
    )
    everybody = Person.objects.bulk_create(
        (
            Person(
                email=f"{program.pk.hex[:8]}.{n}@bench.example",
                first_name=f"C{n}",
                last_name="Bench",
                password="!",
            )
            for n in range(number)
        ),
        batch_size=5000,
    )
    clients = Client.objects.bulk_create(
        (Client(program=program, person=person) for person in everybody), batch_size=5000
    )
    Enrolment.objects.bulk_create(
        (Enrolment(program=program, client=client, level=level, starts_on=first) for client in clients),
        batch_size=5000,
    )
    Membership.objects.bulk_create(
        (
            Membership(program=program, group=groups[n // GROUP], client=client, starts_on=first)
            for n, client in enumerate(clients)
        ),
        batch_size=5000,
    )
    return clients


def _last_sunday(day: date) -> date:
    return day - timedelta(days=(day.weekday() + 1) % 7)
