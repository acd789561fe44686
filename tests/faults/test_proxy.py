"""The proxy does to a connection what it says, and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from random import Random

import pytest
import pytest_asyncio

from faults.proxy import Wire

pytestmark = pytest.mark.asyncio(loop_scope="session")
Talk = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Echo:
    """A server that says everything back, and remembers what it heard."""

    def __init__(self) -> None:
        self.heard = b""
        self.ended = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(100):
                self.heard += data
                writer.write(data)
                await writer.drain()
        self.ended.set()
        writer.close()


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest_asyncio.fixture(loop_scope="session")
async def wire(echo: Echo) -> AsyncIterator[Wire]:
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    made = await Wire(int(server.sockets[0].getsockname()[1])).open()
    yield made
    await made.close()
    server.close()


async def talk(wire: Wire) -> Talk:
    return await asyncio.open_connection("127.0.0.1", wire.port)


async def says(to: Talk, text: bytes, seconds: float = 3.0) -> bytes | None:
    """What comes back; None when nothing does in time."""
    to[1].write(text)
    return await hears(to, len(text), seconds)


async def hears(to: Talk, size: int, seconds: float) -> bytes | None:
    try:
        async with asyncio.timeout(seconds):
            return await to[0].readexactly(size)
    except TimeoutError:
        return None


async def test_it_passes_everything_both_ways(wire: Wire) -> None:
    line = await talk(wire)
    assert await says(line, b"hello" * 5000) == b"hello" * 5000
    assert wire.connections == 1


async def test_a_cut_ends_both_ends(wire: Wire, echo: Echo) -> None:
    line = await talk(wire)
    await says(line, b"a")
    wire.cut()
    async with asyncio.timeout(3):
        assert await line[0].read() == b""
        await echo.ended.wait()
        while wire.connections:  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(0.01)


async def test_a_reset_is_felt_as_one(wire: Wire) -> None:
    line = await talk(wire)
    await says(line, b"a")
    wire.reset()
    with pytest.raises(ConnectionResetError):
        async with asyncio.timeout(3):
            await line[0].read()


async def test_a_black_hole_takes_everything_and_gives_it_back_when_mended(wire: Wire, echo: Echo) -> None:
    line = await talk(wire)
    wire.black_hole()
    assert await says(line, b"lost?", 0.2) is None
    assert echo.heard == b""
    other = await talk(wire)
    assert await says(other, b"x", 0.2) is None
    wire.mend()
    assert await hears(line, 5, 3) == b"lost?"


async def test_what_lies_in_a_hole_is_lost_when_its_sender_goes(wire: Wire, echo: Echo) -> None:
    line = await talk(wire)
    await says(line, b"a")
    wire.black_hole()
    assert await says(line, b"b", 0.2) is None
    line[1].transport.abort()
    await asyncio.sleep(0.1)
    wire.mend()
    async with asyncio.timeout(3):
        await echo.ended.wait()
    assert echo.heard == b"a"


async def test_one_way_only(wire: Wire, echo: Echo) -> None:
    line = await talk(wire)
    wire.deaf()
    assert await says(line, b"up", 0.2) is None
    assert echo.heard == b"up"
    wire.mend()
    assert await hears(line, 2, 3) == b"up"
    wire.dumb()
    assert await says(line, b"again", 0.2) is None
    assert echo.heard == b"up"


async def test_slow_and_narrow_take_their_time(wire: Wire) -> None:
    line = await talk(wire)
    wire.slow(0.1)
    began = time.monotonic()
    assert await says(line, b"a") == b"a"
    assert time.monotonic() - began >= 0.2
    wire.mend()
    wire.narrow(1000)
    began = time.monotonic()
    assert await says(line, b"x" * 300) == b"x" * 300
    assert time.monotonic() - began >= 0.3


async def test_the_cut_comes_inside_a_frame(wire: Wire) -> None:
    line = await talk(wire)
    await says(line, b"a")
    wire.cut_inside(3)
    line[1].write(b"12345678")
    got = b""
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(3):
            while piece := await line[0].read(10):
                got += piece
    assert got in {b"", b"1", b"12", b"123"}  # a reset may overtake what was sent before it


async def test_an_unsteady_way_resets_by_chance_and_loses_the_piece(wire: Wire, echo: Echo) -> None:
    wire.unsteady(1.0, Random(1))
    line = await talk(wire)
    line[1].write(b"lost")
    with pytest.raises(ConnectionResetError):
        async with asyncio.timeout(3):
            await line[0].read()
    assert (echo.heard, wire.resets) == (b"", 1)
    wire.mend()
    assert await says(await talk(wire), b"again") == b"again"


async def test_two_in_a_hundred_are_two_in_a_hundred(wire: Wire) -> None:
    """Each piece up and each piece down counts; a new connection is made after every reset."""
    wire.unsteady(0.02, Random(7))
    pieces, line = 0, await talk(wire)
    for _ in range(500):
        pieces += 2
        line[1].write(b"x")
        try:
            assert await hears(line, 1, 3) == b"x"
        except (ConnectionError, asyncio.IncompleteReadError):
            line = await talk(wire)
    assert 0.5 * 0.02 * pieces < wire.resets < 2 * 0.02 * pieces


async def test_nobody_gets_in_while_it_refuses(wire: Wire) -> None:
    wire.refusing = True
    line = await talk(wire)
    async with asyncio.timeout(3):
        assert await line[0].read() == b""
    wire.mend()
    assert await says(await talk(wire), b"b") == b"b"
