"""Ten people at once, each scrolling at ten images a second, half of them in JPEG 2000, while one more has much made ready."""

import threading
import time
from typing import Any

from benchmarks.clients import Stream
from benchmarks.figures import Figure, at_least, at_most, median, p95, told
from benchmarks.processes import processor_seconds
from benchmarks.served import READERS, Served, served

PER_SECOND = 10
SECONDS = 6
P95_MS = 60.0
# A reader who has to wait for an answer is late with the next wish.
LEAST_PER_SECOND = 0.97 * PER_SECOND


def run() -> list[Figure]:
    house = served()
    delays: dict[int, list[float]] = {}
    rates: dict[int, float] = {}
    failed: list[BaseException] = []

    def read(reader: int) -> None:
        began = time.perf_counter()
        try:
            delays[reader] = _reading(house, reader)
        except Exception as error:  # noqa: BLE001 - told to whoever started the threads
            failed.append(error)
        rates[reader] = PER_SECOND * SECONDS / (time.perf_counter() - began)

    hungry = Stream(house.port, house.cookie)
    hungry.send(
        {
            "kind": "prefetch",
            "viewport": "hungry",
            "study": house.study,
            "images": [[image.sop_instance_uid, image.frame_number] for image in house.ct.images],
            "level": 0,
        }
    )
    cpu = processor_seconds(house.process_id)
    threads = [threading.Thread(target=read, args=(reader,)) for reader in range(READERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cpu = processor_seconds(house.process_id) - cpu
    hungry.close()
    if failed:
        raise failed[0]
    name = f"{READERS} readers at {PER_SECOND} images a second"
    everything = [delay for each in delays.values() for delay in each]
    return [
        told(f"{name}: p50", median(everything), "ms"),
        told(f"{name}: p95", p95(everything), "ms"),
        at_most(f"{name}: p95 of the worst off", max(map(p95, delays.values())), "ms", P95_MS),
        at_least(f"{name}: images of the slowest", min(rates.values()), "1/s", LEAST_PER_SECOND),
        told(f"{name}: processor time of the server per image", 1000 * cpu / len(everything), "ms"),
    ]


def _reading(house: Served, reader: int) -> list[float]:
    """Milliseconds from each wish of one reader to its image; every other reads the study in JPEG 2000."""
    stream = Stream(house.port, house.reader_cookies[reader])
    series = house.compressed if reader % 2 else house.ct
    taken = []
    began = time.perf_counter() + reader / READERS / PER_SECOND
    for number in range(PER_SECOND * SECONDS):
        time.sleep(max(0.0, began + number / PER_SECOND - time.perf_counter()))
        image = series.images[(30 * reader + number) % len(series.images)]
        asked = time.perf_counter()
        stream.ask(wish(series.study_instance_uid, image.sop_instance_uid, number))
        taken.append((time.perf_counter() - asked) * 1000)
    stream.close()
    return taken


def wish(study_instance_uid: str, sop_instance_uid: str, number: int) -> dict[str, Any]:
    """What a viewport asks for while a hand scrolls."""
    return {
        "kind": "tile",
        "seq": number,
        "viewport": "a",
        "generation": number,
        "study": study_instance_uid,
        "sop": sop_instance_uid,
        "frame": 1,
        "level": 0,
        "row": -1,
        "column": -1,
        "window": None,
        "invert": False,
        "encoding": "jpeg",
        "quality": 85,
    }
