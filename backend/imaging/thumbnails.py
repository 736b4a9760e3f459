"""A drawn image made small for lists and strips. Which image stands for a series is decided in services."""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

THUMBNAIL_QUALITY = 80


def make_thumbnail(
    display_values: npt.NDArray[np.uint8], size_px: int, pixel_aspect: float = 1.0
) -> tuple[bytes, int, int]:
    """Make a JPEG of square pixels that fits a square.

    Args:
        display_values: Drawn pixels, (rows, columns) or (rows, columns, 3), uint8. Not changed.
        size_px: Side of the square. Smaller images are not enlarged, but for what their aspect asks for.
        pixel_aspect: Height of a drawn pixel divided by its width.

    Returns:
        The JPEG's octets, its rows and its columns.
    """
    image = Image.fromarray(display_values)
    height = image.height * pixel_aspect
    scale = min(1.0, size_px / max(image.width, height))
    shape = (max(1, round(image.width * scale)), max(1, round(height * scale)))
    image = image.resize(shape, Image.Resampling.BOX)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=THUMBNAIL_QUALITY)
    return buffer.getvalue(), image.height, image.width
