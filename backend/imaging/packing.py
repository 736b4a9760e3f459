"""Arrays to octets and back: without loss, for every dtype, and quick to undo. Where the octets are kept is not known here.

Blosc2 (BSD), LZ4 after a bitwise shuffle: why these is told, with figures, in docs/decisions/0010-reading-copies.md.
Both ways let go of the interpreter's lock while they work.
"""

from typing import Any

import imagecodecs
import numpy as np

from backend.imaging.model import Pixels

_COMPRESSOR = "lz4"
_SHUFFLE = "bitshuffle"
_LEVEL = 5


class NotPacked(ValueError):  # noqa: N818 - a reason, not a fault
    """An array that cannot be packed, or octets that are no packed array of the expected size."""


def pack(values: Pixels) -> bytes:
    """Pack an array.

    Args:
        values: Any shape, numbers of any dtype in native byte order. Not changed.

    Raises:
        NotPacked: If it is larger than the format allows (2 GiB).
    """
    whole: Any = np.ascontiguousarray(values)
    try:
        packed = imagecodecs.blosc2_encode(
            whole,
            level=_LEVEL,
            compressor=_COMPRESSOR,
            shuffle=_SHUFFLE,
            typesize=values.itemsize,
            numthreads=1,
        )
    except Exception as error:
        raise NotPacked("The array cannot be packed.") from error
    return bytes(packed)


def unpack(octets: bytes, dtype: np.dtype[np.generic], shape: tuple[int, ...]) -> Pixels:
    """The array that was packed: the same bits, not-a-number included.

    Args:
        octets: What `pack` gave. To be trusted, as what was sealed here is: the format has no checksum of its own.
        dtype: Of the array.
        shape: Likewise.

    Returns:
        A read-only array.

    Raises:
        NotPacked: If the octets are not those of such an array.
    """
    try:
        values = np.frombuffer(imagecodecs.blosc2_decode(octets, numthreads=1), dtype=dtype)
        return values.reshape(shape)
    except Exception as error:
        raise NotPacked("The octets are no packed array of this size.") from error
