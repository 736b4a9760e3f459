"""DICOM files for tests: those that pydicom ships, those of the shared data folder where it is, and made ones."""

import io
import warnings
from pathlib import Path

import numpy as np
import pydicom
import pydicom.data
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
SHIPPED = Path(str(pydicom.data.get_testdata_file("CT_small.dcm", download=False))).parent
_LONG_SERIES = {"ct_neck_295", "rt_breast", "mr_brain_4series"}


def shipped_files():
    return [path for path in sorted(SHIPPED.rglob("*")) if path.is_file() and path.suffix != ".py"]


def shared_files():
    return [path for path in sorted((SHARED / "dicom").rglob("*")) if path.is_file()]


def shared_kinds():
    """Of long series of alike slices every thirtieth only: for what is the same in all of them."""
    kept = []
    seen = {}
    for path in shared_files():
        group = path.relative_to(SHARED / "dicom").parts[0]
        seen[group] = seen.get(group, 0) + 1
        if group not in _LONG_SERIES or seen[group] % 30 == 1:
            kept.append(path)
    return kept


def file_id(path):
    root = SHIPPED if path.is_relative_to(SHIPPED) else SHARED / "dicom"
    return str(path.relative_to(root))


def image_dataset(values, **elements):
    """A grey image of one frame with what the standard requires; `elements` are set over it."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    dataset.SOPInstanceUID = generate_uid(entropy_srcs=["test", "instance"])
    dataset.StudyInstanceUID = generate_uid(entropy_srcs=["test", "study"])
    dataset.SeriesInstanceUID = generate_uid(entropy_srcs=["test", "series"])
    dataset.Modality = "OT"
    dataset.Rows, dataset.Columns = values.shape[:2]
    dataset.SamplesPerPixel = 3 if values.ndim == 3 else 1
    dataset.PhotometricInterpretation = "RGB" if values.ndim == 3 else "MONOCHROME2"
    if values.ndim == 3:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = dataset.BitsStored = 8 * values.dtype.itemsize
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(values.dtype.kind == "i")
    dataset.PixelData = values.tobytes()
    dataset["PixelData"].VR = "OB" if values.dtype.itemsize == 1 else "OW"
    for keyword, value in elements.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    return dataset


def item(**elements):
    """An item of a sequence."""
    made = Dataset()
    for keyword, value in elements.items():
        setattr(made, keyword, value)
    return made


def written(dataset, **options):
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.save_as(buffer, enforce_file_format=True, **options)
    return buffer.getvalue()


def grey_ramp(rows=16, columns=24, dtype="uint16"):
    return np.arange(rows * columns, dtype=dtype).reshape(rows, columns)
