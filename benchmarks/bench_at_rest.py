"""Memory of a served PACScribe: at rest, and after much was looked at."""

import time

from benchmarks.clients import Http
from benchmarks.figures import Figure, at_most, told
from benchmarks.processes import megabytes
from benchmarks.served import served


def run() -> list[Figure]:
    house = served()
    time.sleep(3)
    figures = [at_most("Memory at rest, all processes", megabytes(house.process_id), "MB", 250.0)]
    http = Http(house.port, house.cookie)
    for image in house.ct.images:
        http.get(
            f"/api/v1/studies/{house.study}/instances/{image.sop_instance_uid}/frames/1/tile?level=0"
        )
    for level in (0, 1, 2, 3):
        http.get(
            f"/api/v1/studies/{house.mammogram_study}/instances/{house.mammogram_instance}"
            f"/frames/1/tile?level={level}"
        )
    http.close()
    figures.append(
        told("Memory after 300 slices and a mammogram", megabytes(house.process_id), "MB")
    )
    return figures
