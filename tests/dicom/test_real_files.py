"""Every real file at hand becomes attributes or one sentence, and its pixels are those of an independent decoder."""

import csv
import io
import warnings

import numpy as np
import pydicom
import pytest
from PIL import Image

from backend.dicom import plain
from backend.dicom.frames import decode_frame, pixel_checksum
from backend.dicom.model import ParsedInstance, Refused
from backend.dicom.parsing import parse_instance
from backend.dicom.reading_header import ReadingHeader
from backend.imaging.model import VoiFunction, Window, padding_range
from backend.imaging.rendering import RenderParameters, render_display_values
from tests.dicom_files import SHARED, file_id, shared_files, shipped_files

FILES = shipped_files() + shared_files()
# pydicom rounds YBR to RGB its own way, and libjpeg converts while it decodes.
COLOUR_TOLERANCE = 1


def decoded(octets, parsed, frame_index=0):
    header = ReadingHeader.from_bytes(parsed.reading_header)
    return decode_frame(
        header, lambda offset, length: octets[offset : offset + length], frame_index
    )


def oracle_frames(octets):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(io.BytesIO(octets), force=True)
        pixels = dataset.pixel_array
    count = int(dataset.get("NumberOfFrames") or 1)
    return (pixels if count > 1 else pixels[None]), dataset


@pytest.mark.parametrize("path", FILES, ids=file_id)
def test_a_file_becomes_attributes_and_true_pixels_or_one_sentence(path):
    octets = path.read_bytes()
    parsed = parse_instance(io.BytesIO(octets))
    if isinstance(parsed, Refused):
        assert parsed.reason.endswith(".")
        assert "\n" not in parsed.reason
        return
    attributes = parsed.attributes
    assert attributes.is_displayable != bool(attributes.not_displayable_reason)
    assert plain.from_json(ParsedInstance, plain.to_json(parsed)) == parsed
    if attributes.is_displayable:
        assert len(parsed.frame_checksums) == attributes.number_of_frames >= 1
        assert ReadingHeader.from_bytes(parsed.reading_header).to_bytes() == parsed.reading_header
        compare_with_oracle(octets, parsed)


def compare_with_oracle(octets, parsed):
    try:
        frames, dataset = oracle_frames(octets)
    except Exception:  # noqa: BLE001 - what the oracle cannot read is compared with reference pictures below
        return
    assert len(frames) == parsed.attributes.number_of_frames
    for frame_index in sorted({0, len(frames) // 2, len(frames) - 1}):
        frame = decoded(octets, parsed, frame_index)
        assert pixel_checksum(frame) == parsed.frame_checksums[frame_index]
        expected = frames[frame_index].astype(np.int64 if frames.dtype.kind != "f" else np.float64)
        if frame.attributes.samples_per_pixel == 3 and dataset.BitsStored > 8:
            expected >>= dataset.BitsStored - 8
        is_converted = str(dataset.PhotometricInterpretation).startswith("YBR")
        difference = np.abs(frame.stored_values.astype(expected.dtype) - expected)
        assert difference.max() <= (COLOUR_TOLERANCE if is_converted else 0)


def references():
    if not (SHARED / "reference.csv").exists():
        return []
    with (SHARED / "reference.csv").open(newline="") as lines:
        return [row for row in csv.DictReader(lines) if row["file"] not in NOT_COMPARED]


NOT_COMPARED = {
    # The standard does not say in which order the octets of 32-bit pixels stand in a big-endian OW element.
    "misc_pydicom/rtdose_expb_1frame.dcm",
}


def reference_window(frame, reference):
    if frame.attributes.is_colour:
        return None
    if reference["window"]:
        center, width = (float(number) for number in reference["window"].split("/"))
        function = VoiFunction(reference["function"].lower().replace("_", "-"))
        return Window(center, width, function)
    if reference["window_from"] == "VOILUT":
        return 0
    attributes = frame.attributes
    if attributes.modality_lut is not None:
        values = attributes.modality_lut.apply(frame.stored_values).astype(np.float64)
    else:
        values = frame.stored_values * attributes.rescale_slope + attributes.rescale_intercept
    low, high = float(values.min()), float(values.max())
    if low == high:
        pytest.skip("A constant image has no smallest and largest value to spread.")
    if high - low < 1:
        return Window((low + high) / 2, high - low, VoiFunction.LINEAR_EXACT)
    return Window((low + high + 1) / 2, high - low + 1)


@pytest.mark.skipif(not references(), reason="The folder of test data is not here.")
@pytest.mark.parametrize("reference", references(), ids=lambda row: row["file"])
def test_a_real_file_is_read_and_drawn_as_an_independent_program_does(reference):
    octets = (SHARED / "dicom" / reference["file"]).read_bytes()
    parsed = parse_instance(io.BytesIO(octets))
    if isinstance(parsed, Refused) or not parsed.attributes.is_displayable:
        pytest.skip("It is not taken in, or its pixels are not shown.")
    frame = decoded(octets, parsed)
    window = reference_window(frame, reference)
    if reference["window_from"] == "top":
        assert window in [named.window for named in frame.attributes.windows]
    with Image.open(SHARED / "reference" / reference["png"]) as image:
        expected = np.asarray(image.convert("RGB" if frame.attributes.is_colour else "L"), int)
    drawn = render_display_values(frame, RenderParameters(window=window)).astype(int)
    difference = np.abs(drawn - expected)
    padding = padding_range(frame.attributes)
    if padding is not None and not frame.attributes.is_colour:
        # That program draws background with the window; here it is black by decision.
        values = frame.stored_values
        difference = difference[(values < padding[0]) | (values > padding[1])]
    assert difference.max(initial=0) <= 2  # it cuts fractions off where the formula rounds


@pytest.mark.skipif(not (SHARED / "dicom").exists(), reason="The folder of test data is not here.")
def test_few_of_the_shared_images_cannot_be_shown():
    reasons = {}
    for path in shared_files():
        parsed = parse_instance(io.BytesIO(path.read_bytes()))
        if isinstance(parsed, ParsedInstance) and not parsed.attributes.is_displayable:
            reason = parsed.attributes.not_displayable_reason
            if "holds no image" not in reason:
                reasons[file_id(path)] = reason
    # Its stream is damaged on purpose.
    assert set(reasons) == {"misc_pydicom/JPEG2000-embedded-sequence-delimiter.dcm"}
