"""Make-up seats: a client whose week falls short takes an open seat of another group, and may give it back.

What is offered is what the forecast offers: same track, room left, no clash with their own groups, inside the episode,
not begun (C12). Taking it is decided again under the locks of the chart and the group, so two people cannot have the last seat.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from groups.models import Client, Membership
from groups.selectors import members_on, no_contacts_in
from groups.services.meeting_times import hold_meeting_times
from groups.services.memberships import give_back_visit, take_visit
from sessions_app.hours.reading import WeekReading, read_week
from sessions_app.hours.seats import Planned
from sessions_app.hours.services import compute_client_weeks
from sessions_app.models import Session
from vio.common.actors import Actor
from vio.common.errors import ConflictError
from vio.common.localtime import WeekStart, week_of
from vio.common.realtime import ring_on_commit

_GONE = "This seat is not open any more. The list shows what is open now."


@dataclass(frozen=True)
class MakeUp:
    """What a client's week offers: seats that would help (each beside how many seats the plan needs), seats taken."""

    open_seats: tuple[tuple[Planned, int], ...]
    taken: tuple[Planned, ...]


def make_up_seats(reading: WeekReading) -> MakeUp:
    """The seats of the forecast's plans, the plan with the fewest seats first; and the visits still to come."""
    needed: dict[str, int] = {}
    for plan in sorted(reading.outlook.fixes, key=len):
        for seat in plan:
            needed.setdefault(seat.key, len(plan))
    by_key = {str(planned.session_id): planned for planned in reading.open}
    seats = [(by_key[key], size) for key, size in needed.items() if key in by_key]
    return MakeUp(
        tuple(sorted(seats, key=lambda row: (row[1], row[0].time.start))),
        tuple(seat for seat in reading.booked if seat.visit),
    )


@transaction.atomic
def take_seat(*, actor: Actor, client: Client, session_id: UUID, now: datetime) -> Session:
    """Gives the acting client the seat, tells the desk, and computes their week again.

    Raises ConflictError `seat_gone` for a seat that is not offered to them (any more), `group_full` when somebody was faster.
    """
    hold_meeting_times(client.program_id)
    session = Session.objects.select_related("group", "program").filter(
        pk=session_id, program=client.program_id
    ).first()  # fmt: skip
    if session is None or not _offered(client, session, now):
        raise ConflictError(_GONE, code="seat_gone")
    _keep_apart(client, session)
    take_visit(actor=actor, group=session.group, client=client, on=session.local_date, now=now)
    _tell(session, client, now)
    return session


@transaction.atomic
def give_seat_back(*, actor: Actor, client: Client, session_id: UUID, now: datetime) -> Session:
    """Takes the visit back before the group begins. Raises ConflictError when it is not theirs or has begun."""
    session = Session.objects.select_related("group", "program").filter(
        pk=session_id, program=client.program_id
    ).first()  # fmt: skip
    place = None if session is None else Membership.objects.select_related("client", "program").filter(
        client=client, group=session.group_id, starts_on=session.local_date, is_visit=True
    ).first()  # fmt: skip
    if session is None or place is None or session.starts_at <= now:
        raise ConflictError("This seat cannot be given back any more.", code="seat_gone")
    give_back_visit(actor=actor, membership=place, now=now)
    _tell(session, client, now)
    return session


def _keep_apart(client: Client, session: Session) -> None:
    """Who is kept apart from somebody of that evening gets the same words as for any seat that is gone: they learn nothing."""
    there = {place.client_id for place in members_on(session.group, session.local_date)}
    if any(client.pk in {pair.first_id, pair.second_id} for pair in no_contacts_in({*there, client.pk})):
        raise ConflictError(_GONE, code="seat_gone")


def _offered(client: Client, session: Session, now: datetime) -> bool:
    week = week_of(session.local_date, WeekStart(client.program.week_start))
    reading = read_week(client, week, now=now)
    return reading is not None and any(
        seat.session_id == session.pk for seat, _ in make_up_seats(reading).open_seats
    )


def _tell(session: Session, client: Client, now: datetime) -> None:
    compute_client_weeks(program=session.program, clients=[client.pk], days=[session.local_date], now=now)
    ring_on_commit(f"desk:{session.program_id}", {"kind": "session", "id": str(session.pk)})
