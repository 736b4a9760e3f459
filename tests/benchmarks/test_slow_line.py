"""The line that the benchmarks measure on: nothing is lost on it, and what it takes follows from its length and width."""

import asyncio
import time

import pytest

from benchmarks.slow_line import BUFFER_BYTES, Way, line


def test_octets_arrive_after_the_way_and_one_after_the_other(monkeypatch: pytest.MonkeyPatch):
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    way = Way(delay_seconds=0.02, octets_per_second=1_000_000)
    assert way.arrival(50_000) == pytest.approx(100.07)
    assert way.arrival(50_000) == pytest.approx(100.12)
    now = 200.0
    assert way.arrival(50_000) == pytest.approx(200.07)


def test_a_line_without_a_width_is_only_long(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(time, "monotonic", lambda: 5.0)
    way = Way(delay_seconds=0.0025, octets_per_second=0)
    assert way.arrival(10**9) == pytest.approx(5.0025)


def test_what_goes_through_comes_out_whole_and_the_end_of_one_side_is_the_end_of_the_other():
    sent = bytes(range(256)) * (8 * BUFFER_BYTES // 256)

    async def story() -> bytes:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write((await reader.read())[::-1])
            await writer.drain()
            writer.close()

        far = await asyncio.start_server(answer, "127.0.0.1", 0)
        far_port = far.sockets[0].getsockname()[1]
        near = await asyncio.start_server(
            line(far_port, Way(0.001, 0), Way(0.001, 0)), "127.0.0.1", 0
        )
        reader, writer = await asyncio.open_connection(*near.sockets[0].getsockname()[:2])
        writer.write(sent)
        writer.write_eof()
        async with asyncio.timeout(20):
            received = await reader.read()
        writer.close()
        near.close()
        far.close()
        return received

    assert asyncio.run(story()) == sent[::-1]


def test_who_calls_where_nobody_answers_is_hung_up_on():
    async def story() -> bytes:
        nobody = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = nobody.sockets[0].getsockname()[1]
        nobody.close()
        await nobody.wait_closed()
        near = await asyncio.start_server(line(port, Way(0, 0), Way(0, 0)), "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*near.sockets[0].getsockname()[:2])
        async with asyncio.timeout(20):
            received = await reader.read()
        writer.close()
        near.close()
        return received

    assert asyncio.run(story()) == b""
