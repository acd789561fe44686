"""Answers of a go-round that a client ticked to be kept: part of the day like a check-in, never a check-in (C8, A5, A7, A9)."""

from __future__ import annotations

from datetime import datetime, timedelta

from checkins.models import Alert, AlertAct, CheckIn, RoundAnswer
from checkins.rules import Level
from checkins.selectors.home import home_of
from checkins.services.missed import streaks
from groups.models import Client
from sessions_app.models import Session
from sessions_app.room.models import RoomState
from sessions_app.signals import checkin_shared
from tests.checkins.answers import NOW, send, send_days
from tests.factories import make_session
from tests.worlds import World


def shares(session: Session, who: Client, *, urge: int, mood: int = 7, now: datetime = NOW) -> None:
    """What the room tells inside the transaction of a kept answer."""
    facts = {"session_id": session.pk, "client_id": who.pk, "mood": mood, "urge": urge, "now": now}
    checkin_shared.send(sender=RoomState, **facts)


def test_the_higher_urge_of_a_day_counts_wherever_it_was_told(world: World) -> None:
    """With the calm check-ins alone an urge of 4 would be a rise."""
    session = make_session(world.group)
    send_days(world, world.ana, [0, 0, 0, 0, 0])
    for back in range(1, 6):
        shares(session, world.ana, urge=3, now=NOW - timedelta(days=back, hours=1))
    assert send(world, world.ana, urge=4).level is Level.NONE


def test_days_with_a_kept_answer_alone_make_up_ones_usual_too(world: World) -> None:
    session = make_session(world.group)
    for back in range(1, 6):
        shares(session, world.ana, urge=1, mood=8, now=NOW - timedelta(days=back))
    assert not Alert.objects.exists()
    done = send(world, world.ana, urge=5, mood=5)
    assert done.alert is not None
    assert {reason["code"] for reason in done.alert.reasons} == {"urge_rise", "mood_drop"}


def test_answers_of_today_of_others_and_of_long_ago_are_no_usual(world: World) -> None:
    session = make_session(world.group)
    for back in (0, 15, 16, 17, 18, 19):
        shares(session, world.ana, urge=0, now=NOW - timedelta(days=back))
    for back in range(1, 6):
        shares(session, world.ben, urge=0, now=NOW - timedelta(days=back))
    assert send(world, world.ana, urge=5).level is Level.NONE


def test_it_raises_the_one_alert_of_the_day_higher(world: World) -> None:
    session = make_session(world.group)
    send(world, world.ana, urge=6)
    shares(session, world.ana, urge=9, mood=1, now=NOW + timedelta(hours=1))
    alert = Alert.objects.get()
    assert (alert.level, {reason["code"] for reason in alert.reasons}) == (
        "orange", {"urge_elevated", "urge_high", "mood_low"},
    )  # fmt: skip
    assert list(AlertAct.objects.order_by("at").values_list("kind", flat=True)) == ["raised", "level_raised"]


def test_it_is_not_a_check_in_so_the_question_of_safety_stays_due(world: World) -> None:
    session = make_session(world.group)
    send(world, world.ana, now=NOW - timedelta(days=3))
    for back in (0, 1, 2):
        shares(session, world.ana, urge=2, now=NOW - timedelta(days=back))
    assert RoundAnswer.objects.count() == 3
    assert CheckIn.objects.count() == 1
    assert home_of(world.actor(world.ana), world.ana, now=NOW).checkin is None
    missed = {streak.client_id: streak.days for streak in streaks(world.program, NOW)}
    assert missed[world.ana.pk] == 2
