"""From a decoded frame to octets: level, tile, table, encoding. The only way pixels reach a screen or a file.

What the frame's numbers mean is in `model`; who may see them is decided above, in services.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from backend.core.errors import NotDisplayable
from backend.imaging import tiling
from backend.imaging.display_lut import DisplayChain, apply_display_chain, compose_display_lut
from backend.imaging.encoding import DEFAULT_JPEG_QUALITY, MEDIA_TYPES, Encoding, encode
from backend.imaging.first_look import automatic_window, first_look
from backend.imaging.modality_lut import apply_modality_lut
from backend.imaging.model import (
    DecodedFrame,
    FrameAttributes,
    Pixels,
    Window,
    is_table_dtype,
    padding_range,
)
from backend.imaging.palette_color_lut import apply_palette
from backend.imaging.shutter import cover


@dataclass(frozen=True, slots=True)
class RenderParameters:
    """What is wanted of a frame: the same parameters always give the same octets.

    Attributes:
        window: A window, the index of one of the file's VOI LUTs, or None for the first look. Colour has no window.
        invert: Whether to invert what the image itself asks for.
        level: 0 is full resolution; each further level halves both sides by averaging areas.
        tile: (tile_row, tile_column) from 0, in tiles of `tiling.TILE_SIZE_PX`; None for the whole level.
        encoding: JPEG, PNG or raw.
        quality: Of JPEG, 1 to 95.
        with_shutter: Whether the image's display shutter covers what it covers.
    """

    window: Window | int | None = None
    invert: bool = False
    level: int = 0
    tile: tuple[int, int] | None = None
    encoding: Encoding = Encoding.JPEG
    quality: int = DEFAULT_JPEG_QUALITY
    with_shutter: bool = True


RenderRequest = RenderParameters

# Across so many stored values the window of a first look changes by less than two grey levels from one to the next.
_VALUES_FINER_THAN_GREY = 128


@dataclass(frozen=True, slots=True)
class RenderedImage:
    """What was drawn.

    Attributes:
        octets: The image file.
        media_type: `image/jpeg`, `image/png` or `application/octet-stream`.
        rows: Height in pixels.
        columns: Width in pixels.
        window: The window that was used; None for a VOI LUT or colour.
        fidelity: Whether the octets hold exactly the drawn pixels of this level, or nearly.
    """

    octets: bytes
    media_type: str
    rows: int
    columns: int
    window: Window | None
    fidelity: Literal["lossy", "lossless"]


def render(frame: DecodedFrame, parameters: RenderParameters) -> RenderedImage:
    """Draw a frame, or a tile of it, as an image file.

    Args:
        frame: The full frame, or one made by `build_level` for exactly the wanted level. Not changed.
        parameters: What is wanted.

    Raises:
        InvalidWindow: The standard does not define the window.
        NotDisplayable: There is no such level, tile or VOI LUT.
    """
    voi = parameters.window if parameters.window is not None else first_look(frame)
    if frame.attributes.is_colour:
        voi = None
    display_values = render_display_values(frame, replace(parameters, window=voi))
    return RenderedImage(
        octets=encode(display_values, parameters.encoding, parameters.quality),
        media_type=MEDIA_TYPES[parameters.encoding],
        rows=display_values.shape[0],
        columns=display_values.shape[1],
        window=voi if isinstance(voi, Window) else None,
        fidelity="lossy" if parameters.encoding is Encoding.JPEG else "lossless",
    )


def render_display_values(
    frame: DecodedFrame, parameters: RenderParameters
) -> npt.NDArray[np.uint8]:
    """Draw a frame, or a tile of it, as an array: what `render` encodes.

    Args:
        frame: The full frame, or one made by `build_level` for exactly the wanted level. Not changed.
        parameters: What is wanted; encoding and quality play no part.

    Returns:
        Grey levels (rows, columns) or RGB (rows, columns, 3), uint8. May share memory with the frame.

    Raises:
        InvalidWindow: The standard does not define the window.
        NotDisplayable: There is no such level, tile or VOI LUT.
    """
    frame = build_level(frame, parameters.level)
    drawn = _drawn(frame, parameters)
    shutter = frame.attributes.shutter
    if shutter is None or not parameters.with_shutter:
        return drawn
    return cover(drawn, shutter, frame.level, parameters.tile)


def _drawn(frame: DecodedFrame, parameters: RenderParameters) -> npt.NDArray[np.uint8]:
    """What `render_display_values` draws, before anything covers it."""
    values = _cut(frame, parameters.tile)
    attributes = frame.attributes
    if attributes.is_colour:
        colours = apply_palette(values, attributes.palette) if attributes.palette else values
        return 255 - colours if parameters.invert else colours
    voi = parameters.window if parameters.window is not None else first_look(frame)
    if voi is None:  # first_look answers None for colour only
        raise NotDisplayable
    if is_table_dtype(values.dtype):
        table = compose_display_lut(attributes, values.dtype, voi, invert=parameters.invert)
        return np.take(table, values.view(f"u{values.dtype.itemsize}"))
    return apply_display_chain(values, DisplayChain.of(attributes, voi, invert=parameters.invert))


def build_level(frame: DecodedFrame, level: int) -> DecodedFrame:
    """Make a level of the pyramid, to be kept and drawn many times.

    Modality values are averaged over areas, straight from the full frame, so that a zoomed-out image keeps its mean
    and no rounding adds up from level to level. Where stored and modality values are not in proportion (modality LUT),
    and where whole numbers would be too coarse (masks, few counts, narrow windows), the level holds modality values in
    floating point.

    Args:
        frame: A full frame, or a level already built. Not changed.
        level: 0 to `tiling.MAX_LEVEL`; small images have levels too, for thumbnails.

    Returns:
        The frame itself if it already is of this level.

    Raises:
        NotDisplayable: The pyramid has no such level, or the frame is another level already.
    """
    if level == frame.level:
        return frame
    if frame.level or not 0 < level <= tiling.MAX_LEVEL:
        raise NotDisplayable("This image has no such level of detail.")
    window: Window | None = None
    if frame.attributes.is_colour:
        values = _colour_level(frame, 2**level)
    else:
        window = automatic_window(frame) if not isinstance(first_look(frame), int) else None
        values = _grey_level(frame, 2**level)
    return DecodedFrame(
        stored_values=values,
        attributes=level_attributes(frame.attributes, level, values.dtype),
        level=level,
        automatic_window=window,
    )


def level_attributes(
    attributes: FrameAttributes, level: int, dtype: np.dtype[Any]
) -> FrameAttributes:
    """What the numbers of a level mean, without its pixels.

    Args:
        attributes: Of the full frame.
        level: 1 or more.
        dtype: Of the level: that of the full frame, or floating point where `build_level` averages modality values.
    """
    factor = 2**level
    if attributes.palette is not None:
        attributes = replace(
            attributes,
            palette=None,
            samples_per_pixel=3,
            photometric_interpretation="RGB",
            bits_stored=8,
            is_signed=False,
        )
    elif not is_table_dtype(dtype):
        attributes = replace(
            attributes,
            modality_lut=None,
            rescale_slope=1.0,
            rescale_intercept=0.0,
            pixel_padding_value=None,
            pixel_padding_range_limit=None,
        )
    rows, columns = tiling.level_shape(attributes.rows, attributes.columns, level)
    spacing = attributes.pixel_spacing_mm
    return replace(
        attributes,
        rows=rows,
        columns=columns,
        pixel_spacing_mm=None if spacing is None else (spacing[0] * factor, spacing[1] * factor),
    )


def _cut(frame: DecodedFrame, tile: tuple[int, int] | None) -> Pixels:
    """The wanted tile, or everything."""
    if tile is None:
        return frame.stored_values
    try:
        return tiling.cut(frame.stored_values, *tile)
    except IndexError as error:
        raise NotDisplayable("This image has no such tile.") from error


def _colour_level(frame: DecodedFrame, factor: int) -> Pixels:
    """Average colours; indices of a palette are names, not amounts, so they become colours first."""
    colours = frame.stored_values
    if frame.attributes.palette is not None:
        colours = apply_palette(colours, frame.attributes.palette)
    return tiling.downscale_area(colours, factor)


def _grey_level(frame: DecodedFrame, factor: int) -> Pixels:
    """Average modality values."""
    attributes = frame.attributes
    padding = padding_range(attributes)
    in_proportion = attributes.modality_lut is None and not _shows_single_values(frame)
    if in_proportion and is_table_dtype(frame.stored_values.dtype):
        return tiling.downscale_area(frame.stored_values, factor, padding)
    modality_values = apply_modality_lut(frame.stored_values, attributes)
    if padding is not None:
        inside = (frame.stored_values >= padding[0]) & (frame.stored_values <= padding[1])
        modality_values[inside] = np.nan
    return tiling.downscale_area(modality_values, factor)


def _shows_single_values(frame: DecodedFrame) -> bool:
    """Whether rounding an average to a whole stored value would be seen: as more than one grey level at first look."""
    first = first_look(frame)
    if not isinstance(first, Window):
        return frame.attributes.bits_stored < 8
    return first.width < _VALUES_FINER_THAN_GREY * abs(frame.attributes.rescale_slope)
