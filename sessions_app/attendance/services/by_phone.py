"""A session that was held another way (by phone, when the room failed): everybody's minutes at once, as corrections (R14)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from sessions_app.attendance.corrections import Changes, checked_reason
from sessions_app.attendance.records import latest
from sessions_app.attendance.services.correcting import correct_attendance
from sessions_app.models import AttendanceRecord, ProposedCorrection, Session
from vio.common.actors import Actor
from vio.common.errors import BadInputError, NotFoundError
from vio.common.permissions import Permission


@transaction.atomic
def enter_held_by_phone(
    *, actor: Actor, session: Session, present: Iterable[UUID], first_at: datetime, last_at: datetime,
    reason: str, now: datetime,
) -> list[AttendanceRecord | ProposedCorrection]:  # fmt: skip
    """Credits each client who was on the phone from `first_at` to `last_at`, in whole minutes; one new version each, all or none;
    after the correction window one proposal each, for a second person to sign.

    Only for who was counted with less: minutes proven in the room are never taken away here. Raises BadInputError for
    nobody, no reason or times outside of the session, NotFoundError for a client without a line, NotAllowedError like any
    correction.
    """
    actor.require(Permission.CORRECT_ATTENDANCE, session.program_id)
    why = checked_reason(reason)
    if last_at <= first_at:
        raise BadInputError(fields={"last_at": "This must be after the start."})
    minutes = int((last_at - first_at).total_seconds() // 60)
    records = {row.client_id: row for row in latest(session).select_related("client")}
    chosen = set(present)
    if not chosen:
        raise BadInputError(fields={"present": "Choose who was there."})
    if chosen - set(records):
        raise NotFoundError
    changes = Changes(credited_minutes=minutes, first_at=first_at, last_at=last_at)
    return [
        correct_attendance(
            actor=actor, session=session, client=records[client].client, changes=changes, reason=why, now=now,
            seen_version=records[client].version,
        )
        for client in sorted(chosen)
        if records[client].credited_minutes < minutes
    ]  # fmt: skip
