"""Attendance records as rows: the latest versions, and how figures become a new one (R14)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from django.db.models import QuerySet

from sessions_app.attendance.figures import UNEXPECTED, Figures, SessionFacts
from sessions_app.models import AttendanceRecord, Session
from sessions_app.signals import attendance_changed


def latest(session: Session | UUID) -> QuerySet[AttendanceRecord]:
    """The version that counts, one per client."""
    key = session if isinstance(session, UUID) else session.pk
    return (
        AttendanceRecord.objects.filter(session=key).order_by("client_id", "-version").distinct("client_id")
    )


def stored_figures(record: AttendanceRecord) -> Figures:
    """The figures of a stored version."""
    return Figures(
        credited_seconds=record.credited_seconds,
        credited_minutes=record.credited_minutes,
        scheduled_minutes=record.scheduled_minutes,
        delivered_minutes=record.delivered_minutes,
        status=record.status,
        flags=tuple(sorted(record.flags)),
        by_date=dict(sorted(record.by_date.items())),
        first_at=record.first_at,
        last_at=record.last_at,
    )


def computed_record(
    facts: SessionFacts, client_id: UUID, columns: Figures, *, version: int, now: datetime
) -> AttendanceRecord:
    """A computed version, not yet written."""
    return AttendanceRecord(
        program_id=facts.program_id,
        session_id=facts.session_id,
        client_id=client_id,
        version=version,
        local_date=facts.local_date,
        policy_id=facts.policy_id,
        source="computed",
        recorded_at=now,
        **columns_of(columns),
    )


def corrected_record(
    before: AttendanceRecord, columns: Figures, *, author_id: UUID | None, reason: str, now: datetime
) -> AttendanceRecord:
    """The version a person put after `before`, not yet written."""
    return AttendanceRecord(
        program_id=before.program_id,
        session_id=before.session_id,
        client_id=before.client_id,
        version=before.version + 1,
        local_date=before.local_date,
        policy_id=before.policy_id,
        source="corrected",
        author_id=author_id,
        reason=reason,
        recorded_at=now,
        **columns_of(columns),
    )


def columns_of(columns: Figures) -> dict[str, object]:
    """Figures as column values."""
    return {**vars(columns), "flags": list(columns.flags), "by_date": dict(columns.by_date)}


def expected_at_first(records: Mapping[UUID, AttendanceRecord]) -> frozenset[UUID]:
    """Who was expected when the sheet was first computed: a later change of memberships rewrites no past roster."""
    return frozenset(client for client, record in records.items() if UNEXPECTED not in record.flags)


def announce(session: Session, records: list[AttendanceRecord], *, cause: str, now: datetime) -> None:
    """Tells inside this transaction what depends on these records (see `sessions_app.signals`)."""
    if not records:
        return
    days = {date.fromisoformat(day) for record in records for day in record.by_date}
    attendance_changed.send(
        sender=AttendanceRecord,
        program_id=session.program_id,
        session_id=session.pk,
        client_ids=[record.client_id for record in records],
        local_dates=sorted(days | {session.local_date}),
        cause=cause,
        now=now,
    )
