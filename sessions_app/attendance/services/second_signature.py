"""A correction after the window: another authorised person signs it, and only then it counts, or declines it (R14)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from sessions_app.attendance.corrections import Changes, checked_reason
from sessions_app.attendance.rules import Status
from sessions_app.attendance.services.correcting import lock_line, put_version
from sessions_app.attendance.services.locking import lock_session
from sessions_app.models import AttendanceRecord, ProposedCorrection, Session
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import ConflictError, NotAllowedError, NotFoundError
from vio.common.permissions import Permission


def changes_of(row: ProposedCorrection) -> Changes:
    """What a proposal would change."""
    status = Status(row.status) if row.status else None
    return Changes(status, row.credited_minutes, row.first_at, row.last_at)


@transaction.atomic
def sign_correction(*, actor: Actor, session: Session, proposal_id: UUID, now: datetime) -> AttendanceRecord:
    """The second signature: the correction becomes the version that counts, by its author, and says who signed.

    Raises NotAllowedError (`same_person`) for the author's own, ConflictError when it is decided already or the line has
    changed since: then it can only be declined, and made anew.
    """
    row = _open_one(actor, session, proposal_id)
    place = lock_line(session.pk, row.client_id)
    if place.before.version != row.base_version:
        raise ConflictError(
            "This line has changed since. Decline it; it can be proposed again.", code="changed_meanwhile"
        )
    record = put_version(
        actor, place, place.columns(changes_of(row)), author_id=row.proposed_by_id, reason=row.reason, now=now
    )
    _decide(actor, row, "signed", now=now, record=record)
    return record


@transaction.atomic
def decline_correction(
    *, actor: Actor, session: Session, proposal_id: UUID, reason: str, now: datetime
) -> ProposedCorrection:
    """The second person does not sign, and says why. Raises as `sign_correction`, BadInputError without a reason."""
    row = _open_one(actor, session, proposal_id)
    row.decline_reason = checked_reason(reason)
    return _decide(actor, row, "declined", now=now)


def _open_one(actor: Actor, session: Session, proposal_id: UUID) -> ProposedCorrection:
    actor.require(Permission.CORRECT_ATTESTED, session.program_id)
    lock_session(session.pk)
    rows = ProposedCorrection.objects.select_for_update(of=("self",), no_key=True)
    row = rows.filter(pk=proposal_id, session=session).first()
    if row is None:
        raise NotFoundError
    if row.state != "open":
        raise ConflictError(f"This was {row.state} already.", code="already_decided")
    if row.proposed_by_id == actor.person_id:
        raise NotAllowedError("Somebody else has to sign your correction.", code="same_person")
    return row


def _decide(
    actor: Actor,
    row: ProposedCorrection,
    state: str,
    *,
    now: datetime,
    record: AttendanceRecord | None = None,
) -> ProposedCorrection:
    row.state, row.decided_by_id, row.decided_at, row.record = state, actor.person_id, now, record
    row.save()
    audit.record(
        actor=actor, action=f"attendance.proposal_{state}", program_id=row.program_id, subject=row,
        client_id=row.client_id, details={"on_version": row.base_version},
    )  # fmt: skip
    return row
