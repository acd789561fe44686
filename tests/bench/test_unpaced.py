"""Saturation is measured without what one person may say in a time, and with everything else."""

from __future__ import annotations

from bench.unpaced import unlimited
from sessions_app.room.limits import Limits


def test_lifted_limits_are_asked_and_never_say_no() -> None:
    lifted, usual = Limits(), Limits()
    unlimited(lifted)
    assert all(lifted.frames.take(0.0) and lifted.allows("chat", 0.0) for _ in range(5_000))
    assert not lifted.exhausted(60.0)
    assert not all(usual.allows("chat", 0.0) for _ in range(10))
    assert lifted.handshakes.rate == usual.handshakes.rate
