"""The viewport in Chromium: what is on the glass is what the standard says, and every hand, finger and key moves it."""

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.canvas import glass_of
from tests.browser.gestures import Fingers, drag, middle
from tests.browser.studies import made_slice
from tests.browser.visits import (
    RADIOLOGIST,
    TABLET,
    House,
    Visits,
    choose_layout,
    on_glass,
    open_study,
    wait_for_glass,
)
from tests.dicom_files import written

STACK = "2.25.7001"
LARGE = "2.25.7002"
IMAGES = 40
_RESTING = "data.fidelity === 'lossless'"


def _stack_slice(number: int):
    """Slices that can be told apart by their pixels: a ramp that rises with the slice."""
    dataset = made_slice(
        number,
        rows=200,
        StudyInstanceUID=STACK,
        SeriesInstanceUID=f"{STACK}.1",
        SOPInstanceUID=f"{STACK}.1.{number}",
        FrameOfReferenceUID=f"{STACK}.9",
        WindowCenter="500",
        WindowWidth="1000",
    )
    dataset.PixelData = _stack_values(number).tobytes()
    return dataset


def _stack_values(number: int) -> np.ndarray:
    rows, columns = np.mgrid[0:200, 0:200]
    return (4 * columns + rows // 2 + 10 * number - 200).astype(np.int16)


def _large_values() -> np.ndarray:
    rows, columns = np.mgrid[0:2300, 0:1900]
    return ((rows * 7 + columns * 3) % 4096).astype(np.int16)


def _large():
    values = _large_values()
    dataset = made_slice(
        1,
        rows=64,
        StudyInstanceUID=LARGE,
        SeriesInstanceUID=f"{LARGE}.1",
        SOPInstanceUID=f"{LARGE}.1.1",
        FrameOfReferenceUID=f"{LARGE}.9",
        Modality="OT",
        WindowCenter="2048",
        WindowWidth="4096",
        Rows=values.shape[0],
        Columns=values.shape[1],
    )
    dataset.PixelData = values.tobytes()
    return dataset


def linear(values: np.ndarray, center: float, width: float) -> np.ndarray:
    """PS3.3 C.11.2.1.2.1, as written there, to 8 bits."""
    y = ((values - (center - 0.5)) / (width - 1) + 0.5) * 255
    y = np.where(values <= center - 0.5 - (width - 1) / 2, 0, y)
    return np.where(values > center - 0.5 + (width - 1) / 2, 255, y)


@pytest.fixture(scope="module")
def studies(house: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("studies")
    for number in range(1, IMAGES + 1):
        (folder / f"{number}.dcm").write_bytes(written(_stack_slice(number)))
    (folder / "large.dcm").write_bytes(written(_large()))
    assert house.take_in(folder) == {"stored": IMAGES + 1}
    return folder


@pytest.fixture
def page(studies: Path, visits: Visits) -> Page:
    page = visits.page(RADIOLOGIST)
    open_study(page, STACK)
    wait_for_glass(page, _RESTING)
    return page


def canvas(page: Page, number: int = 0):
    return page.get_by_test_id("viewport").nth(number).locator(".viewport-canvas")


def key(page: Page, name: str) -> None:
    canvas(page).focus()
    page.keyboard.press(name)


def on_glass_at_one_to_one(page: Page, shape: tuple[int, int]) -> np.ndarray:
    """The middle of the image as it is on the glass at one to one: grey levels and their place in the image."""
    key(page, "o")
    wait_for_glass(page, f"data.zoom === '1' && {_RESTING}")
    picture = glass_of(page)
    assert (picture[..., 0] == picture[..., 1]).all()
    assert (picture[..., 0] == picture[..., 2]).all()
    rows = min(shape[0], picture.shape[0] // 2 * 2 - 2)
    columns = min(shape[1], picture.shape[1] // 2 * 2 - 2)
    # Rounded as JavaScript rounds: the image stands on the grid of the screen's pixels.
    top, left = (
        (side - wanted + 1) // 2
        for side, wanted in zip(picture.shape, (rows, columns), strict=False)
    )
    return picture[top : top + rows, left : left + columns, 0]


def assert_shows(glass: np.ndarray, values: np.ndarray, center: float, width: float) -> None:
    """The glass holds the window of these values, allowing a shift of one pixel for odd sizes."""
    rows, columns = glass.shape
    expected = linear(values, center, width)
    top, left = (values.shape[0] - rows) // 2, (values.shape[1] - columns) // 2
    differences = []
    for down in (0, 1):
        for right in (0, 1):
            part = expected[top + down : top + down + rows, left + right : left + right + columns]
            if part.shape == glass.shape:
                differences.append(np.abs(part - glass).max())
    assert min(differences) <= 0.5 + 1e-9


def test_lossless_means_every_pixel_as_the_standard_has_it(page: Page):
    data = on_glass(page)
    assert data["fidelity"] == "lossless"
    values = _stack_values(_slice_on_glass(page))
    assert_shows(on_glass_at_one_to_one(page, values.shape), values, 500, 1000)


def without_report(page: Page) -> None:
    """Give the images the room: beside the report the fields for numbers are left out."""
    page.get_by_role("button", name="Hide the report").click()
    expect(page.get_by_label("Window center", exact=True)).to_be_visible()
    wait_for_glass(page, _RESTING)


def test_a_chosen_window_is_what_is_on_the_glass(page: Page):
    without_report(page)
    page.get_by_label("Window center", exact=True).fill("300")
    page.get_by_label("Window width", exact=True).fill("200")
    page.keyboard.press("Enter")
    wait_for_glass(page, f"data.windowCenter === '300' && data.windowWidth === '200' && {_RESTING}")
    values = _stack_values(_slice_on_glass(page))
    assert_shows(on_glass_at_one_to_one(page, values.shape), values, 300, 200)


def test_inverted_means_inverted(page: Page):
    middle_of_glass = """() => {
      const canvas = document.querySelector('[data-testid=viewport] canvas');
      return canvas.getContext('2d').getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data[0];
    }"""
    level = page.evaluate(middle_of_glass)
    key(page, "i")
    page.wait_for_function("() => location.search.includes('f1=i')")
    # Until the inverted image is there, the glass shows the former one, and says what is true of that.
    page.wait_for_function(f"level => Math.abs(255 - level - ({middle_of_glass})()) < 5", arg=level)
    wait_for_glass(page, _RESTING)
    values = _stack_values(_slice_on_glass(page))
    glass = on_glass_at_one_to_one(page, values.shape)
    assert_shows(255 - glass, values, 500, 1000)


def test_a_large_image_is_exact_where_one_looks_at_it(studies: Path, visits: Visits):
    page = visits.page(RADIOLOGIST)
    open_study(page, LARGE)
    wait_for_glass(page, _RESTING)
    values = _large_values()
    assert_shows(on_glass_at_one_to_one(page, values.shape), values, 2048, 4096)
    before = on_glass(page)
    drag(page, middle(canvas(page)), (-200, -100), button="middle")
    wait_for_glass(page, _RESTING)
    assert on_glass(page)["zoom"] == before["zoom"]
    picture = glass_of(page)[..., 0]
    # 200 to the right and 100 down from the middle of the image.
    expected = linear(values, 2048, 4096)
    row, column = picture.shape[0] // 2, picture.shape[1] // 2
    part = picture[row - 100 : row + 100, column - 100 : column + 100]
    differences = [
        np.abs(expected[1150 + dr : 1350 + dr, 1050 + dc : 1250 + dc] - part).max()
        for dr in range(-1, 3)
        for dc in range(-1, 3)
    ]
    assert min(differences) <= 0.5 + 1e-9


def _slice_on_glass(page: Page) -> int:
    return int(on_glass(page)["sopInstanceUid"].rsplit(".", 1)[1])


def test_the_glass_says_what_is_on_it_after_every_paint(page: Page):
    data = on_glass(page)
    assert data["studyInstanceUid"] == STACK
    assert data["seriesInstanceUid"] == f"{STACK}.1"
    assert data["frameNumber"] == "1"
    assert (data["imageIndex"], data["imageCount"]) == ("1", str(IMAGES))
    assert (data["windowCenter"], data["windowWidth"]) == ("500", "1000")
    marks = page.evaluate(
        "performance.getEntriesByName('pacscribe.paint').map((mark) => mark.detail)"
    )
    assert marks[-1]["sopInstanceUid"] == data["sopInstanceUid"]
    assert marks[-1]["fidelity"] == "lossless"


def test_the_wheel_scrolls_one_image_a_notch_and_stops_at_the_ends(page: Page):
    page.mouse.move(*middle(canvas(page)))
    for _ in range(3):
        page.mouse.wheel(0, 100)
    wait_for_glass(page, "data.imageIndex === '4'")
    for _ in range(9):
        page.mouse.wheel(0, -100)
    wait_for_glass(page, "data.imageIndex === '1'")


def test_a_fast_wheel_ends_at_the_image_the_hand_left_it_at(page: Page):
    page.mouse.move(*middle(canvas(page)))
    for _ in range(30):
        page.mouse.wheel(0, 100)
    data = wait_for_glass(page, f"data.imageIndex === '31' && {_RESTING}")
    assert data["sopInstanceUid"] != f"{STACK}.1.1"
    page.wait_for_function("() => location.search.includes('i1=31')")


def test_keys_walk_through_the_stack(page: Page):
    for name, index in (
        ("ArrowDown", 2),
        ("Shift+ArrowDown", 12),
        ("ArrowUp", 11),
        ("End", IMAGES),
        ("Home", 1),
    ):
        key(page, name)
        wait_for_glass(page, f"data.imageIndex === '{index}'")


def test_dragging_changes_the_window_and_the_address_keeps_it(page: Page):
    drag(page, middle(canvas(page)), (64, 0))
    wait_for_glass(
        page, f"data.windowWidth === '1250' && data.windowCenter === '500' && {_RESTING}"
    )
    page.wait_for_function("() => location.search.includes('w1=500,1250,linear')")
    page.reload()
    wait_for_glass(
        page, f"data.windowWidth === '1250' && data.windowCenter === '500' && {_RESTING}"
    )


def test_middle_drag_moves_right_drag_zooms_and_the_wheel_zooms_with_control(page: Page):
    start = middle(canvas(page))
    fitted = float(on_glass(page)["zoom"])
    drag(page, start, (0, -100), button="right")
    page.wait_for_function("() => location.search.includes('z1=')")  # the hand rests
    zoomed = float(wait_for_glass(page, f"Number(data.zoom) > {fitted * 1.5}")["zoom"])
    page.keyboard.down("Control")
    page.mouse.wheel(0, 200)
    page.keyboard.up("Control")
    wait_for_glass(page, f"Number(data.zoom) < {zoomed}")
    drag(page, start, (40, 30), button="middle")
    page.wait_for_function("() => /p1=-/.test(location.search)")
    assert on_glass(page)["windowWidth"] == "1000"
    key(page, "=")
    wait_for_glass(page, f"Number(data.zoom) === {fitted}")
    page.wait_for_function("() => !/[pz]1=/.test(location.search)")


def _edges(page: Page) -> tuple[str, ...]:
    return tuple(
        page.locator(f".edge--{edge}").text_content() or ""
        for edge in ("left", "right", "top", "bottom")
    )


def test_letters_follow_turns_and_flips(page: Page):
    assert _edges(page) == ("R", "L", "A", "P")
    for name, letters in (
        ("h", ("L", "R", "A", "P")),
        ("h", ("R", "L", "A", "P")),
        ("r", ("P", "A", "R", "L")),
        ("v", ("P", "A", "L", "R")),
        (" ", ("R", "L", "A", "P")),
        ("Shift+R", ("A", "P", "L", "R")),
    ):
        key(page, name)
        page.wait_for_function(
            "letters => ['left', 'right', 'top', 'bottom'].every((edge, at) => "
            "document.querySelector(`.edge--${edge}`).textContent === letters[at])",
            arg=list(letters),
        )


def test_a_turned_image_is_turned_on_the_glass(page: Page):
    key(page, "o")
    wait_for_glass(page, f"data.zoom === '1' && {_RESTING}")
    upright = glass_of(page)[..., 0]
    key(page, "r")
    page.wait_for_function("() => location.search.includes('r1=90')")
    wait_for_glass(page, _RESTING)
    turned = glass_of(page)[..., 0]
    rows, columns = (side // 2 for side in upright.shape)
    before = upright[rows - 90 : rows + 90, columns - 90 : columns + 90]
    after = turned[rows - 90 : rows + 90, columns - 90 : columns + 90]
    shifted = [
        np.abs(
            np.rot90(before, -1).astype(int)
            - turned[rows - 90 + dr : rows + 90 + dr, columns - 90 + dc : columns + 90 + dc]
        ).max()
        for dr in (-1, 0, 1)
        for dc in (-1, 0, 1)
    ]
    assert min(shifted) == 0
    assert not np.array_equal(before, after)


def test_keys_typed_into_a_field_stay_there(page: Page):
    without_report(page)
    center = page.get_by_label("Window center", exact=True)
    center.fill("")
    center.press_sequentially("12ri")
    expect(center).to_have_value("12ri")
    # What comes later is in the address; nothing of what was typed is beside it.
    center.fill("300")
    page.keyboard.press("Enter")
    page.wait_for_function("() => location.search.includes('w1=300,')")
    assert "r1=" not in page.url
    assert "f1=" not in page.url


def test_the_film_plays_and_stops(page: Page):
    key(page, "c")
    wait_for_glass(page, "Number(data.imageIndex) > 5")
    key(page, "c")
    expect(page.get_by_role("button", name=re.compile("Play as a film"))).to_be_visible()
    stopped = wait_for_glass(page, _RESTING)["imageIndex"]
    page.wait_for_timeout(500)
    assert on_glass(page)["imageIndex"] == stopped


def test_viewports_are_chosen_and_made_large(page: Page):
    choose_layout(page, "Two viewports side by side")
    expect(page.get_by_test_id("viewport")).to_have_count(2)
    canvas(page, 1).click()
    page.wait_for_function("() => location.search.includes('active=2')")
    # The one series hangs in the first; a click in the strip shows it in the active second one.
    page.get_by_role("navigation", name="Series").get_by_role("button").first.click()
    wait_for_glass(page, _RESTING, 1)
    canvas(page, 1).dblclick()
    expect(page.get_by_test_id("viewport")).to_have_count(1)
    wait_for_glass(page, _RESTING)
    key(page, "Enter")
    expect(page.get_by_test_id("viewport")).to_have_count(2)


def test_a_series_is_dragged_into_a_viewport(page: Page):
    choose_layout(page, "Two viewports side by side")
    card = page.get_by_role("navigation", name="Series").get_by_role("button").first
    card.drag_to(page.get_by_test_id("viewport").nth(1))
    wait_for_glass(page, f"data.seriesInstanceUid === '{STACK}.1'", 1)


def test_a_lost_line_is_said_and_found_again(studies: Path, visits: Visits):
    page = visits.page(RADIOLOGIST)
    visits.allow("WebSocket|Failed to load resource|ERR_")
    sockets = []

    def connect(route):
        server = route.connect_to_server()
        sockets.append(route)
        del server

    page.route_web_socket(re.compile("/api/v1/stream"), connect)
    open_study(page, STACK)
    wait_for_glass(page, _RESTING)
    sockets[-1].close(code=1011)
    expect(page.get_by_text("Connection lost, trying again")).to_be_visible()
    expect(page.get_by_text("Connection lost, trying again")).to_be_hidden()
    key(page, "End")
    wait_for_glass(page, f"data.imageIndex === '{IMAGES}' && {_RESTING}")


def test_without_a_socket_the_pictures_come_by_http(studies: Path, visits: Visits):
    page = visits.page(RADIOLOGIST)
    visits.allow("WebSocket|Failed to load resource|ERR_")
    page.route_web_socket(re.compile("/api/v1/stream"), lambda route: route.close(code=1011))
    open_study(page, STACK)
    wait_for_glass(page, _RESTING)
    values = _stack_values(_slice_on_glass(page))
    assert_shows(on_glass_at_one_to_one(page, values.shape), values, 500, 1000)
    expect(page.get_by_text("Slower connection")).to_be_visible()


def test_an_object_without_an_image_says_so_calmly(studies: Path, visits: Visits, house: House):
    page = visits.page(RADIOLOGIST)
    page.goto("/worklist")
    uid = page.locator("tr[data-study-instance-uid]", has_text="SR").first.get_attribute(
        "data-study-instance-uid"
    )
    page.goto(f"/viewer/{uid}")
    message = page.locator(".viewport-message")
    expect(message).to_be_visible()
    assert (message.text_content() or "").strip()
    assert "fidelity" not in on_glass(page)


def test_fingers_scroll_pinch_and_set_the_window(studies: Path, visits: Visits):
    page = visits.page(RADIOLOGIST, TABLET)
    open_study(page, STACK)
    fitted = float(wait_for_glass(page, _RESTING)["zoom"])
    fingers = Fingers(page)
    x, y = middle(canvas(page))
    fingers.swipe((x, y - 100), (0, 200))
    wait_for_glass(page, "Number(data.imageIndex) > 3")
    # The address has the image once the hand rests: before, the last paint may still be on its way.
    page.wait_for_url(re.compile(r"[?&]i1=\d+"))
    index = int(re.search(r"[?&]i1=(\d+)", page.url)[1])
    wait_for_glass(page, f"data.imageIndex === '{index}'")
    fingers.pinch((x, y), 2.0)
    wait_for_glass(page, f"Number(data.zoom) > {fitted * 1.5}")
    assert int(on_glass(page)["imageIndex"]) == index
    fingers.swipe((x - 60, y), (80, 0), fingers=3)
    wait_for_glass(page, "Number(data.windowWidth) > 1100")
    assert int(on_glass(page)["imageIndex"]) == index


def test_a_double_tap_makes_one_viewport_large(studies: Path, visits: Visits):
    page = visits.page(RADIOLOGIST, TABLET)
    page.goto(f"/viewer/{STACK}?layout=1x2&s1={STACK}.1&s2={STACK}.1")
    wait_for_glass(page, _RESTING, 1)
    Fingers(page).tap_twice(middle(canvas(page, 1)))
    expect(page.get_by_test_id("viewport")).to_have_count(1)
