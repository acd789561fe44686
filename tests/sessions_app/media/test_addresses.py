"""AZ-7: which signals tell where a browser is."""

from __future__ import annotations

import pytest

from sessions_app.room.commands import Signal
from sessions_app.room.media.addresses import reveals_address

HOST = "candidate:1 1 udp 2122260223 192.168.1.7 50000 typ host generation 0"
REFLEXIVE = "candidate:2 1 udp 1686052607 203.0.113.9 50000 typ srflx raddr 192.168.1.7 rport 50000"
RELAY = "candidate:3 1 udp 41885439 198.51.100.2 49170 typ relay raddr 0.0.0.0 rport 0 generation 0"
LEAKING_RELAY = "candidate:3 1 udp 41885439 198.51.100.2 49170 typ relay raddr 203.0.113.9 rport 50000"
SDP = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n"


@pytest.mark.parametrize(
    ("candidate", "reveals"),
    [
        (HOST, True),
        (REFLEXIVE, True),
        (RELAY, False),
        (LEAKING_RELAY, True),
        ("candidate:nonsense", True),
        ("candidate:4 1 udp 1 198.51.100.2 49170 typ", True),
    ],
)
def test_a_candidate_is_a_relays_or_reveals(candidate: str, reveals: bool) -> None:
    assert reveals_address(Signal(kind="candidate", candidate=candidate, mid="0", line=0)) is reveals
    assert reveals_address(Signal(kind="offer", sdp=f"{SDP}a={candidate}\r\n")) is reveals


def test_a_description_without_candidates_and_other_signals_reveal_nothing() -> None:
    assert not reveals_address(Signal(kind="answer", sdp=SDP))
    assert not reveals_address(Signal(kind="bye"))


def test_one_bad_line_among_good_ones_reveals() -> None:
    assert reveals_address(Signal(kind="offer", sdp=f"{SDP}a={RELAY}\r\na={HOST}\r\n"))
