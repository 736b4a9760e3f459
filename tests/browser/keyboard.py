"""Somebody without a mouse: goes on with Tab until the focus is where it should be, and sees at each stop where it is."""

from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as NotInTime

_MOST_STOPS = 120
# Whether the focused element is drawn, in sight, and marked: by itself, by what frames it, or by what follows it.
_IS_SEEN = """
() => {
    const focused = document.activeElement;
    if (focused === document.body) return true;  // on the way round, through the browser's own bars
    const {width, height, top, bottom} = focused.getBoundingClientRect();
    const isInSight = width > 0 && height > 0 && bottom > 0 && top < innerHeight;
    const isMarked = element => {
        if (!element) return false;
        const {outlineStyle, outlineWidth} = getComputedStyle(element);
        return outlineStyle !== "none" && parseFloat(outlineWidth) >= 1;
    };
    const {parentElement, nextElementSibling} = focused;
    // The image has a ring of its own, the edge of the report another ground.
    const isMarkedOtherwise = focused.matches(".viewport-canvas, .panel-edge");
    return isInSight && (isMarkedOtherwise || [focused, parentElement, nextElementSibling].some(isMarked));
}
"""


def tab_to(page: Page, condition: str) -> None:
    """Press Tab until a condition in JavaScript holds, and require that the focus is seen wherever it stops."""
    is_there = page.evaluate(condition)
    for _ in range(_MOST_STOPS):
        if is_there:
            return
        page.keyboard.press("Tab")
        is_there, is_seen = page.evaluate(f"() => [{condition}, ({_IS_SEEN})()]")
        if not is_seen:
            _require_seen(page)
            is_there = page.evaluate(condition)
    raise AssertionError(f"Tab never reaches {condition}")


def _require_seen(page: Page) -> None:
    """On a busy machine the page follows the focus a moment later."""
    try:
        page.wait_for_function(_IS_SEEN)
    except NotInTime:
        unseen = page.evaluate("() => document.activeElement.outerHTML.slice(0, 200)")
        raise AssertionError(f"The focus cannot be seen on {unseen}") from None


def tab_to_button(page: Page, name: str) -> None:
    """Go to the button or link with these words."""
    tab_to(page, f"document.activeElement.textContent.trim() === {name!r}")
