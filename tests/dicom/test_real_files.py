"""Every real file at hand becomes attributes or one sentence; its pixels are those of an independent decoder, and the picture
that `pacscribe render` makes of it is that of an independent program (see the README beside the references)."""

import csv
import io
import warnings

import numpy as np
import pydicom
import pytest
from PIL import Image

from backend.cli.render import draw
from backend.dicom import plain
from backend.dicom.frames import decode_frame, decode_stored_frame, pixel_checksum
from backend.dicom.model import ParsedInstance, Refused
from backend.dicom.parsing import parse_instance
from backend.dicom.reading_header import ReadingHeader
from backend.imaging.encoding import Encoding
from backend.imaging.icc_profile import to_srgb
from backend.imaging.modality_lut import apply_modality_lut
from backend.imaging.model import VoiFunction, Window, padding_range
from backend.imaging.rendering import RenderParameters
from backend.imaging.shutter import covered
from tests.dicom_files import SHARED, file_id, shared_files, shipped_files

# pydicom rounds YBR to RGB its own way, and libjpeg converts while it decodes.
COLOUR_TOLERANCE = 1
# The other program cuts fractions off where the formula rounds.
REFERENCE_TOLERANCE = 2

# Files whose reference says nothing about the picture, each with the paragraph that says why.
NOT_COMPARED = {
    # PS3.5 A.3 and 7.3: how the octets of 32-bit pixels stand in 16-bit big-endian words (OW) is not defined.
    "misc_pydicom/rtdose_expb_1frame.dcm",
}
# PS3.10 7.1: the file ends inside its pixel data. Half an image is not taken in, and a sentence says so.
CUT_SHORT = {"misc_pydicom/MR_truncated.dcm"}
# PS3.3 C.11.2.1.2: files without a window, whose reference is spread from the least to the greatest value. These hold one
# value only, and a window needs a width of 1 or more.
CONSTANT = {
    "highdicom/seg_image_sm_dots_tiled_full.dcm",
    "highdicom/sm_image_grayscale.dcm",
    "highdicom/sm_image_grayscale_reversed.dcm",
}
# PS3.3 C.7.6.11: dcm2pnm does not apply display shutters, which are for the viewer to apply.
SHUTTERED = {
    "prior_RF2006_CR2009/1.3.6.1.4.1.21367.0.1.15.1246.dcm",
    "prior_RF2006_CR2009/1.3.6.1.4.1.5962.1.1.0.0.0.1168612284.20369.0.3.dcm",
}

# Files that announce an image and hold none that any decoder at hand (imagecodecs, OpenJPEG, gdcm, Pillow) can read.
NOT_READABLE = {
    # ISO/IEC 15444-1 A.5.1: the width in the head of the stream is overwritten.
    "JPEG2000-embedded-sequence-delimiter.dcm",
    # PS3.5 A.4: fragments of made-up octets, which are no stream of their transfer syntax.
    "generated_encapsulated_defined_bot_2_to_2.dcm",
    "generated_encapsulated_empty_bot_1_to_1.dcm",
    # PS3.3 C.7.6.3: pixels without Rows and Columns.
    "meta_missing_tsyntax.dcm",
    "nested_priv_SQ.dcm",
}


def references():
    if not (SHARED / "reference.csv").exists():
        return {}
    with (SHARED / "reference.csv").open(newline="") as lines:
        return {row["file"]: row for row in csv.DictReader(lines)}


REFERENCES = references()
REFERENCED = [SHARED / "dicom" / name for name in REFERENCES]
FILES = sorted({*shipped_files(), *shared_files(), *REFERENCED})


class RealFile:
    """A file and what `pacscribe render` makes of it."""

    def __init__(self, path):
        self.octets = path.read_bytes()
        self.name = file_id(path)
        self.parsed = parse_instance(io.BytesIO(self.octets), must_be_filed=False)

    def read_range(self, offset, length):
        return self.octets[offset : offset + length]

    @property
    def header(self):
        return ReadingHeader.from_bytes(self.parsed.reading_header)

    def rendered(self, window, **wanted):
        wanted = RenderParameters(window=window, encoding=Encoding.PNG, **wanted)
        with Image.open(io.BytesIO(draw(self.parsed, self.read_range, 1, wanted))) as image:
            return np.asarray(image).astype(int)


@pytest.mark.parametrize("path", FILES, ids=file_id)
def test_a_file_becomes_true_pixels_or_one_sentence(path):
    file = RealFile(path)
    parsed = file.parsed
    assert (file.name in CUT_SHORT) <= isinstance(parsed, Refused)
    if isinstance(parsed, Refused):
        assert parsed.reason.endswith(".")
        assert "\n" not in parsed.reason
        assert file.name in CUT_SHORT or file.name not in REFERENCES
        return
    attributes = parsed.attributes
    assert attributes.is_displayable != bool(attributes.not_displayable_reason)
    assert plain.from_json(ParsedInstance, plain.to_json(parsed)) == parsed
    if not attributes.is_displayable:
        assert file.name not in REFERENCES
        holds_none = "holds no image" in attributes.not_displayable_reason
        assert holds_none or path.name in NOT_READABLE
        return
    assert len(parsed.frame_checksums) == attributes.number_of_frames >= 1
    assert file.header.to_bytes() == parsed.reading_header
    compare_with_decoder(file)
    if file.name in REFERENCES:
        compare_with_reference(file, REFERENCES[file.name])


def decoder_frames(octets):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(io.BytesIO(octets), force=True)
        pixels = dataset.pixel_array
    count = int(dataset.get("NumberOfFrames") or 1)
    return (pixels if count > 1 else pixels[None]), dataset


def compare_with_decoder(file):
    try:
        frames, dataset = decoder_frames(file.octets)
    except Exception:  # noqa: BLE001 - what the other decoder cannot read is compared with reference pictures
        return
    assert len(frames) == file.parsed.attributes.number_of_frames
    for frame_index in sorted({0, len(frames) // 2, len(frames) - 1}):
        frame = decode_stored_frame(file.header, file.read_range, frame_index)
        assert pixel_checksum(frame) == file.parsed.frame_checksums[frame_index]
        expected = frames[frame_index].astype(np.int64 if frames.dtype.kind != "f" else np.float64)
        if frame.attributes.samples_per_pixel == 3 and dataset.BitsStored > 8:
            expected >>= dataset.BitsStored - 8
        is_converted = str(dataset.PhotometricInterpretation).startswith("YBR")
        difference = np.abs(frame.stored_values.astype(expected.dtype) - expected)
        assert difference.max() <= (COLOUR_TOLERANCE if is_converted else 0)


def reference_window(file, frame, reference):
    """The window of the reference: from the file, its VOI LUT, or from the least to the greatest modality value."""
    if frame.attributes.is_colour:
        return None
    if reference["window"]:
        center, width = (float(number) for number in reference["window"].split("/"))
        window = Window(center, width, VoiFunction(reference["function"].lower().replace("_", "-")))
        if reference["window_from"] == "top":
            assert window in [named.window for named in frame.attributes.windows]
        return window
    if reference["window_from"] == "VOILUT":
        return 0
    values = apply_modality_lut(frame.stored_values, frame.attributes)
    low, high = float(values.min()), float(values.max())
    assert (low == high) == (file.name in CONSTANT)
    if low == high:
        return None
    if high - low < 1:
        return Window((low + high) / 2, high - low, VoiFunction.LINEAR_EXACT)
    return Window((low + high + 1) / 2, high - low + 1)


def compare_with_reference(file, reference):
    if file.name in NOT_COMPARED:
        return
    frame = decode_frame(file.header, file.read_range, 0)
    window = reference_window(file, frame, reference)
    drawn = file.rendered(window)
    with Image.open(SHARED / "reference" / reference["png"]) as image:
        expected = np.asarray(image.convert("RGB" if frame.attributes.is_colour else "L"), int)
    assert drawn.shape == expected.shape
    if file.name in CONSTANT:
        assert np.ptp(drawn) == 0
        return
    profile = file.header.icc_profile(0)
    if profile is not None and frame.attributes.palette is None:
        # PS3.3 C.11.15: that program shows the colours of the device; a profile makes them sRGB.
        expected = to_srgb(expected.astype(np.uint8), profile).astype(int)
    difference = np.abs(drawn - expected)
    shutter = frame.attributes.shutter
    assert (shutter is not None) == (file.name in SHUTTERED)
    if shutter is not None:
        hidden = covered(shutter)
        assert (drawn[hidden] == 0).all()
        assert hidden.any()
        lifted = np.abs(file.rendered(window, with_shutter=False) - expected)
        assert np.array_equal(lifted[~hidden], difference[~hidden])
        difference = lifted
    padding = padding_range(frame.attributes)
    if padding is not None and not frame.attributes.is_colour:
        # PS3.3 C.7.5.1.1.2: background is not part of the image. That program draws it with the window; here it is black.
        values = frame.stored_values
        difference = difference[(values < padding[0]) | (values > padding[1])]
    assert difference.max(initial=0) <= REFERENCE_TOLERANCE


@pytest.mark.skipif(not (SHARED / "dicom").exists(), reason="The folder of test data is not here.")
def test_every_reference_is_compared_or_explained():
    assert len(REFERENCES) > 300
    assert {*NOT_COMPARED, *CUT_SHORT, *CONSTANT, *SHUTTERED} <= REFERENCES.keys()
    assert {file_id(path) for path in FILES} >= REFERENCES.keys()
