"""What the benchmarks look at: a head CT of 300 slices, raw and as JPEG 2000, a mammogram, and a film of 120 frames."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import imagecodecs
import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless

from backend.dicom.demo import head_ct

FILM_FRAMES = 120
FILM_MS = 1000 / 30
_FILM_CLASS = "1.2.840.10008.5.1.4.1.1.7.2"  # Multi-frame Grayscale Byte Secondary Capture


def compressed(slices: list[bytes]) -> list[bytes]:
    """The same CT as another study, in JPEG 2000 without loss."""
    with ThreadPoolExecutor() as threads:
        return list(threads.map(_compressed, slices))


def another(slices: list[bytes], name: str) -> list[bytes]:
    """The same CT once more, as a study of its own."""
    made = []
    for octets in slices:
        dataset = dcmread(io.BytesIO(octets))
        _rename(dataset, name)
        made.append(_written(dataset))
    return made


def film(slices: list[bytes]) -> bytes:
    """A multi-frame image of 512 x 512, 8 bits, at 30 frames a second."""
    dataset = dcmread(io.BytesIO(slices[0]))
    step = max(1, len(slices) // FILM_FRAMES)
    frames = [
        _grey(dcmread(io.BytesIO(octets)).pixel_array) for octets in slices[::step][:FILM_FRAMES]
    ]
    _rename(dataset, "film")
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = _FILM_CLASS
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "WindowCenter", "WindowWidth", "SliceLocation",
                    "WindowCenterWidthExplanation", "RescaleType", "FrameOfReferenceUID"):  # fmt: skip
        delattr(dataset, keyword)
    dataset.Modality = "OT"
    dataset.NumberOfFrames = len(frames)
    dataset.FrameTime = f"{FILM_MS:.3f}"
    dataset.FrameIncrementPointer = 0x00181063
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    dataset.PixelRepresentation = 0
    dataset.RescaleIntercept, dataset.RescaleSlope = "0", "1"
    dataset.PixelData = np.stack(frames).tobytes()
    return _written(dataset)


def raw() -> Iterator[bytes]:
    """The CT as it comes from the scanner."""
    return head_ct()


def _grey(values: np.ndarray) -> np.ndarray:
    return np.clip((values.astype(np.int32) - 1024 + 160) * 255 // 400, 0, 255).astype(np.uint8)


def _compressed(octets: bytes) -> bytes:
    dataset = dcmread(io.BytesIO(octets))
    codestream = imagecodecs.jpeg2k_encode(
        dataset.pixel_array, level=0, codecformat="j2k", reversible=True
    )
    _rename(dataset, "j2k")
    dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless
    dataset.PixelData = encapsulate([codestream])
    dataset["PixelData"].VR = "OB"
    return _written(dataset)


def _rename(dataset: Dataset, name: str) -> None:
    """Give it its own study; the tail keeps UIDs within their 64 characters."""
    tail = str(sum(name.encode()))
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        setattr(dataset, keyword, f"{str(dataset[keyword].value)[:56]}.{tail}")
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.StudyDescription = f"Head, {name}"


def _written(dataset: Dataset) -> bytes:
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
