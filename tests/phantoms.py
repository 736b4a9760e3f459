"""Made-up pictures for tests: the same arrays on every machine, no patient and no file behind them."""

from typing import Any

import numpy as np
import numpy.typing as npt

from backend.imaging.model import (
    DecodedFrame,
    FrameAttributes,
    LookupTable,
    NamedWindow,
    VoiFunction,
    Window,
)

PADDING = -2000


def ct_head(rows: int = 512, columns: int = 512, *, with_padding: bool = True) -> DecodedFrame:
    """A slice through a head in Hounsfield units, int16, noisy, with background outside the round field of view."""
    distance, angle = _polar(rows, columns)
    values = np.full((rows, columns), -1000.0)
    values[distance < 0.80] = 40  # skin
    values[distance < 0.76] = 1100  # skull
    values[distance < 0.68] = 32  # brain
    values[(distance < 0.68) & (np.sin(7 * angle) * distance > 0.4)] = 38
    values[(distance < 0.22) & (np.abs(np.cos(angle)) < 0.8)] = 8  # ventricles
    y, x = _grid(rows, columns)
    values[(x - 0.35) ** 2 + (y + 0.2) ** 2 < 0.012] = 70  # bleeding
    values += _noise(rows, columns, 1) * 9
    stored = np.rint(values).astype(np.int16)
    if with_padding:
        stored[distance > 0.97] = PADDING
    return DecodedFrame(
        stored,
        FrameAttributes(
            rows,
            columns,
            is_signed=True,
            modality="CT",
            rescale_type="HU",
            windows=(NamedWindow(Window(35, 80), "BRAIN"), NamedWindow(Window(400, 2000), "BONE")),
            pixel_padding_value=PADDING if with_padding else None,
            pixel_spacing_mm=(0.45, 0.45),
        ),
    )


def ct_unsigned(rows: int = 128, columns: int = 96) -> DecodedFrame:
    """A CT as older scanners write it: 12 bits unsigned, intercept -1024, no window."""
    head = ct_head(rows, columns, with_padding=False)
    stored = np.clip(head.stored_values.astype(np.int32) + 1024, 0, 4095).astype(np.uint16)
    return DecodedFrame(
        stored,
        FrameAttributes(rows, columns, bits_stored=12, rescale_intercept=-1024.0, modality="CT"),
    )


def cr_chest(rows: int = 700, columns: int = 611) -> DecodedFrame:
    """A projection image, MONOCHROME1, 12 bits, sigmoid window, odd width."""
    y, x = _grid(rows, columns)
    lungs = np.exp(-(((np.abs(x) - 0.45) / 0.3) ** 2) - (y / 0.6) ** 2)
    values = 900 + 2300 * lungs + 150 * np.sin(18 * y) * lungs + _noise(rows, columns, 2) * 25
    return DecodedFrame(
        np.clip(values, 0, 4095).astype(np.uint16),
        FrameAttributes(
            rows,
            columns,
            bits_stored=12,
            photometric_interpretation="MONOCHROME1",
            presentation_lut_shape="INVERSE",
            modality="CR",
            windows=(NamedWindow(Window(2000, 2600, VoiFunction.SIGMOID), "CHEST"),),
            pixel_spacing_mm=(0.168, 0.168),
        ),
    )


def ultrasound_colour(rows: int = 240, columns: int = 321) -> DecodedFrame:
    """A colour picture with smooth and sharp parts, RGB."""
    y, x = _grid(rows, columns)
    rgb = np.zeros((rows, columns, 3), np.uint8)
    rgb[..., 0] = np.clip(128 + 127 * x, 0, 255)
    rgb[..., 1] = np.clip(128 - 127 * y, 0, 255)
    rgb[..., 2] = np.where(x * y > 0, 220, 30)
    return DecodedFrame(
        rgb,
        FrameAttributes(
            rows,
            columns,
            samples_per_pixel=3,
            photometric_interpretation="RGB",
            bits_stored=8,
            modality="US",
        ),
    )


def palette_picture(rows: int = 64, columns: int = 80) -> DecodedFrame:
    """Indices of a 16-bit palette of 200 colours whose first entry is for index 10."""
    indices = (np.add.outer(np.arange(rows), np.arange(columns)) % 256).astype(np.uint8)
    steps = np.arange(200, dtype=np.uint16)
    palette = (
        LookupTable(10, steps * 257, 16),
        LookupTable(10, (199 - steps) * 257, 16),
        LookupTable(10, (steps // 2) * 257, 16),
    )
    return DecodedFrame(
        indices,
        FrameAttributes(
            rows,
            columns,
            photometric_interpretation="PALETTE COLOR",
            bits_stored=8,
            palette=palette,
            modality="NM",
        ),
    )


def mammogram(rows: int = 4096, columns: int = 3328) -> DecodedFrame:
    """A large image of 14 bits, dark outside a half-round breast."""
    y, x = _grid(rows, columns)
    inside = (x + 1) ** 2 / 2.6 + y**2 / 0.75 < 1
    texture = np.sin(31 * x + 9 * np.sin(5 * y)) * np.sin(23 * y + 7 * np.sin(6 * x))
    values = np.where(inside, 7000 + 1800 * texture, 60) + _noise(rows, columns, 3) * 40
    return DecodedFrame(
        np.clip(values, 0, 16383).astype(np.uint16),
        FrameAttributes(
            rows,
            columns,
            bits_stored=14,
            modality="MG",
            windows=(NamedWindow(Window(7500, 6000)),),
            pixel_spacing_mm=(0.07, 0.07),
        ),
    )


def grey(
    stored_values: npt.ArrayLike, dtype: npt.DTypeLike = np.int16, **attributes: Any
) -> DecodedFrame:
    """A grey frame of exactly these stored values."""
    values = np.atleast_2d(np.asarray(stored_values, dtype=dtype))
    bits = 16 if values.dtype.kind == "f" else values.dtype.itemsize * 8
    defaults: dict[str, Any] = {"bits_stored": bits, "is_signed": values.dtype.kind == "i"}
    return DecodedFrame(values, FrameAttributes(*values.shape, **{**defaults, **attributes}))


def _grid(rows: int, columns: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """(y, x) from -1 to 1."""
    return np.linspace(-1, 1, rows)[:, None], np.linspace(-1, 1, columns)[None, :]


def _polar(rows: int, columns: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    y, x = _grid(rows, columns)
    return np.hypot(y, x), np.arctan2(y, x)


def _noise(rows: int, columns: int, seed: int) -> npt.NDArray[np.float64]:
    """Noise that does not depend on the version of a random generator: sums of a linear congruential sequence."""
    index = np.arange(rows * columns, dtype=np.uint64) + np.uint64(seed * 7_919_000)
    total = np.zeros(rows * columns)
    for _ in range(3):
        index = index * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
        total += ((index >> np.uint64(33)) % np.uint64(2001)).astype(np.float64) / 1000 - 1
    return total.reshape(rows, columns)
