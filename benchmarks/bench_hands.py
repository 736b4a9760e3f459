"""What a reader's hands feel: the wheel, dragging the window, moving and zooming a large image, a film; on fast and slow lines."""

from collections.abc import Sequence

from playwright.sync_api import Browser

from benchmarks.figures import Figure, at_least, at_most, median, p95, told
from benchmarks.lines import LOOPBACK, NEAR, SLOW, Line
from benchmarks.processes import processor_seconds
from benchmarks.served import served
from benchmarks.studies import FILM_MS
from benchmarks.visits import Seen, chromium, click, glass, move, rest, worklist

IMAGES = 100
READINGS = 5
DRAG_MOVES = 180
DRAGGED_PER_SECOND = {LOOPBACK: 55.0, SLOW: 40.0}
DRAG_P95_MS = 25.0
WHEEL_PER_SECOND = 55.0


def run() -> list[Figure]:
    house = served()
    figures: list[Figure] = []
    with chromium() as browser:
        for line in (LOOPBACK, NEAR, SLOW):
            figures += _wheel(browser, line, "CT", house.study)
            figures += _wheel(browser, line, "CT in JPEG 2000", house.compressed_study)
            figures += _window(browser, line, "CT", house.study)
            figures += _window(browser, line, "mammogram", house.mammogram_study)
            figures += _large(browser, line, house.mammogram_study)
            figures += _film(browser, line, house.film_study)
    return figures


def _wheel(browser: Browser, line: Line, kind: str, study: str) -> list[Figure]:
    """The wheel at 60/s through 100 of 300 images: just after opening, and once the study has been there for a while.

    The middle of five readings: sixty turns and sixty pictures a second run side by side unlocked, so that now and
    then two turns fall between two pictures of the screen, whatever the viewer does.
    """
    early, late, cpu = zip(*[_wheeled(browser, line, study) for _ in range(READINGS)], strict=True)
    name = f"Wheel at 60/s, {kind}, {line.name}"
    rates = [each.per_second for each in early]
    return [
        at_least(f"{name}, just opened: images a second", median(rates), "1/s", WHEEL_PER_SECOND),
        told(f"{name}, just opened, the very first time: images a second", rates[0], "1/s"),
        told(f"{name}, just opened: distinct of {IMAGES}", median([_distinct(each) for each in early]), ""),
        at_least(
            f"{name}, settled: distinct of {IMAGES}",
            median([_distinct(each) for each in late]), "", 100.0 if line == LOOPBACK else 92.0,
        ),
        told(f"{name}, settled: input to paint, p50", median([median(_scroll_delays(each)) for each in late]), "ms"),
        told(f"{name}, settled: input to paint, p95", median([p95(_scroll_delays(each)) for each in late]), "ms"),
        told(f"{name}, settled: processor time of the server per image", median(cpu), "ms"),
    ]  # fmt: skip


def _wheeled(browser: Browser, line: Line, study: str) -> tuple[Seen, Seen, float]:
    with worklist(browser, line) as page:
        click(page, study)
        early = move(page, "wheel", IMAGES)
        page.locator("[data-testid=viewport] .viewport-canvas").focus()
        page.keyboard.press("Home")
        page.wait_for_selector("[data-testid=viewport][data-image-index='1']")
        rest(page)
        cpu = processor_seconds(served().process_id)
        late = move(page, "wheel", IMAGES)
        cpu = processor_seconds(served().process_id) - cpu
        end = glass(page)["imageIndex"]
    if end != str(IMAGES + 1):
        raise RuntimeError(f"The wheel ended at image {end} and not at {IMAGES + 1}.")
    return early, late, 1000 * cpu / IMAGES


def _distinct(seen: Seen) -> float:
    return float(len({paint["imageIndex"] for paint in seen.paints} - {1}))


def _scroll_delays(seen: Seen) -> Sequence[float]:
    first = {}
    for paint in seen.paints:
        first.setdefault(paint["imageIndex"], paint["at"])
    return [at - seen.inputs[index - 2] for index, at in first.items() if 2 <= index <= IMAGES + 1]


def _window(browser: Browser, line: Line, kind: str, study: str) -> list[Figure]:
    with worklist(browser, line) as page:
        click(page, study)
        rest(page)
        before = glass(page)
        cpu = processor_seconds(served().process_id)
        seen = move(page, "drag", DRAG_MOVES)
        cpu = processor_seconds(served().process_id) - cpu
    center, width = float(before["windowCenter"]), float(before["windowWidth"])
    delays = []
    for paint in seen.paints:
        at = round((float(paint["windowCenter"]) - center) / (width / 256))
        if 1 <= at <= len(seen.inputs) and paint["at"] <= seen.ended + 200:
            delays.append(paint["at"] - seen.inputs[at - 1])
    name = f"Window drag, {kind}, {line.name}"
    rate, tail = f"{name}: images a second", f"{name}: input to paint, p95"
    floor = 40.0 if kind == "mammogram" else DRAGGED_PER_SECOND.get(line)
    is_limited = line == LOOPBACK and kind == "CT"
    return [
        at_least(rate, seen.per_second, "1/s", floor) if floor else told(rate, seen.per_second, "1/s"),
        told(f"{name}: input to paint, p50", median(delays), "ms"),
        at_most(tail, p95(delays), "ms", DRAG_P95_MS) if is_limited else told(tail, p95(delays), "ms"),
        told(f"{name}: processor time of the server per image", 1000 * cpu / max(1, len(seen.during)), "ms"),
    ]  # fmt: skip


def _large(browser: Browser, line: Line, study: str) -> list[Figure]:
    """A large image zoomed in and out, then moved about at one to one."""
    with worklist(browser, line) as page:
        click(page, study)
        rest(page)
        zoomed = move(page, "zoom", 120)
        rest(page)
        page.locator("[data-testid=viewport] .viewport-canvas").focus()
        page.keyboard.press("o")
        page.wait_for_selector("[data-testid=viewport][data-zoom='1']")
        rest(page)
        cpu = processor_seconds(served().process_id)
        moved = move(page, "pan", 180)
        cpu = processor_seconds(served().process_id) - cpu
        page.wait_for_selector("[data-testid=viewport][data-fidelity=lossless]")
    sharp = [paint for paint in moved.during if paint["fidelity"] != "preview"]
    name = f"Mammogram, {line.name}"
    return [
        at_least(f"{name}, zoom: paints a second", zoomed.frames_per_second, "1/s", 50.0),
        at_least(f"{name}, moved at one to one: paints a second", moved.frames_per_second, "1/s", 50.0),
        told(f"{name}, moved: all tiles there while it moves", 100 * len(sharp) / max(1, len(moved.during)), "%"),
        told(f"{name}, moved: processor time of the server per paint", 1000 * cpu / max(1, len(moved.during)), "ms"),
    ]  # fmt: skip


def _film(browser: Browser, line: Line, study: str) -> list[Figure]:
    with worklist(browser, line) as page:
        click(page, study)
        rest(page)
        page.locator("[data-testid=viewport] .viewport-canvas").focus()
        page.keyboard.press("c")
        page.wait_for_timeout(600)
        seen = move(page, "nothing", 180)
        page.keyboard.press("c")
    changes = sum(
        one["imageIndex"] != other["imageIndex"]
        for one, other in zip(seen.during, seen.during[1:], strict=False)
    )
    rate = 1000 * changes / (seen.ended - seen.began)
    return [
        at_least(f"Film of {1000 / FILM_MS:.0f}/s, {line.name}: images a second", rate, "1/s", 0.95 * 1000 / FILM_MS)
    ]  # fmt: skip
