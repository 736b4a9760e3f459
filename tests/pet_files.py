"""Made PET slices, whose SUV can be known, and what takes that away from them."""

import numpy as np
from pydicom.dataset import Dataset

from tests.dicom_files import image_dataset
from tests.viewing_hospital import dicom_file

PET_SERIES = "2.25.1011"
PET = "1.2.840.10008.5.1.4.1.1.128"
HALF_LIFE_OF_F18_SECONDS = 6586.2
# 70 kg, 370 MBq and one hour: 370 MBq * 2 ** (-3600 / 6586.2) = 253.3 MBq are left; 70000 g / 253.3 MBq.
FACTOR = 2.7634e-4


def tracer(**said):
    """An item of the Radiopharmaceutical Information Sequence; None leaves an element out."""
    item = Dataset()
    usual = {
        "Radiopharmaceutical": "FDG",
        "RadiopharmaceuticalStartTime": "090000",
        "RadionuclideTotalDose": "370000000",
        "RadionuclideHalfLife": str(HALF_LIFE_OF_F18_SECONDS),
    }
    for keyword, value in (usual | said).items():
        if value is not None:
            setattr(item, keyword, value)
    return item


def pet_elements(tracers=None, **said):
    """All that SUV by body weight needs, of values in Bq/ml; `said` is set over it, None leaves out."""
    usual = {
        "SOPClassUID": PET,
        "Modality": "PT",
        "Units": "BQML",
        "CorrectedImage": ["DECY", "ATTN", "SCAT"],
        "DecayCorrection": "START",
        "PatientWeight": "70",
        "SeriesDate": "20240305",
        "SeriesTime": "100000",
        "AcquisitionDate": "20240305",
        "AcquisitionTime": "100230.5",
        "RescaleSlope": "50",
        "RescaleIntercept": "0",
        "RadiopharmaceuticalInformationSequence": [tracer()] if tracers is None else tracers,
    }
    return {keyword: value for keyword, value in (usual | said).items() if value is not None}


def pet_dataset(tracers=None, **said):
    """A small slice of it."""
    values = np.arange(16 * 24, dtype="uint16").reshape(16, 24)
    return image_dataset(values, **pet_elements(tracers, **said))


def pet_slice(position_mm, number, **said):
    """A slice of the series `PET_SERIES` in the study of `viewing_hospital`: SUV 0 to about 7 along its rows."""
    elements = pet_elements(**said)
    return dicom_file(
        np.tile(np.arange(0, 512, 8, dtype="uint16"), (64, 1)),
        sop_class_uid=elements.pop("SOPClassUID"),
        **{
            "series_instance_uid": PET_SERIES,
            "SeriesNumber": 9,
            "InstanceNumber": number,
            "ImagePositionPatient": [0.0, 0.0, position_mm],
            "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
            "PixelSpacing": [4.0, 4.0],
            **elements,
        },
    )
