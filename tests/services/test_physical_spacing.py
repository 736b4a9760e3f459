"""From which words of a file a millimetre is made, and what it is said to rest on."""

import io

import pydicom
import pytest

from backend.dicom.model import FrameGeometry, ParsedInstance, SeriesAttributes, SpacingAttributes
from backend.dicom.parsing import parse_instance
from backend.imaging.geometry import SpacingBasis
from backend.imaging.model import FrameAttributes
from backend.services.series_description import physical_spacing
from tests.dicom_files import SHARED
from tests.services.series_phantoms import AXIAL, image

FRAME = FrameAttributes(4, 4)


def chosen(modality: str, place: FrameGeometry | None = None, **said: object):
    attributes = image(
        "1.1",
        1,
        None,
        None,
        series=SeriesAttributes("2.25.2", modality=modality),
        spacing=SpacingAttributes(**said),
    ).attributes
    spacing = physical_spacing(attributes, FRAME, place or FrameGeometry())
    return spacing.row_mm, spacing.column_mm, spacing.basis


PAIR = (0.2, 0.1)


@pytest.mark.parametrize(
    ("modality", "said", "expected"),
    [
        ("CT", {"pixel_spacing_mm": PAIR}, (0.2, 0.1, SpacingBasis.PIXEL_SPACING)),
        ("DX", {"pixel_spacing_mm": PAIR}, (0.2, 0.1, SpacingBasis.UNSPECIFIED)),
        (
            "DX",
            {"pixel_spacing_mm": PAIR, "pixel_spacing_calibration_type": "FIDUCIAL"},
            (0.2, 0.1, SpacingBasis.CALIBRATED),
        ),
        ("DX", {"imager_pixel_spacing_mm": PAIR}, (0.2, 0.1, SpacingBasis.IMAGER_SPACING)),
        (
            "MG",
            {
                "imager_pixel_spacing_mm": PAIR,
                "estimated_radiographic_magnification_factor": 2.0,
            },
            (0.1, 0.05, SpacingBasis.ESTIMATED),
        ),
        ("SC", {"nominal_scanned_pixel_spacing_mm": PAIR}, (None, None, SpacingBasis.NONE)),
        ("OT", {}, (None, None, SpacingBasis.NONE)),
        ("US", {"pixel_spacing_mm": PAIR}, (0.2, 0.1, SpacingBasis.PIXEL_SPACING)),
        (
            "US",
            {
                "has_ultrasound_regions": True,
                "ultrasound_spacing_mm": PAIR,
                "pixel_spacing_mm": (9.0, 9.0),
            },
            (0.2, 0.1, SpacingBasis.REGIONS),
        ),
        (
            "US",
            {"has_ultrasound_regions": True, "pixel_spacing_mm": (9.0, 9.0)},
            (None, None, SpacingBasis.REGIONS_DIFFER),
        ),
    ],
)
def test_a_millimetre_rests_on_what_the_file_says(modality, said, expected):
    assert chosen(modality, **said) == expected


def test_the_spacing_of_a_frame_comes_before_that_of_the_object():
    place = FrameGeometry(pixel_spacing_mm=(0.7, 0.6))
    assert chosen("MR", place, pixel_spacing_mm=PAIR) == (0.7, 0.6, SpacingBasis.PIXEL_SPACING)


def test_slices_of_a_tomosynthesis_lie_in_the_patient():
    place = FrameGeometry((0.0, 0.0, 0.0), AXIAL, pixel_spacing_mm=(0.1, 0.1))
    assert chosen("MG", place) == (0.1, 0.1, SpacingBasis.PIXEL_SPACING)


@pytest.mark.skipif(not SHARED.is_dir(), reason="shared data is not here")
def test_projections_of_the_shared_folder_say_what_their_spacing_rests_on():
    """An independent reading of the same elements by pydicom."""
    seen = set()
    for path in sorted((SHARED / "dicom" / "spacing").iterdir()):
        octets = path.read_bytes()
        parsed = parse_instance(io.BytesIO(octets))
        assert isinstance(parsed, ParsedInstance)
        spacing = physical_spacing(parsed.attributes, FRAME, parsed.attributes.frame_geometry(0))
        file = pydicom.dcmread(io.BytesIO(octets), stop_before_pixels=True)
        pixel, imager = file.get("PixelSpacing"), file.get("ImagerPixelSpacing")
        if pixel and (file.get("PixelSpacingCalibrationType") or (imager and pixel != imager)):
            expected = (float(pixel[0]), float(pixel[1]), SpacingBasis.CALIBRATED)
        elif file.get("EstimatedRadiographicMagnificationFactor"):
            factor = float(file.EstimatedRadiographicMagnificationFactor)
            expected = (imager[0] / factor, imager[1] / factor, SpacingBasis.ESTIMATED)
        else:
            expected = (float(imager[0]), float(imager[1]), SpacingBasis.IMAGER_SPACING)
        assert (spacing.row_mm, spacing.column_mm, spacing.basis) == expected
        seen.add(spacing.basis)
    assert seen
