"""A line that takes its time: a proxy on loopback that delays every octet, and lets only so many pass a second.

`python -m benchmarks.slow_line PORT TO_PORT ROUND_TRIP_MS MEGABITS` (0 megabits: as many as there are). WebSockets pass
like everything else. Each direction has half of the round trip and the whole rate, shared by all connections, and a
buffer as shallow as that of a real line: what does not fit waits at the sender, who feels it.
"""

import asyncio
import socket
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress

PIECE_BYTES = 16 * 1024
# What may lie in the line of one connection and direction, beside what is on its way for physics' sake.
BUFFER_BYTES = 128 * 1024


class Way:
    """One direction of the line.

    Args:
        delay_seconds: What every octet takes at least.
        octets_per_second: How many pass; 0 for as many as there are.
    """

    def __init__(self, delay_seconds: float, octets_per_second: float) -> None:
        self.delay_seconds = delay_seconds
        self._octets_per_second = octets_per_second
        self._free_at = 0.0
        self.octets = 0

    def arrival(self, octets: int) -> float:
        """When a piece that is sent now will have arrived (monotonic seconds)."""
        now = time.monotonic()
        self.octets += octets
        if self._octets_per_second:
            self._free_at = max(self._free_at, now) + octets / self._octets_per_second
            return self._free_at + self.delay_seconds
        return now + self.delay_seconds


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way) -> None:
    """Bring what one side sends to the other, late."""
    on_the_way: deque[tuple[float, bytes]] = deque()
    news, room = asyncio.Event(), asyncio.Event()
    lying = 0

    async def deliver() -> None:
        nonlocal lying
        while True:
            while on_the_way:
                arrival, piece = on_the_way[0]
                wait = arrival - time.monotonic()
                if wait > 0:
                    await asyncio.sleep(wait)
                on_the_way.popleft()
                lying -= len(piece)
                room.set()
                if not piece:
                    writer.write_eof()
                    return
                writer.write(piece)
                await writer.drain()
            news.clear()
            await news.wait()

    delivery = asyncio.create_task(deliver())
    delivery.add_done_callback(lambda _: room.set())
    try:
        with suppress(ConnectionError):
            while piece := await reader.read(PIECE_BYTES):
                on_the_way.append((way.arrival(len(piece)), piece))
                lying += len(piece)
                news.set()
                while lying > BUFFER_BYTES and not delivery.done():
                    room.clear()
                    await room.wait()
        on_the_way.append((way.arrival(0), b""))
        news.set()
        with suppress(ConnectionError, OSError):
            await delivery
    finally:
        delivery.cancel()


def line(to_port: int, up: Way, down: Way) -> Callable[..., Awaitable[None]]:
    """What to do with a connection."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _no_delay(writer)
        # To shake hands takes a round trip as well.
        await asyncio.sleep(up.delay_seconds + down.delay_seconds)
        there = socket.socket()
        there.setblocking(False)
        # The server shall feel the line, not the megabytes that a loopback would hold for it.
        there.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        try:
            await asyncio.get_running_loop().sock_connect(there, ("127.0.0.1", to_port))
            far_reader, far_writer = await asyncio.open_connection(
                sock=there, limit=2 * PIECE_BYTES
            )
        except OSError:
            there.close()
            writer.close()
            return
        _no_delay(far_writer)
        try:
            await asyncio.gather(carry(reader, far_writer, up), carry(far_reader, writer, down))
        finally:
            for each in (writer, far_writer):
                each.close()

    return connected


def _no_delay(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


async def main(port: int, to_port: int, round_trip_ms: float, megabits: float) -> None:
    """Serve the line until the process ends."""
    delay, rate = round_trip_ms / 2000, megabits * 1e6 / 8
    connected = line(to_port, Way(delay, rate), Way(delay, rate))
    server = await asyncio.start_server(connected, "127.0.0.1", port, limit=2 * PIECE_BYTES)
    await server.serve_forever()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), *map(float, sys.argv[3:5])))
