"""Studies for tests of pages, as zip archives: a real one where the shared data is, a made one elsewhere."""

import io
import zipfile
from dataclasses import dataclass
from functools import cache

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import generate_uid

from tests.dicom_files import SHARED, SHIPPED, image_dataset
from tests.phantoms import ct_head
from tests.viewing_hospital import dicom_file

_REAL = SHARED / "dicom" / "ct_head_ge_tilt"
_CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
_FIXED_UID = "2.25.271828182845904523536028747135266249"

# Small files of many kinds that pydicom ships: what the worklist and the viewer meet.
SHIPPED_NAMES = (
    "MR_small.dcm", "examples_ybr_color.dcm", "examples_palette.dcm", "test-SR.dcm", "waveform_ecg.dcm",
)  # fmt: skip


def shipped_files():
    return [SHIPPED / name for name in SHIPPED_NAMES if (SHIPPED / name).exists()]


@dataclass(frozen=True)
class ZippedStudy:
    """A study in a zip archive, and what its files say of it."""

    octets: bytes
    study_instance_uid: str
    patient_name: str
    patient_id: str
    images: int


def zipped_study(name: str, patient_name: str = "") -> ZippedStudy:
    """A CT of a head.

    Args:
        name: Gives the study its own identity.
        patient_name: Instead of the one in the files; empty keeps the real study exactly as it is.
    """
    datasets = _slices()
    if patient_name or not _REAL.exists():
        patient_name = patient_name or "Test^Head"
        datasets = [_renamed(each, name, patient_name) for each in datasets]
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number, dataset in enumerate(datasets, start=1):
            part = io.BytesIO()
            dataset.save_as(part, enforce_file_format=True)
            archive.writestr(f"study/series/{number:04}.dcm", part.getvalue())
        archive.writestr("study/read me.txt", "These are the images.")
    first = datasets[0]
    return ZippedStudy(
        target.getvalue(), str(first.StudyInstanceUID), str(first.PatientName), str(first.PatientID), len(datasets)
    )  # fmt: skip


def small_study(study_instance_uid: str, **attributes: str) -> dict[str, bytes]:
    """One small image for `House.take_in_octets`, in a series and a study of its own."""
    octets = dicom_file(
        np.tile(np.arange(64, dtype=np.uint8), (64, 1)),
        study_instance_uid=study_instance_uid,
        series_instance_uid=f"{study_instance_uid}.1",
        **attributes,
    )
    return {"study.dcm": octets}


@cache
def _slices() -> list[Dataset]:
    if _REAL.exists():
        return [pydicom.dcmread(path) for path in sorted(_REAL.iterdir())]
    return [made_slice(number) for number in range(1, 13)]


def made_slice(number: int, rows: int = 256, **elements) -> Dataset:
    """The `number`-th slice of an invented head."""
    values = np.roll(ct_head(rows, rows, with_padding=False).stored_values, 3 * number, axis=1)
    return image_dataset(
        values.astype(np.int16),
        **{
            "SOPClassUID": _CT_IMAGE_STORAGE,
            "SOPInstanceUID": f"{_FIXED_UID}.{number}",
            "StudyInstanceUID": f"{_FIXED_UID}.1000",
            "SeriesInstanceUID": f"{_FIXED_UID}.1001",
            "Modality": "CT",
            "PatientName": "Test^Head",
            "PatientID": "T-1",
            "StudyDate": "20260102",
            "StudyTime": "101500",
            "StudyDescription": "Head of a test",
            "SeriesDescription": "Axial",
            "SeriesNumber": "1",
            "InstanceNumber": str(number),
            "ImagePositionPatient": [-120.0, -120.0, 5.0 * number],
            "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
            "PixelSpacing": [0.9375, 0.9375],
            "SliceThickness": "5",
            "FrameOfReferenceUID": f"{_FIXED_UID}.1002",
            "RescaleIntercept": "0",
            "RescaleSlope": "1",
            "WindowCenter": "40",
            "WindowWidth": "80",
            **elements,
        },
    )


def _renamed(dataset: Dataset, name: str, patient_name: str) -> Dataset:
    # Elements are shared with the original, for pixels are large; those that differ are made anew.
    renamed = Dataset()
    renamed.update(dataset)
    renamed.file_meta = FileMetaDataset()
    renamed.file_meta.update(dataset.file_meta)
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        was = str(dataset[keyword].value)
        renamed.add_new(keyword, "UI", generate_uid(entropy_srcs=[name, keyword, was]))
    renamed.file_meta.add_new("MediaStorageSOPInstanceUID", "UI", renamed.SOPInstanceUID)
    renamed.add_new("PatientName", "PN", patient_name)
    renamed.add_new("PatientID", "LO", f"ID-{name}")
    return renamed
