"""From the database to the facts of a session: the only place that reads what attendance is computed from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, OuterRef

from groups.access import in_force
from groups.models import Enrolment, Membership
from sessions_app.attendance import rules
from sessions_app.attendance.evidence import Evidence, EvidenceKind, lost_at_once, told_apart
from sessions_app.attendance.figures import SessionFacts
from sessions_app.attendance.intervals import Interval
from sessions_app.models import AttendancePolicy, PresenceEvidence, Session

_LOST = ("dropped", "swept")


def policy_in_force(program_id: UUID, day: date) -> AttendancePolicy:
    """The version in force on a local date; before the first one, the first; a program without any gets the defaults."""
    versions = AttendancePolicy.objects.filter(program=program_id)
    found = versions.filter(effective_from__lte=day).order_by("-effective_from", "-version").first()
    found = found or versions.order_by("effective_from", "version").first()
    return (
        found
        or AttendancePolicy.objects.get_or_create(
            program_id=program_id, version=1, defaults={"effective_from": day}
        )[0]
    )


def rule_policy(policy: AttendancePolicy) -> rules.AttendancePolicy:
    """A stored version as the rules take it."""
    return rules.AttendancePolicy(
        bridge_gap_seconds=policy.bridge_gap_seconds,
        late_after_seconds=policy.late_after_seconds,
        left_early_seconds=policy.left_early_seconds,
        no_show_below_minutes=policy.no_show_below_minutes,
        attended_percent=policy.attended_percent,
        attribution=rules.Attribution(policy.attribution),
    )


def gather(
    session: Session,
    *,
    policy: AttendancePolicy | None = None,
    client_id: UUID | None = None,
    expected: frozenset[UUID] | None = None,
) -> SessionFacts:
    """All facts of one session: one query, and one each for the policy and the roster where they are not given.

    Without `policy`, the version in force on its date; without `expected`, who has a place then. With `client_id`, only
    that client's evidence is read, and two queries more ask whether many lost their connection at once.
    """
    stored = policy or policy_in_force(session.program_id, session.local_date)
    found = _read(session, client_id)
    planned, taken = _breaks(found.breaks, session)
    return SessionFacts(
        session_id=session.pk,
        program_id=session.program_id,
        local_date=session.local_date,
        times=session_times(session, taken),
        scheduled_minutes=session_times(session, planned).scheduled_minutes(),
        policy=rule_policy(stored),
        policy_id=stored.pk,
        policy_version=stored.version,
        cancelled=session.status == Session.Status.CANCELLED,
        expected=expected_clients(session) if expected is None else expected,
        excused=found.excused,
        evidence=_told_apart(session, client_id, found),
    )


def session_times(session: Session, breaks: Iterable[Interval]) -> rules.SessionTimes:
    """When a session was planned and ran (R2). One that was closed without ever being started held nothing (C2)."""
    never_started = session.ended_at if session.started_at is None else None
    return rules.SessionTimes(
        scheduled=Interval(session.starts_at, session.ends_at),
        timezone=session.program.zone,
        actual_start=session.started_at or never_started,
        actual_end=session.ended_at,
        breaks=tuple(breaks),
    )


def expected_clients(session: Session) -> frozenset[UUID]:
    """Who has a place in the group and is enrolled on the session's local date."""
    enrolled = Enrolment.objects.filter(in_force(session.local_date), client=OuterRef("client"))
    places = Membership.objects.filter(in_force(session.local_date), Exists(enrolled), group=session.group_id)
    return frozenset(places.values_list("client_id", flat=True))


Planned = tuple[datetime | None, datetime | None, datetime | None, datetime | None]
"""A break: its start and end as planned and as taken."""

_READ = """
SELECT 'evidence', client_id, connection, kind, cause, source, at, NULL::timestamptz, NULL::timestamptz, NULL::timestamptz
FROM sessions_app_presenceevidence
WHERE session_id = %(session)s AND client_id IS NOT NULL AND (%(client)s::uuid IS NULL OR client_id = %(client)s::uuid)
UNION ALL
SELECT 'excuse', client_id, NULL, '', '', '', NULL, NULL, NULL, NULL
FROM sessions_app_excuse WHERE session_id = %(session)s
UNION ALL
SELECT 'break', NULL, NULL, '', '', '', planned_start, planned_end, taken_start, taken_end
FROM sessions_app_sessionbreak WHERE session_id = %(session)s"""


@dataclass
class _Found:
    """What one statement reads of a session."""

    evidence: dict[UUID, list[Evidence]] = field(default_factory=lambda: defaultdict(list))
    losses: list[tuple[UUID, datetime]] = field(default_factory=list)  # seen by this room itself
    here: set[UUID] = field(default_factory=set)  # clients it saw itself
    excused: frozenset[UUID] = frozenset()
    breaks: list[Planned] = field(default_factory=list)


def _read(session: Session, client_id: UUID | None) -> _Found:
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"session": session.pk, "client": client_id})
        rows = cursor.fetchall()
    found = _Found()
    for what, client, device, kind, cause, source, *times in rows:
        if what == "evidence":
            _note(found, client, Evidence(device, EvidenceKind(kind), times[0], cause), source)
        elif what == "excuse":
            found.excused |= {client}
        else:
            found.breaks.append((times[0], times[1], times[2], times[3]))
    return found


def _note(found: _Found, client: UUID, fact: Evidence, source: str) -> None:
    found.evidence[client].append(fact)
    if not source:
        found.here.add(client)
        if fact.kind is EvidenceKind.CLOSED and fact.cause in _LOST:
            found.losses.append((client, fact.at))


def _breaks(rows: Iterable[Planned], session: Session) -> tuple[list[Interval], list[Interval]]:
    """Breaks as planned (R6) and as taken (R2, C10); one still running ends with the session."""
    planned: list[Interval] = []
    taken: list[Interval] = []
    for planned_start, planned_end, taken_start, taken_end in rows:
        if planned_start is not None and planned_end is not None:
            planned.append(Interval(planned_start, planned_end))
        if taken_start is not None:
            taken.append(Interval(taken_start, taken_end or session.ended_at or session.ends_at))
    return planned, taken


def _told_apart(session: Session, client_id: UUID | None, found: _Found) -> dict[UUID, list[Evidence]]:
    """The evidence, with losses that many shared named as such: asked over everybody, whoever is being read."""
    if not found.evidence:
        return {}
    losses, present = (found.losses, len(found.here)) if client_id is None else _losses(session)
    outages = lost_at_once(losses, present)
    if not outages:
        return dict(found.evidence)
    return {client: told_apart(of_client, outages) for client, of_client in found.evidence.items()}


def _losses(session: Session) -> tuple[list[tuple[UUID, datetime]], int]:
    rows = PresenceEvidence.objects.filter(session=session, client__isnull=False, source="")
    losses = rows.filter(kind="closed", cause__in=_LOST).values_list("client_id", "at")
    present = rows.aggregate(clients=Count("client_id", distinct=True))["clients"]
    return list(losses), present
