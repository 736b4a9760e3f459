"""Several viewports in Chromium: linked in millimetres, with reference lines, each with its own film, up to nine of them."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.gestures import drag, middle
from tests.browser.held_lines import StateLine
from tests.browser.studies import made_slice
from tests.browser.visits import (
    RADIOLOGIST,
    House,
    Visits,
    choose_layout,
    on_glass,
    wait_for_glass,
)
from tests.dicom_files import written

STUDY = "2.25.7100"
THICK, THIN, SAGITTAL, FILM = (f"{STUDY}.{number}" for number in range(1, 5))
_RESTING = "data.fidelity === 'lossless'"
FRAMES = 8


def _slice(series: str, number: int, *, rows: int, **elements):
    return made_slice(
        number,
        rows=rows,
        **{
            "StudyInstanceUID": STUDY,
            "SeriesInstanceUID": series,
            "SeriesNumber": series[-1],
            "SOPInstanceUID": f"{series}.{number}",
            "FrameOfReferenceUID": f"{STUDY}.9",
            "RescaleType": "HU",
            **elements,
        },
    )


def _files():
    """The same space in thick and in thin slices, once more from the side, and a film with a rhythm of its own."""
    for number in range(1, 13):
        place = [-64.0, -64.0, 5.0 * (number - 1)]
        yield _slice(THICK, number, rows=64, PixelSpacing=[2.0, 2.0], ImagePositionPatient=place)
    for number in range(1, 31):
        place = [-64.0, -64.0, 3.0 * (number - 1)]
        yield _slice(
            THIN,
            number,
            rows=128,
            PixelSpacing=[1.0, 1.0],
            SliceThickness="3",
            ImagePositionPatient=place,
        )
    for number in range(1, 4):
        yield _slice(
            SAGITTAL,
            number,
            rows=128,
            PixelSpacing=[1.0, 1.0],
            ImagePositionPatient=[10.0 * number, -64.0, 100.0],
            ImageOrientationPatient=[0, 1, 0, 0, 0, -1],
        )
    film = _slice(FILM, 1, rows=64, Modality="XA", FrameOfReferenceUID=f"{STUDY}.8")
    pixels = np.frombuffer(film.PixelData, np.int16)
    film.PixelData = np.concatenate([pixels + 50 * frame for frame in range(FRAMES)]).tobytes()
    film.NumberOfFrames = FRAMES
    film.FrameIncrementPointer = 0x00181065
    film.FrameTimeVector = [0, 60, 90, 60, 90, 60, 90, 60]
    film.PreferredPlaybackSequencing = 1
    yield film


@pytest.fixture(scope="module")
def study(house: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("together")
    for number, dataset in enumerate(_files()):
        (folder / f"{number}.dcm").write_bytes(written(dataset))
    assert set(house.take_in(folder)) == {"stored"}
    return folder


def opened(visits: Visits, layout: str, *series: str, more: str = "") -> Page:
    page = visits.page(RADIOLOGIST)
    shown = "".join(f"&s{number}={uid}" for number, uid in enumerate(series, start=1))
    page.goto(f"/viewer/{STUDY}?layout={layout}{shown}&report=0{more}")
    for number in range(len(series)):
        wait_for_glass(page, _RESTING, number)
    return page


def canvas(page: Page, number: int = 0):
    return page.get_by_test_id("viewport").nth(number).locator("canvas.viewport-canvas")


def press(page: Page, name: str, number: int = 0) -> None:
    canvas(page, number).focus()
    page.keyboard.press(name)


def test_a_link_by_hand_holds_before_the_state_has_heard_of_it(study: Path, visits: Visits):
    page = visits.page(RADIOLOGIST)
    line = StateLine(page)
    page.goto(f"/viewer/{STUDY}?layout=1x2&report=0&link=0&s1={THICK}&s2={FILM}")
    for number in range(2):
        wait_for_glass(page, _RESTING, number)
    expect(page.get_by_role("combobox", name="Window preset")).to_be_visible()
    line.to_state.hold()
    press(page, "Shift+H")
    expect(page.get_by_text("is linked, until another series is shown")).to_be_visible()
    expect(page.locator(".viewport-link")).to_have_text(["Linked by hand", "Linked by hand"])
    page.get_by_role("button", name="Layout").click()
    page.get_by_role("button", name="Forget links by hand").click()
    expect(page.locator(".viewport-link")).to_have_count(0)
    page.keyboard.press("Escape")
    press(page, "Shift+H")
    expect(page.locator(".viewport-link")).to_have_count(2)
    line.to_state.release()
    page.wait_for_url(re.compile(r"o1=0,0,0.*&o2="))
    assert "link=0" not in page.url
    expect(page.locator(".viewport-link")).to_have_count(2)


def test_parallel_series_of_one_space_move_together_in_millimetres(study: Path, visits: Visits):
    page = opened(visits, "1x2", THICK, THIN)
    expect(page.locator(".viewport-link")).to_have_text(["Linked", "Linked"])
    page.mouse.move(*middle(canvas(page)))
    for _ in range(3):
        page.mouse.wheel(0, 100)
    # 15 mm up are three thick slices and five thin ones.
    wait_for_glass(page, "data.imageIndex === '4'")
    wait_for_glass(page, f"data.imageIndex === '6' && {_RESTING}", 1)
    page.wait_for_url(re.compile(r"i1=4&.*i2=6"))
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    wait_for_glass(page, _RESTING)
    page.wait_for_url(re.compile(r"z1=.*z2="))
    zooms = [float(on_glass(page, number)["zoom"]) for number in (0, 1)]
    assert zooms[0] / zooms[1] == pytest.approx(
        2.0, rel=1e-3
    )  # as many mm to a pixel of the screen
    drag(page, middle(canvas(page)), (50, 20))
    page.wait_for_url(re.compile("w1="))  # the hand rests
    left = wait_for_glass(page, f"data.windowWidth !== '80' && {_RESTING}")
    right = wait_for_glass(page, f"data.windowWidth === '{left['windowWidth']}'", 1)
    assert right["windowCenter"] == left["windowCenter"]
    press(page, "Shift+L")
    page.wait_for_url(re.compile("link=0"))
    expect(page.locator(".viewport-link")).to_have_count(0)
    press(page, "End")
    wait_for_glass(page, f"data.imageIndex === '12' && {_RESTING}")
    assert on_glass(page, 1)["imageIndex"] == "6"


def test_a_reference_line_lies_where_the_slice_lies(study: Path, visits: Visits):
    page = opened(visits, "1x2", SAGITTAL, THICK, more="&active=2&i2=7")
    assert page.locator(".viewport-lines line").count() == 0
    press(page, "d", 1)
    current = page.locator(".viewport-lines").nth(0).locator("line[data-line=current]")
    expect(current).to_have_count(1)
    expect(page.locator(".viewport-lines").nth(0).locator("line[data-line=end]")).to_have_count(2)
    expect(page.locator(".viewport-lines").nth(1).locator("line")).to_have_count(0)
    expect(page.locator(".viewport-lines").nth(0).locator("text").last).to_have_text("2 · 7")
    page.wait_for_url(re.compile("lines=1"))
    _assert_line_at(page, 30.0)
    page.mouse.move(*middle(canvas(page, 1)))
    page.mouse.wheel(0, 100)
    wait_for_glass(page, "data.imageIndex === '8'", 1)
    _assert_line_at(page, 35.0)


def _assert_line_at(page: Page, height_mm: float) -> None:
    """The side view's first row is 100 mm high, and its rows are 1 mm apart; it is fitted to its viewport."""
    zoom = float(on_glass(page)["zoom"])
    rows = page.evaluate("document.querySelector('canvas.viewport-canvas').height")
    expected = rows / 2 + (100.0 - height_mm + 0.5 - 64.0) * zoom
    page.wait_for_function(
        "expected => { const line = document.querySelector('.viewport-lines line[data-line=current]');"
        " return ['y1', 'y2'].every((end) => Math.abs(Number(line.getAttribute(end)) - expected) < 0.1); }",
        arg=expected,
    )


def test_a_film_keeps_its_rhythm_in_order_and_turns_round_at_its_ends(study: Path, visits: Visits):
    page = opened(visits, "1x1", FILM)
    press(page, "c")
    turns = (
        "performance.getEntriesByName('pacscribe.paint').map((mark) => mark.detail.imageIndex)"
        ".filter((index, at, all) => index !== all[at - 1])"
    )
    page.wait_for_function(f"() => {turns}.length >= {3 * FRAMES}")
    expect(page.locator(".corner--state")).to_contain_text("/ s")
    press(page, "c")
    seen = page.evaluate(turns)
    steps = [after - before for before, after in itertools.pairwise(seen)]
    # A busy machine leaves images out; but a film that begins anew at its end never walks back.
    assert sum(0 < step < FRAMES / 2 for step in steps) > 2
    assert sum(-FRAMES / 2 < step < 0 for step in steps) > 2


def test_nine_viewports_keep_their_views_when_one_is_large_and_when_there_are_fewer(
    study: Path, visits: Visits
):
    page = opened(visits, "3x3", THICK, THIN, SAGITTAL, FILM, THICK, THIN, SAGITTAL, FILM, THICK)
    expect(page.get_by_test_id("viewport")).to_have_count(9)
    press(page, "End", 4)
    wait_for_glass(page, f"data.imageIndex === '12' && {_RESTING}", 4)
    page.wait_for_url(re.compile("i5=12"))
    press(page, "Enter", 4)
    expect(page.get_by_test_id("viewport")).to_have_count(1)
    wait_for_glass(page, f"data.imageIndex === '12' && {_RESTING}")
    press(page, "Enter")
    expect(page.get_by_test_id("viewport")).to_have_count(9)
    choose_layout(page, "Two viewports side by side")
    expect(page.get_by_test_id("viewport")).to_have_count(2)
    choose_layout(page, "Nine viewports")
    wait_for_glass(page, f"data.imageIndex === '12' && {_RESTING}", 4)
    # The handle drags a viewport to another place.
    start = middle(page.locator(".viewport-handle").nth(4))
    end = middle(canvas(page, 1))
    drag(page, start, (end[0] - start[0], end[1] - start[1]))
    wait_for_glass(page, f"data.imageIndex === '12' && {_RESTING}", 1)
    assert on_glass(page, 1)["seriesInstanceUid"] == THICK
    expect(page.get_by_role("group", name="Viewport 2, active")).to_be_visible()
    # However small they are, each says whose image it shows: by name and by number.
    page.set_viewport_size({"width": 900, "height": 640})
    page.wait_for_function("() => document.querySelector('.viewport-overlay').clientHeight < 200")
    whose = page.locator(".corner--patient > span").locator("visible=true")
    expect(whose).to_have_count(18)
