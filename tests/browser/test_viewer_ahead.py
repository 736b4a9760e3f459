"""What hands do shows at once, though the line to the state is slow; the state agrees once it has heard of it."""

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.gestures import drag, middle
from tests.browser.held_lines import StateLine, TileLine
from tests.browser.viewer_hands import (
    ALONE,
    BOTH,
    CT,
    IMAGES,
    MR,
    PRIOR,
    RESTING,
    STUDY,
    address,
    canvas,
    numbers,
    press,
)
from tests.browser.visits import (
    RADIOLOGIST,
    Visits,
    choose_layout,
    on_glass,
    wait_for_glass,
    wait_until,
)


def opened_on_a_line(visits: Visits, where: str, *, viewports: int = 1) -> tuple[Page, StateLine]:
    """A page that has its state and whose viewports rest, and its line to the state, which can be held from now on."""
    page = visits.page(RADIOLOGIST)
    line = StateLine(page)
    page.goto(where)
    for number in range(viewports):
        wait_for_glass(page, RESTING, number)
    # The image of a single viewport may rest before the state was even asked.
    expect(page.get_by_role("combobox", name="Window preset")).to_be_visible()
    return page, line


class MeasuredLater:
    """Questions of a page for the window of a whole image, which wait for their answers until they are let go."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._asked: list[Route] = []
        page.route("**/window?spread=*", lambda route: self._asked.append(route))

    def answer(self) -> None:
        """Wait until something was asked, and have it answered."""
        wait_until(self._page, lambda: self._asked)
        with self._page.expect_response("**/window?spread=*"):
            self._asked.pop().continue_()


def test_a_window_that_is_dragged_stays_when_the_answer_to_an_earlier_one_comes_late(
    study_for_hands: str, visits: Visits
):
    page = visits.page(RADIOLOGIST)
    later = MeasuredLater(page)
    page.goto(ALONE)
    wait_for_glass(page, RESTING)
    page.get_by_role("combobox", name="Window preset").select_option("full")
    drag(page, middle(canvas(page)), (120, 60), steps=5)
    wait_for_glass(page, f"data.windowWidth !== '80' && {RESTING}")
    dragged = numbers(page)
    later.answer()
    # The list was first and the hand came after it: what the hand has left holds, here and in the address.
    address(page, f"q.w1?.startsWith('{dragged[0]:.6g},{dragged[1]:.6g}')")
    press(page, "invert")
    address(page, "q.f1 === 'i'")
    assert numbers(page) == dragged


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
    study_for_hands: str, visits: Visits
):
    page, line = opened_on_a_line(visits, BOTH, viewports=2)
    line.to_state.hold()
    page.mouse.click(*middle(canvas(page, 1)))
    page.keyboard.press("R")
    turned = page.locator(".viewport").nth(1).locator(".corner--state")
    expect(turned).to_contain_text("90°")
    page.keyboard.press("I")
    line.to_state.wait_until_held("choose_viewport")
    line.to_state.release()
    address(page, "q.active === '2' && q.r2 === '90' && q.f2 === 'i' && !q.r1 && !q.f1")


def test_no_key_that_the_browser_can_answer_waits_for_the_state(
    study_for_hands: str, visits: Visits
):
    page, line = opened_on_a_line(visits, BOTH, viewports=2)
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


def test_a_layout_does_not_wait_for_the_state_nor_does_what_its_viewports_show(
    study_for_hands: str, visits: Visits
):
    page, line = opened_on_a_line(visits, ALONE + "&link=0")
    line.to_state.hold()
    choose_layout(page, "Two viewports side by side")
    expect(page.locator(".glass")).to_have_class("glass glass--1x2")
    wait_for_glass(page, f"data.seriesInstanceUid === '{MR}' && {RESTING}", 1)
    canvas(page, 1).click()
    page.keyboard.press("r")
    page.keyboard.press("ArrowDown")
    # What a layout does not show waits as hands have left it, though the state has not heard of it at all.
    choose_layout(page, "Two viewports, one above the other")
    expect(page.get_by_test_id("viewport")).to_have_count(2)
    choose_layout(page, "Four viewports")
    viewports = page.get_by_test_id("viewport")
    expect(viewports).to_have_count(4)
    wait_for_glass(page, f"data.seriesInstanceUid === '{MR}' && data.imageIndex === '2'", 1)
    expect(viewports.nth(3)).to_contain_text("Choose this viewport, then a series in the list.")
    page.get_by_role("button", name="Layout").click()
    expect(page.get_by_role("button", name="Four viewports")).to_have_attribute(
        "aria-pressed", "true"
    )
    page.keyboard.press("Escape")
    page.evaluate(_WATCH_VIEWPORTS)
    line.to_state.release()
    address(
        page,
        f"q.layout === '2x2' && q.s1 === '{CT}' && q.s2 === '{MR}' && q.r2 === '90' && q.i2 === '2' && !q.r1"
        f" && q.s3 === '{MR}' && !q.r3 && !q.i3 && !q.s4",
    )
    press(page, "tool-pan")
    address(page, "q.active === '1'")  # the key was pressed on the first one's image
    wait_for_glass(page, f"data.seriesInstanceUid === '{MR}' && data.imageIndex === '2'", 1)
    assert "data-awaits" not in "".join(page.evaluate("() => window.said"))


def test_the_bar_shows_at_once_what_hands_have_chosen(study_for_hands: str, visits: Visits):
    page, line = opened_on_a_line(visits, BOTH, viewports=2)
    bar = page.get_by_role("toolbar", name="Viewer tools")
    windows = bar.get_by_role("combobox", name="Window preset")
    expect(windows.get_by_role("option", name="Lung")).to_have_count(1)
    line.to_state.hold()
    press(page, "invert", "preset-2")
    expect(bar.get_by_role("button", name="Invert", pressed=True)).to_be_visible()
    expect(windows).to_have_value("lung")
    expect(bar.get_by_role("textbox", name="Window center")).to_have_value("-600")
    drag(page, middle(canvas(page)), (40, 0), steps=3)
    expect(windows.get_by_role("option", name="Own window")).to_have_count(1)
    windows.select_option("bone")
    expect(windows).to_have_value("bone")
    expect(bar.get_by_role("textbox", name="Window width")).to_have_value("2000")
    press(page, "cine", "cine-faster")
    pause = bar.get_by_role("button", name="Pause the film", pressed=True)
    expect(pause.locator(".lucide-pause")).to_be_visible()
    expect(pause.locator(".lucide-play")).to_be_hidden()
    film = bar.get_by_role("button", name="Film", exact=True)
    expect(film).to_have_text("1.5 ×")
    film.click()
    bar.get_by_role("button", name="Back and forth").click()
    expect(bar.get_by_role("button", name="Back and forth", pressed=True)).to_be_visible()
    page.keyboard.press("Escape")
    press(page, "cine")
    # Of another viewport, what is true of that one.
    press(page, "viewport-next")
    expect(windows.get_by_role("option", name="Lung")).to_have_count(0)
    expect(bar.get_by_role("button", name="Invert", pressed=False)).to_be_visible()
    expect(film).to_have_text("1 ×")
    press(page, "panel")
    expect(page.get_by_role("complementary", name="Report")).to_be_visible()
    expect(bar.get_by_role("button", name="Hide the report", pressed=True)).to_be_visible()
    bar.get_by_role("button", name="More tools").click()
    text = bar.get_by_role("combobox", name="Text on the images")
    text.select_option("none")
    expect(text).to_have_value("none")
    page.keyboard.press("Escape")
    line.to_state.release()
    address(
        page,
        "q.active === '2' && q.f1 === 'i' && q.w1 === '400,2000,linear' && q.report === '1' && q.text === 'none'",
    )


def test_a_series_does_not_wait_for_the_state_and_keys_are_for_it_at_once(
    study_for_hands: str, visits: Visits
):
    page, line = opened_on_a_line(visits, BOTH + "&link=0", viewports=2)
    strip = page.locator(".strip-entry")
    line.to_state.hold()
    strip.nth(1).click()
    wait_for_glass(page, f"data.seriesInstanceUid === '{MR}'")
    expect(strip).to_have_count(2)
    assert [each.get_attribute("aria-pressed") for each in strip.all()] == ["false", "true"]
    expect(page.locator(".viewport-title").first).to_contain_text("MR")
    expect(page.locator(".viewport[data-awaits]")).to_have_count(0)
    press(page, "image-last", "rotate-right")
    wait_for_glass(page, "data.imageIndex === '3'")
    press(page, "series-previous", "image-next", "series-next", "series-previous", "image-ahead")
    wait_for_glass(page, f"data.seriesInstanceUid === '{CT}' && data.imageIndex === '11'")
    # Onto the other viewport, which is the active one then.
    strip.nth(0).drag_to(canvas(page, 1))
    wait_for_glass(page, f"data.seriesInstanceUid === '{CT}'", 1)
    page.keyboard.press("End")
    wait_for_glass(page, f"data.imageIndex === '{IMAGES}'", 1)
    page.evaluate(_WATCH_VIEWPORTS)
    line.to_state.release()
    address(
        page,
        f"q.s1 === '{CT}' && q.i1 === '11' && !q.r1 && q.s2 === '{CT}' && q.i2 === '{IMAGES}'"
        " && q.active === '2'",
    )
    press(page, "tool-pan")
    address(page, "q.active === '1'")  # the key was pressed on the first one's image
    wait_for_glass(page, "data.imageIndex === '11'")
    wait_for_glass(page, f"data.imageIndex === '{IMAGES}'", 1)
    assert "data-awaits" not in "".join(page.evaluate("() => window.said"))


# Presses a key, and says before anything else happens what is on the glass of each viewport.
_SHOWN_AT_ONCE = """key => {
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key, shiftKey: true, bubbles: true, cancelable: true}));
    return [...document.querySelectorAll(".viewport")].map(each => [each.dataset.seriesInstanceUid, each.dataset.imageIndex]);
}"""


def test_viewports_change_places_without_the_server(study_for_hands: str, visits: Visits):
    page, line = opened_on_a_line(visits, BOTH + "&link=0", viewports=2)
    line.to_state.hold()
    press(page, "image-ahead", "invert")
    wait_for_glass(page, f"data.imageIndex === '11' && {RESTING}")
    assert page.evaluate(_SHOWN_AT_ONCE, "ArrowRight") == [[MR, "1"], [CT, "11"]]
    expect(page.locator(".viewport").nth(1)).to_have_class(re.compile("viewport--active"))
    page.keyboard.press("h")
    page.keyboard.press("ArrowDown")
    wait_for_glass(page, f"data.imageIndex === '12' && {RESTING}", 1)
    assert page.evaluate(_SHOWN_AT_ONCE, "ArrowLeft") == [[CT, "12"], [MR, "1"]]
    page.get_by_role("button", name="Viewport 2: drag to change places").click()
    page.get_by_role("button", name="Change places with viewport 1").click()
    wait_for_glass(page, f"data.seriesInstanceUid === '{CT}' && data.imageIndex === '12'", 1)
    line.to_state.release()
    address(
        page,
        f"q.s1 === '{MR}' && !q.i1 && !q.f1 && q.s2 === '{CT}' && q.i2 === '12' && q.f2 === 'mi'"
        " && q.active === '1'",
    )
    wait_for_glass(page, f"data.imageIndex === '12' && {RESTING}", 1)
    wait_for_glass(page, f"data.seriesInstanceUid === '{MR}' && {RESTING}")


_TOP_LEFT_OF_EACH = """() => [...document.querySelectorAll(".viewport-canvas")].map(each => {
    const middle = [each.width / 2 - 50, each.height / 2 - 50];
    return each.getContext("2d").getImageData(...middle, 1, 1).data[0];
})"""


def test_what_is_shown_smaller_goes_with_its_image_to_another_viewport(
    study_for_hands: str, visits: Visits
):
    page = visits.page(RADIOLOGIST)
    page.goto(f"/viewer/{STUDY}?layout=1x2&report=0&link=0&s1={CT}&s2={CT}&z1=0.6&z2=0.6&f2=i")
    for number in (0, 1):
        wait_for_glass(page, f"data.zoom === '0.6' && {RESTING}", number)
    dark, bright = page.evaluate(_TOP_LEFT_OF_EACH)
    assert dark < 100 < 150 < bright
    press(page, "swap-next")
    page.wait_for_function(
        f"([one, other]) => {{ const now = ({_TOP_LEFT_OF_EACH})(); return now[0] === one && now[1] === other }}",
        arg=[bright, dark],
    )


def test_a_window_that_the_server_measures_is_awaited_with_free_hands(
    study_for_hands: str, visits: Visits
):
    page = visits.page(RADIOLOGIST)
    later = MeasuredLater(page)
    page.goto(ALONE)
    wait_for_glass(page, RESTING)
    windows = page.get_by_role("combobox", name="Window preset")
    windows.select_option("full")
    expect(page.get_by_text("Measuring the window")).to_be_visible()
    press(page, "rotate-right")
    later.answer()
    wait_for_glass(page, "data.windowCenter === '450.5' && data.windowWidth === '901'")
    expect(page.get_by_text("Measuring the window")).to_have_count(0)
    expect(windows).to_have_value("full")
    address(page, "q.r1 === '90' && q.w1 === '450.5,901,linear'")


def test_numbers_of_a_window_are_not_overwritten_while_they_are_typed_nor_do_they_wait(
    study_for_hands: str, visits: Visits
):
    page = visits.page(RADIOLOGIST)
    line, pixels = StateLine(page), TileLine(page)
    page.goto(ALONE)
    wait_for_glass(page, RESTING)
    center = page.get_by_role("textbox", name="Window center")
    width = page.get_by_role("textbox", name="Window width")
    expect(width).to_have_value("80")
    pixels.to_page.hold()
    press(page, "preset-2")
    pixels.to_page.wait_until_held('"window":[-600')
    center.fill("60")
    # What the glass shows now comes while somebody types.
    pixels.to_page.release()
    wait_for_glass(page, "data.windowCenter === '-600'")
    expect(center).to_have_value("60")
    line.to_state.hold()
    width.fill("300")
    width.press("Enter")
    wait_for_glass(page, "data.windowCenter === '60' && data.windowWidth === '300'")
    page.keyboard.press("i")
    line.to_state.release()
    address(page, "q.w1 === '60,300,linear' && q.f1 === 'i'")
    # What is no window is said, and stays to be mended; Escape brings back what is shown.
    width.fill("0")
    width.press("Enter")
    expect(page.get_by_text("A window needs a width of 1 or more.")).to_be_visible()
    expect(width).to_have_value("0")
    width.press("5")
    width.press("Escape")
    expect(width).to_have_value("300")


def test_what_only_opens_closes_or_says_something_does_not_wait_for_the_state(
    study_for_hands: str, visits: Visits
):
    page, line = opened_on_a_line(visits, ALONE)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    line.to_state.hold()
    press(page, "copy-link")
    expect(page.get_by_text("is on the clipboard")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == page.url
    press(page, "join-here")
    expect(page.get_by_text("No other viewport shows")).to_be_visible()
    expect(page.get_by_text("is on the clipboard")).to_have_count(0)
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.get_by_text("No other viewport shows")).to_have_count(0)
    sheet = page.get_by_role("dialog", name="Keys and gestures")
    press(page, "keys")
    expect(sheet.locator(".keys-row", has_text="Invert grey values")).to_contain_text("I")
    sheet.get_by_role("button", name="Change keys").click()
    expect(sheet.get_by_role("button", name="Invert grey values")).to_have_text("I")
    sheet.get_by_role("button", name="Done").click()
    expect(sheet.get_by_role("button", name="Invert grey values")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    set_text_on_images(page, "minimal", "Leave as it was")
    expect(page.locator(".viewport")).to_have_class(re.compile("viewport--text-full"))
    set_text_on_images(page, "minimal", "Save")
    expect(page.locator(".viewport")).to_have_class(re.compile("viewport--text-minimal"))
    page.evaluate(_WATCH_VIEWPORTS)
    line.to_state.release()
    address(page, "q.text === 'minimal'")
    assert page.evaluate("() => window.said.length") == 1
    set_text_on_images(page, "full", "Save")  # the account is that of other tests, too
    address(page, "!q.text")


def set_text_on_images(page: Page, level: str, button: str) -> None:
    page.get_by_role("button", name="More tools").click()
    page.get_by_role("button", name="My settings").click()
    settings = page.get_by_role("dialog", name="My settings for the viewer")
    settings.get_by_role("combobox", name="Text on the images").select_option(level)
    settings.get_by_role("button", name=button).click()
    expect(settings).to_have_count(0)


# After five seconds the other study is opened without its image. Here that does not come, however busy the machine.
_WAITS_FOR_THE_IMAGE = """() => {
    const later = window.setTimeout;
    window.setTimeout = (act, ms, ...rest) => {
        if (ms !== 5000) return later(act, ms, ...rest);
        window.isOnTheWay = true;
        return 0;
    };
}"""


def test_the_way_to_another_study_is_said_at_once_and_the_image_stays_until_the_other_is_there(
    study_for_hands: str, visits: Visits
):
    page = visits.page(RADIOLOGIST)
    line, pixels = StateLine(page), TileLine(page)
    page.goto(ALONE)
    wait_for_glass(page, RESTING)
    expect(page.get_by_role("combobox", name="Window preset")).to_be_visible()
    on_the_way = page.get_by_text("Opening the other study")
    line.to_state.hold()
    # There is none after it: that is said as soon as the state knows.
    press(page, "study-next")
    expect(on_the_way).to_be_visible()
    line.to_state.release()
    expect(page.get_by_text("This is the patient's latest study")).to_be_visible()
    expect(on_the_way).to_have_count(0)
    page.evaluate(_WAITS_FOR_THE_IMAGE)
    # The page asks for the other study's image once the state has said which study that is.
    pixels.to_page.hold(PRIOR)
    press(page, "study-prior")
    pixels.to_page.wait_until_held(PRIOR)
    assert page.evaluate("() => window.isOnTheWay")
    expect(on_the_way).to_be_visible()
    assert on_glass(page)["studyInstanceUid"] == STUDY
    assert f"/viewer/{STUDY}" in page.url
    # With the page comes its image, whatever the state has to say of it.
    line.to_page.hold()
    pixels.to_page.release()
    page.wait_for_url(f"**/viewer/{PRIOR}**")
    wait_for_glass(page, f"data.studyInstanceUid === '{PRIOR}'")
    assert page.locator(".corner--patient").inner_text() == ""
    line.to_page.release()
    address(page, f"q.s1 === '{PRIOR}.1'")
    expect(page.locator(".corner--patient")).to_contain_text("Hands")
    expect(on_the_way).to_have_count(0)
