"""What the follow-up wing is told about a client's risk (F2)."""

from __future__ import annotations

import pytest

from checkins.models import Alert
from sessions_app.signals import client_risk_asked
from tests.checkins.answers import red_alert, send
from tests.worlds import World


def ask(client_id: object) -> list[object]:
    return [answer for _, answer in client_risk_asked.send(sender=None, client_id=client_id)]


@pytest.mark.parametrize(
    ("status", "answer"), [("open", "high"), ("acknowledged", "high"), ("resolved", "standard")]
)
def test_an_unresolved_red_alert_is_high_risk(world: World, status: str, answer: str) -> None:
    red_alert(world, world.ana)
    Alert.objects.update(status=status)
    assert ask(world.ana.pk) == [answer]
    assert ask(world.ben.pk) == ["standard"]


def test_orange_is_not(world: World) -> None:
    send(world, world.ana, used="yes")
    assert ask(world.ana.pk) == ["standard"]
