"""Overlay planes (60xx) of a file: where their bits are, and reading them. Drawing them belongs to `backend.imaging.overlays`."""

import numpy as np
import numpy.typing as npt

from backend.dicom.elements import Elements
from backend.dicom.frames import ReadRange, frame_samples, read_octets
from backend.dicom.reading_header import PixelFormat, ReadingHeader, StoredOverlay
from backend.imaging.overlays import OverlayPlane

_GROUPS = range(0x6000, 0x6020, 2)
_NOT_DRAWN = "An overlay of the image is damaged or described incompletely; it is not drawn."


def stored_overlays(elements: Elements, pixels: PixelFormat) -> tuple[StoredOverlay, ...]:
    """The overlay planes of a file; what cannot be drawn is left out, with a note.

    Args:
        elements: The data set.
        pixels: Of the image: planes may lie in its unused bits (retired, PS3.3-2004 C.9.2), and octets of their own
            may be words of a big-endian file.
    """
    planes = (_stored_overlay(elements.in_group(group), pixels) for group in _GROUPS)
    return tuple(plane for plane in planes if plane is not None)


def overlay_planes(
    header: ReadingHeader, read_range: ReadRange, frame_index: int
) -> tuple[OverlayPlane, ...]:
    """The planes that belong to a frame, reading only their own octets.

    Args:
        header: Of the instance.
        read_range: See `frames.decode_frame`.
        frame_index: From 0.

    Raises:
        NotDecodable: If the stored file ends before them, or the frame whose unused bits they are does not decode.
    """
    planes = []
    for overlay in header.frame_overlays(frame_index):
        if overlay.bit_position is None:
            bits = _own_bits(header, overlay, read_range, overlay.frame_of(frame_index) or 0)
        else:
            samples = frame_samples(header, read_range, frame_index)
            bits = (samples.values >> overlay.bit_position & 1).astype(np.bool_)
        planes.append(
            OverlayPlane(bits, overlay.origin_row, overlay.origin_column, overlay.is_region)
        )
    return tuple(planes)


def _stored_overlay(elements: Elements, pixels: PixelFormat) -> StoredOverlay | None:
    rows, columns = elements.integer("OverlayRows"), elements.integer("OverlayColumns")
    if rows is None and columns is None and "OverlayData" not in elements:
        return None
    # Absent data means that the plane lies in the pixels.
    bit_position = None if "OverlayData" in elements else elements.integer("OverlayBitPosition")
    own_frames = elements.integer("NumberOfFramesInOverlay")
    origin = elements.numbers("OverlayOrigin") or (1.0, 1.0)
    offset, length = elements.place("OverlayData")
    if rows is None or columns is None or min(rows, columns) < 1 or len(origin) != 2:
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


def _own_bits(
    header: ReadingHeader, overlay: StoredOverlay, read_range: ReadRange, own_frame: int
) -> npt.NDArray[np.bool_]:
    """Bits of one frame, the least significant of each octet first, without padding between frames (PS3.5 8.1.2)."""
    count = overlay.rows * overlay.columns
    first_byte, first_bit = divmod(count * own_frame, 8)
    start = first_byte - (first_byte % 2 if overlay.is_word_swapped else 0)
    end = (count * (own_frame + 1) + 7) // 8
    end = min(end + (end % 2 if overlay.is_word_swapped else 0), overlay.length)
    octets = read_octets(header, read_range, overlay.offset + start, end - start)
    packed = np.frombuffer(octets, np.uint8)
    if overlay.is_word_swapped:
        whole = packed.size // 2 * 2
        packed = np.concatenate(
            (packed[:whole].reshape(-1, 2)[:, ::-1].reshape(-1), packed[whole:])
        )
    skipped = 8 * (first_byte - start) + first_bit
    bits = np.unpackbits(packed, bitorder="little")[skipped : skipped + count]
    return bits.reshape(overlay.rows, overlay.columns).astype(np.bool_)
