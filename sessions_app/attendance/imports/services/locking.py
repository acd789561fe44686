"""What every write of an import begins with: the session's lock, an open sheet, the row as it is now."""

from __future__ import annotations

from uuid import UUID

from sessions_app.attendance.imports.models import ImportStatus
from sessions_app.attendance.services.correcting import require_open
from sessions_app.attendance.services.locking import lock_session, sheet_of
from sessions_app.models import AttendanceImport, Session
from vio.common.actors import Actor
from vio.common.errors import ConflictError, NotFoundError
from vio.common.permissions import Permission


def lock_open_session(actor: Actor, session: Session) -> Session:
    """The session, locked, if its sheet may be changed by this actor (R14).

    Raises NotAllowedError (also `sheet_signed`), ConflictError `not_held` or `not_computed_yet`.
    """
    actor.require(Permission.IMPORT_LOGS, session.program_id)
    locked = lock_session(session.pk)
    if locked.status == Session.Status.CANCELLED:
        raise ConflictError(
            "This session was called off. Correct a line if somebody was held after all.", code="not_held"
        )
    require_open(sheet_of(locked), actor)
    return locked


def lock_import(session: Session, import_id: UUID, *, status: ImportStatus) -> AttendanceImport:
    """The import, if it is where it has to be; the caller holds the session's lock.

    Raises NotFoundError, or ConflictError `import_decided`.
    """
    row = (
        AttendanceImport.objects.select_for_update(no_key=True).filter(session=session, pk=import_id).first()
    )
    if row is None:
        raise NotFoundError
    if row.status != status:
        raise ConflictError("This log was decided already. Open it again to see how.", code="import_decided")
    return row
