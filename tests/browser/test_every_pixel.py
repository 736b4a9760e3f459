"""Read back from the canvas, images of every kind have the very octets that `pacscribe render` writes, on every screen."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

import imagecodecs
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence

from backend.cli.render import draw
from backend.dicom.parsing import parse_instance
from backend.imaging.encoding import Encoding
from backend.imaging.model import VoiFunction, Window
from backend.imaging.rendering import RenderParameters
from tests.browser.canvas import glass_of
from tests.browser.visits import (
    DESK,
    RADIOLOGIST,
    SHARP,
    House,
    Screen,
    Visits,
    on_glass,
    wait_for_glass,
    wait_until,
)
from tests.dicom.opened_files import JPEG_2000_LOSSLESS, JPEG_BASELINE, RLE, rle
from tests.dicom_files import image_dataset, written
from tests.icc_profiles import ADOBE
from tests.phantoms import cr_chest, ct_head, palette_picture, ultrasound_colour

STUDY = "2.25.7601"
RESTING = "data.fidelity === 'lossless'"
COLOURS = ultrasound_colour(141, 163).stored_values
AS_STORED = RenderParameters(encoding=Encoding.PNG)
FINE, LINES = "100", "101"  # series of the patterns
BETWEEN = Screen("between", 1440, 900, ratio=1.5)
STEPS = np.array([[0, 96, 32, 255], [160, 64, 224, 128], [255, 0, 192, 16]], np.uint8)


def _grey(**elements) -> Dataset:
    return image_dataset(ct_head(155, 161, with_padding=False).stored_values, **elements)


def _chest() -> Dataset:
    return image_dataset(
        cr_chest(150, 131).stored_values,
        PhotometricInterpretation="MONOCHROME1",
        BitsStored=12,
        HighBit=11,
        WindowCenter="2000",
        WindowWidth="2600",
        VOILUTFunction="SIGMOID",
    )


def _table() -> Dataset:
    item = Dataset()
    entries = (np.sqrt(np.arange(1500) / 1500) * 65535).astype("<u2")
    item.add_new(0x00283002, "US", [len(entries), 0, 16])
    item.add_new(0x00283003, "LO", "ROOT")
    item.add_new(0x00283006, "OW", entries.tobytes())
    return _grey(VOILUTSequence=Sequence([item]))


def _palette() -> Dataset:
    picture = palette_picture(119, 140)
    dataset = image_dataset(picture.stored_values, PhotometricInterpretation="PALETTE COLOR")
    for name, table in zip(("Red", "Green", "Blue"), picture.attributes.palette or (), strict=True):
        descriptor = [len(table.values), table.first_value, 16]
        setattr(dataset, f"{name}PaletteColorLookupTableDescriptor", descriptor)
        octets = table.values.astype("<u2").tobytes()
        setattr(dataset, f"{name}PaletteColorLookupTableData", octets)
    return dataset


def _encapsulated(values: np.ndarray, syntax: str, stream: bytes, **elements) -> Dataset:
    dataset = image_dataset(values, **elements)
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encapsulate([stream])
    dataset["PixelData"].VR = "OB"
    return dataset


def _jpeg_in_ybr() -> Dataset:
    stream = imagecodecs.jpeg8_encode(COLOURS, 90, subsampling="422")
    return _encapsulated(COLOURS, JPEG_BASELINE, stream, PhotometricInterpretation="YBR_FULL_422")


def _jpeg_in_rgb() -> Dataset:
    stream = io.BytesIO()
    Image.fromarray(COLOURS).save(stream, "JPEG", quality=90, keep_rgb=True)
    return _encapsulated(COLOURS, JPEG_BASELINE, stream.getvalue())


def _jpeg_2000() -> Dataset:
    values = cr_chest(160, 137).stored_values
    stream = imagecodecs.jpeg2k_encode(values, level=0, codecformat="J2K")
    return _encapsulated(
        values, JPEG_2000_LOSSLESS, stream, WindowCenter="1800", WindowWidth="2500"
    )


def _frames() -> Dataset:
    frame = ct_head(121, 142, with_padding=False).stored_values
    frames = np.stack([np.roll(frame, 9 * number, axis=1) for number in range(3)])
    dataset = image_dataset(
        frame, NumberOfFrames=3, WindowCenter="30", WindowWidth="90", Modality="CT"
    )
    dataset.PixelData = frames.tobytes()
    return dataset


def _below_a_shutter() -> Dataset:
    return _grey(
        PhotometricInterpretation="MONOCHROME1",
        ShutterShape=["CIRCULAR", "RECTANGULAR"],
        CenterOfCircularShutter=[77, 80],
        RadiusOfCircularShutter="70",
        ShutterLeftVerticalEdge="30",
        ShutterRightVerticalEdge="161",
        ShutterUpperHorizontalEdge="1",
        ShutterLowerHorizontalEdge="120",
        ShutterPresentationValue=20_000,
    )


def _not_square() -> Dataset:
    """Pixels twice as high as they are wide."""
    return image_dataset(
        ct_head(80, 161, with_padding=False).stored_values, PixelAspectRatio=[2, 1]
    )


def _floating() -> Dataset:
    """Some pixels are no number, and those of a range are background."""
    values = ct_head(121, 142, with_padding=False).stored_values.astype("<f4") / 1000
    values[20:40, 30:90] = np.nan
    dataset = image_dataset(values)
    del dataset.PixelData, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation
    dataset.FloatPixelData = values.tobytes()
    dataset.FloatPixelPaddingValue, dataset.FloatPixelPaddingRangeLimit = 0.03, 0.04
    return dataset


def _of_32_bits() -> Dataset:
    values = ct_head(121, 142, with_padding=False).stored_values.astype("<i4") * 100_000
    return image_dataset(values, RescaleSlope="-0.001", RescaleIntercept="7")


def _palette_with_profile() -> Dataset:
    dataset = _palette()
    dataset.ICCProfile = ADOBE
    return dataset


def _rle_in_ybr() -> Dataset:
    elements = {"PhotometricInterpretation": "YBR_FULL", "PlanarConfiguration": 1}
    return _encapsulated(COLOURS, RLE, rle(COLOURS), **elements)


def _single_bits() -> Dataset:
    bits = (cr_chest(119, 141).stored_values > 1500).astype(np.uint8)
    dataset = image_dataset(bits, BitsAllocated=1, BitsStored=1, HighBit=0)
    octets = np.packbits(bits.reshape(-1), bitorder="little").tobytes()
    dataset.PixelData = octets + b"\0" * (len(octets) % 2)
    return dataset


def _padded() -> Dataset:
    elements = {"PixelPaddingValue": 20, "PixelPaddingRangeLimit": 60, "RescaleSlope": "2.5"}
    return _grey(RescaleIntercept="-100", PresentationLUTShape="INVERSE", **elements)


def _as_it_is(picture: np.ndarray) -> np.ndarray:
    return picture


def _with_high_pixels(picture: np.ndarray) -> np.ndarray:
    return picture.repeat(2, axis=0)


@dataclass(frozen=True)
class Kind:
    """An image of a kind.

    Attributes:
        name: What sets it apart.
        make: Makes the file.
        asks: What the address asks of its viewport, without the number.
        wanted: The same, as it is drawn by itself.
        frame_number: Which frame the address asks for.
        seen: What the address makes of the drawn picture.
    """

    name: str
    make: Callable[[], Dataset]
    asks: dict[str, str]
    wanted: RenderParameters = AS_STORED
    frame_number: int = 1
    seen: Callable[[np.ndarray], np.ndarray] = _as_it_is


KINDS = (
    Kind("MONOCHROME1 with a sigmoid", _chest, {}),
    Kind("a VOI table", _table, {}),
    Kind("PALETTE COLOR", _palette, {}),
    Kind("JPEG in YBR, chroma of every second column", _jpeg_in_ybr, {}),
    Kind("JPEG in RGB", _jpeg_in_rgb, {}),
    Kind("JPEG 2000", _jpeg_2000, {}),
    Kind("the third frame", _frames, {"i": "3"}, frame_number=3),
    Kind("a colour profile", lambda: image_dataset(COLOURS, ICCProfile=ADOBE), {}),
    Kind(
        "a window by hand, inverted",
        _grey,
        {"w": "41.5,93.25,linear-exact", "f": "i"},
        RenderParameters(
            window=Window(41.5, 93.25, VoiFunction.LINEAR_EXACT), invert=True, encoding=Encoding.PNG
        ),
    ),
)
RARE_KINDS = (
    Kind("MONOCHROME1 below a shutter", _below_a_shutter, {}),
    Kind("pixels that are not square", _not_square, {}, seen=_with_high_pixels),
    Kind(
        "pixels that are not square, turned",
        _not_square,
        {"r": "90"},
        seen=lambda picture: np.rot90(_with_high_pixels(picture), -1),
    ),
    Kind("floating point", _floating, {}),
    Kind("32 bits", _of_32_bits, {}),
    Kind("PALETTE COLOR with a profile", _palette_with_profile, {}),
    Kind("RLE in YBR", _rle_in_ybr, {}),
    Kind("single bits", _single_bits, {}),
    Kind(
        "padding, turned and mirrored",
        _padded,
        {"r": "270", "f": "m"},
        seen=lambda picture: np.rot90(picture)[:, ::-1],
    ),
)


def _named(dataset: Dataset, series: str) -> bytes:
    dataset.StudyInstanceUID = STUDY
    dataset.SeriesInstanceUID, dataset.SOPInstanceUID = f"{STUDY}.{series}", f"{STUDY}.{series}.1"
    dataset.SeriesNumber, dataset.PatientName, dataset.PatientID = series, "Pixel^Every", "PX-1"
    return written(dataset)


def lines() -> np.ndarray:
    """Every tenth column is bright: whoever takes single pixels of it finds too many of them, or none."""
    values = np.zeros((500, 500), np.uint8)
    values[:, 3::10] = 200
    return values


@pytest.fixture(scope="module")
def files(house: House, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """One of each kind, the rare ones last; the study holds patterns as well."""
    folder = tmp_path_factory.mktemp("pixels")
    kinds = enumerate((*KINDS, *RARE_KINDS), start=1)
    files = [_named(kind.make(), str(number)) for number, kind in kinds]
    patterns = {FINE: STEPS, LINES: lines()}
    full_range = {"WindowCenter": "127.5", "WindowWidth": "255", "VOILUTFunction": "LINEAR_EXACT"}
    every = files + [
        _named(image_dataset(each, **full_range), name) for name, each in patterns.items()
    ]
    for number, octets in enumerate(every):
        (folder / f"{number:02}.dcm").write_bytes(octets)
    assert house.take_in(folder) == {"stored": len(every)}
    return files


def expected(octets: bytes, kind: Kind) -> np.ndarray:
    """What `pacscribe render` draws, as (rows, columns, red green blue)."""
    png = draw(
        parse_instance(io.BytesIO(octets)),
        lambda start, length: octets[start : start + length],
        kind.frame_number,
        kind.wanted,
    )
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"))


def address(layout: str, viewports: list[dict[str, str]], **more: str) -> str:
    """Of the study with these viewports: parameters without their number."""
    parameters = {"layout": layout, "report": "0", "link": "0", **more}
    for number, viewport in enumerate(viewports, start=1):
        parameters |= {f"{name}{number}": value for name, value in viewport.items()}
    return f"/viewer/{STUDY}?{urlencode(parameters, safe=',')}"


def opened(visits: Visits, where: str, viewports: int, screen: Screen = DESK) -> Page:
    page = visits.page(RADIOLOGIST, screen)
    page.goto(where)
    for number in range(viewports):
        wait_for_glass(page, RESTING, number)
    return page


@pytest.mark.parametrize(
    ("screen", "first"),
    [(DESK, 0), (SHARP, 0), (BETWEEN, len(KINDS))],
    ids=lambda value: value.name if isinstance(value, Screen) else "rare" if value else "usual",
)
def test_every_pixel_on_the_glass_is_the_one_that_is_rendered(
    files: list[bytes], visits: Visits, screen: Screen, first: int
):
    kinds = (*KINDS, *RARE_KINDS)[first : first + 9]
    viewports = [
        {"s": f"{STUDY}.{number}", "z": f"1,{screen.ratio:g}", **kind.asks}
        for number, kind in enumerate(kinds, start=first + 1)
    ]
    page = opened(visits, address("3x3", viewports, smooth="0"), len(kinds), screen)
    assert page.evaluate("devicePixelRatio") == screen.ratio
    for number, (octets, kind) in enumerate(zip(files[first : first + 9], kinds, strict=True)):
        truth = on_glass(page, number)
        assert (truth["zoom"], truth["frameNumber"]) == ("1", str(kind.frame_number)), kind.name
        wanted = kind.seen(expected(octets, kind))
        assert np.ptp(wanted) > 60, "the image shows something"
        rows, columns = wanted.shape[:2]
        glass = glass_of(page, number, (rows + 2, columns + 2))
        assert np.array_equal(glass[1:-1, 1:-1], wanted), kind.name
        assert glass.sum() == wanted.sum(), f"nothing around it: {kind.name}"
    width, css_px = page.locator(".viewport-canvas").first.evaluate(
        "canvas => [canvas.width, canvas.getBoundingClientRect().width]"
    )
    assert width == round(css_px * screen.ratio)


def test_a_link_shows_the_same_part_of_an_image_at_the_same_size_on_another_screen(
    files: list[bytes], visits: Visits
):
    fitted = {"s": f"{STUDY}.1"}
    sharp = opened(visits, address("2x2", [fitted]), 1, SHARP)
    before = float(on_glass(sharp)["zoom"])
    sharp.locator(".viewport-canvas").first.focus()
    for name in ("+", "+", "Control+ArrowLeft", "Control+ArrowDown"):
        sharp.keyboard.press(name)
    # The address follows the keys at some distance, and the last of them moves the image up or down.
    sharp.wait_for_url(re.compile(r"z1=[\d.]+,2&p1=[\d.]+,-[\d.]+"))
    truth = wait_for_glass(sharp, RESTING)
    assert float(truth["zoom"]) > 1.5 * before
    desk = opened(visits, sharp.url.replace(sharp.evaluate("origin"), ""), 1)
    assert desk.url == sharp.url
    half = float(truth["zoom"]) / 2
    assert abs(float(on_glass(desk)["zoom"]) - half) < 1e-3
    # Seen from so far that both have the same number of pixels, they are the same picture.
    fine, coarse = (glass_of(page).astype(float) for page in (sharp, desk))
    rows, columns = fine.shape[0] // 2, fine.shape[1] // 2
    fine = fine[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2, 3).mean(axis=(1, 3))
    assert np.abs(fine - coarse[:rows, :columns]).mean() < 1.5
    assert coarse.mean() > 30
    # Moved by hand it is of this screen.
    desk.locator(".viewport-canvas").first.focus()
    desk.keyboard.press("+")
    desk.wait_for_url(re.compile(r"z1=[\d.]+,1&p1="))
    # The same where a window is moved to another screen, and has another size there.
    screen = {"width": 1400, "height": 880, "deviceScaleFactor": 1, "mobile": False}
    sharp.context.new_cdp_session(sharp).send("Emulation.setDeviceMetricsOverride", screen)
    wait_for_glass(sharp, f"Math.abs(Number(data.zoom) - {half}) < 1e-3")


def test_pixels_run_into_each_other_or_show_their_edges_and_far_away_none_is_left_out(
    files: list[bytes], visits: Visits
):
    times = 24
    viewports = [
        {"s": f"{STUDY}.{FINE}", "z": f"{times},1"},
        {"s": f"{STUDY}.{LINES}", "z": "0.6,1"},
        {"s": f"{STUDY}.{LINES}", "z": "0.3,1", "r": "90", "f": "m"},
        {"s": f"{STUDY}.{LINES}", "z": "0.06,1"},
    ]
    page = opened(visits, address("2x2", viewports, smooth="0"), len(viewports))
    blocks = np.kron(STEPS, np.ones((times, times), np.uint8))
    assert np.array_equal(glass_of(page, 0, blocks.shape), np.dstack([blocks] * 3))
    page.locator(".viewport-canvas").first.focus()
    page.keyboard.press("Shift+I")
    page.wait_for_function("() => !location.search.includes('smooth')")
    smooth = glass_of(page, 0, blocks.shape)[..., 0].astype(int)
    middles = smooth[times // 2 :: times, times // 2 :: times]
    assert np.abs(middles - STEPS).max() <= 255 / times
    # From the middle of a pixel to the middle of the next it goes in small steps, and not in one.
    inside = smooth[times // 2 : -times // 2, times // 2 : -times // 2]
    assert np.abs(np.diff(inside, axis=1)).max() < 255 / 8
    # At rest every pixel of the glass is the mean of what it covers, also in step with the lines.
    for number in (1, 2, 3):
        area = (500 * float(on_glass(page, number)["zoom"])) ** 2
        wait_until(
            page, lambda number=number, area=area: is_near(glass_of(page, number)[..., 0], area)
        )


def is_near(glass: np.ndarray, area: float) -> bool:
    """Whether so much of the glass is on average as bright as the lines are."""
    return abs(glass.sum(dtype=float) / area - lines().mean()) < 0.5
