"""What a reader feels, in Chromium on loopback: the first image after the click, dragging the window, the wheel."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from backend.access.sessions import COOKIE_NAME
from benchmarks.figures import Figure, at_least, at_most, median, p95, told
from benchmarks.served import Served, served

FRAMES_PER_SECOND = 50.0
INPUT_TO_PAINT_MS = 25.0
FIRST_IMAGE_MS = 200.0
_CLICKS = 5
_DRAG_SECONDS = 4
_WHEEL_IMAGES = 100

# Moves the pointer at 60 Hz, or turns the wheel, and notes when, and what was painted when. The window's center goes
# up with every move, so that each painted center names the move it belongs to.
_HANDS = """
async ([kind, count]) => {
  const canvas = document.querySelector('[data-testid=viewport] canvas');
  const box = canvas.getBoundingClientRect();
  const x = box.left + box.width / 2, y = box.top + box.height / 2;
  const paints = [];
  const observer = new PerformanceObserver((list) => {
    for (const { name, startTime, detail } of list.getEntries()) {
      if (name === 'pacscribe.paint') paints.push({ at: startTime, ...detail });
    }
  });
  observer.observe({ entryTypes: ['mark'] });
  canvas.setPointerCapture = () => {};
  const point = (type, down, buttons) => canvas.dispatchEvent(new PointerEvent(type, {
    bubbles: true, cancelable: true, pointerId: 1, pointerType: 'mouse', buttons,
    button: type === 'pointermove' ? -1 : 0, clientX: x, clientY: y + down,
  }));
  const turn = () => canvas.dispatchEvent(new WheelEvent('wheel', { bubbles: true, cancelable: true, deltaY: 100 }));
  if (kind === 'drag') point('pointerdown', 0, 1);
  const inputs = [];
  const began = performance.now();
  await new Promise((done) => {
    const timer = setInterval(() => {
      while (inputs.length < count && performance.now() - began >= inputs.length * (1000 / 60)) {
        inputs.push(performance.now());
        if (kind === 'drag') point('pointermove', inputs.length, 1);
        else turn();
      }
      if (inputs.length >= count) { clearInterval(timer); done(); }
    }, 1);
  });
  const ended = performance.now();
  if (kind === 'drag') point('pointerup', count, 0);
  await new Promise((done) => setTimeout(done, 700));
  observer.disconnect();
  return { paints: paints.filter(({ at }) => at >= began), inputs, began, ended };
}
"""

_CLICK = """
(study) => new Promise((done) => {
  let clicked = 0;
  addEventListener('click', () => { clicked = performance.now(); }, { capture: true, once: true });
  new PerformanceObserver((list) => {
    const first = list.getEntries().find(({ name, detail }) =>
      name === 'pacscribe.paint' && detail.studyInstanceUid === study);
    if (first) done(first.startTime - clicked);
  }).observe({ entryTypes: ['mark'] });
  document.querySelector(`tr[data-study-instance-uid="${study}"] a.study-link`).click();
})
"""


def run() -> list[Figure]:
    chromium = shutil.which("chromium")
    if chromium is None:
        raise RuntimeError("Chromium is not installed.")
    house = served()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        first_ct = _first_images(browser, house, house.study)
        first_mammogram = _first_images(browser, house, house.mammogram_study)
        with _viewer(browser, house, house.study) as page:
            ct_rate, ct_delays = _dragged(page)
            seen = _turned(page)
        with _viewer(browser, house, house.mammogram_study) as page:
            mammogram_rate, mammogram_delays = _dragged(page)
        browser.close()
    return [
        at_most("First image of a 300-slice CT after the click", median(first_ct), "ms", FIRST_IMAGE_MS),
        told("First image of a 4096x3328 mammogram after the click", median(first_mammogram), "ms"),
        at_least("Window drag of a CT: images painted a second", ct_rate, "1/s", FRAMES_PER_SECOND),
        told("Window drag of a CT: input to paint, p50", median(ct_delays), "ms"),
        at_most("Window drag of a CT: input to paint, p95", p95(ct_delays), "ms", INPUT_TO_PAINT_MS),
        told("Window drag of a mammogram: images painted a second", mammogram_rate, "1/s"),
        told("Window drag of a mammogram: input to paint, p95", p95(mammogram_delays), "ms"),
        told(f"Wheel at 60/s through {_WHEEL_IMAGES} slices: distinct images seen", seen, ""),
    ]  # fmt: skip


@contextmanager
def _page(browser: Browser, house: Served) -> Iterator[Page]:
    context = browser.new_context(
        base_url=f"http://localhost:{house.port}", viewport={"width": 1440, "height": 900}
    )
    value = house.cookie.partition("=")[2]
    # Chromium counts localhost as safe, so that it sends the cookie without TLS as well.
    context.add_cookies([{"name": COOKIE_NAME, "value": value, "url": "https://localhost/"}])
    try:
        yield context.new_page()
    finally:
        context.close()


@contextmanager
def _viewer(browser: Browser, house: Served, study: str) -> Iterator[Page]:
    with _page(browser, house) as page:
        page.goto(f"/viewer/{study}")
        page.wait_for_selector("[data-testid=viewport][data-fidelity=lossless]")
        page.wait_for_timeout(3000)  # prefetching ends
        yield page


def _first_images(browser: Browser, house: Served, study: str) -> list[float]:
    taken = []
    for _ in range(_CLICKS):
        with _page(browser, house) as page:
            page.goto("/worklist")
            page.wait_for_selector(f'tr[data-study-instance-uid="{study}"]')
            page.wait_for_timeout(1500)  # a reader looks before clicking
            taken.append(float(page.evaluate(_CLICK, study)))
    return taken


def _dragged(page: Page) -> tuple[float, list[float]]:
    """Images painted a second, and milliseconds from input to paint, while the window is dragged."""
    before = page.evaluate("({...document.querySelector('[data-testid=viewport]').dataset})")
    center, width = float(before["windowCenter"]), float(before["windowWidth"])
    measured: dict[str, Any] = page.evaluate(_HANDS, ["drag", 60 * _DRAG_SECONDS])
    delays = []
    for paint in measured["paints"]:
        move = round((float(paint["windowCenter"]) - center) / (width / 256))
        if 1 <= move <= len(measured["inputs"]) and paint["at"] <= measured["ended"] + 200:
            delays.append(paint["at"] - measured["inputs"][move - 1])
    during = [paint for paint in measured["paints"] if paint["at"] <= measured["ended"]]
    seconds = (measured["ended"] - measured["began"]) / 1000
    return len(during) / seconds, delays


def _turned(page: Page) -> float:
    """How many distinct images a fast wheel shows."""
    page.locator("[data-testid=viewport] canvas").focus()
    page.keyboard.press("Home")
    page.wait_for_timeout(2500)
    measured = page.evaluate(_HANDS, ["wheel", _WHEEL_IMAGES])
    return float(len({paint["imageIndex"] for paint in measured["paints"]} - {1}))
