"""A miss ends the second the client appears (F1)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F

from sessions_app.attendance.rules import Status
from sessions_app.followup.misses import judge_again, withdraw_miss
from sessions_app.followup.services import RUNNING
from sessions_app.models import AttendanceRecord, FollowUp
from sessions_app.signals import attendance_changed, clients_appeared, evidence_withdrawn
from vio.common.actors import system_actor
from vio.common.scope import every_program


def end_misses(
    sender: object, session_id: UUID, client_ids: Collection[UUID], now: datetime, **kwargs: Any
) -> None:
    """Withdraws the running misses of these clients in this session, if there are any."""
    with every_program():
        running = FollowUp.objects.filter(session=session_id, client__in=client_ids, status__in=RUNNING)
        for client_id in running.values_list("client_id", flat=True):
            withdraw_miss(
                actor=system_actor("room"),
                session_id=session_id,
                client_id=client_id,
                because="appeared",
                now=now,
            )


def end_excused_misses(
    sender: object, session_id: UUID, client_ids: Collection[UUID], cause: str, now: datetime, **kwargs: Any
) -> None:
    """An accepted excuse ends the miss."""
    if cause != "excused":
        return
    for client_id in client_ids:
        withdraw_miss(
            actor=system_actor("attendance"),
            session_id=session_id,
            client_id=client_id,
            because="excused",
            now=now,
        )


def end_called_off_misses(
    sender: object, session_id: UUID, client_ids: Collection[UUID], cause: str, now: datetime, **kwargs: Any
) -> None:
    """A group that was called off, or never really held (C2), counts against nobody: its misses end (FL-2)."""
    if cause not in {"finalised", "recomputed"}:
        return
    misses = FollowUp.objects.filter(session=session_id, client__in=client_ids, status__in=RUNNING)
    for task in misses.filter(
        session__attendance__client=F("client"), session__attendance__status="cancelled"
    ):
        withdraw_miss(
            actor=system_actor("attendance"),
            session_id=session_id,
            client_id=task.client_id,
            because="called_off",
            now=now,
        )


def reopen_misses(
    sender: object, session_id: UUID, client_ids: Collection[UUID], now: datetime, **kwargs: Any
) -> None:
    """A log was taken back, and with it the proof that these clients were there: who has missed now is missed again."""
    records = AttendanceRecord.objects.filter(session=session_id, client__in=client_ids)
    newest = records.order_by("client_id", "-version").distinct("client_id")
    absent = [record.client_id for record in newest if record.status == Status.NO_SHOW]
    if absent:
        judge_again(actor=system_actor("attendance"), session_id=session_id, client_ids=absent, now=now)


def connect() -> None:
    """Called once when Django starts."""
    clients_appeared.connect(end_misses, dispatch_uid="followup.end_misses")
    attendance_changed.connect(end_excused_misses, dispatch_uid="followup.end_excused_misses")
    attendance_changed.connect(end_called_off_misses, dispatch_uid="followup.end_called_off_misses")
    evidence_withdrawn.connect(reopen_misses, dispatch_uid="followup.reopen_misses")
