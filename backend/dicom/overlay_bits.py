"""Reading the bits of overlay planes (60xx) that belong to a frame. Where they are in a file is found out in `overlays`,
drawing them belongs to `backend.imaging.overlays`.
"""

import numpy as np
import numpy.typing as npt

from backend.dicom.codecs import NotDecodable
from backend.dicom.frames import ReadRange, frame_samples, read_octets
from backend.dicom.reading_header import ReadingHeader, StoredOverlay
from backend.imaging.overlays import OverlayPlane

# Of one frame of a plane: bits become octets outside of the process that limits what a file may take.
MOST_PLANE_PIXELS = 1 << 26


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


def _own_bits(
    header: ReadingHeader, overlay: StoredOverlay, read_range: ReadRange, own_frame: int
) -> npt.NDArray[np.bool_]:
    """Bits of one frame, the least significant of each octet first, without padding between frames (PS3.5 8.1.2)."""
    count = overlay.rows * overlay.columns
    if count > MOST_PLANE_PIXELS:
        raise NotDecodable("it is larger than is drawn")
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
    return bits.reshape(overlay.rows, overlay.columns).view(np.bool_)
