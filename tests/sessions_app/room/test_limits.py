"""WS-4: how much one person may say."""

from __future__ import annotations

import pytest

from sessions_app.room.limits import BAD_FRAMES, Bucket, Limits


@pytest.mark.parametrize(
    ("kind", "burst", "rate"),
    [("commands", 20, 10), ("chat", 5, 1), ("signals", 200, 50), ("frames", 220, 60)],
)
def test_burst_and_rate(kind: str, burst: int, rate: int) -> None:
    bucket: Bucket = getattr(Limits(), kind)
    assert sum(bucket.take(100.0) for _ in range(burst + 50)) == burst
    assert sum(bucket.take(101.0) for _ in range(burst + 50)) == rate
    assert sum(bucket.take(10_000.0) for _ in range(burst + 50)) == burst


def test_chat_counts_as_a_command_too() -> None:
    limits = Limits()
    assert sum(limits.allows("commands", 1.0) for _ in range(20)) == 20
    assert not limits.allows("chat", 1.0)


def test_over_for_ten_seconds_on_end_is_cut_off() -> None:
    limits = Limits()
    for tenth in range(95):
        limits.note_over(tenth / 10)
        assert not limits.exhausted(tenth / 10)
    limits.note_over(10.0)
    assert limits.exhausted(10.0)


def test_quiet_in_between_begins_a_new_count() -> None:
    limits = Limits()
    limits.note_over(0.0)
    limits.note_over(5.0)
    limits.note_over(10.5)
    assert not limits.exhausted(10.5)


def test_ten_bad_frames_within_a_minute() -> None:
    limits = Limits()
    for number in range(BAD_FRAMES - 1):
        limits.note_bad(float(number))
    assert not limits.exhausted(9.0)
    limits.note_bad(61.0)
    assert not limits.exhausted(61.0)
    limits.note_bad(61.5)
    limits.note_bad(61.6)
    assert limits.exhausted(61.6)
