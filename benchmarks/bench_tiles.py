"""Tiles over HTTP and over the socket, beside the bare call and a ten-line app, and a mammogram fitted to the screen."""

import itertools
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.clients import Http, Stream
from benchmarks.figures import Figure, at_least, at_most, median, milliseconds, p95, told
from benchmarks.served import Served, free_port, run_beside, served
from benchmarks.ten_lines import bare

ROUNDS = 8
CALLS = 50
CONNECTIONS = 8
SECONDS = 1.0
_windows = itertools.count()


def run() -> list[Figure]:
    house = served()
    ten_lines_port = _ten_lines(house)
    figures = _latencies(house, ten_lines_port)
    figures += _throughputs(house, ten_lines_port)
    figures += _mammogram(house)
    figures += _opening(house)
    return figures


def _latencies(house: Served, ten_lines_port: int) -> list[Figure]:
    """All four ways in turn, so that whatever else the machine does meets them alike."""
    http, stream, ten_lines = (
        Http(house.port, house.cookie),
        Stream(house.port, house.cookie),
        Http(ten_lines_port),
    )
    ways: dict[str, Callable[[int], object]] = {
        "bare": lambda _: bare(house.ct_stored_values, 1024 + _fresh_center(), 400.0),
        "http": lambda _: http.get(_path(house)),
        "stream": lambda number: stream.ask(_wish(house, number)),
        "ten lines": lambda _: ten_lines.get(_ten_lines_path()),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for each in range(ROUNDS + 1):
        for name, way in ways.items():
            measured = milliseconds(way, CALLS)
            if each:  # the first round warms everything up
                taken[name] += measured
    for connection in (http, stream, ten_lines):
        connection.close()
    limit = 3 * median(taken["bare"])
    return [
        told("CT tile 512x512, bare numpy and Pillow, p50", median(taken["bare"]), "ms"),
        told("CT tile, ten-line app over HTTP, p50", median(taken["ten lines"]), "ms"),
        at_most("CT tile over HTTP, warm, p50", median(taken["http"]), "ms", limit),
        told("CT tile over HTTP, warm, p95", p95(taken["http"]), "ms"),
        at_most("CT tile over WebSocket, warm, p50", median(taken["stream"]), "ms", limit),
        told("CT tile over WebSocket, warm, p95", p95(taken["stream"]), "ms"),
    ]


def _throughputs(house: Served, ten_lines_port: int) -> list[Figure]:
    per_second: dict[str, list[float]] = {"http": [], "stream": [], "ten lines": []}
    for _ in range(3):
        per_second["ten lines"].append(
            _rate(lambda: Http(ten_lines_port), lambda c, _: c.get(_ten_lines_path()))
        )
        per_second["http"].append(
            _rate(lambda: Http(house.port, house.cookie), lambda c, _: c.get(_path(house)))
        )
        per_second["stream"].append(
            _rate(lambda: Stream(house.port, house.cookie), lambda c, n: c.ask(_wish(house, n)))
        )
    best = median(per_second["ten lines"])
    return [
        told(f"CT tiles, ten-line app, {CONNECTIONS} connections", best, "per s"),
        at_least(
            f"CT tiles over HTTP, {CONNECTIONS} connections",
            median(per_second["http"]),
            "per s",
            0.7 * best,
        ),
        at_least(
            f"CT tiles over WebSocket, {CONNECTIONS} connections",
            median(per_second["stream"]),
            "per s",
            0.7 * best,
        ),
    ]


def _rate(connect: Callable[[], object], ask: Callable[..., object]) -> float:
    """Answers per second of several connections, each with one request under way."""
    answered = [0] * CONNECTIONS
    failed: list[BaseException] = []
    until = time.perf_counter() + SECONDS

    def work(place: int) -> None:
        try:
            connection = connect()
            while time.perf_counter() < until:
                ask(connection, answered[place])
                answered[place] += 1
            connection.close()  # type: ignore[attr-defined]
        except Exception as error:  # noqa: BLE001 - told to whoever started the threads
            failed.append(error)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(CONNECTIONS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return sum(answered) / (time.perf_counter() - began)


def _mammogram(house: Served) -> list[Figure]:
    """A 4096x3328 image fitted to a screen of 1024 rows: level 2, the window dragged."""
    stream = Stream(house.port, house.cookie)
    wish = {
        "kind": "tile",
        "viewport": "m",
        "study": house.mammogram_study,
        "sop": house.mammogram_instance,
        "frame": 1,
        "level": 2,
        "row": -1,
        "column": -1,
        "encoding": "jpeg",
        "quality": 85,
    }
    began = time.perf_counter()
    stream.ask({**wish, "seq": 0, "generation": 0})
    cold = (time.perf_counter() - began) * 1000
    server, whole = [], []
    for number in range(1, 81):
        began = time.perf_counter()
        window = [8000 + 10 * number, 9000, "linear"]
        header, _ = stream.ask({**wish, "seq": number, "generation": number, "window": window})
        whole.append((time.perf_counter() - began) * 1000)
        server.append(header["render_ms"])
    stream.close()
    return [
        told("4096x3328 fitted, first time", cold, "ms"),
        at_most("4096x3328 fitted, warm, server time, p50", median(server), "ms", 5.0),
        told("4096x3328 fitted, warm, whole trip, p50", median(whole), "ms"),
    ]


def _opening(house: Served) -> list[Figure]:
    http = Http(house.port, house.cookie)
    path = f"/api/v1/studies/{house.study}/series/{house.ct.series_instance_uid}"
    first, second = milliseconds(lambda _: http.get(path), 2)
    scrolled = milliseconds(
        lambda number: http.get(
            _path(house).replace(house.ct_instance, house.ct.images[number].sop_instance_uid)
        ),
        len(house.ct.images),
    )
    http.close()
    count = len(house.ct.images)
    return [
        told(f"Describe a series of {count}, first time", first, "ms"),
        told(f"Describe a series of {count}, again", second, "ms"),
        told("CT slice from the encrypted store to the browser, cold, p50", median(scrolled), "ms"),
        told(f"Import of {count} CT slices", count / house.import_seconds, "per s"),
    ]


def _fresh_center() -> float:
    """A window that nobody has asked for before, as each move of a drag has: no table that was made for it is kept."""
    return 20 + next(_windows) / 256


def _path(house: Served) -> str:
    return (
        f"/api/v1/studies/{house.study}/instances/{house.ct_instance}/frames/1/tile"
        f"?level=0&row=-1&column=-1&window={_fresh_center()},400,linear&invert=0&encoding=jpeg&quality=85"
    )


def _wish(house: Served, number: int) -> dict[str, object]:
    return {
        "kind": "tile",
        "seq": number,
        "viewport": "a",
        "generation": number,
        "study": house.study,
        "sop": house.ct_instance,
        "frame": 1,
        "level": 0,
        "row": -1,
        "column": -1,
        "window": [_fresh_center(), 400, "linear"],
        "invert": False,
        "encoding": "jpeg",
        "quality": 85,
    }


def _ten_lines_path() -> str:
    return f"/tile?window={1024 + _fresh_center()},400"


def _ten_lines(house: Served) -> int:
    handle, path = tempfile.mkstemp(suffix=".npy", dir=house.log.parent)
    os.close(handle)
    np.save(path, house.ct_stored_values)
    port = free_port()
    run_beside(
        [
            str(Path(sys.executable).parent / "granian"),
            "--interface", "asgi", "--workers", "1", "--port", str(port),
            "--log-level", "critical", "benchmarks.ten_lines:app",
        ],
        port,
        {"BENCH_FRAME": path},
    )  # fmt: skip
    return port
