"""From the colour spaces of DICOM to RGB. Which space a stream really is in is known in `backend.dicom`."""

import numpy as np
import numpy.typing as npt

from backend.imaging.model import Pixels

# PS3.3 C.7.6.3.1.2 gives the forward matrices; these are the inverses from the definition of Y with
# Kr = 0.299, Kg = 0.587, Kb = 0.114 (Rec. ITU-R BT.601).
_CR_TO_RED = 1.402
_CB_TO_GREEN = -0.114 * 1.772 / 0.587
_CR_TO_GREEN = -0.299 * 1.402 / 0.587
_CB_TO_BLUE = 1.772

# The connection space of ICC profiles is lit by D50, sRGB by D65; the matrix adapts the one to the other (Bradford).
_D50_WHITE = np.array([0.9642, 1.0, 0.8249])
_D50_TO_SRGB = np.array(
    [
        [3.1338561, -1.6168667, -0.4906146],
        [-0.9787684, 1.9161415, 0.0334540],
        [0.0719453, -0.2289914, 1.4052427],
    ]
)


def ybr_full_to_rgb(ybr: Pixels) -> npt.NDArray[np.uint8]:
    """YBR_FULL to RGB. YBR_ICT and YBR_RCT exist in JPEG 2000 alone, whose decoders undo them.

    Args:
        ybr: Shape (..., 3), uint8: Y, Cb, Cr with chroma centred on 128. Not changed.

    Returns:
        RGB of the same shape, uint8, rounded half up and kept within 0 to 255.

    References:
        PS3.3 C.7.6.3.1.2 (YBR_FULL).
    """
    luma = ybr[..., 0].astype(np.float32)
    return _combine(
        luma, ybr[..., 1].astype(np.float32) - 128, ybr[..., 2].astype(np.float32) - 128
    )


def ybr_partial_to_rgb(ybr: Pixels) -> npt.NDArray[np.uint8]:
    """YBR_PARTIAL_422 and YBR_PARTIAL_420 (after upsampling) to RGB: luma 16 to 235, chroma 16 to 240.

    Args:
        ybr: Shape (..., 3), uint8. Not changed.

    Returns:
        RGB of the same shape, uint8, rounded half up and kept within 0 to 255.

    References:
        PS3.3 C.7.6.3.1.2 (YBR_PARTIAL_422); Rec. ITU-R BT.601.
    """
    luma = (ybr[..., 0].astype(np.float32) - 16) * np.float32(255 / 219)
    blue = (ybr[..., 1].astype(np.float32) - 128) * np.float32(255 / 224)
    red = (ybr[..., 2].astype(np.float32) - 128) * np.float32(255 / 224)
    return _combine(luma, blue, red)


def upsample_422(samples: Pixels, rows: int, columns: int) -> Pixels:
    """Native YBR_FULL_422 or YBR_PARTIAL_422 to one chroma pair per pixel.

    Args:
        samples: Shape (rows * columns * 2,), in the order Y1 Y2 Cb Cr for each pair of pixels. Not changed.
        rows: Height in pixels.
        columns: Width in pixels; even.

    Returns:
        Shape (rows, columns, 3), same dtype: Y, Cb, Cr. Chroma is repeated, as it is sited on the first pixel of a pair.

    Raises:
        ValueError: The number of samples does not fit, or the width is odd.

    References:
        PS3.3 C.7.6.3.1.2 (YBR_FULL_422).
    """
    if columns % 2 or samples.size != rows * columns * 2:
        message = f"{samples.size} samples do not make {rows} rows of {columns} pixels in 4:2:2."
        raise ValueError(message)
    pairs = samples.reshape(rows * columns // 2, 4)
    full = np.empty((pairs.shape[0], 2, 3), samples.dtype)
    full[:, :, 0] = pairs[:, :2]
    full[:, :, 1:] = pairs[:, None, 2:]
    return full.reshape(rows, columns, 3)


def _combine(luma: Pixels, blue: Pixels, red: Pixels) -> npt.NDArray[np.uint8]:
    """Full-range luma and centred chroma to RGB."""
    rgb = np.empty((*luma.shape, 3), np.float32)
    rgb[..., 0] = luma + np.float32(_CR_TO_RED) * red
    rgb[..., 1] = luma + np.float32(_CB_TO_GREEN) * blue + np.float32(_CR_TO_GREEN) * red
    rgb[..., 2] = luma + np.float32(_CB_TO_BLUE) * blue
    rgb += np.float32(0.5)
    return np.clip(rgb, 0, 255).astype(np.uint8)


def cielab_to_srgb(lightness: float, a: float, b: float) -> tuple[int, int, int]:
    """One colour of the profile connection space as sRGB.

    Args:
        lightness: L* as 0 to 65535 for 0 to 100.
        a: a* as 0 to 65535 for -128 to 127.
        b: b* likewise.

    Returns:
        Red, green and blue, 0 to 255.

    References:
        PS3.3 C.10.7.1.1 (encoding of CIELab values), white point D50; IEC 61966-2-1 (sRGB).
    """
    y = (lightness / 65535 * 100 + 16) / 116
    bases = np.array([y + (a / 257 - 128) / 500, y, y - (b / 257 - 128) / 200])
    over_white = np.where(bases > 6 / 29, bases**3, 3 * (6 / 29) ** 2 * (bases - 4 / 29))
    linear = _D50_TO_SRGB @ (over_white * _D50_WHITE)
    linear = np.clip(linear, 0, 1)
    curved = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    red, green, blue = (int(value) for value in np.floor(curved * 255 + 0.5))
    return red, green, blue
