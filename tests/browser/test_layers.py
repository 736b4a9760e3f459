"""Overlays, shutters and tables of a file in Chromium: a layer that lies exactly over its image and can be taken away."""

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.browser.canvas import pixels_of
from tests.browser.studies import made_slice
from tests.browser.visits import RADIOLOGIST, House, Visits, open_study, wait_for_glass
from tests.dicom_files import written

STUDY = "2.25.7003"
SIDE = 200
_RESTING = "data.fidelity === 'lossless'"


def _drawing() -> np.ndarray:
    """Something without any symmetry, where the shutter covers nothing."""
    bits = np.zeros((SIDE, SIDE), np.bool_)
    bits[50:90, 60] = bits[89, 60:120] = bits[120:124, 110:140] = True
    return bits


def _table(first: int, last: int) -> Dataset:
    item = Dataset()
    item.add_new(0x00283002, "US", [2, 0, 8])
    item.add_new(0x00283003, "LO", f"{first} to {last}")
    item.add_new(0x00283006, "OW", np.array([first, last], "<u2").tobytes())
    return item


def _image() -> Dataset:
    """Bright where the overlay is drawn and dark elsewhere, so that the two can be held against each other."""
    dataset = made_slice(
        1,
        rows=SIDE,
        StudyInstanceUID=STUDY,
        SeriesInstanceUID=f"{STUDY}.1",
        SOPInstanceUID=f"{STUDY}.1.1",
        FrameOfReferenceUID=f"{STUDY}.9",
        Modality="OT",
        ShutterShape="CIRCULAR",
        CenterOfCircularShutter=[100, 100],
        RadiusOfCircularShutter="95",
        ShutterPresentationValue=25700,
        VOILUTSequence=Sequence([_table(0, 255), _table(200, 50)]),
    )
    del dataset.WindowCenter, dataset.WindowWidth
    dataset.PixelData = _drawing().astype(np.int16).tobytes()
    packed = np.packbits(_drawing().reshape(-1), bitorder="little").tobytes()
    for number, vr, value in (
        (0x10, "US", SIDE),
        (0x11, "US", SIDE),
        (0x22, "LO", "Planned cut"),
        (0x40, "CS", "G"),
        (0x50, "SS", [1, 1]),
        (0x100, "US", 1),
        (0x102, "US", 0),
        (0x3000, "OW", packed),
    ):
        dataset[0x6000, number] = DataElement((0x6000, number), vr, value)
    return dataset


@pytest.fixture(scope="module")
def study(house: House, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("layers") / "image.dcm"
    path.write_bytes(written(_image()))
    assert house.take_in(path) == {"stored": 1}
    return STUDY


def _glass(page: Page) -> np.ndarray:
    return pixels_of(page, ".viewport-canvas")[..., 0]


def _key(page: Page, name: str, mark: str) -> None:
    """Press a key, and wait until the address says what came of it and the image rests."""
    page.locator(".viewport-canvas").focus()
    page.keyboard.press(name)
    page.wait_for_function("mark => location.search.includes(mark)", arg=mark)
    wait_for_glass(page, _RESTING)


LAYER = ".viewport-layers canvas[data-shows]"


def test_the_layer_lies_exactly_over_its_image_and_leaves_its_pixels_alone(
    study: str, visits: Visits
):
    page = visits.page(RADIOLOGIST)
    open_study(page, study)
    wait_for_glass(page, _RESTING)
    _key(page, "o", "z1=1")
    for name, mark in (("r", "r1=90"), ("h", "f1=m"), ("r", "r1=0")):
        page.wait_for_selector(LAYER, state="attached")
        image, layer = _glass(page), pixels_of(page, LAYER)
        assert np.array_equal(image == 255, layer[..., 3] == 255)
        assert (image == 255).sum() == _drawing().sum()
        red, green, blue = layer[layer[..., 3] == 255][0, :3]
        assert red > blue + 60
        assert green > blue + 60
        if mark == "r1=0":
            break
        _key(page, name, mark)
    before = _glass(page)
    expect(page.get_by_text("Overlay Planned cut")).to_be_visible()
    _key(page, "Shift+G", "o")
    expect(page.locator(".viewport-layers canvas")).to_have_count(0)
    expect(page.get_by_text("overlay hidden")).to_be_visible()
    assert np.array_equal(_glass(page), before)
    page.get_by_role("button", name="More tools").click()
    page.get_by_role("button", name="Hide the overlay of the file, and show it").click()
    expect(page.locator(LAYER)).to_have_count(1)


def test_a_shutter_is_lifted_and_a_table_chosen_by_its_name(study: str, visits: Visits):
    page = visits.page(RADIOLOGIST)
    open_study(page, study)
    wait_for_glass(page, _RESTING)
    _key(page, "o", "z1=1")
    covered = (_glass(page) == 100).sum()
    assert abs(covered - (SIDE * SIDE - np.pi * 95**2)) < 400
    _key(page, "Shift+B", "f1=u")
    # The glass says so once the picture without it has come, which is a lossy one at first.
    expect(page.get_by_text("shutter lifted")).to_be_visible()
    wait_for_glass(page, _RESTING)
    assert set(np.unique(_glass(page))) == {0, 255}
    page.get_by_role("combobox", name="Window preset").select_option("table-2")
    page.wait_for_function("() => location.search.includes('w1=voi-lut,2')")
    expect(page.get_by_text("Window by table 200 to 50")).to_be_visible()
    wait_for_glass(page, _RESTING)
    glass = _glass(page)
    assert {50, 200} <= set(np.unique(glass))
    assert (glass == 50).sum() == _drawing().sum()
    page.reload()
    wait_for_glass(page, _RESTING)
    assert np.array_equal(_glass(page), glass)
