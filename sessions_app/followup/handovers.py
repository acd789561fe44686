"""Who had a follow-up: each change of hands with its reason, written where the owner changes, told on page and API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from groups.cover import handed_words
from sessions_app.models import FollowUp, Handover
from vio.common.actors import Actor


@dataclass(frozen=True)
class Told:
    """One change of hands, and its words for a person."""

    row: Handover
    words: str


def note_handover(
    actor: Actor, task: FollowUp, giver_id: UUID | None, *, because: str, now: datetime,
    away_until: datetime | None = None,
) -> Handover | None:  # fmt: skip
    """One line of who had it, in the caller's transaction; None where it stays with who has it."""
    if giver_id == task.owner_id:
        return None
    return Handover.objects.create(
        program_id=task.program_id, follow_up=task, at=now, because=because, by_id=actor.person_id,
        giver_id=giver_id, owner_id=task.owner_id, away_until=away_until,
    )  # fmt: skip


def handovers_of(task: FollowUp) -> list[Told]:
    """Every change of hands of a follow-up, oldest first; one query."""
    rows = task.handovers.select_related("by", "giver", "owner").order_by("at", "pk")
    return [Told(row, _words(row, task)) for row in rows]


def _words(row: Handover, task: FollowUp) -> str:
    if row.because in {"away", "left"} and row.giver is not None:
        left = row.because == "left"
        return handed_words(row.giver, row.owner, row.away_until, task.program.zone, left=left)
    owner = row.owner.full_name if row.owner else "nobody"
    giver = f" from {row.giver.full_name}" if row.giver else ""
    if row.by_id is None or row.by_id == row.owner_id:
        return f"Taken{giver} by {owner}."
    return f"Given{giver} to {owner} by {row.by.full_name if row.by else 'nobody'}."
