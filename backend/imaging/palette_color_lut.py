"""From palette indices to colours. Conversions between colour spaces live in `color`."""

import numpy as np
import numpy.typing as npt

from backend.imaging.model import LookupTable, Pixels

Palette = tuple[LookupTable, LookupTable, LookupTable]


def apply_palette(stored_values: Pixels, palette: Palette) -> npt.NDArray[np.uint8]:
    """Look up the colour of each pixel.

    Args:
        stored_values: Indices, shape (rows, columns), integers. Not changed.
        palette: Red, green and blue tables.

    Returns:
        RGB, shape (rows, columns, 3), uint8: the upper 8 bits of the entries.

    References:
        PS3.3 C.7.6.3.1.5 and C.7.6.3.1.6.
    """
    shift = 8 if _uses_sixteen_bits(palette) else 0
    channels = [(channel.apply(stored_values) >> shift).astype(np.uint8) for channel in palette]
    return np.stack(channels, axis=-1)


def _uses_sixteen_bits(palette: Palette) -> bool:
    """Whether entries fill 16 bits.

    Many writers announce 16 bits and fill only the lower 8; taking the upper 8 of these would draw a black image. A
    real 16-bit palette whose brightest entry is below 256 would be black anyway.
    """
    return any(channel.bits > 8 and int(channel.values.max()) > 255 for channel in palette)
