"""Looks at pages with axe-core: in both themes, on each screen."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import axe_playwright_python
from playwright.sync_api import Page

from tests.browser.visits import SCREENS, SMALL, Screen
from tests.endurance.counts import IS_WHOLE

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
LOOK = (Path(__file__).parent / "examiner.js").read_text("utf-8")

THEMES = ("dark", "light")


class Examiner:
    """Runs axe-core on a page in both themes, and collects what it finds.

    With the whole counts every look holds everything to every rule. Otherwise two things are spared. Themes differ in colours
    alone: where one was held to every rule, the other can only fail those about colours; which of them is held to every rule
    differs from screen to screen, so that each is. And of texts that look alike (in colour, size, weight and all that they stand on),
    on whatever page and screen, the contrast of one is measured: that takes most of the time.
    """

    enough_contrast: ClassVar[set[str]] = set()
    """How texts look that were found to have it, by any examiner."""

    def __init__(self) -> None:
        self.findings: list[str] = []

    def look_at(self, page: Page, name: str) -> None:
        """A page as it stands; with the whole counts also on each screen."""
        self._examine(page, name)
        if IS_WHOLE:
            self.look_at_all_widths(page, name)

    def _examine(self, page: Page, name: str, wholly: str = "dark") -> None:
        # The protocol of the browser's tools is not bound by the page's content security policy.
        if not page.evaluate("() => 'axe' in window"):
            page.evaluate(AXE)
        # What fades away meanwhile would be found too pale.
        page.emulate_media(reduced_motion="reduce")
        for theme in THEMES:
            violations, seen = page.evaluate(
                LOOK,
                {
                    "theme": theme,
                    "everyRule": IS_WHOLE or theme == wholly,
                    "seen": None if IS_WHOLE else sorted(self.enough_contrast),
                },
            )
            self.enough_contrast.update(seen)
            self.findings += [
                f"{name}, {theme}: {each['id']} ({each['impact']}): {each['help']}:"
                f" {' | '.join(str(node['target'][-1]) + ' ' + node['html'][:160] for node in each['nodes'][:3])}"
                for each in violations
            ]
        page.emulate_media(reduced_motion="no-preference")

    def look_at_all_widths(self, page: Page, name: str) -> None:
        """The same page on each screen: nothing is found, and nothing has to be scrolled sideways to."""
        for screen in on_each_screen(page):
            self._measure(page, f"{name}, {screen.name}")
            self._examine(page, f"{name}, {screen.name}", "light" if screen is SMALL else "dark")

    def _measure(self, page: Page, name: str) -> None:
        """Whether a page is wider than its window, once it has been drawn anew."""
        too_wide = page.evaluate(
            "async () => { for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);"
            " return document.documentElement.scrollWidth - document.documentElement.clientWidth; }"
        )
        if too_wide > 0:
            self.findings.append(f"{name}: {too_wide} px wider than the window")


def on_each_screen(page: Page) -> Iterator[Screen]:
    """Make a page as wide as each screen, for fingers where they are what one has; at the end it is as it was."""
    before = page.viewport_size
    assert before is not None
    has_touch = page.evaluate("navigator.maxTouchPoints > 0")
    was = Screen("as it was", before["width"], before["height"], has_touch)
    tools = page.context.new_cdp_session(page)
    for screen in (*reversed(SCREENS), was):
        touch = {"enabled": screen.has_touch, "maxTouchPoints": 1}
        tools.send("Emulation.setTouchEmulationEnabled", touch)
        page.set_viewport_size({"width": screen.width, "height": screen.height})
        if screen is not was:
            yield screen
