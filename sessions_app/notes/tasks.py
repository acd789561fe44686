"""What notes need from the clock: a reminder four hours before a note is due, and one when it is overdue (R15, C10)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from sessions_app.models import ClientNote, GroupNote
from sessions_app.notes.rules import WARN_BEFORE
from vio.common.models import Delivery
from vio.common.tasks import system_task

# A reminder about a note older than this is no help any more; the list of open notes still shows it.
FORGET_AFTER = timedelta(days=7)


def remind_of_due_notes(*, now: datetime) -> int:
    """Puts a reminder into the outbox for each author and session with unsigned notes due soon or overdue; once each.

    Returns how many rows were offered; the unique key keeps repeats out.
    """
    wanted: dict[str, Delivery] = {}
    for model in (GroupNote, ClientNote):
        due = model.objects.filter(
            signed_at=None,
            due_at__lte=now + WARN_BEFORE,
            due_at__gte=now - FORGET_AFTER,
            session__is_rehearsal=False,
        )
        for session_id, program_id, author_id, due_at in due.values_list(
            "session_id", "program_id", "author_id", "due_at"
        ):
            kind = "note_overdue" if due_at < now else "note_due"
            row = _reminder(kind, session_id, program_id, author_id, now)
            wanted[row.key] = row
    Delivery.objects.bulk_create(wanted.values(), ignore_conflicts=True)
    return len(wanted)


def _reminder(kind: str, session_id: UUID, program_id: UUID, author_id: UUID, now: datetime) -> Delivery:
    return Delivery(
        program_id=program_id,
        recipient_id=author_id,
        kind=kind,
        key=f"{kind}:{session_id}:{author_id}",
        path=f"/sessions/{session_id}/notes/",
        due_at=now,
    )


@shared_task(name="sessions_app.notes.remind_of_due_notes")
@system_task
def remind_of_due_notes_now() -> None:
    """Every five minutes."""
    remind_of_due_notes(now=timezone.now())
