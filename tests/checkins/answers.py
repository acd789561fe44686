"""Check-ins for tests: a quiet evening unless a test says otherwise, sent through the service."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from checkins.models import Alert
from checkins.services.checkins import Submission, submit_checkin
from groups.models import Client
from tests.worlds import World

# Monday evening in New York: 17:00 there.
NOW = datetime(2026, 4, 13, 21, 0, tzinfo=UTC)
CALM: dict[str, object] = {"mood": 7, "urge": 2, "used": "no", "safety": "no"}


def send(
    world: World, who: Client, *, now: datetime = NOW, key: uuid.UUID | None = None, **given: object
) -> Submission:
    """One check-in of a client; `given` replaces the answers of a quiet evening."""
    return submit_checkin(
        actor=world.actor(who), submission_id=key or uuid.uuid4(), answers={**CALM, **given}, now=now
    )


def send_days(world: World, who: Client, urges: list[int], moods: list[int] | None = None) -> None:
    """One check-in on each of the days before NOW, the last value yesterday's."""
    for back, urge in enumerate(reversed(urges), 1):
        mood = list(reversed(moods))[back - 1] if moods else 7
        send(world, who, now=NOW - timedelta(days=back), urge=urge, mood=mood)


def red_alert(world: World, who: Client, *, now: datetime = NOW) -> Alert:
    """A red alert, raised as it is in life."""
    alert = send(world, who, now=now, safety="yes").alert
    assert alert is not None
    return alert
