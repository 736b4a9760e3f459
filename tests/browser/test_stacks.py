"""A series of several stacks in Chromium: a card for each, an address for each, and what is odd about it said."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.studies import made_slice
from tests.browser.visits import (
    PHONE,
    RADIOLOGIST,
    House,
    Visits,
    choose_layout,
    on_glass,
    open_study,
    wait_for_glass,
)
from tests.dicom_files import written

STUDY = "2.25.7131"
SERIES = f"{STUDY}.1"
PLACES = (0, 1, 2, 5)
B_VALUES = (0, 1000)
_RESTING = "data.fidelity === 'lossless'"


def _image(at: int, place: int, b_value: int):
    dataset = made_slice(
        at,
        rows=64,
        StudyInstanceUID=STUDY,
        SeriesInstanceUID=SERIES,
        SOPInstanceUID=f"{SERIES}.{at}",
        FrameOfReferenceUID=f"{STUDY}.9",
        Modality="MR",
        InstanceNumber=at,
        DiffusionBValue=float(b_value),
        ImagePositionPatient=[0.0, 0.0, 6.0 * place],
        PixelSpacing=[2.0, 1.0],
        SeriesDescription="Diffusion",
    )
    dataset.PixelData = np.full((64, 64), 100 * at, np.int16).tobytes()
    return dataset


@pytest.fixture(scope="module")
def study(house: House, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder: Path = tmp_path_factory.mktemp("stacks")
    pairs = [(place, b_value) for place in PLACES for b_value in B_VALUES]
    for at, (place, b_value) in enumerate(pairs, start=1):
        (folder / f"{at}.dcm").write_bytes(written(_image(at, place, b_value)))
    assert house.take_in(folder) == {"stored": len(pairs)}
    return STUDY


def _bar_px(page: Page) -> float:
    return page.locator(".scale-bar").evaluate("bar => bar.getBoundingClientRect().width")


def _what_is_odd_covers_no_picture_on_a_phone(page: Page) -> None:
    """The note leaves a square picture free; in a small viewport it is cut short."""
    desk = page.viewport_size
    assert desk is not None
    page.keyboard.press("n")
    expect(page.get_by_role("complementary", name="Report")).to_be_hidden()
    phone = ViewportSize(width=PHONE.width, height=PHONE.height)
    page.set_viewport_size(phone)
    note, glass = page.locator(".corner-note"), page.locator(".viewport-overlay").first
    expect(note).to_be_in_viewport(ratio=1)
    ends = note.evaluate("each => each.getBoundingClientRect().bottom")
    box = glass.bounding_box()
    assert box is not None
    assert ends <= box["y"] + (box["height"] - box["width"]) / 2
    page.set_viewport_size(desk)
    choose_layout(page, "Four viewports")
    page.set_viewport_size(phone)
    # Two lines of 16 px.
    page.wait_for_function(
        "() => document.querySelector('.corner-note').getBoundingClientRect().height <= 33"
    )


def test_each_stack_has_a_card_an_address_and_all_of_its_images(study: str, visits: Visits):
    page = visits.page(RADIOLOGIST)
    open_study(page, study)
    wait_for_glass(page, _RESTING)
    assert (on_glass(page)["imageCount"], on_glass(page)["sopInstanceUid"]) == ("4", f"{SERIES}.1")
    cards = page.get_by_role("navigation", name="Series").get_by_role("button")
    expect(cards).to_have_count(2)
    expect(cards.nth(0)).to_contain_text("b 0")
    expect(cards.nth(1)).to_contain_text("b 1000")
    expect(page.locator(".corner-note")).to_have_text(
        "There is a gap of 18 mm after image 3: 2 slices are missing."
    )

    cards.nth(1).click()
    wait_for_glass(page, f"data.sopInstanceUid === '{SERIES}.2' && {_RESTING}")
    page.locator(".viewport-canvas").focus()
    page.keyboard.press("End")
    wait_for_glass(page, f"data.sopInstanceUid === '{SERIES}.8' && {_RESTING}")
    assert on_glass(page)["imageIndex"] == on_glass(page)["imageCount"] == "4"
    page.wait_for_function("() => location.search.includes('k1=b-1000&i1=4')")
    page.reload()
    wait_for_glass(page, f"data.sopInstanceUid === '{SERIES}.8' && {_RESTING}")

    # Pixels are twice as high as wide; on its side the image still measures true, and says by what.
    expect(page.locator(".scale-basis")).to_have_text("pixel spacing")
    page.locator(".viewport-canvas").focus()
    page.keyboard.press("o")
    wait_for_glass(page, f"data.zoom === '1' && {_RESTING}")
    upright = _bar_px(page)
    page.keyboard.press("r")
    page.wait_for_function("() => location.search.includes('r1=90')")
    assert _bar_px(page) == upright

    page.keyboard.press("PageUp")
    wait_for_glass(page, f"data.sopInstanceUid === '{SERIES}.1' && {_RESTING}")
    _what_is_odd_covers_no_picture_on_a_phone(page)


def test_an_address_of_the_series_alone_opens_its_first_stack(study: str, visits: Visits):
    page = visits.page(RADIOLOGIST)
    page.goto(f"/viewer/{study}?s1={SERIES}&i1=2")
    wait_for_glass(page, f"data.sopInstanceUid === '{SERIES}.3' && {_RESTING}")
    page.wait_for_function("() => location.search.includes('k1=b-0')")
