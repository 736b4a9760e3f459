"""What is taken in by `bench_ingest`, made on the spot: slices as files, tiny files, and one multi-frame larger than memory is for."""

import io
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset

TINY_PER_SERIES = 500
_SIDE_PX = 512
_MULTI_FRAME_CLASS = "1.2.840.10008.5.1.4.1.1.7.3"  # Multi-frame Grayscale Word Secondary Capture


def write_files(folder: Path, files: Sequence[bytes]) -> Path:
    """Each as a file of a new folder."""
    folder.mkdir()
    for number, octets in enumerate(files):
        (folder / f"{number:05}.dcm").write_bytes(octets)
    return folder


def tiny(slice_octets: bytes, count: int) -> Iterator[bytes]:
    """Images of 32 x 32, some series of them."""
    dataset = dcmread(io.BytesIO(slice_octets))
    dataset.Rows = dataset.Columns = 32
    study = str(dataset.StudyInstanceUID)[:40]
    for number in range(count):
        series, place = divmod(number, TINY_PER_SERIES)
        dataset.StudyInstanceUID = f"{study}.7"
        dataset.SeriesInstanceUID = f"{study}.7.{series + 1}"
        dataset.SOPInstanceUID = f"{study}.7.{series + 1}.{place + 1}"
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.SeriesNumber, dataset.InstanceNumber = series + 1, place + 1
        dataset.ImagePositionPatient = [0, 0, place]
        dataset.PixelData = np.full((32, 32), number % 4000, np.int16).tobytes()
        yield written(dataset)


def multi_frame(path: Path, slice_octets: bytes, size_bytes: int) -> int:
    """Write an image of so many octets, frame by frame; gives how many frames it has."""
    dataset = dcmread(io.BytesIO(slice_octets))
    first = dataset.pixel_array
    frames = size_bytes // first.nbytes
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "SliceLocation", "FrameOfReferenceUID"):  # fmt: skip
        if keyword in dataset:
            delattr(dataset, keyword)
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = _MULTI_FRAME_CLASS
    dataset.SeriesInstanceUID = f"{str(dataset.SeriesInstanceUID)[:56]}.9"
    dataset.SOPInstanceUID = f"{str(dataset.SOPInstanceUID)[:56]}.9"
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.NumberOfFrames = frames
    dataset.PixelData = b""
    head = written(dataset)
    with path.open("wb") as file:
        file.write(head[:-4] + struct.pack("<I", frames * first.nbytes))
        for number in range(frames):
            file.write(np.roll(first, number).tobytes())
    return frames


def written(dataset: Dataset) -> bytes:
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
