"""Throwing a draft away: nothing of it counted, and nothing of what people are called in it is kept."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from sessions_app.attendance.imports.selectors import KEPT_AS_DRAFT
from sessions_app.attendance.imports.services.locking import lock_import
from sessions_app.attendance.services.locking import lock_session
from sessions_app.models import AttendanceImport, Session
from vio.common import audit
from vio.common.actors import Actor
from vio.common.permissions import Permission


@transaction.atomic
def discard_import(*, actor: Actor, session: Session, import_id: UUID, now: datetime) -> AttendanceImport:
    """Empties a draft. Raises NotFoundError, NotAllowedError, ConflictError when it was decided already."""
    actor.require(Permission.IMPORT_LOGS, session.program_id)
    locked = lock_session(session.pk)
    row = lock_import(locked, import_id, status=AttendanceImport.Status.DRAFT)
    _empty(row, actor=actor, now=now)
    return row


@transaction.atomic
def discard_stale(*, actor: Actor, now: datetime) -> int:
    """Empties drafts that nobody decided about for two weeks; returns how many. Safe to run twice."""
    rows = AttendanceImport.objects.select_for_update(skip_locked=True, no_key=True).filter(
        status=AttendanceImport.Status.DRAFT, created_at__lt=now - KEPT_AS_DRAFT
    )[:100]
    stale = list(rows)
    for row in stale:
        actor.require(Permission.SYSTEM, row.program_id)
        _empty(row, actor=actor, now=now)
    return len(stale)


def _empty(row: AttendanceImport, *, actor: Actor, now: datetime) -> None:
    row.status = AttendanceImport.Status.DISCARDED
    row.content, row.decided_by_id, row.decided_at = "", actor.person_id, now
    row.save()
    audit.record(
        actor=actor, action="attendance.import_discarded", program_id=row.program_id, subject=row,
        details={"session": str(row.session_id), "vendor": row.vendor},
    )  # fmt: skip
