"""What tests of hands in the viewer share: a study whose pixels tell where they are, and ways to touch it."""

import re
from pathlib import Path

import numpy as np
from playwright.sync_api import Page

from pacscribe_ui.commands import COMMANDS
from tests.browser.studies import made_slice
from tests.browser.visits import (
    DESK,
    RADIOLOGIST,
    House,
    Screen,
    Visits,
    on_glass,
    wait_for_glass,
)
from tests.dicom_files import written

STUDY = "2.25.7101"
CT, MR = f"{STUDY}.1", f"{STUDY}.2"
PRIOR = "2.25.7109"
IMAGES = 24
RESTING = "data.fidelity === 'lossless'"
ALONE = f"/viewer/{STUDY}?layout=1x1&report=0&s1={CT}"
BOTH = f"/viewer/{STUDY}?layout=1x2&report=0&s1={CT}&s2={MR}"


def ct_slice(number: int):
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


def mr_slice(number: int):
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


def take_in(house: House, folder: Path) -> str:
    """Make the study and one before it, and send them; the UID of the study."""
    for number in range(1, IMAGES + 1):
        (folder / f"{number}.dcm").write_bytes(written(ct_slice(number)))
    for number in range(1, 4):
        (folder / f"mr{number}.dcm").write_bytes(written(mr_slice(number)))
    prior = ct_slice(1)
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
