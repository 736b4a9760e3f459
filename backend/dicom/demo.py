"""The studies of the demo as DICOM: invented ones, drawn by `demo_head` and `demo_breast`, and files that pydicom ships.

Names, numbers and dates are invented and fixed, so that every start of the demo shows the same. Nothing is downloaded.
"""

import io
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom.data
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from backend.dicom import demo_breast, demo_head
from backend.dicom.demo_head import Head, Lesion

SLICE_SPACING_MM = 0.6
FIRST_SLICE_MM = -50.0
CURRENT_SLICES = 300
PRIOR_SLICES = 120
PRIOR_SLICE_SPACING_MM = 1.5

# To be measured: 22.0 x 28.0 mm in the current study, 12.0 x 14.0 mm in the prior one.
CURRENT_LESION = Lesion((-27.0, -4.0, 40.0), (11.0, 14.0, 10.0), 68.0)
PRIOR_LESION = Lesion((-27.0, -4.0, 40.0), (6.0, 7.0, 5.0), 66.0)

_CT_IMAGE_STORAGE = UID("1.2.840.10008.5.1.4.1.1.2")
_MAMMOGRAPHY_FOR_PRESENTATION = UID("1.2.840.10008.5.1.4.1.1.1.2")
_UID_NAMESPACE = uuid.UUID("5b2f6a3e-91c4-4d0e-8a57-0c6f1d9e7b24")
_RESCALE_INTERCEPT = -1024
# Grouped as their own files say: a folder of the dicomdir examples holds CR and CT of one invented patient.
_SHIPPED_FILES = (
    "CT_small.dcm",
    "693_J2KI.dcm",
    "MR_small.dcm",
    "examples_overlay.dcm",
    "examples_palette.dcm",
    "examples_rgb_color.dcm",
    "examples_ybr_color.dcm",
    "examples_jpeg2k.dcm",
    "SC_rgb_jpeg_dcmtk.dcm",
    "liver_1frame.dcm",
    "test-SR.dcm",
    "reportsi.dcm",
    "waveform_ecg.dcm",
    "rtplan.dcm",
    "rtdose.dcm",
    "rtstruct.dcm",
)
_SHIPPED_FOLDERS = ("dicomdirtests/77654033", "dicomdirtests/98892001")


@dataclass(frozen=True, slots=True)
class _Examination:
    """What the examinations of the invented head differ in."""

    name: str
    study_date: str
    accession_number: str
    description: str
    slices: int
    spacing_mm: float
    lesion: Lesion
    noise_seed: int


DEMO_PATIENT_ID = "DEMO-0001"
"""Of the patient whose head was examined twice."""

_PRIOR = _Examination(
    "head-prior", "20260311", "DEMO-1001", "CT head without contrast",
    PRIOR_SLICES, PRIOR_SLICE_SPACING_MM, PRIOR_LESION, 11,
)  # fmt: skip
_CURRENT = _Examination(
    "head-current", "20260914", "DEMO-1002", "CT head without contrast, follow-up",
    CURRENT_SLICES, SLICE_SPACING_MM, CURRENT_LESION, 12,
)  # fmt: skip


def demo_studies() -> Iterator[Iterator[bytes | Path]]:
    """The studies of the demo, each instance by instance, so that one at a time is in memory.

    Yields:
        pydicom's own files, a mammogram, a head CT (120 slices), the same head half a year later (300 slices): what
        comes last stands first in a worklist.
    """
    yield iter(pydicom_demo_files())
    yield (octets for octets in (mammogram(),))
    yield (octets for octets in head_ct(_PRIOR.name))
    yield (octets for octets in head_ct(_CURRENT.name))


def head_ct(name: str = "head-current") -> Iterator[bytes]:
    """A CT of an invented head, "head-current" or "head-prior", as DICOM files from foot to head."""
    examination = {_PRIOR.name: _PRIOR, _CURRENT.name: _CURRENT}[name]
    head = Head(seed=4, lesion=examination.lesion, noise_seed=examination.noise_seed)
    dataset = _ct_template(examination)
    for index in range(examination.slices):
        z_mm = FIRST_SLICE_MM + index * examination.spacing_mm
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = _uid(
            f"{examination.name}/instance/{index}"
        )
        dataset.InstanceNumber = index + 1
        first_mm = demo_head.FIRST_PIXEL_MM
        dataset.ImagePositionPatient = [f"{first_mm:.4f}", f"{first_mm:.4f}", f"{z_mm:.2f}"]
        dataset.SliceLocation = f"{z_mm:.2f}"
        stored_values = head.slice_at(z_mm) - np.int16(_RESCALE_INTERCEPT)
        dataset.PixelData = stored_values.astype("<i2").tobytes()
        yield _written(dataset)


def mammogram() -> bytes:
    """An invented mammogram, left cranio-caudal, 4096 x 3328, 14 bits, as a DICOM file."""
    dataset = _template("breast", _MAMMOGRAPHY_FOR_PRESENTATION)
    dataset.PatientName = "Demo^Berta"
    dataset.PatientID = "DEMO-0002"
    dataset.PatientBirthDate = "19680402"
    dataset.PatientSex = "F"
    dataset.StudyDate = dataset.SeriesDate = dataset.AcquisitionDate = dataset.ContentDate = (
        "20260921"
    )
    dataset.StudyTime = dataset.SeriesTime = dataset.AcquisitionTime = dataset.ContentTime = (
        "101500"
    )
    dataset.AccessionNumber = "DEMO-1003"
    dataset.StudyDescription = "Mammography, left"
    dataset.Modality = "MG"
    dataset.SeriesDescription = "L CC"
    dataset.BodyPartExamined = "BREAST"
    dataset.PresentationIntentType = "FOR PRESENTATION"
    dataset.ImageType = ["DERIVED", "PRIMARY"]
    dataset.ImageLaterality = "L"
    dataset.ViewPosition = "CC"
    dataset.PatientOrientation = ["A", "R"]
    dataset.KVP = "29"
    dataset.Exposure = "78"
    dataset.BodyPartThickness = "54"
    dataset.CompressionForce = "92"
    dataset.ImagerPixelSpacing = [str(demo_breast.PIXEL_SPACING_MM)] * 2
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = _uid(
        "breast/instance/0"
    )
    dataset.InstanceNumber = 1
    _describe_pixels(
        dataset, demo_breast.ROWS, demo_breast.COLUMNS, demo_breast.BITS_STORED, is_signed=False
    )
    dataset.PresentationLUTShape = "IDENTITY"
    dataset.WindowCenter, dataset.WindowWidth = "5900", "7400"
    dataset.WindowCenterWidthExplanation = "NORMAL"
    dataset.VOILUTFunction = "LINEAR"
    dataset.PixelData = demo_breast.breast(seed=3).astype("<u2").tobytes()
    return _written(dataset)


def pydicom_demo_files() -> list[Path]:
    """Files inside the pydicom package: CR, CT, MR, ultrasound, colour, segmentation, SR, ECG and radiotherapy.

    Returns:
        Those that are there; never anything downloaded.
    """
    found = [pydicom.data.get_testdata_file(name, download=False) for name in _SHIPPED_FILES]
    files = [Path(str(path)) for path in found if path]
    for folder in _SHIPPED_FOLDERS:
        root = files[0].parent / folder
        files.extend(sorted(path for path in root.rglob("*") if path.is_file()))
    return files


def _uid(name: str) -> UID:
    """A UID from a UUID that follows from the name, PS3.5 B.2."""
    return UID(f"2.25.{uuid.uuid5(_UID_NAMESPACE, name).int}")


def _template(name: str, sop_class_uid: UID) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class_uid
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = _uid("implementation")
    dataset = FileDataset("", Dataset(), file_meta=meta, preamble=b"\0" * 128)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = sop_class_uid
    dataset.StudyInstanceUID = _uid(f"{name}/study")
    dataset.SeriesInstanceUID = _uid(f"{name}/series")
    dataset.StudyID = "1"
    dataset.SeriesNumber = 1
    dataset.Manufacturer = "PACScribe"
    dataset.ManufacturerModelName = "Drawn by formulas"
    dataset.InstitutionName = "Demo Hospital"
    dataset.ReferringPhysicianName = "Demo^Rita"
    dataset.BurnedInAnnotation = "NO"
    dataset.LossyImageCompression = "00"
    return dataset


def _ct_template(examination: _Examination) -> FileDataset:
    dataset = _template(examination.name, _CT_IMAGE_STORAGE)
    dataset.PatientName = "Demo^Adele"
    dataset.PatientID = DEMO_PATIENT_ID
    dataset.PatientBirthDate = "19571130"
    dataset.PatientSex = "F"
    dataset.StudyDate = dataset.SeriesDate = dataset.AcquisitionDate = examination.study_date
    dataset.ContentDate = examination.study_date
    dataset.StudyTime = dataset.SeriesTime = dataset.AcquisitionTime = dataset.ContentTime = (
        "083000"
    )
    dataset.AccessionNumber = examination.accession_number
    dataset.StudyDescription = examination.description
    dataset.Modality = "CT"
    dataset.SeriesDescription = f"Head {examination.spacing_mm} mm"
    dataset.BodyPartExamined = "HEAD"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.PatientPosition = "HFS"
    dataset.FrameOfReferenceUID = _uid(f"{examination.name}/frame-of-reference")
    dataset.PositionReferenceIndicator = ""
    dataset.KVP = "120"
    dataset.Exposure = "280"
    dataset.XRayTubeCurrent = "280"
    dataset.ConvolutionKernel = "H30"
    dataset.GantryDetectorTilt = "0"
    dataset.SliceThickness = str(examination.spacing_mm)
    dataset.SpacingBetweenSlices = str(examination.spacing_mm)
    dataset.PixelSpacing = [str(demo_head.PIXEL_SPACING_MM)] * 2
    dataset.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    dataset.AcquisitionNumber = 1
    _describe_pixels(dataset, demo_head.ROWS, demo_head.COLUMNS, 16, is_signed=True)
    dataset.RescaleIntercept = str(_RESCALE_INTERCEPT)
    dataset.RescaleSlope = "1"
    dataset.RescaleType = "HU"
    dataset.WindowCenter, dataset.WindowWidth = ["40", "600"], ["80", "2800"]
    dataset.WindowCenterWidthExplanation = ["Brain", "Bone"]
    return dataset


def _describe_pixels(
    dataset: Dataset, rows: int, columns: int, bits_stored: int, *, is_signed: bool
) -> None:
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = rows, columns
    dataset.BitsAllocated = 16
    dataset.BitsStored = bits_stored
    dataset.HighBit = bits_stored - 1
    dataset.PixelRepresentation = int(is_signed)
    if not is_signed:
        dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = "0", "1", "US"


def _written(dataset: FileDataset) -> bytes:
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
