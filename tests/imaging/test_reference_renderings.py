"""Renderings of real files against those of an independent program, where the folder of test data is at hand.

Everything between the file and the grey level is ours: parsing, decoding, look-up tables, window. That program cuts
fractions off where the formula rounds, so two levels are allowed (see the README beside the files).
"""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from backend.dicom.frames import decode_frame
from backend.dicom.model import ParsedInstance
from backend.dicom.parsing import parse_instance
from backend.dicom.reading_header import ReadingHeader
from backend.imaging.modality_lut import apply_modality_lut
from backend.imaging.model import VoiFunction, Window, padding_range
from backend.imaging.rendering import RenderParameters, render_display_values

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
TOLERANCE = 2

NOT_COMPARED = {
    # The standard does not say in which order the octets of 32-bit pixels stand in a big-endian OW element.
    "misc_pydicom/rtdose_expb_1frame.dcm",
}

# Without the identifiers that an instance is filed by, cut short, or not encoded as the file says: each is answered with
# a sentence, which the tests of the decoders hold.
NOT_TAKEN_IN = {
    "enhanced_mr_frag/1.2.826.0.1.3680043.2.1143.7567016219912961108887122553257011601.11.dcm",
    "large_cr/GH1376.dcm",
    "misc_pydicom-data/HTJ2KLossless_08_RGB.dcm",
    "misc_pydicom-data/JLSL_08_07_0_1F.dcm",
    "misc_pydicom-data/JLSL_16_15_1_1F.dcm",
    "misc_pydicom-data/JLSL_RGB_ILV2.dcm",
    "misc_pydicom-data/JLSN_RGB_ILV0.dcm",
    "misc_pydicom-data/bad_sequence.dcm",
    "misc_pydicom/JPEGLSNearLossless_08.dcm",
    "misc_pydicom/JPEGLSNearLossless_16.dcm",
    "misc_pydicom/MR_truncated.dcm",
    "misc_pydicom/SC_rgb_jls_lossy_line.dcm",
    "misc_pydicom/SC_rgb_jls_lossy_sample.dcm",
}


def references():
    if not (DATA / "reference.csv").exists():
        return []
    with (DATA / "reference.csv").open(newline="") as lines:
        left_out = NOT_COMPARED | NOT_TAKEN_IN
        return [row for row in csv.DictReader(lines) if row["file"] not in left_out]


def read_first_frame(path):
    octets = path.read_bytes()
    parsed = parse_instance(io.BytesIO(octets))
    assert isinstance(parsed, ParsedInstance), parsed
    assert parsed.attributes.is_displayable, parsed.attributes.not_displayable_reason
    header = ReadingHeader.from_bytes(parsed.reading_header)
    return decode_frame(header, lambda offset, length: octets[offset : offset + length], 0)


def chosen_window(frame, reference):
    """The window of the reference: from the file, its VOI LUT, or smallest to largest modality value."""
    if frame.attributes.is_colour:
        return None
    if reference["window"]:
        center, width = (float(number) for number in reference["window"].split("/"))
        return Window(center, width, VoiFunction(reference["function"].lower().replace("_", "-")))
    if reference["window_from"] == "VOILUT":
        return 0
    values = apply_modality_lut(frame.stored_values, frame.attributes)
    low, high = float(values.min()), float(values.max())
    if low == high:
        pytest.skip("A constant image has no smallest and largest value to spread.")
    if high - low < 1:
        return Window((low + high) / 2, high - low, VoiFunction.LINEAR_EXACT)
    return Window((low + high + 1) / 2, high - low + 1)


@pytest.mark.skipif(not references(), reason="The folder of test data is not here.")
@pytest.mark.parametrize("reference", references(), ids=lambda row: row["file"])
def test_a_real_file_is_drawn_as_an_independent_program_draws_it(reference):
    frame = read_first_frame(DATA / "dicom" / reference["file"])
    drawn = render_display_values(frame, RenderParameters(window=chosen_window(frame, reference)))
    with Image.open(DATA / "reference" / reference["png"]) as image:
        expected = np.asarray(image.convert("RGB" if frame.attributes.is_colour else "L"), int)
    assert drawn.shape == expected.shape
    difference = np.abs(drawn.astype(int) - expected)
    padding = padding_range(frame.attributes)
    if padding is not None and not frame.attributes.is_colour:
        # That program draws background with the window; here it is black by decision.
        values = frame.stored_values
        difference = difference[(values < padding[0]) | (values > padding[1])]
    assert difference.max(initial=0) <= TOLERANCE
