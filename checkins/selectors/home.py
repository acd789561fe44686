"""What a client's home shows: tonight, today's check-in, what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from checkins.models import CheckIn
from groups.models import Client, SeatOffer
from groups.waiting import offers_to
from sessions_app.access import sessions_for
from sessions_app.coming.selectors import notice_of
from sessions_app.models import ArrivalNotice, Session
from sessions_app.room.door.fallback import Fallback, fallback_of
from sessions_app.selectors import client_sessions
from vio.common.actors import Actor
from vio.common.permissions import Permission


@dataclass(frozen=True)
class Tonight:
    """The next session of today, from when its lobby lets people in, and another way to meet when the room fails."""

    session: Session
    opens_at: datetime
    can_join: bool
    fallback: Fallback | None = None
    notice: ArrivalNotice | None = None  # what the client said about coming


@dataclass(frozen=True)
class Home:
    """A client's home page."""

    client: Client
    tonight: Tonight | None
    next_sessions: list[Session]
    called_off: list[Session]  # today and in the days shown; nobody is expected
    checkin: CheckIn | None  # today's latest
    last_checkin: CheckIn | None  # the latest before today
    offers: list[SeatOffer]  # places that are free for them


def home_of(actor: Actor, client: Client, *, now: datetime) -> Home:
    """Everything on the page but the week, in a handful of queries."""
    coming = upcoming(actor, client, now=now)
    today = now.astimezone(client.program.zone).date()
    first = coming[0] if coming and coming[0].local_date == today else None
    latest = list(CheckIn.objects.filter(client=client).order_by("-at")[:1])
    newest = latest[0] if latest else None
    is_today = newest is not None and newest.local_date == today
    return Home(
        client=client,
        tonight=_tonight(first, client, now) if first else None,
        next_sessions=coming[1:5] if first else coming[:4],
        called_off=called_off(client, today),
        checkin=newest if is_today else None,
        last_checkin=None if is_today else newest,
        offers=offers_to(client, now=now),
    )


def called_off(client: Client, today: date, *, days: int = 14) -> list[Session]:
    """The client's sessions from today on that the program called off (R7), soonest first."""
    rows = client_sessions(client, today, today + timedelta(days=days)).filter(status="cancelled")
    return list(rows[:6])


def upcoming(actor: Actor, client: Client, *, now: datetime, days: int = 14) -> list[Session]:
    """The client's sessions that are not over, soonest first."""
    return list(
        sessions_for(actor, Permission.JOIN_ROOM, now=now)
        .filter(program=client.program_id, starts_at__lte=now + timedelta(days=days))
        .filter(Q(ends_at__gt=now) | Q(status="live"))
        .exclude(status__in=["cancelled", "ended"])
        .select_related("group")
        .order_by("starts_at")[:8]
    )


def _tonight(session: Session, client: Client, now: datetime) -> Tonight:
    opens_at = session.starts_at - timedelta(minutes=client.program.lobby_opens_minutes)
    can_join = session.status in {"open", "live"} or opens_at <= now
    return Tonight(session, opens_at, can_join, fallback_of(session), notice_of(session.pk, client.pk))
