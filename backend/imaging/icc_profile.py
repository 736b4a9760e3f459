"""From the colours of a device to sRGB, by its ICC profile. Where files keep profiles is known in `backend.dicom`."""

import io
from functools import cache, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

from backend.imaging.model import LookupTable, Pixels
from backend.imaging.palette_color_lut import Palette, apply_palette

_RGB = "RGB "
# What a file may hold for images: cameras and scanners, screens, colour spaces, printers' output.
_CLASSES = {"scnr", "mntr", "spac", "prtr"}
# Every 15th value of each channel, black and white among them.
_LATTICE = np.stack(np.meshgrid(*[np.arange(0, 256, 15, dtype=np.uint8)] * 3), axis=-1)


class UnusableProfile(ValueError):  # noqa: N818 - a reason, not a fault
    """Octets that are not an ICC profile from RGB to a colour."""


def is_srgb(profile: bytes) -> bool:
    """Whether a profile describes sRGB itself, so that there is nothing to convert.

    That is tried out on colours of all kinds rather than read from its name: the colours of an sRGB image must not
    move at all, and rounding on the way to and fro would move some by one.

    Args:
        profile: Octets of an ICC profile.

    Raises:
        UnusableProfile: If they are none, or it is not for RGB.
    """
    converted = to_srgb(_LATTICE.reshape(-1, 1, 3), profile)
    difference = np.abs(converted.astype(np.int16) - _LATTICE.reshape(-1, 1, 3))
    return int(difference.max()) <= 1


def to_srgb(colours: Pixels, profile: bytes) -> npt.NDArray[np.uint8]:
    """Convert colours to sRGB.

    Relative colorimetric with black point compensation: white stays white, black stays black, and what a screen can
    show keeps its colour, whatever tables for other intents a profile holds.

    Args:
        colours: Shape (rows, columns, 3), uint8. Not changed.
        profile: Octets of their ICC profile.

    Returns:
        RGB of the same shape, uint8.

    Raises:
        UnusableProfile: If these are not the octets of an ICC profile for RGB.

    References:
        PS3.3 C.11.15 (ICC Profile Module), ISO 15076-1.
    """
    image = Image.fromarray(np.ascontiguousarray(colours))
    try:
        converted: Any = ImageCms.applyTransform(image, _transform(profile))
    except ImageCms.PyCMSError as error:
        raise UnusableProfile from error
    return np.asarray(converted, dtype=np.uint8)


def palette_to_srgb(palette: Palette, profile: bytes) -> Palette:
    """Convert the colours of a palette once, rather than those of every pixel.

    Args:
        palette: Red, green and blue tables.
        profile: Octets of their ICC profile.

    Returns:
        Tables of 8 bits that give sRGB for every input.

    Raises:
        UnusableProfile: If these are not the octets of an ICC profile for RGB.
    """
    first = min(table.first_value for table in palette)
    end = max(table.first_value + table.values.size for table in palette)
    colours = to_srgb(apply_palette(np.arange(first, end)[None, :], palette), profile)
    red, green, blue = (
        LookupTable(first, colours[0, :, channel].astype(np.uint16), 8) for channel in range(3)
    )
    return red, green, blue


@lru_cache(maxsize=8)
def _transform(profile: bytes) -> ImageCms.ImageCmsTransform:
    """Made once for all frames: reading a profile of a scanner takes longer than converting a tile with it."""
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if opened.profile.xcolor_space != _RGB or opened.profile.device_class not in _CLASSES:
            raise UnusableProfile
        return ImageCms.buildTransform(
            opened,
            _srgb(),
            "RGB",
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (OSError, ValueError, ImageCms.PyCMSError) as error:
        raise UnusableProfile from error


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
