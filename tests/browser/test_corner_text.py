"""What stands over an image in Chromium: SUV, what was lost before, where a breast is, and whose images they are not."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.studies import made_slice
from tests.browser.visits import RADIOLOGIST, House, Visits, open_study, wait_for_glass
from tests.dicom_files import written
from tests.pet_files import pet_elements

STUDY = "2.25.7401"
WHOSE = {
    "PatientName": "Nemo^Vera",
    "PatientID": "VN-77",
    "PatientBirthDate": "19530708",
    "AccessionNumber": "ACC-5512",
    "InstitutionName": "St Elsewhere",
    "ReferringPhysicianName": "Kildare^James",
}
# How these appear on a page, in whichever form.
NAMING = ("Nemo", "Vera", "VN-77", "1953-07-08", "19530708", "ACC-5512", "Elsewhere", "Kildare")
SIDE = 64


def _slice(number: int, **elements):
    series = f"{STUDY}.{number}"
    return made_slice(
        1,
        rows=SIDE,
        StudyInstanceUID=STUDY,
        SeriesInstanceUID=series,
        SOPInstanceUID=f"{series}.1",
        FrameOfReferenceUID=f"{series}.9",
        SeriesNumber=str(number),
        **WHOSE,
        **elements,
    )


def _pet():
    pet = _slice(
        1,
        LossyImageCompression="01",
        LossyImageCompressionMethod=["ISO_10918_1", "ISO_15444_1"],
        LossyImageCompressionRatio=["10", "2.5"],
    )
    for keyword, value in pet_elements().items():
        setattr(pet, keyword, value)
    del pet.WindowCenter, pet.WindowWidth
    pet.PixelData = np.full((SIDE, SIDE), 240, np.int16).tobytes()
    return pet


def _mammogram():
    mammogram = _slice(
        2,
        SOPClassUID="1.2.840.10008.5.1.4.1.1.1.2",
        Modality="MG",
        ImageLaterality="L",
        PatientOrientation=["A", "F"],
    )
    del mammogram.ImageOrientationPatient, mammogram.ImagePositionPatient
    return mammogram


@pytest.fixture(scope="module")
def study(house: House, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("corners")
    for dataset in (_pet(), _mammogram()):
        path = folder / f"{dataset.Modality}.dcm"
        path.write_bytes(written(dataset))
        assert house.take_in(path) == {"stored": 1}
    return STUDY


def _key(page: Page, name: str) -> None:
    page.locator(".viewport-canvas").first.focus()
    page.keyboard.press(name)


def test_a_pet_says_its_window_and_its_pixels_in_suv_and_what_it_has_lost(
    study: str, visits: Visits
):
    page = visits.page(RADIOLOGIST)
    open_study(page, study)
    state = page.locator(".corner--state")
    expect(state).to_contain_text("C 2.5  W 5 SUVbw  SUV 0–5")
    expect(page.locator(".fidelity")).to_contain_text("source lossy: JPEG 10:1, JPEG 2000 2.5:1")
    expect(page.get_by_text("After injection 63 min")).to_be_visible()
    box = page.locator(".viewport-canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".corner-pixel")).to_contain_text("3.316 SUVbw · 12000 Bq/ml (stored 240)")
    _key(page, "2")
    expect(state).to_contain_text("C 1.5  W 3 SUVbw  SUV 0–3")
    expect(page.get_by_role("combobox", name="Window preset")).to_have_value("suv-0-3")
    expect(page.get_by_label("Window width")).to_have_value("3")
    page.get_by_label("Window center").fill("0.4")
    page.get_by_label("Window width").fill("0.8")
    page.keyboard.press("Enter")
    expect(state).to_contain_text("C 0.4  W 0.8 SUVbw")
    # Keys are for the image again.
    page.keyboard.press("3")
    expect(state).to_contain_text("C 3.5  W 7 SUVbw  SUV 0–7")


_PLACES = """() => {
  const glass = document.querySelector('.viewport-canvas').getBoundingClientRect();
  return [...document.querySelectorAll('.viewport-overlay .corner')]
    .flatMap((corner) => [...corner.children])
    .filter((line) => line.textContent && line.getClientRects().length)
    .map((line) => line.getBoundingClientRect())
    .map(({ left, right, top, bottom }) => [
      (left - glass.left) / glass.width, (right - glass.left) / glass.width,
      (top - glass.top) / glass.height, (bottom - glass.top) / glass.height,
    ]);
}"""


def _is_clear_of(page: Page, edge: str) -> bool:
    """Whether every line of the corners is on the other half of the glass, and none lies over another."""
    places = page.evaluate(_PLACES)
    clear = {
        "left": lambda left, _right, _top, _bottom: left > 0.5,
        "right": lambda _left, right, _top, _bottom: right < 0.5,
        "top": lambda _left, _right, top, _bottom: top > 0.5,
    }[edge]
    overlaps = any(
        one[0] < other[1] - 0.001 and other[0] < one[1] - 0.001
        and one[2] < other[3] - 0.001 and other[2] < one[3] - 0.001
        for at, one in enumerate(places) for other in places[at + 1 :]
    )  # fmt: skip
    return bool(places) and not overlaps and all(clear(*place) for place in places)


def test_text_keeps_off_the_breast_at_every_level_however_the_mammogram_lies(
    study: str, visits: Visits
):
    page = visits.page(RADIOLOGIST)
    # Its chest wall, and with it the breast, is at the left of the stored image.
    page.goto(f"/viewer/{study}?layout=1x1&s1={STUDY}.2&report=0")
    wait_for_glass(page, f"data.seriesInstanceUid === '{STUDY}.2'")
    overlay = page.locator(".viewport-overlay")
    for level in ("full", "minimal", "none", "anonymous"):
        expect(page.locator(".viewport")).to_have_class(re.compile(f"viewport--text-{level}"))
        expect(overlay).to_have_attribute("data-breast", "left")
        assert _is_clear_of(page, "left"), level
        if level != "anonymous":
            _key(page, "t")
    _key(page, "t")
    expect(page.locator(".viewport")).to_have_class(re.compile("viewport--text-full"))
    for name, edge in (("h", "right"), ("h", "left"), ("r", "top")):
        _key(page, name)
        expect(overlay).to_have_attribute("data-breast", edge)
        assert _is_clear_of(page, edge), edge
    # The image of another modality has its four corners again.
    page.locator(".strip-entry").first.click()
    expect(page.locator(".corner--state")).to_contain_text("SUVbw")
    expect(page.locator(".viewport-overlay[data-breast]")).to_have_count(0)


# All that the page holds, seen or not.
_SAID = """() => [
  document.documentElement.outerHTML, ...[...document.querySelectorAll('input, textarea')].map((field) => field.value),
].join('\\n')"""


def test_without_the_patients_data_nothing_on_the_page_says_whose_images_these_are(
    study: str, visits: Visits
):
    page = visits.page(RADIOLOGIST)
    page.goto(f"/viewer/{study}?layout=1x2&s1={STUDY}.1&s2={STUDY}.2&report=1")
    wait_for_glass(page, f"data.seriesInstanceUid === '{STUDY}.2'", 1)
    expect(page.get_by_role("article", name="Report")).to_be_visible()
    expect(page.locator(".corner--patient").first).to_contain_text("ACC-5512")
    said = page.evaluate(_SAID)
    assert {"Nemo", "VN-77", "1953-07-08", "ACC-5512", "Elsewhere"} <= {
        each for each in NAMING if each in said
    }
    _key(page, "Shift+T")
    page.wait_for_function("() => location.search.includes('text=anonymous')")
    expect(page.locator(".report-patient")).to_have_count(0)
    said = page.evaluate(_SAID)
    assert [each for each in NAMING if each in said] == []
    # Nor after the page was loaded anew, nor in a place that opens.
    page.reload()
    wait_for_glass(page, f"data.seriesInstanceUid === '{STUDY}.2'", 1)
    expect(page.get_by_role("article", name="Report")).to_be_visible()
    page.get_by_role("button", name="More tools").click()
    said = page.evaluate(_SAID)
    assert [each for each in NAMING if each in said] == []
