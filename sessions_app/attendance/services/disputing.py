"""A client says "that night is wrong", and gets an answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from groups.models import Client
from sessions_app.attendance.records import latest
from sessions_app.attendance.services.locking import sheet_of
from sessions_app.models import AttendanceDispute, Session
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError, NotFoundError
from vio.common.permissions import Permission
from vio.common.realtime import ring_on_commit

ANSWER_WITHIN = timedelta(days=3)
TEXT_LENGTH = 2000


def raise_dispute(
    *, actor: Actor, session: Session, client: Client, text: str, now: datetime
) -> AttendanceDispute:
    """Keeps the client's words and promises an answer by `answer_due_at`; one open dispute per session."""
    actor.require(Permission.OWN_ATTENDANCE, session.program_id)
    if client.person_id != actor.person_id or not latest(session).filter(client=client).exists():
        raise NotFoundError
    words = _checked(text, "text", "Please tell us what is wrong.")
    sheet_of(session)
    dispute = AttendanceDispute(
        program_id=session.program_id, session=session, client=client, text=words, raised_at=now,
        answer_due_at=now + ANSWER_WITHIN,
    )  # fmt: skip
    try:
        with transaction.atomic():
            dispute.save(force_insert=True)
            _record(actor, dispute, "attendance.disputed")
            ring_on_commit(f"desk:{session.program_id}", {"kind": "session", "id": str(session.pk)})
    except IntegrityError as error:
        raise ConflictError(
            "You have told us about this session already. We will answer that first.", code="already_open"
        ) from error
    return dispute


@transaction.atomic
def answer_dispute(
    *, actor: Actor, session: Session, dispute_id: UUID, answer: str, now: datetime
) -> AttendanceDispute:
    """Closes a dispute of this session with an answer the client can read; ConflictError when it has one."""
    actor.require(Permission.CORRECT_ATTENDANCE, session.program_id)
    words = _checked(answer, "answer", "Please write an answer; the client will read it.")
    dispute = (
        AttendanceDispute.objects.select_for_update(no_key=True)
        .filter(pk=dispute_id, session=session)
        .first()
    )
    if dispute is None:
        raise NotFoundError
    if dispute.answered_at is not None:
        raise ConflictError("This has an answer already.", code="already_answered")
    dispute.answer, dispute.answered_at, dispute.answered_by_id = words, now, actor.person_id
    dispute.save()
    _record(actor, dispute, "attendance.dispute_answered")
    return dispute


def _checked(text: str, field: str, missing: str) -> str:
    words = text.strip()
    if not words:
        raise BadInputError(fields={field: missing})
    if len(words) > TEXT_LENGTH:
        raise BadInputError(fields={field: f"At most {TEXT_LENGTH} characters, please."})
    return words


def _record(actor: Actor, dispute: AttendanceDispute, action: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        program_id=dispute.program_id,
        subject=dispute,
        client_id=dispute.client_id,
    )
