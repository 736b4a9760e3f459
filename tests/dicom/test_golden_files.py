"""Small files, each with one thing that decides how its pixels look, are drawn as when somebody looked at them."""

from collections.abc import Callable

import numpy as np
import pytest
from pydicom.dataset import Dataset

from backend.cli.render import draw
from backend.dicom.overlay_bits import overlay_planes
from backend.imaging.encoding import Encoding
from backend.imaging.overlays import draw_overlays
from backend.imaging.rendering import RenderParameters
from tests.dicom.opened_files import Opened
from tests.dicom.test_overlays import add_plane
from tests.dicom_files import image_dataset, written
from tests.golden_pictures import difference_from_golden

ROWS, COLUMNS = 48, 61
DOWN, ACROSS = np.mgrid[:ROWS, :COLUMNS]
DISC = (DOWN - 28) ** 2 + (ACROSS - 42) ** 2 < 140
LETTER = np.zeros((ROWS, COLUMNS), np.bool_)  # an F, which no rotation or flip leaves as it is
LETTER[8:40, 8:13] = LETTER[8:13, 8:26] = LETTER[21:26, 8:20] = True
# Whole numbers, so that every machine makes the same: a ramp of 12 bits, a bright disc, a dark letter.
RAMP = np.where(LETTER, 150, np.where(DISC, 3800, 50 * ACROSS + 10 * DOWN)).astype(np.uint16)
WINDOW = {"WindowCenter": 1800, "WindowWidth": 3000}
TWELVE_BITS = {"BitsStored": 12, "HighBit": 11}


def table(entries, first=0, bits=16, **elements):
    item = Dataset()
    item.add_new(0x00283002, "US", [len(entries), first, bits])
    item.add_new(0x00283006, "OW", np.asarray(entries, "<u2").tobytes())
    for keyword, value in elements.items():
        setattr(item, keyword, value)
    return item


def monochrome1_inverse() -> Dataset:
    return image_dataset(
        RAMP,
        **TWELVE_BITS,
        **WINDOW,
        PhotometricInterpretation="MONOCHROME1",
        PresentationLUTShape="INVERSE",
    )


def monochrome1_identity() -> Dataset:
    dataset = monochrome1_inverse()
    dataset.PresentationLUTShape = "IDENTITY"
    return dataset


def modality_lut() -> Dataset:
    """Squares of the stored values: the ramp is dark for long and then rises."""
    squares = np.arange(4096, dtype=np.int64) ** 2 // 256
    sequence = [table(squares, ModalityLUTType="US")]
    return image_dataset(
        RAMP, **TWELVE_BITS, ModalityLUTSequence=sequence, WindowCenter=32768, WindowWidth=65536
    )


def voi_lut() -> Dataset:
    """Four steps, the third of them black, from 512 on; what lies beyond takes the first and the last."""
    steps = np.repeat([200, 700, 0, 1023], 700)
    return image_dataset(RAMP, **TWELVE_BITS, VOILUTSequence=[table(steps, 512, 10)])


def padding_value() -> Dataset:
    """The letter is background: black, although the image is inverted."""
    dataset = monochrome1_inverse()
    dataset.PixelPaddingValue = 150
    return dataset


def padding_range() -> Dataset:
    """A slanting band of the ramp is background."""
    dataset = monochrome1_inverse()
    dataset.PixelPaddingValue, dataset.PixelPaddingRangeLimit = 1200, 1700
    return dataset


def floating(keyword: str, dtype: str) -> Dataset:
    """The disc is not a number: background."""
    values = np.where(DISC, np.nan, RAMP / 4096 - 0.25).astype(dtype)
    window = {"WindowCenter": 0.25, "WindowWidth": 0.9, "VOILUTFunction": "LINEAR_EXACT"}
    dataset = image_dataset(values, **window)
    del dataset.PixelData, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation
    setattr(dataset, keyword, values.tobytes())
    return dataset


def single_bits() -> Dataset:
    bits = (LETTER | DISC).astype(np.uint8)
    dataset = image_dataset(bits, BitsAllocated=1, BitsStored=1, HighBit=0)
    dataset.PixelData = np.packbits(bits.reshape(-1), bitorder="little").tobytes()
    return dataset


def overlay_planes_of_their_own() -> Dataset:
    """A drawing that begins outside the image, and a region with its outline."""
    dataset = image_dataset(RAMP, **TWELVE_BITS, **WINDOW)
    add_plane(dataset, LETTER, group=0x6000, e50=[-3, 10])
    return add_plane(dataset, DISC, group=0x6002, e40="R", e50=[9, -13])


def overlay_in_unused_bits() -> Dataset:
    """The letter in bit 12, the disc in bit 15; both are no part of the ramp below them."""
    ramp = (50 * ACROSS + 10 * DOWN).astype(np.uint16)
    cells = ramp | LETTER.astype(np.uint16) << 12 | DISC.astype(np.uint16) << 15
    dataset = image_dataset(cells, **TWELVE_BITS, **WINDOW)
    for group, bits, position in ((0x6000, LETTER, 12), (0x6002, DISC, 15)):
        add_plane(dataset, bits, group=group, e100=16, e102=position)
        del dataset[group, 0x3000]
    return dataset


def segmented_palette() -> Dataset:
    """Red rises in a line, green in two halves of which the second is the first again, blue in four steps."""
    indices = (RAMP >> 4).astype(np.uint8)
    dataset = image_dataset(indices, PhotometricInterpretation="PALETTE COLOR")
    red = [0, 1, 0, 1, 255, 65535]
    green = [0, 1, 0, 1, 127, 65535, 2, 2, 0, 0]
    blue = [
        0,
        1,
        0,
        1,
        63,
        0,
        0,
        1,
        20000,
        1,
        63,
        20000,
        0,
        1,
        40000,
        1,
        63,
        40000,
        0,
        1,
        65535,
        1,
        63,
        65535,
    ]
    for colour, words in (("Red", red), ("Green", green), ("Blue", blue)):
        setattr(dataset, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 16])
        data = np.array(words, "<u2").tobytes()
        setattr(dataset, f"Segmented{colour}PaletteColorLookupTableData", data)
    return dataset


def shutter_over_unequal_spacing() -> Dataset:
    """A circle in mm, so an ellipse in pixels twice as high as wide, cut by a rectangle, over grey 20 %."""
    return image_dataset(
        RAMP, **TWELVE_BITS, **WINDOW, PixelSpacing=[2.0, 1.0],
        ShutterShape=["CIRCULAR", "RECTANGULAR"], CenterOfCircularShutter=[24, 31], RadiusOfCircularShutter="28",
        ShutterLeftVerticalEdge="6", ShutterRightVerticalEdge="50",
        ShutterUpperHorizontalEdge="1", ShutterLowerHorizontalEdge="48", ShutterPresentationValue=13_107,
    )  # fmt: skip


FILES: dict[str, Callable[[], Dataset]] = {
    "file-monochrome1-inverse": monochrome1_inverse,
    "file-monochrome1-identity": monochrome1_identity,
    "file-modality-lut": modality_lut,
    "file-voi-lut": voi_lut,
    "file-padding-value": padding_value,
    "file-padding-range": padding_range,
    "file-float": lambda: floating("FloatPixelData", "<f4"),
    "file-double-float": lambda: floating("DoubleFloatPixelData", "<f8"),
    "file-single-bits": single_bits,
    "file-overlay-planes": overlay_planes_of_their_own,
    "file-overlay-in-unused-bits": overlay_in_unused_bits,
    "file-segmented-palette": segmented_palette,
    "file-shutter-over-unequal-spacing": shutter_over_unequal_spacing,
}


def seen(image: Opened) -> np.ndarray:
    """The picture with its overlays in white over it, as they lie on the glass."""
    octets = draw(image.parsed, image.read_range, 1, RenderParameters(encoding=Encoding.RAW))
    picture = np.frombuffer(octets, np.uint8).reshape(ROWS, COLUMNS, -1).squeeze()
    planes = overlay_planes(image.header, image.read_range, 0)
    if not planes:
        return picture
    alpha = draw_overlays(planes, ROWS, COLUMNS) / 255
    return np.rint(picture * (1 - alpha) + 255 * alpha).astype(np.uint8)


@pytest.mark.parametrize("name", FILES)
def test_a_file_looks_as_it_did(name):
    image = Opened(written(FILES[name]()))
    assert image.attributes.notes == ()
    assert not difference_from_golden(name, seen(image)).any()
