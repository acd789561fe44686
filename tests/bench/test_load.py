"""The load generator's own parts: frames, marks, /proc; against bytes as servers send them."""

from __future__ import annotations

import asyncio
import json
import os

import pytest

from bench.load.dialects import SocketIo, Tutorial, Vio, mark_of, number_of, read_mark
from bench.load.wire import Wire, text_frame
from bench.usage import cpu_seconds, parse_stat, resident_kb


def server_frame(payload: bytes) -> bytes:
    """As a server sends it: not masked."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65536:
        return bytes((0x81, 126)) + size.to_bytes(2, "big") + payload
    return bytes((0x81, 127)) + size.to_bytes(8, "big") + payload


@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_frames_are_found_however_the_bytes_arrive(step: int) -> None:
    async def run() -> list[bytes]:
        heard: list[bytes] = []
        wire = Wire(0, 0, b"", lambda _, payload: heard.append(payload))
        stream = b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + b"".join(server_frame(b"x" * n) for n in SIZES)
        for begin in range(0, len(stream), step):
            wire.data_received(stream[begin : begin + step])
        return heard

    assert [len(payload) for payload in asyncio.run(run())] == SIZES


SIZES = [0, 1, 125, 126, 65_535, 65_536, 3]


def test_a_refused_handshake_is_a_failure() -> None:
    async def run() -> BaseException | None:
        wire = Wire(0, 0, b"", lambda *_: None)
        wire.data_received(b"HTTP/1.1 403 Access denied\r\n\r\n")
        return wire.ready.exception()

    assert "403" in str(asyncio.run(run()))


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_our_frames_are_masked_and_tell_their_length(size: int) -> None:
    frame = text_frame(b"x" * size)
    assert frame[0] == 0x81
    assert frame[1] & 0x80
    assert frame.endswith(b"\0\0\0\0" + b"x" * size)


def test_a_mark_is_read_back_and_nothing_else_is_taken_for_one() -> None:
    found = read_mark(b'{"text":"' + mark_of(7).encode() + b' hello"}')
    assert found is not None
    assert found[0] == 7
    assert read_mark(b'{"text":"about ~ five"}') is None


@pytest.mark.parametrize("dialect", [Vio, SocketIo, Tutorial])
def test_what_is_said_carries_its_mark_and_is_about_120_bytes(
    dialect: type[Vio | SocketIo | Tutorial],
) -> None:
    sent: list[bytes] = []

    class Ear:
        def send(self, payload: bytes) -> None:
            sent.append(payload)

    dialect(lambda *_: None).say(Ear(), 3)  # type: ignore[arg-type]  # all a dialect asks of a wire is to send
    assert 115 <= len(sent[0]) <= 130
    mark = read_mark(sent[0])
    assert mark is not None
    assert mark[0] == 3
    body = sent[0].removeprefix(b"42")
    assert json.loads(body)


def test_the_number_of_an_event_is_found() -> None:
    assert number_of(b'{"audience":"room","number":1234,"type":"chat.sent"}') == 1234


def test_a_process_name_may_hold_anything() -> None:
    stat = parse_stat("12 (a) b) (c) S 7 1 1 0 -1 0 1 2 3 4 50 60 70 80 20 0 1 0")
    assert (stat.parent, stat.own, stat.ended) == (7, 110, 150)


def test_our_own_cost_is_more_than_nothing() -> None:
    assert cpu_seconds(os.getpid()) > 0
    assert resident_kb(os.getpid()) > 1_000
