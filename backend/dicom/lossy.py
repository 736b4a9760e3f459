"""Whether an image has lost something to compression before it came here, and by what."""

from collections.abc import Callable
from itertools import zip_longest

from backend.dicom.codecs import (
    ALWAYS_LOSSY,
    HTJ2K,
    JPEG_2000,
    JPEG_IN_JPEG_XL,
    JPEG_LOSSY,
    JPEG_LS,
    JPEG_XL,
    MAYBE_LOSSY,
    uses_irreversible_wavelet,
)
from backend.dicom.elements import Elements
from backend.dicom.reading_header import LossyCompression

# Defined terms of Lossy Image Compression Method (0028,2114).
_METHODS = (
    (JPEG_LOSSY | JPEG_IN_JPEG_XL, "ISO_10918_1"),
    (JPEG_LS, "ISO_14495_1"),
    (JPEG_2000, "ISO_15444_1"),
    (HTJ2K, "ISO_15444_15"),
    (JPEG_XL, "ISO_18181_1"),
)
_METHOD_CHARACTERS = 16
_MOST_STEPS = 8


def is_lossy(
    elements: Elements, transfer_syntax_uid: str, first_octets: Callable[[], bytes]
) -> bool:
    """Whether loss is stated, PS3.3 C.7.6.1.1.5, or lies in the encoding. In doubt it is lossy.

    Args:
        elements: The data set.
        transfer_syntax_uid: How the pixels really are encoded.
        first_octets: Reads the beginning of the first frame, where it has to be looked at.
    """
    stated = elements.string("LossyImageCompression")
    if stated == "01" or transfer_syntax_uid in ALWAYS_LOSSY:
        return True
    if transfer_syntax_uid in JPEG_2000 | HTJ2K and uses_irreversible_wavelet(first_octets()):
        return True
    return transfer_syntax_uid in MAYBE_LOSSY and stated != "00"


def lossy_compressions(
    elements: Elements, transfer_syntax_uid: str
) -> tuple[LossyCompression, ...]:
    """Methods and ratios of an image with loss, in the order of the file, PS3.3 C.7.6.1.1.5.

    Where the file names no method, the last of them is that of its encoding.

    Args:
        elements: The data set.
        transfer_syntax_uid: How the pixels really are encoded.
    """
    stated = elements.strings("LossyImageCompressionMethod")[:_MOST_STEPS]
    methods = [method[:_METHOD_CHARACTERS] for method in stated]
    ratios = elements.numbers("LossyImageCompressionRatio")[:_MOST_STEPS]
    could_lose = transfer_syntax_uid in ALWAYS_LOSSY | MAYBE_LOSSY
    encoding = next((method for known, method in _METHODS if transfer_syntax_uid in known), "")
    if not methods and could_lose:
        methods = [*[""] * (len(ratios) - 1), encoding]
    return tuple(
        LossyCompression(method or "", ratio if ratio and ratio > 0 else None)
        for method, ratio in zip_longest(methods, ratios)
    )
