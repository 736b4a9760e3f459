"""Two readers who scroll at ten images a second, alone and while a CT of 300 slices arrives from a browser: viewing gives way nothing."""

import threading
import time
from collections.abc import Callable

from benchmarks import studies
from benchmarks.bench_readers import PER_SECOND, wish
from benchmarks.clients import Stream
from benchmarks.figures import Figure, at_most, median, p95, told
from benchmarks.sending import open_upload_page, send_form
from benchmarks.served import Served, served

READERS = 2
SECONDS = 4.0
P95_MS = 60.0
_FILES_PER_REQUEST = 40


def run() -> list[Figure]:
    house = served()
    slices = studies.another(list(studies.raw()), "arriving")
    alone = _read_while(house, lambda: time.sleep(SECONDS))
    open_upload_page(house.port, house.cookie)
    began = time.perf_counter()
    beside = _read_while(house, lambda: _arrive(house, slices))
    seconds = time.perf_counter() - began
    name = f"{READERS} readers at {PER_SECOND} images a second"
    return [
        told(f"{name}, alone: p50", median(alone), "ms"),
        told(f"{name}, alone: p95", p95(alone), "ms"),
        told(f"{name}, while 300 slices arrive: p50", median(beside), "ms"),
        at_most(f"{name}, while 300 slices arrive: p95", p95(beside), "ms", P95_MS),
        told("300 raw CT slices, browser, beside two readers", len(slices) / seconds, "/s"),
    ]


def _arrive(house: Served, slices: list[bytes]) -> None:
    for first in range(0, len(slices), _FILES_PER_REQUEST):
        files = slices[first : first + _FILES_PER_REQUEST]
        if send_form(house.port, house.cookie, files) != len(files):
            raise RuntimeError("Not all were stored.")


def _read_while(house: Served, goes_on: Callable[[], None]) -> list[float]:
    """Milliseconds from each wish of all readers to its image, while something else goes on."""
    is_over = threading.Event()
    delays: list[float] = []
    failed: list[BaseException] = []

    def read(reader: int) -> None:
        try:
            delays.extend(_reading(house, reader, is_over))
        except Exception as error:  # noqa: BLE001 - told to whoever started the threads
            failed.append(error)

    threads = [threading.Thread(target=read, args=(reader,)) for reader in range(READERS)]
    for thread in threads:
        thread.start()
    try:
        goes_on()
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
    if failed:
        raise failed[0]
    return delays


def _reading(house: Served, reader: int, is_over: threading.Event) -> list[float]:
    stream = Stream(house.port, house.cookie)
    taken: list[float] = []
    due = time.perf_counter() + reader / READERS / PER_SECOND
    while not is_over.is_set():
        time.sleep(max(0.0, due - time.perf_counter()))
        due += 1 / PER_SECOND
        number = len(taken)
        image = house.ct.images[(150 * reader + number) % len(house.ct.images)]
        asked = time.perf_counter()
        stream.ask(wish(house.study, image.sop_instance_uid, number))
        taken.append((time.perf_counter() - asked) * 1000)
    stream.close()
    return taken
