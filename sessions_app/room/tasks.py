"""The room's Celery tasks: each a tick that asks the database what is due."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from sessions_app.room import clock, statements
from vio.common.steady import SteadyClock
from vio.common.tasks import system_task

# Proofs of life are measured by a clock that nobody sets; so is how old they are.
server_clock = SteadyClock()


@shared_task(name="sessions_app.room.open_due")
@system_task
def open_due() -> None:
    """Opens the waiting rooms that are due."""
    clock.open_due_rooms(now=timezone.now())


@shared_task(name="sessions_app.room.end_due")
@system_task
def end_due() -> None:
    """Ends the rooms that overran."""
    clock.end_due_rooms(now=timezone.now())


@shared_task(name="sessions_app.room.sweep_presence")
@system_task
def sweep_presence() -> None:
    """Closes presence that died (AT-4)."""
    clock.sweep_presence(now=server_clock.now())


@shared_task(name="sessions_app.room.forget_chat")
@system_task
def forget_chat() -> None:
    """Empties chat whose time of keeping is over."""
    clock.forget_chat(now=timezone.now())


@shared_task(name="sessions_app.room.forget_access_changes")
@system_task
def forget_access_changes() -> None:
    """Forgets notes of changed rights that every process has long seen."""
    statements.forget_access_changes(now=timezone.now())


@shared_task(name="sessions_app.room.tick_due")
@system_task
def tick_due() -> None:
    """Does what is due inside rooms, wherever their people are connected."""
    clock.tick_due(now=server_clock.now())
