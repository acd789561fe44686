"""Accepting an excuse, before the session or after it: a no_show becomes excused, nothing else changes (R7)."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from groups.models import Client
from sessions_app.attendance.corrections import checked_reason
from sessions_app.attendance.gather import expected_clients
from sessions_app.attendance.records import latest
from sessions_app.attendance.rules import Status
from sessions_app.attendance.services.correcting import require_open
from sessions_app.attendance.services.finalising import refresh_session
from sessions_app.attendance.services.locking import lock_session
from sessions_app.models import AttendanceRecord, AttendanceSheet, Excuse, Session
from sessions_app.signals import attendance_changed
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import ConflictError, NotFoundError
from vio.common.permissions import Permission


def excuse_client(
    *, actor: Actor, session: Session, client: Client, reason: str, now: datetime,
    right: Permission = Permission.CORRECT_ATTENDANCE,
) -> Excuse:  # fmt: skip
    """Records the excuse and, after the session, computes again. Raises ConflictError with the explanation.

    `right` is the permission it is done by, where the caller has decided that another one than correcting is enough.
    """
    actor.require(right, session.program_id)
    why = checked_reason(reason)
    try:
        with transaction.atomic():
            return _excuse(actor=actor, session=session, client=client, reason=why, now=now)
    except IntegrityError as error:
        raise ConflictError("This client is excused already.", code="already_excused") from error


def _excuse(*, actor: Actor, session: Session, client: Client, reason: str, now: datetime) -> Excuse:
    locked = lock_session(session.pk)
    _check_excusable(actor, locked, client)
    excuse = Excuse(
        program_id=locked.program_id, session=locked, client=client, reason=reason,
        accepted_by_id=actor.person_id, accepted_at=now,
    )  # fmt: skip
    excuse.save(force_insert=True)
    audit.record(
        actor=actor, action="attendance.excuse_accepted", program_id=locked.program_id, subject=locked,
        client_id=client.pk,
    )  # fmt: skip
    if not refresh_session(session_id=locked.pk, now=now, actor=actor, cause="excused"):
        # Before the session: no record changes, but the week's seats to come do.
        attendance_changed.send(
            sender=Excuse, program_id=locked.program_id, session_id=locked.pk, client_ids=[client.pk],
            local_dates=[locked.local_date], cause="excused", now=now,
        )  # fmt: skip
    return excuse


def _check_excusable(actor: Actor, session: Session, client: Client) -> None:
    sheet = AttendanceSheet.objects.filter(session=session).first()
    record = latest(session).filter(client=client).first()
    if record is None and client.pk not in expected_clients(session):
        raise NotFoundError
    if sheet is not None:
        require_open(sheet, actor)
    if record is not None:
        _check_record(record, signed=sheet is not None and sheet.attested_at is not None)


def _check_record(record: AttendanceRecord, *, signed: bool) -> None:
    if record.status != Status.NO_SHOW:
        raise ConflictError(
            "Only a missed session can be excused; this client was there, is excused or it was called off.",
            code="nothing_to_excuse",
        )
    if signed or record.source == "corrected":
        raise ConflictError(
            "This line was set by hand or signed. Correct it to “excused” with a reason.",
            code="correct_instead",
        )
