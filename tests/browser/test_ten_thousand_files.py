"""Ten thousand files dropped onto the upload page: it answers hands meanwhile, and neither it nor the server grows with them."""

import csv
import io
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.arrivals import tiny, write_files
from benchmarks.memory_watch import MemoryWatch
from benchmarks.processes import megabytes
from tests.browser.test_upload import count, dropped, opened
from tests.browser.visits import House, Visits
from tests.data_dirs import prepare_demo
from tests.endurance.counts import IS_WHOLE
from tests.memory import peak_bytes
from tests.served import DEMO_PASSWORD, serving
from tests.viewing_hospital import ct_slice

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not IS_WHOLE, reason="takes minutes: part of `make endurance`"),
]

FILES = 10_000
MOST_HEAP_BYTES = 64 << 20
MOST_RENDERER_BYTES = 512 << 20
MOST_SERVER_GROWTH_MB = 300.0
# Until the page has drawn what a key does; a person waits for more than this.
MOST_ANSWER_MS = 500
_WATCH_KEYS = """
() => {
    window.answers = [];
    new PerformanceObserver(list => {
        for (const each of list.getEntries()) window.answers.push(each.duration);
    }).observe({ type: "event", durationThreshold: 16 });
}
"""


def heap_bytes(page: Page) -> int:
    """What the page's script holds, once what it has let go of is gone."""
    tools = page.context.new_cdp_session(page)
    tools.send("HeapProfiler.collectGarbage")
    held = tools.send("Runtime.getHeapUsage")["usedSize"]
    tools.detach()
    return int(held)


def largest_renderer_bytes(browser: Browser) -> int:
    tools = browser.new_browser_cdp_session()
    processes = tools.send("SystemInfo.getProcessInfo")["processInfo"]
    tools.detach()
    return max(peak_bytes(each["id"]) for each in processes if each["type"] == "renderer")


def is_finished(page: Page) -> bool:
    heading = page.get_by_label("What became of it").get_by_role("status")
    return heading.inner_text() == "Finished"


def test_ten_thousand_files_are_dropped_and_the_page_answers_meanwhile(
    browser: Browser, tmp_path: Path
) -> None:
    folder = write_files(tmp_path / "disc", list(tiny(ct_slice(0, 1), FILES)))
    data_dir = tmp_path / "data"
    prepare_demo(data_dir, DEMO_PASSWORD)
    with serving(data_dir, "--demo", PACSCRIBE_DEMO_PASSWORD=DEMO_PASSWORD) as served:
        visits = Visits(browser, House(served, data_dir))
        page = opened(visits)
        page.evaluate(_WATCH_KEYS)
        idle_bytes, idle_mb = heap_bytes(page), megabytes(served.process.pid)
        first_sent: list[float] = []
        page.once("request", lambda _: first_sent.append(time.monotonic()))
        held = [0]
        keys = 0
        began = time.monotonic()
        with MemoryWatch(served.process.pid) as watch:
            dropped(page, folder)
            files = page.get_by_role("region", name="Files")
            expect(files).to_be_visible()
            while not is_finished(page):
                files.press("Home" if keys % 2 else "End")
                keys += 1
                held.append(heap_bytes(page) - idle_bytes)
                page.wait_for_timeout(1000)
        seconds = time.monotonic() - began
        answered_ms = max(page.evaluate("window.answers"))
        renderer_bytes = largest_renderer_bytes(browser)
        with page.expect_download() as download:
            page.get_by_role("button", name="Save the report").click()
        report = Path(download.value.path()).read_text("utf-8-sig")
        stored = count(page, "Stored")
        visits.close()
        assert visits.troubles == []
    grown_mb = watch.most_megabytes - idle_mb
    print(
        f"{FILES} files in {seconds:.0f} s, {FILES / seconds:.0f} a second, the first sent after {first_sent[0] - began:.1f} s;"
        f" the page held {max(held) >> 20} MiB more, its process {renderer_bytes >> 20} MiB;"
        f" the server grew by {grown_mb:.0f} MB; {keys} keys, each answered within {answered_ms:.0f} ms"
    )
    assert stored == FILES
    rows = list(csv.DictReader(io.StringIO(report)))
    assert {row["File"] for row in rows} == {f"disc/{path.name}" for path in folder.iterdir()}
    assert [row["Outcome"] for row in rows] == ["Stored"] * FILES
    assert keys > 5
    assert answered_ms < MOST_ANSWER_MS
    assert max(held) < MOST_HEAP_BYTES
    assert renderer_bytes < MOST_RENDERER_BYTES
    assert grown_mb < MOST_SERVER_GROWTH_MB
