"""Each key of the sheet does what the sheet says, and everybody may choose their own."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from backend.imaging.presets import HOUNSFIELD_PRESETS
from pacscribe_ui.commands import COMMANDS
from tests.browser.viewer_hands import (
    ALONE,
    CT,
    IMAGES,
    MR,
    PRIOR,
    RESTING,
    STUDY,
    address,
    canvas,
    opened,
    press,
)
from tests.browser.visits import (
    DESK,
    TABLET,
    Screen,
    Visits,
    wait_for_glass,
)

# ---------------------------------------------------------------- the sheet


def _chooses_a_tool(name: str) -> Callable[[Page], None]:
    def check(page: Page) -> None:
        press(page, name)
        button = page.locator(f".tools-group [data-command={name}]")
        expect(button).to_have_attribute("aria-pressed", "true")

    return check


def _chooses_a_preset(number: str) -> Callable[[Page], None]:
    (window,) = (each.window for each in HOUNSFIELD_PRESETS if each.shortcut == number)

    def check(page: Page) -> None:
        press(page, f"preset-{number}")
        wait_for_glass(
            page,
            f"data.windowCenter === '{window.center:g}' && data.windowWidth === '{window.width:g}'",
        )

    return check


def _shows(condition: str, *before: str) -> Callable[[Page, str], None]:
    def check(page: Page, name: str) -> None:
        press(page, *before, name)
        wait_for_glass(page, condition)

    return check


def _writes(condition: str, *before: str) -> Callable[[Page, str], None]:
    def check(page: Page, name: str) -> None:
        press(page, *before, name)
        address(page, condition)

    return check


def _cancel(page: Page, name: str) -> None:
    press(page, "tool-window", "tool-region", name)
    expect(page.locator(".tools-group [data-command=tool-window]")).to_have_attribute(
        "aria-pressed", "true"
    )


def _magnifier(page: Page, name: str) -> None:
    press(page, name)
    expect(page.locator(".loupe")).to_be_visible()
    expect(page.locator(".loupe")).to_contain_text("Lossless")
    press(page, name)
    expect(page.locator(".loupe")).to_be_hidden()


def _as_stored(page: Page, name: str) -> None:
    press(page, "preset-2", name)
    wait_for_glass(page, "data.windowCenter === '40' && data.windowWidth === '80'")
    address(page, "!('w1' in q)")
    press(page, name)
    wait_for_glass(page, "data.windowCenter === '500' && data.windowWidth === '2000'")


def _window_visible(page: Page, name: str) -> None:
    press(page, "reset", "zoom-in", "zoom-in", "zoom-in")
    wait_for_glass(page, "data.windowWidth === '80'")
    press(page, name)
    # Percentiles 1 and 99 of a ramp from 0 to 199 with a bright square, of which more is seen than a hundredth.
    wait_for_glass(page, "Number(data.windowWidth) > 800 && Number(data.windowCenter) > 400")


def _changes_the_window(condition: str) -> Callable[[Page, str], None]:
    def check(page: Page, name: str) -> None:
        press(page, "preset-1")
        wait_for_glass(page, "data.windowCenter === '40' && data.windowWidth === '400'")
        press(page, name)
        wait_for_glass(page, condition)

    return check


def _film_speed(faster: bool) -> Callable[[Page, str], None]:
    def check(page: Page, name: str) -> None:
        speed = page.locator(".tools-group .tools-rate")
        before = float(speed.inner_text().split()[0])
        press(page, name)
        expect(speed).not_to_have_text(f"{before:g} ×")
        assert (float(speed.inner_text().split()[0]) > before) is faster

    return check


def _cine(page: Page, name: str) -> None:
    press(page, "image-first")
    wait_for_glass(page, "data.imageIndex === '1'")
    press(page, name)
    wait_for_glass(page, "Number(data.imageIndex) > 2")
    press(page, name)


def _maximise(page: Page, name: str) -> None:
    page.goto(f"/viewer/{STUDY}?layout=1x2&report=0&s1={CT}&s2={MR}")
    wait_for_glass(page, RESTING, 1)
    press(page, name)
    expect(page.get_by_test_id("viewport")).to_have_count(1)
    press(page, name)
    expect(page.get_by_test_id("viewport")).to_have_count(2)


def _full_screen(page: Page, name: str) -> None:
    press(page, name)
    page.wait_for_function("() => document.fullscreenElement !== null")
    press(page, name)
    page.wait_for_function("() => document.fullscreenElement === null")


def _panel(page: Page, name: str) -> None:
    press(page, name)
    expect(page.get_by_role("article", name="Report")).to_be_visible()
    press(page, name)
    expect(page.get_by_role("article", name="Report")).to_be_hidden()


def _copy_link(page: Page, name: str) -> None:
    press(page, "rotate-right", name)
    expect(page.get_by_text("is on the clipboard")).to_be_visible()
    link = page.evaluate("() => navigator.clipboard.readText()")
    assert link == page.url
    assert parse_qs(urlsplit(link).query)["r1"] == ["90"]
    assert "Hands" not in link
    page.get_by_role("button", name="Close").first.click()
    press(page, "reset")


def _menu(page: Page, name: str) -> None:
    press(page, name)
    expect(page.get_by_role("menu")).to_be_visible()
    expect(page.get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_be_hidden()
    expect(canvas(page)).to_be_focused()


def _study_page(page: Page, name: str) -> None:
    before = page.url
    press(page, name)
    page.wait_for_url(f"**/study/{STUDY}**")
    page.goto(before)
    wait_for_glass(page, RESTING)


def _study_beside(page: Page, name: str) -> None:
    there = PRIOR if name == "study-prior" else STUDY
    page.goto(f"/viewer/{STUDY if there == PRIOR else PRIOR}?layout=1x1&report=0")
    wait_for_glass(page, RESTING)
    address(page, "'s1' in q")
    press(page, name)
    page.wait_for_url(f"**/viewer/{there}**")
    wait_for_glass(page, f"data.studyInstanceUid === '{there}'")
    address(page, "'s1' in q")
    press(page, name)
    expect(
        page.get_by_text(re.compile("This is the patient's (first|latest) study"))
    ).to_be_visible()
    page.goto(ALONE)
    wait_for_glass(page, RESTING)


def _sheet(page: Page, name: str) -> None:
    press(page, name)
    expect(page.get_by_role("dialog", name="Keys and gestures")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def _viewport(page: Page, name: str) -> None:
    page.goto(f"/viewer/{STUDY}?layout=1x2&report=0&s1={CT}&s2={MR}")
    wait_for_glass(page, RESTING, 1)
    press(page, name)
    address(page, "q.active === '2'")
    page.goto(ALONE)
    wait_for_glass(page, RESTING)


def _swap(page: Page, name: str) -> None:
    page.goto(f"/viewer/{STUDY}?layout=1x2&report=0&s1={CT}&s2={MR}")
    wait_for_glass(page, RESTING, 1)
    press(page, name)
    wait_for_glass(page, f"data.seriesInstanceUid === '{CT}'", 1)
    address(page, "q.active === '2'")
    page.goto(ALONE)
    wait_for_glass(page, RESTING)


def _nothing_to_link(page: Page, name: str) -> None:
    press(page, name)
    expect(page.get_by_text("No other viewport shows")).to_be_visible()
    page.get_by_role("button", name="Close").first.click()


CHECKS: dict[str, Callable[[Page, str], None]] = {
    **{
        f"tool-{tool}": lambda page, name: _chooses_a_tool(name)(page)
        for tool in ("window", "pan", "zoom", "scroll", "probe", "region")
    },
    "cancel": _cancel,
    "magnifier": _magnifier,
    **{
        f"preset-{number}": lambda page, name: _chooses_a_preset(name[-1])(page)
        for number in range(1, 10)
    },
    "preset-0": _as_stored,
    "window-visible": _window_visible,
    "window-narrower": _changes_the_window("Number(data.windowWidth) < 400"),
    "window-wider": _changes_the_window("Number(data.windowWidth) > 400"),
    "window-lower": _changes_the_window("Number(data.windowCenter) < 40"),
    "window-higher": _changes_the_window("Number(data.windowCenter) > 40"),
    "zoom-in": _shows("Number(data.zoom) > 1", "one-to-one"),
    "zoom-out": _shows("Number(data.zoom) < 1", "one-to-one"),
    "fit": _writes("!('z1' in q)", "one-to-one"),
    "one-to-one": _shows("data.zoom === '1'"),
    "pan-left": _writes("Number(q.p1?.split(',')[0]) > 0", "reset"),
    "pan-right": _writes("Number(q.p1?.split(',')[0]) < 0", "reset"),
    "pan-up": _writes("Number(q.p1?.split(',')[1]) > 0", "reset"),
    "pan-down": _writes("Number(q.p1?.split(',')[1]) < 0", "reset"),
    "rotate-right": _writes("q.r1 === '90'", "reset"),
    "rotate-left": _writes("q.r1 === '270'", "reset"),
    "mirror": _writes("q.f1 === 'm' && !('r1' in q)", "reset"),
    "flip-vertical": _writes("q.f1 === 'm' && q.r1 === '180'", "reset"),
    "invert": _writes("q.f1 === 'i'", "reset"),
    "shutter": _writes("q.f1 === 'u'", "reset"),
    "overlay": _writes("q.f1 === 'o'", "reset"),
    "reset": _writes("!('f1' in q) && !('r1' in q)", "invert", "rotate-right"),
    "smoothing": _writes("q.smooth === '0'"),
    "text": _writes("q.text === 'minimal'"),
    "anonymous": _writes("q.text === 'anonymous'"),
    "image-previous": _shows(f"data.imageIndex === '{IMAGES - 1}'", "image-last"),
    "image-next": _shows("data.imageIndex === '2'", "image-first"),
    "image-back": _shows(f"data.imageIndex === '{IMAGES - 10}'", "image-last"),
    "image-ahead": _shows("data.imageIndex === '11'", "image-first"),
    "image-first": _shows("data.imageIndex === '1'"),
    "image-last": _shows(f"data.imageIndex === '{IMAGES}'"),
    "series-next": _shows(f"data.seriesInstanceUid === '{MR}'"),
    "series-previous": _shows(f"data.seriesInstanceUid === '{CT}'"),
    "viewport-previous": _viewport,
    "viewport-next": _viewport,
    "swap-previous": _swap,
    "swap-next": _swap,
    "join": _writes("q.link === '0'"),
    "join-here": _nothing_to_link,
    "lines": _writes("q.lines === '1'"),
    "study-prior": _study_beside,
    "study-next": _study_beside,
    "cine": _cine,
    "cine-all": _cine,
    "cine-slower": _film_speed(faster=False),
    "cine-faster": _film_speed(faster=True),
    "full-screen": _full_screen,
    "panel": _panel,
    "copy-link": _copy_link,
    "menu": _menu,
    "keys": _sheet,
    "study-page": _study_page,
    "maximise": _maximise,
}


# In three parts, so that each stays short.
@pytest.mark.parametrize("part", range(3))
def test_each_key_of_the_sheet_does_what_the_sheet_says(
    study_for_hands: str, visits: Visits, part: int
):
    page = opened(visits)
    names = [name for name in CHECKS if name in {each.name for each in COMMANDS if each.keys}]
    share = -(-len(names) // 3)
    for name in names[part * share : (part + 1) * share]:
        try:
            CHECKS[name](page, name)
        except Exception as error:
            error.add_note(f"the command was {name}, the address {page.url}")
            raise


# Presses a key at the very moment at which the address has no window any more: before the viewport has heard of it.
_KEY_AT_ONCE = """() => {
    const replace = history.replaceState.bind(history);
    let isPressed = false;
    history.replaceState = (...words) => {
        replace(...words);
        if (isPressed || location.search.includes("w1=")) return;
        isPressed = true;
        document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "0", bubbles: true, cancelable: true}));
    };
}"""


def test_a_key_right_after_another_does_not_bring_back_what_the_other_has_changed(
    study_for_hands: str, visits: Visits
):
    page = opened(visits)
    press(page, "preset-9")
    address(page, "'w1' in q")
    page.evaluate(_KEY_AT_ONCE)
    press(page, "preset-2", "preset-0")
    wait_for_glass(page, "data.windowCenter === '500' && data.windowWidth === '2000'")
    address(page, "q.w1?.startsWith('500,2000')")


# ---------------------------------------------------------------- keys of one's own


@pytest.mark.parametrize("screen", [DESK, TABLET], ids=lambda screen: screen.name)
def test_somebody_gives_a_command_another_key_and_has_the_usual_ones_back(
    study_for_hands: str, visits: Visits, screen: Screen
):
    page = opened(visits, screen=screen)
    press(page, "keys")
    dialog = page.get_by_role("dialog", name="Keys and gestures")
    # With keys alone.
    dialog.get_by_role("button", name="Change keys").focus()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("button", name="Done")).to_be_focused()
    field = dialog.get_by_role("button", name="Invert grey values")
    field.focus()
    page.keyboard.press("Enter")
    expect(field).to_have_text("Press a key")
    page.keyboard.press("v")
    expect(dialog.get_by_role("alert")).to_have_text(
        "V is “Flip top and bottom”: press another key, or give that command another one first."
    )
    page.keyboard.press("Enter")
    page.keyboard.press("Control+s")
    expect(dialog.get_by_role("alert")).to_contain_text("Ctrl+S stays with the browser")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(field).to_have_text("I")
    box = field.bounding_box()
    assert box is not None
    assert box["height"] >= (44 if screen.has_touch else 24)
    assert box["x"] + box["width"] <= screen.width
    field.tap() if screen.has_touch else field.click()
    page.keyboard.press("Shift+k")
    expect(field).to_have_text("Shift+K")
    expect(dialog.get_by_role("alert")).to_be_empty()
    dialog.get_by_role("button", name="Done").click()
    expect(dialog.locator(".keys-row", has_text="Invert grey values").locator("dt")).to_have_text(
        "Shift+K"
    )
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    # At once, and on every device.
    for _ in range(2):
        canvas(page).focus()
        page.keyboard.press("i")
        page.keyboard.press("Shift+k")
        address(page, "q.f1 === 'i'")
        press(page, "menu")
        entry = page.get_by_role("menuitem", name="Invert grey values")
        expect(entry.locator("kbd")).to_have_text("Shift+K")
        page.keyboard.press("Escape")
        button = page.locator(".tools [data-command=invert]").first
        expect(button).to_have_attribute("title", "Invert grey values (Shift+K)")
        page.goto(ALONE)
        wait_for_glass(page, RESTING)
    press(page, "keys")
    dialog.get_by_role("button", name="Change keys").click()
    expect(field).to_have_text("Shift+K")
    dialog.get_by_role("button", name="The usual keys").click()
    expect(field).to_have_text("I")
