"""Writes about programs: settings, levels of care, versions of the group agreement are in `agreements.py`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django.db import IntegrityError, transaction

from groups.models import LevelOfCare, Program, Series
from groups.rules import dose_problem, fingerprint
from groups.services.meeting_times import hold_meeting_times, lock_timetables
from groups.signals import timetable_changed, zone_changed
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError
from vio.common.permissions import Permission

SETTINGS = (
    "name",
    "timezone",
    "week_start",
    "help_line",
    "lobby_opens_minutes",
    "note_due_hours",
    "correction_window_hours",
    "chat_retention_hours",
    "reconnect_grace_seconds",
    "reminder_minutes",
    "quiet_from",
    "quiet_until",
    "offer_hours",
)
LEVEL_FIELDS = ("code", "name", "population", "weekly_minutes", "weekly_days", "is_active")


def seen(row: object, names: tuple[str, ...]) -> str:
    """The mark of a row's editable values; a form carries it, and saving asks whether it still fits."""
    return fingerprint({name: getattr(row, name) for name in names})


def require_unchanged(row: object, names: tuple[str, ...], mark: str | None) -> None:
    """Raises ConflictError when the row is not what the person saw; None skips the question (seed, API)."""
    if mark is not None and mark != seen(row, names):
        raise ConflictError(
            "Somebody else changed this while you were typing. Please look at what is saved now; "
            "what you typed is kept below.",
            code="changed_meanwhile",
        )


@transaction.atomic
def change_program(
    *, actor: Actor, program: Program, values: Mapping[str, Any], now: datetime, mark: str | None = None
) -> Program:
    """Changes the settings of a program (names of `SETTINGS`).

    A new time zone moves every session that has not begun, so that wall times stay (R1).
    """
    actor.require(Permission.MANAGE_PROGRAM, program.pk)
    if values.get("timezone", program.timezone) not in available_timezones():
        raise BadInputError(fields={"timezone": "Choose a time zone from the list."})
    hold_meeting_times(program.pk)
    row = Program.objects.select_for_update(no_key=True).get(pk=program.pk)
    require_unchanged(row, SETTINGS, mark)
    old = row.zone
    _set(row, values, SETTINGS)
    row.save()
    audit.record(actor=actor, action="program.changed", program_id=row.pk, subject=row)
    if row.zone != old:
        lock_timetables(row.pk)
        zone_changed.send(sender=Program, program=row, old=old, actor=actor, now=now)
        for series in Series.objects.filter(program=row).order_by("pk"):
            timetable_changed.send(sender=Series, series=series, actor=actor, now=now)
    return row


@transaction.atomic
def save_level(
    *, actor: Actor, program: Program, values: Mapping[str, Any], level: LevelOfCare | None = None,
    mark: str | None = None,
) -> LevelOfCare:  # fmt: skip
    """Adds a level of care, or changes one; weeks already prescribed keep their own dose."""
    actor.require(Permission.MANAGE_PROGRAM, program.pk)
    problem = dose_problem(int(values["weekly_minutes"]), int(values["weekly_days"]))
    if problem:
        raise BadInputError(fields={"weekly_minutes": problem})
    row = LevelOfCare(program=program)
    if level is not None:
        row = LevelOfCare.objects.select_for_update(no_key=True).get(pk=level.pk)
        require_unchanged(row, LEVEL_FIELDS, mark)
    _set(row, values, LEVEL_FIELDS)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        message = "This program has a level with that code already."
        raise ConflictError(message, code="level_exists", fields={"code": message}) from error
    audit.record(
        actor=actor,
        action="level.changed" if level else "level.added",
        program_id=program.pk,
        subject=row,
        details={"weekly_minutes": row.weekly_minutes, "weekly_days": row.weekly_days},
    )
    return row


def _set(row: object, values: Mapping[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        if name in values:
            setattr(row, name, values[name])
