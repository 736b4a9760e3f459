"""A drawn image made small for lists and strips. Which image stands for a series is decided in services."""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

THUMBNAIL_QUALITY = 80


def make_thumbnail(display_values: npt.NDArray[np.uint8], size_px: int) -> tuple[bytes, int, int]:
    """Make a JPEG that fits a square.

    Args:
        display_values: Drawn pixels, (rows, columns) or (rows, columns, 3), uint8. Not changed.
        size_px: Side of the square. Smaller images are not enlarged.

    Returns:
        The JPEG's octets, its rows and its columns.
    """
    image = Image.fromarray(display_values)
    image.thumbnail((size_px, size_px), Image.Resampling.BOX)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=THUMBNAIL_QUALITY)
    return buffer.getvalue(), image.height, image.width
