"""A session that is live now for each group of the demo, so that whoever looks finds an open room at any hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max

from groups.models import Group
from sessions_app.models import Session
from sessions_app.room import clock
from sessions_app.services.scheduling import cancel_session, plan_session
from vio.common.actors import Actor

TITLE = "Open evening group"
BEFORE, AFTER = timedelta(minutes=2), timedelta(minutes=118)
WORTH_JOINING = timedelta(minutes=20)
OPEN_STATES = (Session.Status.SCHEDULED, Session.Status.OPEN, Session.Status.LIVE)


@dataclass(frozen=True)
class Live:
    """A session people can join now, and whether this call made it."""

    session: Session
    made: bool


def ensure_live(group: Group, *, actor: Actor, now: datetime) -> Live:
    """The group's session that can be joined now: tonight's regular one if it is near, else one of its own, made anew.

    The waiting room is open when this returns. One made earlier that nobody ever started is called off when its time
    is over, so that it counts against nobody.
    """
    _call_off_unused(group, actor, now)
    found = _joinable(group, now)
    if found is not None:
        clock.open_room(found, now=now)
        return Live(found, made=False)
    made = _make(group, actor, now)
    clock.open_room(made, now=now)
    return Live(made, made=True)


def _open(group: Group) -> list[Session]:
    rows = Session.objects.filter(group=group, status__in=OPEN_STATES).select_related("group", "program")
    return list(rows.order_by("starts_at"))


def _call_off_unused(group: Group, actor: Actor, now: datetime) -> None:
    for session in _open(group):
        if session.series_id is None and session.started_at is None and session.ends_at <= now:
            cancel_session(actor=actor, session=session, now=now)


def _joinable(group: Group, now: datetime) -> Session | None:
    """One that runs, or begins so soon that another before it would not be worth while."""
    for session in _open(group):
        running = session.starts_at <= now < session.ends_at
        soon = now < session.starts_at < now + WORTH_JOINING
        if running or soon:
            return session
    return None


def _make(group: Group, actor: Actor, now: datetime) -> Session:
    starts_at, ends_at = free_time(group, now)
    return plan_session(
        actor=actor, group=group, title=TITLE, service_type=group.service_type, starts_at=starts_at,
        minutes=max(1, round((ends_at - starts_at).total_seconds() / 60)), now=now,
    )  # fmt: skip


def free_time(group: Group, now: datetime) -> tuple[datetime, datetime]:
    """From two minutes ago, or the end of the last meeting, to 118 minutes from now, or the next meeting."""
    meetings = Session.objects.filter(group=group).exclude(status=Session.Status.CANCELLED)
    last_end = meetings.filter(ended_at__lte=now).aggregate(last=Max("ended_at"))["last"]
    following = meetings.filter(status__in=OPEN_STATES, starts_at__gt=now).order_by("starts_at").first()
    starts_at = now - BEFORE if last_end is None else max(now - BEFORE, last_end)
    ends_at = now + AFTER if following is None else min(now + AFTER, following.starts_at)
    return starts_at, ends_at
