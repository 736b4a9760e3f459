"""Looks at pages with axe-core: in both themes, on each screen."""

from collections.abc import Iterator
from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page

from tests.browser.visits import SCREENS, SMALL, Screen

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")

THEMES = ("dark", "light")
# Themes differ in colours alone: where one was held to every rule, the other can only fail those about colours. Which of them is
# held to every rule differs from screen to screen, so that each is.
OF_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


class Examiner:
    """Runs axe-core on a page in both themes, and collects what it finds."""

    def __init__(self) -> None:
        self.findings: list[str] = []

    def look_at(self, page: Page, name: str, wholly: str = "dark") -> None:
        """Hold a page to every rule in one theme, and to those about colours in the other."""
        # The protocol of the browser's tools is not bound by the page's content security policy.
        if not page.evaluate("() => 'axe' in window"):
            page.evaluate(AXE)
        # What fades away meanwhile would be found too pale.
        page.emulate_media(reduced_motion="reduce")
        for theme in THEMES:
            rules = {} if theme == wholly else OF_COLOURS
            page.evaluate(
                "theme => { const list = document.documentElement.classList;"
                " list.remove('dark', 'light'); list.add(theme); }",
                theme,
            )
            result = page.evaluate(
                "rules => axe.run(document, {resultTypes: ['violations'], ...rules})", rules
            )
            self.findings += [
                f"{name}, {theme}: {each['id']} ({each['impact']}): {each['help']}:"
                f" {' | '.join(str(node['target'][-1]) + ' ' + node['html'][:160] for node in each['nodes'][:3])}"
                for each in result["violations"]
            ]
        page.emulate_media(reduced_motion="no-preference")

    def look_at_all_widths(self, page: Page, name: str) -> None:
        """The same page on each screen: nothing is found, and nothing has to be scrolled sideways to."""
        for screen in on_each_screen(page):
            self._measure(page, f"{name}, {screen.name}")
            self.look_at(page, f"{name}, {screen.name}", "light" if screen is SMALL else "dark")

    def _measure(self, page: Page, name: str) -> None:
        """Whether a page is wider than its window, once it has been drawn anew."""
        too_wide = page.evaluate(
            "async () => { for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);"
            " return document.documentElement.scrollWidth - document.documentElement.clientWidth; }"
        )
        if too_wide > 0:
            self.findings.append(f"{name}: {too_wide} px wider than the window")


def on_each_screen(page: Page) -> Iterator[Screen]:
    """Make a page as wide as each screen, for fingers where they are what one has; at the end it is at the desk."""
    tools = page.context.new_cdp_session(page)
    for screen in reversed(SCREENS):
        touch = {"enabled": screen.has_touch, "maxTouchPoints": 1}
        tools.send("Emulation.setTouchEmulationEnabled", touch)
        page.set_viewport_size({"width": screen.width, "height": screen.height})
        yield screen
    tools.detach()
