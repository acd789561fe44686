"""Reading a log into a draft: looked at by a person before anything of it counts."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from sessions_app.attendance.imports.rules.contents import Contents
from sessions_app.attendance.imports.rules.contents import written as as_json
from sessions_app.attendance.imports.rules.lines import FileRefusedError, ParsedLog, Vendor
from sessions_app.attendance.imports.rules.reading import parse
from sessions_app.attendance.imports.rules.stays import digest_of
from sessions_app.attendance.imports.rules.zoom_csv import Written
from sessions_app.attendance.imports.selectors import preview
from sessions_app.attendance.imports.services.locking import lock_open_session
from sessions_app.models import AttendanceImport, Session
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import ConflictError

# More unknown people than this is no group of ours, and no page that anybody could answer.
MOST_UNKNOWN = 120


def start_import(
    *, actor: Actor, session: Session, vendor: Vendor, raw: bytes, written: Written, now: datetime
) -> AttendanceImport:
    """Reads a log and keeps it as a draft, sealed; the same log again is the same draft. The file is not kept.

    Raises FileRefusedError, NotAllowedError, ConflictError (`already_imported`, `not_held`, `not_computed_yet`).
    """
    log = parse(vendor, raw, written)
    with transaction.atomic():
        return _start(actor, session, log, now)


def _start(actor: Actor, session: Session, log: ParsedLog, now: datetime) -> AttendanceImport:
    locked = lock_open_session(actor, session)
    _refuse_crowd(locked, log)
    digest = digest_of(log.lines)
    found = _same(locked, digest)
    if found is not None:
        return found
    row = AttendanceImport(
        program_id=locked.program_id, session=locked, vendor=log.vendor.value, digest=digest,
        content=as_json(Contents(log)), lines=len(log.lines), bad_lines=len(log.bad),
        created_by_id=actor.person_id, created_at=now,
    )  # fmt: skip
    row.save(force_insert=True)
    audit.record(
        actor=actor, action="attendance.import_started", program_id=locked.program_id, subject=locked,
        details={"import": str(row.pk), "vendor": row.vendor, "lines": row.lines, "bad_lines": row.bad_lines},
    )  # fmt: skip
    return row


def _same(session: Session, digest: str) -> AttendanceImport | None:
    """The draft of the same log; ConflictError if it counts already."""
    rows = AttendanceImport.objects.filter(session=session, digest=digest, status__in=["draft", "accepted"])
    found = rows.first()
    if found is not None and found.status == AttendanceImport.Status.ACCEPTED:
        raise ConflictError("This log is counted already. Nothing is counted twice.", code="already_imported")
    return found


def _refuse_crowd(session: Session, log: ParsedLog) -> None:
    if len(preview(session, log).asked) > MOST_UNKNOWN:
        raise FileRefusedError(
            f"More than {MOST_UNKNOWN} people whom nothing identifies. Export this one session alone.",
            code="too_many_unknown",
        )
