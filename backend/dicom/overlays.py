"""Overlay planes (60xx) of a file: which there are, and where their bits lie. Reading those is in `overlay_bits`."""

from backend.dicom.elements import Elements
from backend.dicom.overlay_bits import MOST_PLANE_PIXELS
from backend.dicom.reading_header import PixelFormat, StoredOverlay

_GROUPS = range(0x6000, 0x6020, 2)
_NOT_DRAWN = "An overlay of the image is damaged or described incompletely; it is not drawn."


def stored_overlays(elements: Elements, pixels: PixelFormat) -> tuple[StoredOverlay, ...]:
    """The overlay planes of a file; what cannot be drawn is left out, with a note.

    Args:
        elements: The data set.
        pixels: Of the image: planes may lie in its unused bits (retired, PS3.3-2004 C.9.2), and octets of their own
            may be words of a big-endian file.
    """
    groups = (elements.in_group(group) for group in _GROUPS if elements.has_group(group))
    planes = (_stored_overlay(group, pixels) for group in groups)
    return tuple(plane for plane in planes if plane is not None)


def _stored_overlay(elements: Elements, pixels: PixelFormat) -> StoredOverlay | None:
    rows, columns = elements.integer("OverlayRows"), elements.integer("OverlayColumns")
    if rows is None and columns is None and "OverlayData" not in elements:
        return None
    # Absent data means that the plane lies in the pixels.
    bit_position = None if "OverlayData" in elements else elements.integer("OverlayBitPosition")
    own_frames = elements.integer("NumberOfFramesInOverlay")
    origin = elements.numbers("OverlayOrigin") or (1.0, 1.0)
    offset, length = elements.place("OverlayData")
    if (
        rows is None
        or columns is None
        or not (1 <= rows <= 65535 and 1 <= columns <= 65535)
        or rows * columns > MOST_PLANE_PIXELS
        or len(origin) != 2
    ):
        elements.note(_NOT_DRAWN)
        return None
    if "OverlayData" not in elements and not _is_unused_bit(bit_position, rows, columns, pixels):
        # A plane that is announced and not there: writers leave the description behind when they remove the data.
        return None
    bits = 0 if bit_position is not None else rows * columns * max(own_frames or 1, 1)
    if 8 * length < bits or (own_frames is not None and own_frames < 1):
        elements.note(_NOT_DRAWN)
        return None
    return StoredOverlay(
        rows=rows,
        columns=columns,
        origin_row=int(origin[0]),
        origin_column=int(origin[1]),
        is_region=elements.string("OverlayType") == "R",
        name=elements.text("OverlayLabel") or elements.text("OverlayDescription"),
        first_frame=elements.integer("ImageFrameOrigin") or 1,
        number_of_frames=own_frames,
        bit_position=bit_position,
        offset=offset,
        length=length,
        is_word_swapped=pixels.is_big_endian and elements.octets("OverlayData")[1] == "OW",
    )


def _is_unused_bit(bit_position: int | None, rows: int, columns: int, pixels: PixelFormat) -> bool:
    lowest = pixels.high_bit - pixels.bits_stored + 1
    return (
        bit_position is not None
        and pixels.keyword == "PixelData"
        and pixels.samples_per_pixel == 1
        and (rows, columns) == (pixels.rows, pixels.columns)
        and 0 <= bit_position < pixels.bits_allocated
        and not lowest <= bit_position <= pixels.high_bit
    )
