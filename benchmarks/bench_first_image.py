"""From the click on a study to its first image: a raw CT, a CT in JPEG 2000, a mammogram; on loopback and on slower lines."""

from benchmarks.figures import Figure, at_most, median, told
from benchmarks.lines import LOOPBACK, NEAR, SLOW
from benchmarks.served import served
from benchmarks.visits import back, chromium, click, worklist

LIMITS_MS = {LOOPBACK: 150.0, NEAR: 250.0, SLOW: 250.0}
_ROUNDS = 3


def run() -> list[Figure]:
    house = served()
    kinds = {
        "CT": house.study,
        "CT in JPEG 2000": house.compressed_study,
        "mammogram": house.mammogram_study,
    }
    figures = []
    with chromium() as browser:
        for line, limit in LIMITS_MS.items():
            taken: dict[str, list[float]] = {kind: [] for kind in kinds}
            for _ in range(_ROUNDS):
                with worklist(browser, line) as page:
                    for kind, study in kinds.items():
                        taken[kind].append(click(page, study))
                        page.wait_for_timeout(800)
                        back(page)
            for kind, times in taken.items():
                name = f"First image after the click, {kind}, {line.name}"
                figures.append(at_most(name, median(times), "ms", limit))
                figures.append(told(f"{name}, the very first time", times[0], "ms"))
    return figures
