"""From the database to the facts of a session: the only place that reads what attendance is computed from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q

from groups.access import in_force
from groups.models import Enrolment, Membership
from sessions_app.attendance import rules
from sessions_app.attendance.evidence import Evidence, EvidenceKind, lost_at_once, told_apart
from sessions_app.attendance.figures import SessionFacts
from sessions_app.attendance.intervals import Interval, IntervalSet
from sessions_app.models import AttendancePolicy, Excuse, PresenceEvidence, Session, SessionBreak


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
    session: Session, *, policy: AttendancePolicy | None = None, client_id: UUID | None = None
) -> SessionFacts:
    """All facts of one session (seven queries). Without `policy`, the version in force on its date.

    With `client_id`, only that client's evidence is read.
    """
    stored = policy or policy_in_force(session.program_id, session.local_date)
    planned, taken = _breaks(session)
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
        expected=expected_clients(session),
        excused=frozenset(Excuse.objects.filter(session=session).values_list("client_id", flat=True)),
        evidence=_evidence(session, client_id),
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


def _breaks(session: Session) -> tuple[list[Interval], list[Interval]]:
    """Breaks as planned (R6) and as taken (R2, C10); one still running ends with the session."""
    planned: list[Interval] = []
    taken: list[Interval] = []
    for row in SessionBreak.objects.filter(session=session):
        if row.planned_start is not None and row.planned_end is not None:
            planned.append(Interval(row.planned_start, row.planned_end))
        if row.taken_start is not None:
            taken.append(Interval(row.taken_start, _end_of(row, session)))
    return planned, taken


def _end_of(row: SessionBreak, session: Session) -> datetime:
    return row.taken_end or session.ended_at or session.ends_at


def _evidence(session: Session, client_id: UUID | None) -> dict[UUID, list[Evidence]]:
    whose = Q(client__isnull=False) if client_id is None else Q(client=client_id)
    rows = PresenceEvidence.objects.filter(whose, session=session).values_list(
        "client_id", "connection", "kind", "at", "cause"
    )
    found: dict[UUID, list[Evidence]] = defaultdict(list)
    for client, connection, kind, at, cause in rows:
        if client is not None:
            found[client].append(Evidence(connection, EvidenceKind(kind), at, cause))
    outages = _outages(session) if found else ()
    return (
        {client: told_apart(of_client, outages) for client, of_client in found.items()}
        if outages
        else dict(found)
    )


def _outages(session: Session) -> IntervalSet:
    """When many lost their connection at once: asked over everybody, whoever is being read."""
    rows = PresenceEvidence.objects.filter(session=session, client__isnull=False, source="")
    losses = rows.filter(kind="closed", cause__in=["dropped", "swept"]).values_list("client_id", "at")
    present = rows.aggregate(clients=Count("client_id", distinct=True))["clients"]
    return lost_at_once(list(losses), present)
