"""A facilitator signs the attendance sheet: from then on it is locked."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from sessions_app.attendance.services.locking import lock_session, sheet_of
from sessions_app.models import AttendanceSheet, Session
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import ConflictError
from vio.common.permissions import Permission


@transaction.atomic
def attest_sheet(*, actor: Actor, session: Session, now: datetime) -> AttendanceSheet:
    """Signs and locks the sheet; ConflictError when it is not computed yet or signed already."""
    actor.require(Permission.ATTEST_ATTENDANCE, session.program_id)
    sheet = sheet_of(lock_session(session.pk))
    signed = AttendanceSheet.objects.filter(pk=sheet.pk, attested_at=None).update(
        attested_by_id=actor.person_id, attested_at=now
    )
    if not signed:
        raise ConflictError("This sheet is signed already.", code="already_signed")
    audit.record(actor=actor, action="attendance.attested", program_id=session.program_id, subject=session)
    sheet.refresh_from_db()
    return sheet
