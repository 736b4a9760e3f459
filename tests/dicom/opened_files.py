"""Files with an image, parsed as arriving ones are, whose frames are read as the viewer reads them."""

import io

import numpy as np
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.uid import UID, AllTransferSyntaxes

from backend.dicom.frames import decode_frame
from backend.dicom.model import ParsedInstance
from backend.dicom.parsing import parse_instance
from backend.dicom.reading_header import ReadingHeader
from tests.dicom_files import image_dataset, written

JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70"
JPEG_LOSSLESS_BOTH = (JPEG_LOSSLESS, "1.2.840.10008.1.2.4.57")
JPEG_LS = "1.2.840.10008.1.2.4.80"
JPEG_2000_LOSSLESS = "1.2.840.10008.1.2.4.90"
JPEG_2000 = "1.2.840.10008.1.2.4.91"
HTJ2K = "1.2.840.10008.1.2.4.201"
JPEG_XL = "1.2.840.10008.1.2.4.110"
JPEG_IN_JPEG_XL = "1.2.840.10008.1.2.4.111"
RLE = "1.2.840.10008.1.2.5"
DEFLATED = "1.2.840.10008.1.2.1.99"
DEFLATED_FRAME = "1.2.840.10008.1.2.8.1"
BIG_ENDIAN = "1.2.840.10008.1.2.2"

PYDICOM_KNOWS = {str(uid) for uid in AllTransferSyntaxes}

COLOUR = np.random.default_rng(4).integers(0, 256, (20, 30, 3)).astype(np.uint8)
GREY_16 = np.random.default_rng(5).integers(0, 4096, (20, 30)).astype(np.uint16)


class Opened:
    """A parsed file with a record of what was read from it."""

    def __init__(self, octets):
        self.octets = octets
        parsed = parse_instance(io.BytesIO(octets))
        assert isinstance(parsed, ParsedInstance), parsed
        self.parsed = parsed
        self.attributes = parsed.attributes
        self.reads = []

    @property
    def header(self):
        assert self.attributes.is_displayable, self.attributes.not_displayable_reason
        return ReadingHeader.from_bytes(self.parsed.reading_header)

    def read_range(self, offset, length):
        assert offset + length <= len(self.octets), "read past the end"
        self.reads.append((offset, length))
        return self.octets[offset : offset + length]

    def frame(self, index=0):
        return decode_frame(self.header, self.read_range, index)

    def values(self, index=0):
        return self.frame(index).stored_values


def opened(values, **elements):
    return Opened(written(image_dataset(values, **elements)))


def compressed(values, transfer_syntax_uid, frames, *, is_extended=False, **elements):
    dataset = image_dataset(values, **elements)
    dataset.file_meta.TransferSyntaxUID = UID(transfer_syntax_uid)
    if is_extended:
        octets, offsets, lengths = encapsulate_extended(frames)
        dataset.PixelData = octets
        dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = offsets, lengths
    else:
        dataset.PixelData = encapsulate(frames)
    dataset["PixelData"].VR = "OB"
    if len(frames) > 1:
        dataset.NumberOfFrames = len(frames)
    if transfer_syntax_uid in PYDICOM_KNOWS:
        return Opened(written(dataset))
    # pydicom writes no syntax that it does not know: the name is put in afterwards.
    dataset.file_meta.TransferSyntaxUID = UID(HTJ2K)
    return Opened(written(dataset).replace(padded(HTJ2K), padded(transfer_syntax_uid), 1))


def padded(uid):
    """A UID in the 24 octets of the known one; a shorter one is filled with padding."""
    return uid.encode().ljust(24, b"\0")


def rle(values):
    planes = np.atleast_3d(values)
    size = values.dtype.itemsize
    segments = [
        np.ascontiguousarray(planes[:, :, plane].astype(values.dtype.newbyteorder(">")))
        .view(np.uint8)
        .reshape(-1, size)[:, octet]
        .tobytes()
        for plane in range(planes.shape[2])
        for octet in range(size)
    ]
    packed = []
    for segment in segments:
        runs = [segment[start : start + 128] for start in range(0, len(segment), 128)]
        encoded = b"".join(bytes([len(run) - 1]) + run for run in runs)
        packed.append(encoded + b"\0" * (len(encoded) % 2))
    offsets = np.cumsum([64, *(len(segment) for segment in packed)])[: len(packed)]
    head = np.zeros(16, "<u4")
    head[0] = len(packed)
    head[1 : 1 + len(packed)] = offsets
    return head.tobytes() + b"".join(packed)
