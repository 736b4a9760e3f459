"""Ten readers at once, each scrolling at ten images a second, while another page has much to be made ready."""

import threading
import time
from typing import Any

from benchmarks.clients import Stream
from benchmarks.figures import Figure, at_most, median, p95, told
from benchmarks.processes import processor_seconds
from benchmarks.served import Served, served

READERS = 10
PER_SECOND = 10
SECONDS = 6
P95_MS = 60.0


def run() -> list[Figure]:
    house = served()
    delays: list[float] = []
    failed: list[BaseException] = []

    def read(reader: int) -> None:
        try:
            delays.extend(_reading(house, reader))
        except Exception as error:  # noqa: BLE001 - told to whoever started the threads
            failed.append(error)

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
    return [
        told(f"{name}: p50", median(delays), "ms"),
        at_most(f"{name}: p95", p95(delays), "ms", P95_MS),
        told(f"{name}: processor time of the server per image", 1000 * cpu / len(delays), "ms"),
    ]


def _reading(house: Served, reader: int) -> list[float]:
    """Milliseconds from each wish of one reader to its image."""
    stream = Stream(house.port, house.cookie)
    taken = []
    began = time.perf_counter() + reader / READERS / PER_SECOND
    for number in range(PER_SECOND * SECONDS):
        time.sleep(max(0.0, began + number / PER_SECOND - time.perf_counter()))
        image = house.ct.images[(30 * reader + number) % len(house.ct.images)]
        asked = time.perf_counter()
        stream.ask(wish(house, image.sop_instance_uid, number))
        taken.append((time.perf_counter() - asked) * 1000)
    stream.close()
    return taken


def wish(house: Served, sop_instance_uid: str, number: int) -> dict[str, Any]:
    """What a viewport asks for while a hand scrolls."""
    return {
        "kind": "tile",
        "seq": number,
        "viewport": "a",
        "generation": number,
        "study": house.study,
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
