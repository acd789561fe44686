"""Looked at by the clock: attendance of sessions that ended."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from celery import shared_task
from django.db import Error
from django.utils import timezone

from sessions_app.attendance.due import due_for_finalising, with_late_evidence
from sessions_app.attendance.imports.services import discard_stale
from sessions_app.attendance.services import finalise_session, refresh_session
from vio.common.actors import system_actor
from vio.common.logs import log
from vio.common.tasks import system_task

_log = log(__name__)


@shared_task(name="sessions_app.attendance.finalise_due")
@system_task
def finalise_due() -> None:
    """Every 15 s: finalises what is due and computes again where evidence came late. Safe to run twice."""
    now, actor = timezone.now(), system_actor("beat")
    for session_id in due_for_finalising(now):
        _alone(session_id, lambda key: finalise_session(session_id=key, now=now, actor=actor))
    for session_id in with_late_evidence(now):
        _alone(session_id, lambda key: refresh_session(session_id=key, now=now, actor=actor))


@shared_task(name="sessions_app.attendance.forget_stale_imports")
@system_task
def forget_stale_imports() -> None:
    """Every hour: empties drafts of imports that nobody decided about. Safe to run twice."""
    discard_stale(actor=system_actor("beat"), now=timezone.now())


def _alone(session_id: UUID, work: Callable[[UUID], object]) -> None:
    """One session that cannot be written now delays no other; the next tick tries it again."""
    try:
        work(session_id)
    except Error as error:
        _log.warning("attendance.delayed", session_id=str(session_id), error=type(error).__name__)
