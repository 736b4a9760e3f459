"""Hands on a page: drags of a mouse, and fingers on a touch screen, sent through the browser as a real screen sends them."""

import time
from collections.abc import Callable, Sequence

from playwright.sync_api import Locator, Page

Point = tuple[float, float]

_QUICK_SECONDS = 0.04


def middle(element: Locator) -> Point:
    box = element.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, start: Point, by: Point, steps: int = 20, button: str = "left") -> None:
    """Press, move in small steps, let go."""
    page.mouse.move(*start)
    page.mouse.down(button=button)
    for step in range(1, steps + 1):
        page.mouse.move(start[0] + by[0] * step / steps, start[1] + by[1] * step / steps)
        page.wait_for_timeout(16)
    page.mouse.up(button=button)


class Fingers:
    """Fingers on the screen of a page."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._session = page.context.new_cdp_session(page)

    def move(self, starts: Sequence[Point], ends: Sequence[Point], steps: int = 15) -> None:
        """Put fingers down at `starts`, move each to its end, and lift them all."""
        for count in range(1, len(starts) + 1):
            self._send("touchStart", starts[:count])
        for step in range(1, steps + 1):
            part = step / steps
            self._send(
                "touchMove",
                [
                    (x + (to_x - x) * part, y + (to_y - y) * part)
                    for (x, y), (to_x, to_y) in zip(starts, ends, strict=True)
                ],
            )
            self._page.wait_for_timeout(16)
        self._send("touchEnd", [])

    def swipe(self, start: Point, by: Point, fingers: int = 1) -> None:
        """Move one finger, or several side by side."""
        starts = [(start[0] + 60 * finger, start[1]) for finger in range(fingers)]
        self.move(starts, [(x + by[0], y + by[1]) for x, y in starts])

    def pinch(self, center: Point, factor: float) -> None:
        """Spread two fingers (a factor above 1) or bring them together."""
        x, y = center
        self.move([(x - 50, y), (x + 50, y)], [(x - 50 * factor, y), (x + 50 * factor, y)])

    def tap_twice(self, at: Point) -> None:
        """As quickly as a hand does it, however long it takes until the page hears of it."""
        now = time.time()
        for number, points in enumerate([[at], [], [at], []]):
            kind = "touchStart" if points else "touchEnd"
            self._send(kind, points, timestamp=now + number * _QUICK_SECONDS)

    def press(self, at: Point, until: Callable[[], None]) -> None:
        """Put one finger down and leave it there until something has happened."""
        self._send("touchStart", [at])
        until()
        self._send("touchEnd", [])

    def draw_with_pen(self, start: Point, by: Point, steps: int = 10) -> None:
        """Press with a pen, move in small steps, let go."""
        kinds = ["mousePressed", *["mouseMoved"] * steps, "mouseReleased"]
        for step, kind in enumerate(kinds):
            part = min(step, steps) / steps
            self._session.send(
                "Input.dispatchMouseEvent",
                {
                    "type": kind,
                    "x": start[0] + by[0] * part,
                    "y": start[1] + by[1] * part,
                    "button": "left",
                    "buttons": 0 if kind == "mouseReleased" else 1,
                    "clickCount": 1,
                    "pointerType": "pen",
                },
            )
            self._page.wait_for_timeout(16)

    def _send(self, kind: str, points: Sequence[Point], **more: float) -> None:
        touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self._session.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches, **more}
        )
