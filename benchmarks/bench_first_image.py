"""From the act that opens a study to its first image: a raw CT, a CT in JPEG 2000, a mammogram; on loopback and slower lines."""

from playwright.sync_api import Browser

from benchmarks.figures import Figure, at_most, median, told
from benchmarks.lines import LOOPBACK, NEAR, SLOW, Line
from benchmarks.served import served
from benchmarks.visits import arrive, back, chromium, click, enter, worklist

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
            figures += _otherwise(browser, line, kinds)
    return figures


def _otherwise(browser: Browser, line: Line, kinds: dict[str, str]) -> list[Figure]:
    """Without a pointer that comes near before it clicks: by Enter in the list, and by an address that loads the page."""
    figures = []
    for kind, study in kinds.items():
        by_key, by_address = [], []
        for _ in range(_ROUNDS):
            with worklist(browser, line) as page:
                by_key.append(enter(page, study))
                page.wait_for_timeout(800)
                by_address.append(arrive(page, study))
        figures += [
            told(f"First image after Enter, {kind}, {line.name}", median(by_key), "ms"),
            told(
                f"First image by its address, page and all, {kind}, {line.name}",
                median(by_address),
                "ms",
            ),
        ]
    return figures
