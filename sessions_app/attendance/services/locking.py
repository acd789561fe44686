"""The row lock all writes of one session's attendance take: no two of them interleave."""

from __future__ import annotations

from uuid import UUID

from sessions_app.models import AttendanceSheet, Session
from vio.common.errors import ConflictError, NotFoundError


def lock_session(session_id: UUID) -> Session:
    """The session with its group and program, locked until commit; raises NotFoundError."""
    rows = Session.objects.select_for_update(of=("self",), no_key=True).select_related("group", "program")
    found = rows.filter(pk=session_id).first()
    if found is None:
        raise NotFoundError
    return found


def lock_if_free(session_id: UUID) -> Session | None:
    """The same, or None while somebody else holds it or when it is gone: the next tick looks again."""
    rows = Session.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
    return rows.select_related("group", "program").filter(pk=session_id).first()


def sheet_of(session: Session) -> AttendanceSheet:
    """The computed sheet; ConflictError (`not_computed_yet`) before there is one."""
    sheet = AttendanceSheet.objects.filter(session=session).first()
    if sheet is None:
        raise ConflictError(
            "The attendance of this session is not counted yet. It is ready shortly after the end.",
            code="not_computed_yet",
        )
    return sheet
