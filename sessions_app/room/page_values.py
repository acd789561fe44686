"""What the room's pages are drawn from: times as the scripts need them, and the sheet of one client."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from groups.models import Client, EmergencyContact
from sessions_app.models import DoorConfirmation, Session
from sessions_app.room.door.selectors import confirmed, licensed_states
from sessions_app.selectors import expected_clients
from sessions_app.staffing.leaders import hosts_of

MISSING_AFTER = timedelta(minutes=15)
"""From the scheduled start on, an expected client who never came is shown as missing (F1)."""


@dataclass(frozen=True)
class EveningPlan:
    """The evening's plan for the scripts: instants as ISO text, breaks as JSON lists of [start, end]."""

    now: str
    starts_at: str
    ends_at: str
    missing_at: str
    planned_breaks: str
    taken_breaks: str
    grace_seconds: int


@dataclass(frozen=True)
class PersonSheet:
    """Where one client is tonight, how to reach them, and whom to call for them."""

    client: Client
    tonight: DoorConfirmation | None
    licensed: bool
    contacts: Sequence[EmergencyContact]


def opens_at(session: Session) -> datetime:
    """When the waiting room opens by itself."""
    return session.starts_at - timedelta(minutes=session.program.lobby_opens_minutes)


def plan_of(session: Session, *, now: datetime) -> EveningPlan:
    """The evening's plan, as known at `now`."""
    rows = list(session.breaks.filter(Q(planned_start__isnull=False) | Q(taken_start__isnull=False)))
    planned = [(row.planned_start, row.planned_end) for row in rows if row.planned_start]
    taken = [(row.taken_start, row.taken_end) for row in rows if row.taken_start]
    return EveningPlan(
        now=now.isoformat(),
        starts_at=session.starts_at.isoformat(),
        ends_at=session.ends_at.isoformat(),
        missing_at=(session.starts_at + MISSING_AFTER).isoformat(),
        planned_breaks=_as_json(planned),
        taken_breaks=_as_json(taken),
        grace_seconds=session.program.reconnect_grace_seconds,
    )


def roster_of(session: Session) -> list[dict[str, str]]:
    """Everybody expected, for the facilitators' eyes: shown before the room has seen them."""
    return [
        {"id": str(client.person_id), "name": client.peer_name, "staff_name": client.person.full_name}
        for client in expected_clients(session)
    ]


def host_words(session: Session) -> str:
    """Who lets people in tonight, as clients know them: "Noah F. or Maya T."."""
    names = [each.person.short_name for each in hosts_of(session)]
    return " or ".join(names) or "Your facilitator"


def sheet_of(session: Session, client: Client) -> PersonSheet:
    """The sheet of one client of this session."""
    tonight = confirmed(session.pk, client.pk)
    licensed = tonight is None or tonight.state in licensed_states(session)
    return PersonSheet(client, tonight, licensed, list(client.emergency_contacts.order_by("pk")))


def _as_json(pairs: Sequence[tuple[datetime | None, datetime | None]]) -> str:
    return json.dumps([[at.isoformat() if at else None for at in pair] for pair in sorted(pairs, key=str)])
