"""Mouse, touch and pen do in the viewer what the sheet says of them."""

import re

from playwright.sync_api import Route, expect

from tests.browser.gestures import Fingers, drag, middle
from tests.browser.held_lines import StateLine
from tests.browser.viewer_hands import (
    ALONE,
    BOTH,
    IMAGES,
    MR,
    PRIOR,
    RESTING,
    STUDY,
    address,
    canvas,
    numbers,
    opened,
    press,
)
from tests.browser.visits import (
    PHONE,
    RADIOLOGIST,
    TABLET,
    Screen,
    Visits,
    on_glass,
    wait_for_glass,
    wait_until,
)

# ---------------------------------------------------------------- mouse


def test_a_right_click_opens_the_menu_and_a_right_drag_does_not(
    study_for_hands: str, visits: Visits
):
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


def test_escape_takes_a_drag_back(study_for_hands: str, visits: Visits):
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


def test_the_value_under_the_pointer_is_the_one_in_the_file(study_for_hands: str, visits: Visits):
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
    study_for_hands: str, visits: Visits
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


def test_the_wheel_with_ctrl_zooms_at_the_pointer(study_for_hands: str, visits: Visits):
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


def test_a_region_gives_its_window(study_for_hands: str, visits: Visits):
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
    study_for_hands: str, visits: Visits
):
    page = opened(visits)
    questions: list[Route] = []
    page.route("**/window?*", lambda route: questions.append(route))
    press(page, "window-visible")
    wait_until(page, lambda: questions)
    expect(page.get_by_text("Measuring the window")).to_be_visible()
    press(page, "preset-1")
    expect(page.get_by_text("Measuring the window")).to_have_count(0)
    address(page, "q.w1?.startsWith('40,400')")
    with page.expect_response("**/window?*"):
        questions[0].continue_()
    press(page, "invert")
    address(page, "q.f1 === 'i'")
    wait_for_glass(page, f"data.windowWidth === '400' && {RESTING}")


def test_the_window_stays_while_one_scrolls_where_the_files_have_none(
    study_for_hands: str, visits: Visits
):
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


def test_a_series_that_could_not_be_described_is_asked_about_again_once_it_is_chosen_again(
    study_for_hands: str, visits: Visits
):
    visits.allow("Failed to load resource")
    page = visits.page(RADIOLOGIST)
    page.route(re.compile(r"/series/[0-9.]+\?stack="), lambda route: route.abort(), times=1)
    page.goto(ALONE)
    trouble = page.get_by_text("The series cannot be described. Choose it again.")
    expect(trouble).to_be_visible()
    page.locator(".strip-entry").first.click()
    expect(trouble).to_have_count(0)
    press(page, "image-last")
    wait_for_glass(page, f"data.imageIndex === '{IMAGES}'")


def test_numbers_of_the_window_can_be_written_at_every_width(study_for_hands: str, visits: Visits):
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


def test_the_bar_fits_on_a_phone(study_for_hands: str, visits: Visits):
    page = opened(visits, screen=PHONE)
    expect(page.get_by_role("toolbar", name="Viewer tools")).to_be_visible()
    for width in (430, 390, 360):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function(
            """width => innerWidth === width && document.documentElement.scrollWidth <= width
                && document.querySelector('[data-command=panel]').getBoundingClientRect().right <= width""",
            arg=width,
        )
    page.get_by_role("button", name="More tools").click()
    expect(page.get_by_role("textbox", name="Window center")).to_be_in_viewport()
    page.keyboard.press("Escape")
    # Beside the report the image keeps a place in which it can be read.
    page.get_by_role("button", name="Show the report").click()
    expect(page.get_by_role("article", name="Report")).to_be_visible()
    expect(page.get_by_role("navigation", name="Series")).to_be_hidden()
    image = canvas(page).bounding_box()
    assert image is not None
    assert image["height"] >= 200
    page.get_by_role("button", name="Hide the report").click()
    expect(page.get_by_role("navigation", name="Series")).to_be_visible()


def test_settings_are_kept_for_the_account(study_for_hands: str, visits: Visits):
    page = opened(visits)
    page.get_by_role("button", name="More tools").click()
    page.get_by_role("button", name="My settings for the viewer").click()
    dialog = page.get_by_role("dialog", name="My settings for the viewer")
    choices = [choice.bounding_box() for choice in dialog.get_by_role("combobox").all()]
    assert len({round(box["width"]) for box in choices if box}) == 1
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


def test_anonymous_means_that_the_page_names_nobody(study_for_hands: str, visits: Visits):
    page = opened(visits, ALONE.replace("report=0", "report=1"))
    expect(page.get_by_text("Hands, Test").first).to_be_visible()
    press(page, "anonymous")
    address(page, "q.text === 'anonymous'")
    for text in ("Hands, Test", "HANDS-1"):
        expect(page.get_by_text(text).locator("visible=true")).to_have_count(0)


def test_the_patient_s_other_studies_are_at_hand_and_what_was_written_stays(
    study_for_hands: str, visits: Visits
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


# ---------------------------------------------------------------- touch and pen


def test_on_a_touch_screen_the_report_is_not_even_for_a_moment_in_the_way(
    study_for_hands: str, visits: Visits
):
    page = visits.page(RADIOLOGIST, TABLET)
    line = StateLine(page)
    line.to_state.hold_from("start_with_touch")
    page.goto(f"/viewer/{STUDY}")
    line.to_state.wait_until_held("start_with_touch")
    # The state has all of the page, and takes the screen for one with a mouse.
    expect(page.locator(".viewer-panel")).to_have_count(1)
    expect(page.locator(".viewer-panel")).to_be_hidden()
    line.to_state.release()
    expect(page.locator(".viewer-panel")).to_have_count(0)
    page.get_by_role("button", name="Show the report").tap()
    expect(page.locator(".viewer-panel")).to_be_visible()


def test_fingers_press_long_tap_twice_and_move_the_magnifier(study_for_hands: str, visits: Visits):
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


def test_fingers_choose_a_viewport_move_its_image_and_drag_the_slider(
    study_for_hands: str, visits: Visits
):
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


def test_a_pen_has_the_tool_and_fingers_then_move_about(study_for_hands: str, visits: Visits):
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
