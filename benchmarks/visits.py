"""Readers in Chromium: they open studies by a click, and use their hands; what the glass showed, and when, comes back."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from backend.access.sessions import COOKIE_NAME
from benchmarks.lines import Line, port_of
from benchmarks.served import served

_HANDS = (Path(__file__).parent / "hands.js").read_text("utf-8").partition("\n")[2]

# From the act, a click or a key, to the first paint of that study.
_WATCH = """
([study, act]) => {
  window.firstImage = new Promise((done) => {
    let acted = 0;
    addEventListener(act, () => { acted = performance.now(); }, { capture: true, once: true });
    const observer = new PerformanceObserver((list) => {
      const first = list.getEntries().find(({ name, detail }) =>
        name === 'pacscribe.paint' && detail.studyInstanceUid === study);
      if (first) { observer.disconnect(); done(first.startTime - acted); }
    });
    observer.observe({ entryTypes: ['mark'] });
  });
}
"""


# From the beginning of a page that was asked for by its address.
_ARRIVED = """
(study) => new Promise((done) => {
  new PerformanceObserver((list, observer) => {
    const first = list.getEntries().find(({ name, detail }) =>
      name === 'pacscribe.paint' && detail.studyInstanceUid === study);
    if (first) { observer.disconnect(); done(first.startTime); }
  }).observe({ type: 'mark', buffered: true });
})
"""


@dataclass(frozen=True)
class Seen:
    """What was painted while hands moved.

    Attributes:
        paints: Each with `at` (ms) and what the glass said of itself.
        inputs: When each move was made (ms).
        began: The first of them.
        ended: The last of them.
    """

    paints: list[dict[str, Any]]
    inputs: list[float]
    began: float
    ended: float

    @cached_property
    def during(self) -> list[dict[str, Any]]:
        """Paints while the hand still moved."""
        return [paint for paint in self.paints if paint["at"] <= self.ended]

    @property
    def per_second(self) -> float:
        """Images painted a second; what was painted twice counts once."""
        distinct = {(p["imageIndex"], p["windowCenter"], p["windowWidth"]) for p in self.during}
        return 1000 * len(distinct) / (self.ended - self.began)

    @property
    def frames_per_second(self) -> float:
        """Paints a second, also of the same image in another place."""
        return 1000 * len(self.during) / (self.ended - self.began)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser, without a graphics processor."""
    path = shutil.which("chromium")
    if path is None:
        raise RuntimeError("Chromium is not installed.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def worklist(browser: Browser, line: Line) -> Iterator[Page]:
    """A page of its own, signed in, with the worklist on it."""
    context = browser.new_context(
        base_url=f"http://localhost:{port_of(line)}", viewport={"width": 1440, "height": 900}
    )
    value = served().cookie.partition("=")[2]
    # Chromium counts localhost as safe, so that it sends the cookie without TLS as well.
    context.add_cookies([{"name": COOKIE_NAME, "value": value, "url": "https://localhost/"}])
    try:
        page = context.new_page()
        page.goto("/worklist")
        page.wait_for_selector("tr[data-study-instance-uid]")
        page.wait_for_timeout(1200)  # a reader looks before clicking
        yield page
    finally:
        context.close()


def click(page: Page, study: str) -> float:
    """Open a study of the worklist as a hand does; milliseconds from the click to its first image."""
    link = page.locator(f'tr[data-study-instance-uid="{study}"] a.study-link')
    link.hover()
    page.wait_for_timeout(150)  # from the sight of the right name to the click
    page.evaluate(_WATCH, [study, "click"])
    page.mouse.down()
    page.wait_for_timeout(70)
    page.mouse.up()
    return float(page.evaluate("window.firstImage"))


def enter(page: Page, study: str) -> float:
    """Open a study of the worklist by its row and Enter, with no pointer near; milliseconds from the key to its first image."""
    page.mouse.move(1, 1)
    page.locator(f'tr[data-study-instance-uid="{study}"] a.study-link').focus()
    page.wait_for_timeout(400)  # a reader sees which row it is
    page.evaluate(_WATCH, [study, "keydown"])
    page.keyboard.press("Enter")
    return float(page.evaluate("window.firstImage"))


def arrive(page: Page, study: str) -> float:
    """Open a study by its address, as from a link in a mail; milliseconds from leaving the page before to its first image."""
    page.goto(f"/viewer/{study}")
    return float(page.evaluate(_ARRIVED, study))


def back(page: Page) -> None:
    """To the worklist again."""
    page.go_back()
    page.wait_for_selector("tr[data-study-instance-uid]")
    page.wait_for_timeout(800)


def rest(page: Page) -> None:
    """Wait until the glass shows every pixel as it is, and for what is fetched ahead."""
    page.wait_for_selector("[data-testid=viewport][data-fidelity=lossless]")
    page.wait_for_timeout(1200)


def move(page: Page, kind: str, count: int) -> Seen:
    """Let a hand move: `drag` a window, `pan`, `zoom`, turn the `wheel`, or do `nothing`, so many times at 60/s."""
    return Seen(**page.evaluate(_HANDS, [kind, count]))


def glass(page: Page) -> dict[str, str]:
    """What the viewport says of itself."""
    found: dict[str, str] = page.evaluate(
        "({...document.querySelector('[data-testid=viewport]').dataset})"
    )
    return found
