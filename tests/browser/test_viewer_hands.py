"""Each key of the sheet does what the sheet says; mouse, touch and pen do what it says of them."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from backend.imaging.presets import HOUNSFIELD_PRESETS
from pacscribe_ui.commands import COMMANDS
from tests.browser.gestures import Fingers, drag, middle
from tests.browser.held_lines import StateLine
from tests.browser.studies import made_slice
from tests.browser.visits import (
    DESK,
    RADIOLOGIST,
    TABLET,
    House,
    Screen,
    Visits,
    choose_layout,
    on_glass,
    wait_for_glass,
    wait_until,
)
from tests.dicom_files import written

STUDY = "2.25.7101"
CT, MR = f"{STUDY}.1", f"{STUDY}.2"
PRIOR = "2.25.7109"
IMAGES = 24
RESTING = "data.fidelity === 'lossless'"
ALONE = f"/viewer/{STUDY}?layout=1x1&report=0&s1={CT}"


def _ct(number: int):
    """A ramp along the columns, and a bright square; the numbers are HU as they stand."""
    dataset = made_slice(
        number,
        rows=200,
        StudyInstanceUID=STUDY,
        SeriesInstanceUID=CT,
        SOPInstanceUID=f"{CT}.{number}",
        FrameOfReferenceUID=f"{STUDY}.9",
        PatientName="Hands^Test",
        PatientID="HANDS-1",
        WindowCenter=[40, 500],
        WindowWidth=[80, 2000],
    )
    dataset.PixelData = ct_values().tobytes()
    return dataset


def ct_values() -> np.ndarray:
    _, columns = np.mgrid[0:200, 0:200]
    values = columns.astype(np.int16)
    values[90:110, 90:110] = 900
    return values


def _mr(number: int):
    """Without a window, and brighter from slice to slice."""
    dataset = made_slice(
        number,
        rows=64,
        StudyInstanceUID=STUDY,
        SeriesInstanceUID=MR,
        SOPInstanceUID=f"{MR}.{number}",
        FrameOfReferenceUID=f"{STUDY}.9",
        Modality="MR",
        SeriesNumber="2",
        SOPClassUID="1.2.840.10008.5.1.4.1.1.4",
        PatientName="Hands^Test",
        PatientID="HANDS-1",
    )
    del dataset.WindowCenter, dataset.WindowWidth
    rows, columns = np.mgrid[0:64, 0:64]
    dataset.PixelData = ((rows + columns) * number).astype(np.int16).tobytes()
    return dataset


@pytest.fixture(scope="module")
def study(house: House, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("hands")
    for number in range(1, IMAGES + 1):
        (folder / f"{number}.dcm").write_bytes(written(_ct(number)))
    for number in range(1, 4):
        (folder / f"mr{number}.dcm").write_bytes(written(_mr(number)))
    prior = _ct(1)
    prior.StudyInstanceUID, prior.StudyDate = PRIOR, "20190102"
    prior.SeriesInstanceUID, prior.SOPInstanceUID = f"{PRIOR}.1", f"{PRIOR}.2"
    (folder / "prior.dcm").write_bytes(written(prior))
    assert house.take_in(folder) == {"stored": IMAGES + 4}
    return STUDY


def opened(visits: Visits, address: str = ALONE, screen: Screen = DESK) -> Page:
    page = visits.page(RADIOLOGIST, screen)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(address)
    wait_for_glass(page, RESTING)
    return page


def canvas(page: Page, number: int = 0):
    return page.get_by_test_id("viewport").nth(number).locator(".viewport-canvas")


def press(page: Page, *names: str) -> None:
    """Give commands by their keys, with the focus on the image."""
    keys = {each.name: each.keys[0] for each in COMMANDS if each.keys}
    for name in names:
        canvas(page).focus()
        page.keyboard.press(re.sub("Ctrl", "Control", keys[name]))


def address(page: Page, condition: str) -> None:
    """Wait until the parameters of the address satisfy a JavaScript condition on `q`."""
    page.wait_for_function(
        f"() => {{ const q = Object.fromEntries(new URLSearchParams(location.search)); return {condition}; }}"
    )


def numbers(page: Page) -> tuple[float, float]:
    data = on_glass(page)
    return float(data["windowCenter"]), float(data["windowWidth"])


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
def test_each_key_of_the_sheet_does_what_the_sheet_says(study: str, visits: Visits, part: int):
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
    study: str, visits: Visits
):
    page = opened(visits)
    press(page, "preset-9")
    address(page, "'w1' in q")
    page.evaluate(_KEY_AT_ONCE)
    press(page, "preset-2", "preset-0")
    wait_for_glass(page, "data.windowCenter === '500' && data.windowWidth === '2000'")
    address(page, "q.w1?.startsWith('500,2000')")


def test_a_window_that_is_dragged_stays_when_the_answer_to_an_earlier_one_comes_late(
    study: str, visits: Visits
):
    page = visits.page(RADIOLOGIST)
    line = StateLine(page)
    line.to_state.hold_from("write_window")
    page.goto(ALONE)
    wait_for_glass(page, RESTING)
    width = page.get_by_role("textbox", name="Window width")
    expect(width).to_have_value("80")
    width.fill("300")
    width.press("Enter")
    line.to_state.wait_until_held()
    drag(page, middle(canvas(page)), (120, 60), steps=5)
    wait_for_glass(page, f"data.windowWidth !== '80' && {RESTING}")
    dragged = numbers(page)
    line.to_state.release()
    # The number was first and the hand came after it: what the hand has left holds, here and in the address.
    address(page, f"q.w1?.startsWith('{dragged[0]:.6g},{dragged[1]:.6g}')")
    press(page, "invert")
    address(page, "q.f1 === 'i'")
    assert numbers(page) == dragged


# ---------------------------------------------------------------- a slow line to the state

BOTH = f"/viewer/{STUDY}?layout=1x2&report=0&s1={CT}&s2={MR}"
# From now on, what each viewport has said of itself, in turn: text level, whether it is active, whether it is shown.
_WATCH_VIEWPORTS = """() => {
    window.said = [];
    const look = () => {
        const now = [...document.querySelectorAll(".viewport")].map(each => [each.className, each.hidden].join());
        if (window.said.at(-1) !== now.join("; ")) window.said.push(now.join("; "));
    };
    look();
    new MutationObserver(look).observe(document.querySelector(".glass"), {subtree: true, attributes: true});
}"""


def test_keys_are_for_the_viewport_that_was_touched_though_the_state_has_not_heard_of_it(
    study: str, visits: Visits
):
    page = visits.page(RADIOLOGIST)
    line = StateLine(page)
    page.goto(BOTH)
    for number in (0, 1):
        wait_for_glass(page, RESTING, number)
    line.to_state.hold()
    page.mouse.click(*middle(canvas(page, 1)))
    page.keyboard.press("R")
    turned = page.locator(".viewport").nth(1).locator(".corner--state")
    expect(turned).to_contain_text("90°")
    page.keyboard.press("I")
    line.to_state.wait_until_held()
    line.to_state.release()
    address(page, "q.active === '2' && q.r2 === '90' && q.f2 === 'i' && !q.r1 && !q.f1")


def test_no_key_that_the_browser_can_answer_waits_for_the_state(study: str, visits: Visits):
    page = visits.page(RADIOLOGIST)
    line = StateLine(page)
    page.goto(BOTH)
    for number in (0, 1):
        wait_for_glass(page, RESTING, number)
    windows = page.get_by_role("combobox", name="Window preset")
    expect(windows.get_by_role("option", name="Lung")).to_have_count(1)
    line.to_state.hold()
    press(page, "preset-2")
    wait_for_glass(page, "data.windowCenter === '-600' && data.windowWidth === '1500'")
    press(page, "preset-0")
    wait_for_glass(page, "data.windowCenter === '40' && data.windowWidth === '80'")
    press(page, "preset-0")
    wait_for_glass(page, "data.windowCenter === '500' && data.windowWidth === '2000'")
    windows.select_option("mediastinum")
    wait_for_glass(page, "data.windowCenter === '50' && data.windowWidth === '350'")
    viewports = page.locator(".viewport")
    press(page, "text")
    expect(viewports.first).to_have_class(re.compile("viewport--text-minimal"))
    press(page, "anonymous")
    expect(page.get_by_text("Hands, Test").locator("visible=true")).to_have_count(0)
    press(page, "anonymous")
    expect(viewports.first).to_have_class(re.compile("viewport--text-minimal"))
    expect(page.get_by_text("Hands, Test").locator("visible=true").first).to_be_visible()
    page.get_by_role("button", name="More tools").click()
    page.get_by_role("combobox", name="Text on the images").select_option("none")
    expect(viewports.first).to_have_class(re.compile("viewport--text-none"))
    press(page, "text", "text", "text")
    expect(viewports.first).to_have_class(re.compile("viewport--text-minimal"))
    smooth = canvas(page).screenshot()
    press(page, "smoothing")
    wait_until(page, lambda: canvas(page).screenshot() != smooth)
    page.mouse.move(*middle(canvas(page)))
    press(page, "magnifier")
    expect(page.locator(".loupe")).to_be_visible()
    press(page, "cancel")
    expect(page.locator(".loupe")).to_be_hidden()
    press(page, "cine")
    wait_for_glass(page, "Number(data.imageIndex) > 2")
    press(page, "cine")
    expect(page.get_by_role("button", name="Play viewport 1")).to_be_visible()
    press(page, "viewport-next")
    expect(viewports.nth(1)).to_have_class(re.compile("viewport--active"))
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("viewport")).to_have_count(1)
    page.wait_for_function(
        "() => document.querySelector('[data-testid=viewport]').clientWidth"
        " === document.querySelector('.glass').clientWidth"
    )
    # Then the state hears of it all, agrees, and nothing goes back on the way.
    page.evaluate(_WATCH_VIEWPORTS)
    line.to_state.release()
    address(
        page,
        "q.w1 === '50,350,linear' && q.text === 'minimal' && q.smooth === '0' && q.active === '2'"
        " && q.large === '1'",
    )
    press(page, "tool-pan")
    expect(page.locator(".tools-group [data-command=tool-pan]")).to_have_attribute(
        "aria-pressed", "true"
    )
    assert page.evaluate("() => window.said.length") == 1


def test_a_layout_does_not_wait_for_the_state(study: str, visits: Visits):
    page = visits.page(RADIOLOGIST)
    line = StateLine(page)
    page.goto(BOTH)
    for number in (0, 1):
        wait_for_glass(page, RESTING, number)
    line.to_state.hold()
    choose_layout(page, "Four viewports")
    expect(page.locator(".glass")).to_have_class("glass glass--2x2")
    choose_layout(page, "Two viewports, one above the other")
    expect(page.get_by_test_id("viewport")).to_have_count(1)
    choose_layout(page, "Four viewports")
    expect(page.get_by_test_id("viewport")).to_have_count(2)
    canvas(page, 1).click()
    page.keyboard.press("r")
    line.to_state.release()
    expect(page.get_by_test_id("viewport")).to_have_count(4)
    address(page, "q.layout === '2x2' && q.active === '2' && q.r2 === '90' && !q.r1")


# ---------------------------------------------------------------- mouse


def test_a_right_click_opens_the_menu_and_a_right_drag_does_not(study: str, visits: Visits):
    page = opened(visits)
    x, y = middle(canvas(page))
    drag(page, (x, y), (0, -60), button="right")
    expect(page.get_by_role("menu")).to_be_hidden()
    page.mouse.click(x, y, button="right")
    menu = page.get_by_role("menu", name="Commands for this image")
    expect(menu).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    expect(page.get_by_role("menuitem").last).to_be_focused()
    page.get_by_role("menuitem", name="Invert grey values").click()
    expect(menu).to_be_hidden()
    address(page, "q.f1 === 'i'")


def test_escape_takes_a_drag_back(study: str, visits: Visits):
    page = opened(visits)
    x, y = middle(canvas(page))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 80, y, steps=5)
    wait_for_glass(page, "Number(data.windowWidth) > 90")
    page.keyboard.press("Escape")
    wait_for_glass(page, "data.windowWidth === '80'")
    page.mouse.move(x + 160, y, steps=5)
    page.mouse.up()
    wait_for_glass(page, f"data.windowWidth === '80' && {RESTING}")


def test_the_value_under_the_pointer_is_the_one_in_the_file(study: str, visits: Visits):
    page = opened(visits)
    press(page, "one-to-one")
    wait_for_glass(page, f"data.zoom === '1' && {RESTING}")
    box = canvas(page).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x + 5.5, y - 40.5)
    value = page.locator(".corner-pixel")
    expect(value).to_have_text(re.compile(r"^10[56] HU · row 6\d, column 10[67]$"))
    page.mouse.move(x, y)
    expect(value).to_contain_text("900 ")
    page.mouse.move(box["x"] + 5, box["y"] + box["height"] / 2)
    expect(value).to_have_text("")
    # The marker of the probe, moved by keys: pixel by pixel.
    press(page, "tool-probe")
    # It has no size of its own: what is seen is drawn around its place.
    expect(page.locator(".probe-marker:not([hidden])")).to_have_count(1)
    expect(value).to_have_text("900 HU · row 101, column 101")
    press(page, *["pan-left"] * 11)
    expect(value).to_have_text("89 HU · row 101, column 90")
    press(page, "rotate-right", "pan-down")
    expect(value).to_have_text("900 HU · row 101, column 91")


def test_shift_and_drag_changes_the_window_finely_whatever_tool_is_in_hand(
    study: str, visits: Visits
):
    page = opened(visits)
    widths = []
    for tool, held in (("tool-window", None), ("tool-pan", "Shift")):
        press(page, "preset-1", tool)
        wait_for_glass(page, "data.windowWidth === '400'")
        if held:
            page.keyboard.down(held)
        drag(page, middle(canvas(page)), (120, 0), steps=5)
        if held:
            page.keyboard.up(held)
        wait_for_glass(page, f"data.windowWidth !== '400' && {RESTING}")
        widths.append(numbers(page)[1] - 400)
    usual, fine = widths
    assert 0 < fine < usual / 2
    address(page, "!('p1' in q)")


def test_the_wheel_with_ctrl_zooms_at_the_pointer(study: str, visits: Visits):
    page = opened(visits)
    press(page, "one-to-one")
    wait_for_glass(page, f"data.zoom === '1' && {RESTING}")
    x, y = middle(canvas(page))
    page.mouse.move(x + 60.5, y - 40.5)
    value = page.locator(".corner-pixel")
    expect(value).to_contain_text("row 6")
    page.keyboard.down("Control")
    page.mouse.wheel(0, -500)
    page.keyboard.up("Control")
    wait_for_glass(page, f"Number(data.zoom) > 1.9 && {RESTING}")
    # The same pixel is under the pointer as before, far from the middle.
    expect(value).to_have_text(re.compile(r"^16[01] HU · row 6[01], column 16[12]$"))


def test_a_region_gives_its_window(study: str, visits: Visits):
    # What the browser says of a refusal, beside the sentence on the page.
    visits.allow("Failed to load resource")
    page = opened(visits)
    press(page, "one-to-one")
    wait_for_glass(page, f"data.zoom === '1' && {RESTING}")
    x, y = middle(canvas(page))
    for held in ("Alt", "Control"):
        press(page, "preset-1")
        wait_for_glass(page, "data.windowWidth === '400'")
        page.keyboard.down(held)
        drag(page, (x - 80, y - 60), (40, 40), steps=5)
        page.keyboard.up(held)
        # Columns 20 to 60 of the ramp.
        wait_for_glass(
            page,
            "Math.abs(Number(data.windowCenter) - 40) < 3"
            " && Math.abs(Number(data.windowWidth) - 40) <= 5",
        )
    # Inside the square there is one value only.
    press(page, "tool-region")
    drag(page, (x - 5, y - 5), (8, 8), steps=5)
    expect(page.get_by_text("All pixels here have the same value")).to_be_visible()


def test_the_window_of_what_is_visible_does_not_replace_one_that_was_chosen_after_it(
    study: str, visits: Visits
):
    page = opened(visits)
    questions: list[Route] = []
    page.route("**/window?*", lambda route: questions.append(route))
    press(page, "window-visible")
    wait_until(page, lambda: questions)
    press(page, "preset-1")
    address(page, "q.w1?.startsWith('40,400')")
    with page.expect_response("**/window?*"):
        questions[0].continue_()
    press(page, "invert")
    address(page, "q.f1 === 'i'")
    wait_for_glass(page, f"data.windowWidth === '400' && {RESTING}")


def test_the_window_stays_while_one_scrolls_where_the_files_have_none(study: str, visits: Visits):
    page = opened(visits, f"/viewer/{STUDY}?layout=1x1&report=0&s1={MR}")
    page.wait_for_function(
        "() => document.querySelector('.corner--state').textContent.includes('/ 3')"
    )
    before = numbers(page)
    press(page, "image-next")
    wait_for_glass(page, f"data.imageIndex === '2' && {RESTING}")
    assert numbers(page) == before
    address(page, "'w1' in q")
    press(page, "preset-0")
    wait_for_glass(page, f"data.windowWidth !== '{before[1]:g}' && {RESTING}")
    assert numbers(page)[1] > before[1]


def test_numbers_of_the_window_can_be_written_at_every_width(study: str, visits: Visits):
    page = opened(visits, screen=Screen("narrow", 720, 900))
    center = page.get_by_role("textbox", name="Window center")
    for width in (1440, 1024, 820, 640):
        page.set_viewport_size({"width": width, "height": 900})
        expect(page.get_by_role("toolbar")).to_be_visible()
        page.wait_for_function(
            "width => document.documentElement.scrollWidth <= width"
            " && document.querySelector('[data-command=panel]').getBoundingClientRect().right <= width",
            arg=width,
        )
        if not center.is_visible():
            page.get_by_role("button", name="More tools").click()
        expect(center.locator("visible=true")).to_have_count(1)
        page.keyboard.press("Escape")


def test_settings_are_kept_for_the_account(study: str, visits: Visits):
    page = opened(visits)
    page.get_by_role("button", name="More tools").click()
    page.get_by_role("button", name="My settings for the viewer").click()
    dialog = page.get_by_role("dialog", name="My settings for the viewer")
    dialog.get_by_label("Enlarged pixels").select_option("sharp")
    dialog.get_by_label("Slider for the thumb").select_option("left")
    dialog.get_by_label("Turning the wheel towards you").select_option("back")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    address(page, "q.smooth === '0'")
    page.goto(f"/viewer/{STUDY}")
    wait_for_glass(page, RESTING)
    expect(page.locator(".viewport-slider--left")).to_be_visible()
    press(page, "image-last")
    wait_for_glass(page, f"data.imageIndex === '{IMAGES}'")
    page.mouse.move(*middle(canvas(page)))
    page.mouse.wheel(0, 100)
    wait_for_glass(page, f"data.imageIndex === '{IMAGES - 1}'")
    # Put everything back: the account is shared with other tests.
    page.get_by_role("button", name="More tools").click()
    page.get_by_role("button", name="My settings for the viewer").click()
    for label, usual in (
        ("Enlarged pixels", "smooth"),
        ("Slider for the thumb", "right"),
        ("Turning the wheel towards you", "ahead"),
    ):
        page.get_by_role("dialog").get_by_label(label).select_option(usual)
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_anonymous_means_that_the_page_names_nobody(study: str, visits: Visits):
    page = opened(visits, ALONE.replace("report=0", "report=1"))
    expect(page.get_by_text("Hands, Test").first).to_be_visible()
    press(page, "anonymous")
    address(page, "q.text === 'anonymous'")
    for text in ("Hands, Test", "HANDS-1"):
        expect(page.get_by_text(text).locator("visible=true")).to_have_count(0)


def test_the_patient_s_other_studies_are_at_hand_and_what_was_written_stays(
    study: str, visits: Visits
):
    page = opened(visits, ALONE.replace("report=0", "report=1"))
    findings = page.get_by_role("textbox", name="Findings")
    findings.fill("Unchanged since the study before")
    press(page, "study-prior")
    page.wait_for_url(f"**/viewer/{PRIOR}**")
    wait_for_glass(page, f"data.studyInstanceUid === '{PRIOR}'")
    expect(findings).to_have_value("")
    others = page.locator(".report-others")
    expect(others.get_by_role("link")).to_have_count(1)
    others.get_by_role("link").click()
    page.wait_for_url(f"**/viewer/{STUDY}**")
    expect(findings).to_have_value("Unchanged since the study before")
    expect(others.get_by_role("link")).to_contain_text("2019-01-02")


# ---------------------------------------------------------------- keys of one's own


@pytest.mark.parametrize("screen", [DESK, TABLET], ids=lambda screen: screen.name)
def test_somebody_gives_a_command_another_key_and_has_the_usual_ones_back(
    study: str, visits: Visits, screen: Screen
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


# ---------------------------------------------------------------- touch and pen


def test_on_a_touch_screen_the_report_is_not_even_for_a_moment_in_the_way(
    study: str, visits: Visits
):
    page = visits.page(RADIOLOGIST, TABLET)
    line = StateLine(page)
    line.to_state.hold_from("start_with_touch")
    page.goto(f"/viewer/{STUDY}")
    line.to_state.wait_until_held()
    # The state has all of the page, and takes the screen for one with a mouse.
    expect(page.locator(".viewer-panel")).to_have_count(1)
    expect(page.locator(".viewer-panel")).to_be_hidden()
    line.to_state.release()
    expect(page.locator(".viewer-panel")).to_have_count(0)
    page.get_by_role("button", name="Show the report").tap()
    expect(page.locator(".viewer-panel")).to_be_visible()


def test_fingers_press_long_tap_twice_and_move_the_magnifier(study: str, visits: Visits):
    page = opened(visits, screen=TABLET)
    fingers = Fingers(page)
    x, y = middle(canvas(page))
    fingers.press((x, y), until=lambda: expect(page.get_by_role("menu")).to_be_visible())
    page.get_by_role("menuitem", name="Magnifier").click()
    expect(page.locator(".loupe")).to_be_visible()
    index = on_glass(page)["imageIndex"]
    before = page.locator(".loupe").bounding_box()
    assert before is not None
    fingers.swipe((x, y), (60, 120))
    page.wait_for_function(
        "top => document.querySelector('.loupe').getBoundingClientRect().top !== top",
        arg=before["y"],
    )
    assert on_glass(page)["imageIndex"] == index
    press(page, "magnifier")
    fitted = float(on_glass(page)["zoom"])
    fingers.pinch((x, y), 2.0)
    wait_for_glass(page, f"Number(data.zoom) > {fitted * 1.5}")
    fingers.tap_twice((x, y))
    wait_for_glass(page, f"Math.abs(Number(data.zoom) - {fitted}) < 0.001")


def test_fingers_choose_a_viewport_move_its_image_and_drag_the_slider(study: str, visits: Visits):
    page = opened(visits, BOTH, TABLET)
    fingers = Fingers(page)
    page.touchscreen.tap(*middle(canvas(page, 1)))
    expect(page.locator(".viewport").nth(1)).to_have_class(re.compile("viewport--active"))
    fingers.swipe(middle(canvas(page)), (45, 30), fingers=2)
    address(
        page,
        "q.active === '1' && q.p1 && (([across, down]) => across < 0 && down < 0"
        " && Math.abs(across / down - 1.5) < 0.2)(q.p1.split(',').map(Number)) && !q.i1",
    )
    slider = page.get_by_role("slider", name="Image of the series").first
    box = slider.bounding_box()
    assert box is not None
    assert box["width"] >= 44
    x, top, height = box["x"] + box["width"] / 2, box["y"], box["height"]
    fingers.swipe((x, top + 10), (0, height - 20))
    wait_for_glass(page, f"Number(data.imageIndex) > {IMAGES - 3}")


def test_a_pen_has_the_tool_and_fingers_then_move_about(study: str, visits: Visits):
    page = opened(visits, screen=TABLET)
    fingers = Fingers(page)
    x, y = middle(canvas(page))
    press(page, "tool-window")
    fingers.draw_with_pen((x, y), (60, 0))
    address(page, "'w1' in q")  # the pen rests
    width = wait_for_glass(page, f"Number(data.windowWidth) > 90 && {RESTING}")["windowWidth"]
    fingers.swipe((x, y - 100), (0, 200))
    wait_for_glass(page, "Number(data.imageIndex) > 3")
    assert on_glass(page)["windowWidth"] == width
