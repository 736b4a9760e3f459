"""What a whole reading costs: octets over a slow line, and the memory of the browser's tab after much was looked at."""

from playwright.sync_api import Browser, Page

from benchmarks.figures import Figure, at_most, told
from benchmarks.lines import LOOPBACK, SLOW
from benchmarks.processes import MEBIBYTE, proportional_bytes
from benchmarks.served import served
from benchmarks.visits import back, chromium, click, move, rest, worklist

READING_MEGABYTES = 10.0
TAB_MEGABYTES = 200.0


def run() -> list[Figure]:
    with chromium() as browser:
        return [*_octets(browser), *_memory(browser)]


def _octets(browser: Browser) -> list[Figure]:
    """Open a CT, scroll through 100 images, drag the window for two seconds, rest."""
    octets = 0

    def count(payload: str | bytes) -> None:
        nonlocal octets
        octets += len(payload)

    with worklist(browser, SLOW) as page:
        # The socket is open already; a page made anew opens one that is counted.
        page.on("websocket", lambda socket: socket.on("framereceived", count))
        page.reload()
        page.wait_for_selector("tr[data-study-instance-uid]")
        page.wait_for_timeout(1200)
        octets = 0
        click(page, served().study)
        rest(page)
        move(page, "wheel", 100)
        rest(page)
        move(page, "drag", 120)
        rest(page)
    return [
        at_most("One reading over a slow line: sent", octets / 1e6, "MB", READING_MEGABYTES),
    ]


def _memory(browser: Browser) -> list[Figure]:
    """The largest tab after a CT of 300 images, a mammogram at one to one and a film."""
    house = served()
    with worklist(browser, LOOPBACK) as page:
        at_first = _tab_megabytes(browser)
        most = 0.0
        for study, kind, count in (
            (house.study, "wheel", 299),
            (house.mammogram_study, "pan", 120),
            (house.film_study, "wheel", 119),
            (house.compressed_study, "wheel", 299),
        ):
            click(page, study)
            rest(page)
            if kind == "pan":
                _one_to_one(page)
            move(page, kind, count)
            most = max(most, _tab_megabytes(browser))
            back(page)
    return [
        told("Memory of the tab, worklist", at_first, "MB"),
        at_most("Memory of the tab, most of all series", most, "MB", TAB_MEGABYTES),
    ]


def _one_to_one(page: Page) -> None:
    page.locator("[data-testid=viewport] .viewport-canvas").focus()
    page.keyboard.press("o")
    page.wait_for_selector("[data-testid=viewport][data-zoom='1']")
    rest(page)


def _tab_megabytes(browser: Browser) -> float:
    """Memory of the largest process that shows pages, its part of what processes share included."""
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    return max(
        proportional_bytes(each["id"]) / MEBIBYTE
        for each in processes
        if each["type"] == "renderer"
    )
