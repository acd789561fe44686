"""What notes do when something below them happens: attendance was computed, or corrected after signing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sessions_app.models import ClientNote, GroupNote, Session
from sessions_app.notes import services
from sessions_app.signals import attendance_changed, session_ended
from vio.common.actors import system_actor
from vio.common.errors import ConflictError
from vio.common.scope import scope


def draft_when_ended(
    sender: object, session_id: UUID, program_id: UUID, now: datetime, **kwargs: Any
) -> None:
    """The drafts are waiting when the facilitator comes to write them; of signed notes none is missing."""
    # Heard after a commit, which may come when whoever wrote has closed their scope already.
    with scope([program_id]):
        if GroupNote.objects.filter(session=session_id).exclude(signed_at=None).exists():
            return
        session = Session.objects.select_related("group", "program").get(pk=session_id)
        try:
            services.open_notes(actor=system_actor("session_ended"), session=session, now=now)
        except ConflictError:
            return  # a group without a facilitator has nobody to write them; the notes page says so


def mark_for_addendum(sender: object, session_id: UUID, client_ids: Collection[UUID], **kwargs: Any) -> None:
    """A signed note whose minutes changed afterwards asks for an addendum."""
    ClientNote.objects.filter(session_id=session_id, client_id__in=client_ids).exclude(signed_at=None).update(
        needs_addendum=True
    )


def connect() -> None:
    """Called once when Django starts."""
    session_ended.connect(draft_when_ended, dispatch_uid="notes.draft_when_ended")
    attendance_changed.connect(mark_for_addendum, dispatch_uid="notes.mark_for_addendum")
