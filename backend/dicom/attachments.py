"""PDF documents, pictures and videos as DICOM instances of a study. Runs in a confined process: the octets are strangers'.

An instance is what stands before the file's own octets, these as they are, and what stands behind. Pictures that DICOM
cannot hold as they are (PNG, turned or progressive JPEG) are decoded instead, without loss. What a file is, its octets say.
"""

import io
import re
import struct
import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import dcmwrite, write_dataset
from pydicom.uid import UID, ExplicitVRLittleEndian, JPEGBaseline8Bit, generate_uid

from backend.dicom.attachment_model import (
    ENCAPSULATED_PDF,
    AttachmentOrder,
    AttachmentParts,
    DocumentPlace,
)
from backend.dicom.part10 import Unreadable, open_file
from backend.dicom.video import mp4, transport
from backend.dicom.video.describe import clock_of
from backend.dicom.video.model import NotPlayable
from backend.dicom.video.stream import JoinedFragments

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
VL_PHOTOGRAPHIC = "1.2.840.10008.5.1.4.1.1.77.1.4"
VIDEO_PHOTOGRAPHIC = "1.2.840.10008.5.1.4.1.1.77.1.4.1"
_IMPLEMENTATION_CLASS_UID = "2.25.305828488182831875890203105390285383139"
MOST_PIXELS = 50_000_000
MOST_OCTETS = 2**32 - 2  # what one element or fragment holds
_MOST_INFLATED_BYTES = 64 * 1024 * 1024
_HEAD_BYTES = 32
# Conversion Type, PS3.3 C.8.6.1: digital photograph, scanned document, workstation.
_CONVERSION = {"photograph": "DI", "scan": "SD", "screen": "WSD"}
_BASELINE = 0xC0  # marker of a JPEG's frame; those after it are progressive, extended, arithmetic
_H264 = {  # PS3.5 A.4.6 and following, by the highest level that each allows
    41: "1.2.840.10008.1.2.4.102",
    42: "1.2.840.10008.1.2.4.104",
}
_H264_PROFILES = frozenset(
    {66, 77, 100}
)  # a decoder of High Profile plays Baseline and Main as well


class NotAttachable(Exception):  # noqa: N818 - a reason, not a fault
    """A file that cannot be attached, and why in one sentence."""


def attachment(source: BinaryIO, order: AttachmentOrder) -> AttachmentParts:
    """Make an instance of a file.

    Args:
        source: The file, seekable.
        order: What the instance is to say.

    Raises:
        NotAttachable: If it is of no kind that can be attached, damaged or dangerous.
    """
    size_bytes = source.seek(0, io.SEEK_END)
    source.seek(0)
    head = source.read(_HEAD_BYTES)
    if size_bytes > MOST_OCTETS:
        raise NotAttachable("The file is larger than one DICOM object can hold.")
    if head.startswith(b"%PDF-"):
        return _document(source, size_bytes, order)
    if head.startswith(b"\xff\xd8\xff") or head.startswith(b"\x89PNG\r\n\x1a\n"):
        return _picture(source, size_bytes, order)
    if mp4.looks_like(head):
        return _video(source, size_bytes, order)
    if transport.looks_like(source):
        raise NotAttachable(
            "Videos in an MPEG transport stream (.ts, .mts, .m2ts) are not attached; save this one as MP4."
        )
    raise NotAttachable("Only PDF documents, JPEG and PNG pictures and MP4 videos can be attached.")


# ---------------------------------------------------------------- documents

# Names that make a reader do something, or carry further files (ISO 32000-1 12.6.4, 7.11.4, 12.7.8).
_DANGEROUS = {
    b"JavaScript": "a script",
    b"JS": "a script",
    b"Launch": "a command that starts programs",
    b"SubmitForm": "a form that sends data away",
    b"ImportData": "a form that reads other files",
    b"XFA": "a form with scripts",
    b"EmbeddedFile": "further files inside",
    b"EmbeddedFiles": "further files inside",
    b"RichMedia": "moving content",
    b"GoToE": "further files inside",
}
_NAME = re.compile(rb"/([A-Za-z0-9_.#-]{2,40})")
_STREAM = re.compile(rb"<<((?:[^<>]|<[^<]|>[^>]){0,2000}/ObjStm(?:[^<>]|<[^<]|>[^>]){0,2000})>>\s*stream\r?\n")  # fmt: skip


def _document(source: BinaryIO, size_bytes: int, order: AttachmentOrder) -> AttachmentParts:
    source.seek(0)
    octets = source.read()
    tail = octets[-2048:]
    if b"%%EOF" not in tail or b"startxref" not in tail:
        raise NotAttachable("The PDF document is cut short or damaged.")
    names = _names(octets)
    if b"Encrypt" in names:
        raise NotAttachable("The PDF document is locked by a password or by rights; save it without.")  # fmt: skip
    for name, what in _DANGEROUS.items():
        if name in names:
            raise NotAttachable(f"The PDF document holds {what}; save it without, or print it anew.")  # fmt: skip
    dataset = _begun(order, ENCAPSULATED_PDF, modality="DOC")
    dataset.AcquisitionDateTime = ""
    # Type 1 here: what nobody has looked for is taken to be there.
    dataset.BurnedInAnnotation = "NO" if order.burned_in == "no" else "YES"
    dataset.DocumentTitle = order.description
    dataset.ConceptNameCodeSequence = []
    rest = Dataset()
    rest.MIMETypeOfEncapsulatedDocument = "application/pdf"
    rest.EncapsulatedDocumentLength = size_bytes
    padding = b"\0" * (size_bytes % 2)
    element = struct.pack("<HH2s2xI", 0x0042, 0x0011, b"OB", size_bytes + len(padding))
    before = _written(dataset, ExplicitVRLittleEndian) + element
    return AttachmentParts(before, holds_file=True, behind=padding + _elements(rest))


def _names(octets: bytes) -> set[bytes]:
    """All names of a PDF, also those in compressed object streams, with their escapes undone."""
    found = {_plain_name(name) for name in _NAME.findall(octets)}
    left = _MOST_INFLATED_BYTES
    for inflated in _object_streams(octets):
        found |= {_plain_name(name) for name in _NAME.findall(inflated)}
        left -= len(inflated)
        if left < 0:
            raise NotAttachable("The PDF document unpacks to far more than a document.")
    return found


def _plain_name(name: bytes) -> bytes:
    return re.sub(rb"#([0-9A-Fa-f]{2})", lambda escape: bytes([int(escape[1], 16)]), name)


def _object_streams(octets: bytes) -> Iterator[bytes]:
    for match in _STREAM.finditer(octets):
        filters = match[1]
        if b"/Filter" not in filters:
            continue  # in clear: its names were seen
        if b"FlateDecode" not in filters or filters.count(b"Decode") > filters.count(b"DecodeParms") + 1:  # fmt: skip
            raise NotAttachable("The PDF document hides its content in an unusual way.")
        inflater = zlib.decompressobj()
        try:
            inflated = inflater.decompress(octets[match.end() :], _MOST_INFLATED_BYTES + 1)
        except zlib.error:
            raise NotAttachable("The PDF document is damaged.") from None
        yield inflated


# ---------------------------------------------------------------- pictures


def _picture(source: BinaryIO, size_bytes: int, order: AttachmentOrder) -> AttachmentParts:
    Image.MAX_IMAGE_PIXELS = None  # ours is the limit, with a sentence
    source.seek(0)
    is_jpeg = source.read(2) == b"\xff\xd8"
    try:
        if is_jpeg and (bits := _frame_header(source)[1][0]) != 8:
            raise NotAttachable(f"The picture has {bits} bits for each sample; save it as JPEG with 8, or as PNG with 16.")  # fmt: skip
        source.seek(0)
        with Image.open(source, formats=["JPEG", "PNG"]) as image:
            if image.width * image.height > MOST_PIXELS:
                raise NotAttachable("The picture is larger than 50 million pixels.")
            if getattr(image, "is_animated", False):
                raise NotAttachable("The picture is animated; attach it as an MP4 video.")
            image.load()
            turned = image.getexif().get(0x0112, 1) not in (None, 0, 1)
            if is_jpeg and not turned:
                photometric = _baseline(source, image)
                if photometric:
                    return _jpeg(image, photometric, size_bytes, order)
            pixels = _pixels(ImageOps.exif_transpose(image) if turned else image)
            profile = image.info.get("icc_profile") if pixels.ndim == 3 else None
    except NotAttachable:
        raise
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error):
        raise NotAttachable("The picture is damaged and cannot be read.") from None
    dataset = _pictured(order, len(pixels), len(pixels[0]), is_lossy=is_jpeg)
    if pixels.ndim == 3:
        dataset.SamplesPerPixel, dataset.PlanarConfiguration = 3, 0
        dataset.PhotometricInterpretation = "RGB"
    else:
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    _add_profile(dataset, profile)
    bits = pixels.dtype.itemsize * 8
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    if is_jpeg:
        dataset.LossyImageCompressionRatio = round(pixels.nbytes / size_bytes, 2)
    octets = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
    dataset.PixelData = octets + b"\0" * (len(octets) % 2)
    dataset["PixelData"].VR = "OW" if bits > 8 else "OB"
    return AttachmentParts(_written(dataset, ExplicitVRLittleEndian), holds_file=False, behind=b"")


def _pixels(image: Image.Image) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """The samples of a picture, none of them changed in value: (rows, columns) or (rows, columns, 3)."""
    if image.mode in ("CMYK", "YCCK", "LAB", "HSV", "F"):
        raise NotAttachable("The picture is in print colours (CMYK); save it in RGB.")
    if image.mode in ("I;16", "I;16B", "I"):
        wide = np.asarray(image)
        if wide.min() < 0 or wide.max() > 0xFFFF:
            raise NotAttachable("The picture's grey values are of an unusual kind; save it with 8 or 16 bits.")  # fmt: skip
        return wide.astype(np.uint16)
    if "transparency" in image.info or image.mode in ("LA", "PA", "RGBA"):
        with_alpha = image.convert("RGBA")
        if np.asarray(with_alpha)[..., 3].min() < 255:
            raise NotAttachable("The picture has transparent parts, which DICOM cannot keep; save it without.")  # fmt: skip
        image = image.convert("L" if image.mode == "LA" else "RGB")
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))
    return np.asarray(image.convert("RGB"))


def _jpeg(
    image: Image.Image, photometric: str, size_bytes: int, order: AttachmentOrder
) -> AttachmentParts:
    """A picture whose JPEG is legal in DICOM: not one octet of it is changed."""
    dataset = _pictured(order, image.height, image.width, is_lossy=True)
    dataset.PhotometricInterpretation = photometric
    dataset.SamplesPerPixel = 1 if photometric == "MONOCHROME2" else 3
    if dataset.SamplesPerPixel == 3:
        dataset.PlanarConfiguration = 0
        _add_profile(dataset, image.info.get("icc_profile"))
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    raw_bytes = image.width * image.height * dataset.SamplesPerPixel
    dataset.LossyImageCompressionRatio = round(raw_bytes / size_bytes, 2)
    dataset.LossyImageCompressionMethod = "ISO_10918_1"
    return _encapsulated(dataset, JPEGBaseline8Bit, size_bytes)


def _baseline(source: BinaryIO, image: Image.Image) -> str:
    """The photometric interpretation of a JPEG of 8 bits that is baseline (PS3.5 A.4.1); empty if it must be decoded."""
    if image.mode not in ("L", "RGB"):
        return ""
    kind, segment, adobe_transform = _frame_header(source)
    if kind != _BASELINE:
        return ""
    if image.mode == "L":
        return "MONOCHROME2"
    components = segment[6:]
    identifiers = components[0::3][:3]
    if adobe_transform == 0 or identifiers == b"RGB":
        return "RGB"
    return "YBR_FULL" if components[1] == 0x11 else "YBR_FULL_422"


def _frame_header(source: BinaryIO) -> tuple[int, bytes, int]:
    """The kind of a JPEG's frames, their header, and its Adobe transform, -1 if it says none.

    Raises:
        NotAttachable: If there is none.
    """
    source.seek(2)
    adobe_transform = -1
    while len(marker := source.read(2)) == 2 and marker[0] == 0xFF:
        kind = marker[1]
        if kind == 0xFF:  # filling
            source.seek(-1, io.SEEK_CUR)
            continue
        if kind in (0xD9, 0xDA):
            break
        (length,) = struct.unpack(">H", source.read(2))
        segment = source.read(length - 2)
        if kind == 0xEE and segment.startswith(b"Adobe") and len(segment) >= 12:
            adobe_transform = segment[11]
        if _BASELINE <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC) and segment:
            return kind, segment, adobe_transform
    raise NotAttachable("The picture is damaged and cannot be read.")


def _add_profile(dataset: Dataset, profile: object) -> None:
    """The colour profile of the picture, whose samples are RGB or become it."""
    if isinstance(profile, bytes) and profile[16:20] == b"RGB " and len(profile) <= 1 << 20:
        dataset.ICCProfile = profile + b"\0" * (len(profile) % 2)


def _pictured(order: AttachmentOrder, rows: int, columns: int, *, is_lossy: bool) -> Dataset:
    if rows > 0xFFFF or columns > 0xFFFF:
        raise NotAttachable("The picture is wider or higher than 65,535 pixels.")
    is_photograph = order.origin == "photograph"
    dataset = _begun(
        order,
        VL_PHOTOGRAPHIC if is_photograph else SECONDARY_CAPTURE,
        modality="XC" if is_photograph else "OT",
    )
    dataset.ImageType = ["DERIVED" if is_lossy else "ORIGINAL", "SECONDARY"]
    dataset.PatientOrientation = ""
    dataset.LossyImageCompression = "01" if is_lossy else "00"
    if is_photograph:
        dataset.ImageType = ["ORIGINAL", "PRIMARY"]
        dataset.AcquisitionContextSequence = []
    _add_burned_in(dataset, order)
    dataset.Rows, dataset.Columns = rows, columns
    dataset.PixelRepresentation = 0
    return dataset


# ---------------------------------------------------------------- videos


def _video(source: BinaryIO, size_bytes: int, order: AttachmentOrder) -> AttachmentParts:
    def read_range(offset: int, length: int) -> bytes:
        source.seek(offset)
        return source.read(length)

    try:
        movie = mp4.read_movie(JoinedFragments(read_range, [(0, size_bytes)]))
    except NotPlayable as reason:
        raise NotAttachable(str(reason)) from None
    described = re.fullmatch(r"avc[1-4]\.([0-9a-f]{2})[0-9a-f]{2}([0-9a-f]{2})", movie.codec)
    if described is None:
        raise NotAttachable(f"The video is {movie.codec_name}; only H.264 in an MP4 can be attached.")  # fmt: skip
    profile, level = int(described[1], 16), int(described[2], 16)
    syntax = next((uid for most, uid in _H264.items() if level <= most), None)
    if profile not in _H264_PROFILES or syntax is None:
        raise NotAttachable("The video is H.264 of a profile or level that DICOM does not hold; save it as High Profile, level 4.2 or lower.")  # fmt: skip
    if mp4.CUT_SHORT in movie.notes or not len(movie.times):
        raise NotAttachable("The video is cut short.")
    clock = clock_of(movie.times)
    dataset = _begun(order, VIDEO_PHOTOGRAPHIC, modality="XC")
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]
    dataset.PatientOrientation = ""
    dataset.AcquisitionContextSequence = []
    _add_burned_in(dataset, order)
    dataset.Rows, dataset.Columns = movie.rows, movie.columns
    dataset.NumberOfFrames = clock.count
    dataset.FrameTime = round(clock.frame_seconds * 1000, 6) or 1
    dataset.FrameIncrementPointer = 0x00181063
    dataset.SamplesPerPixel, dataset.PlanarConfiguration = 3, 0
    dataset.PhotometricInterpretation = "YBR_PARTIAL_420"
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    dataset.PixelRepresentation = 0
    dataset.LossyImageCompression = "01"
    raw_bytes = movie.rows * movie.columns * 3 * clock.count
    dataset.LossyImageCompressionRatio = round(raw_bytes / size_bytes, 2)
    dataset.LossyImageCompressionMethod = "ISO_14496_10"
    return _encapsulated(dataset, syntax, size_bytes)


# ---------------------------------------------------------------- documents that are stored

_DOCUMENT = 0x00420011


def document_place(source: BinaryIO) -> DocumentPlace:
    """Where in a stored instance its document is.

    Raises:
        NotAttachable: If it holds no PDF document.
    """
    try:
        opened = open_file(source)
    except Unreadable as reason:
        raise NotAttachable(str(reason)) from None
    element = opened.dataset.get_item(_DOCUMENT)
    offset = getattr(element, "value_tell", 0)
    length = getattr(element, "length", 0)
    if opened.deflated is not None or not offset or not 0 < length <= MOST_OCTETS:
        raise NotAttachable("This object holds no document that can be opened.")
    source.seek(offset)
    if not source.read(_HEAD_BYTES).startswith(b"%PDF-"):
        raise NotAttachable("The document in this object is no PDF.")
    return DocumentPlace(offset, length)


# ---------------------------------------------------------------- what all have


def _begun(order: AttachmentOrder, sop_class_uid: str, *, modality: str) -> Dataset:
    """Patient, study, series, equipment and instance: their attributes of type 1 and 2."""
    made_at = datetime.fromisoformat(order.made_at)
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = sop_class_uid
    dataset.SOPInstanceUID = order.sop_instance_uid
    dataset.PatientName = order.patient_name
    dataset.PatientID = order.patient_id
    if order.issuer_of_patient_id:
        dataset.IssuerOfPatientID = order.issuer_of_patient_id
    dataset.PatientBirthDate = order.patient_birth_date
    dataset.PatientSex = order.patient_sex
    dataset.StudyInstanceUID = order.study_instance_uid
    dataset.StudyDate = order.study_date
    dataset.StudyTime = order.study_time
    dataset.StudyID = order.study_id
    dataset.AccessionNumber = order.accession_number
    dataset.ReferringPhysicianName = order.referring_physician_name
    if order.study_description:
        dataset.StudyDescription = order.study_description
    dataset.Modality = modality
    dataset.SeriesInstanceUID = generate_uid(prefix=None)
    dataset.SeriesNumber = order.series_number
    dataset.SeriesDescription = order.description
    dataset.Laterality = ""
    dataset.Manufacturer = "PACScribe"
    dataset.InstanceNumber = 1
    dataset.ConversionType = _CONVERSION[order.origin]
    dataset.InstanceCreationDate = dataset.ContentDate = made_at.strftime("%Y%m%d")
    dataset.InstanceCreationTime = dataset.ContentTime = made_at.strftime("%H%M%S")
    dataset.TimezoneOffsetFromUTC = "+0000"
    return dataset


def _add_burned_in(dataset: Dataset, order: AttachmentOrder) -> None:
    """Type 3: what nobody has answered is not said."""
    if order.burned_in in ("yes", "no"):
        dataset.BurnedInAnnotation = order.burned_in.upper()


def _encapsulated(dataset: Dataset, syntax: str, size_bytes: int) -> AttachmentParts:
    """One fragment behind an empty offset table (PS3.5 A.4)."""
    padding = b"\0" * (size_bytes % 2)
    element = struct.pack("<HH2s2xI", 0x7FE0, 0x0010, b"OB", 0xFFFFFFFF)
    table = struct.pack("<HHI", 0xFFFE, 0xE000, 0)
    fragment = struct.pack("<HHI", 0xFFFE, 0xE000, size_bytes + len(padding))
    end = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    before = _written(dataset, syntax) + element + table + fragment
    return AttachmentParts(before, holds_file=True, behind=padding + end)


def _written(dataset: Dataset, syntax: str) -> bytes:
    """A Part 10 file with these elements."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = UID(syntax)
    meta.ImplementationClassUID = UID(_IMPLEMENTATION_CLASS_UID)
    meta.ImplementationVersionName = "PACSCRIBE"
    buffer = io.BytesIO()
    file = FileDataset(buffer, dataset, file_meta=meta, preamble=b"\0" * 128)
    dcmwrite(buffer, file, enforce_file_format=True)
    return buffer.getvalue()


def _elements(dataset: Dataset) -> bytes:
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, False
    write_dataset(buffer, dataset)
    return buffer.getvalue()
