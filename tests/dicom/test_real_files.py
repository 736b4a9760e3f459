"""Every real file at hand becomes attributes or one sentence; its pixels are those of an independent decoder, the picture
that `pacscribe render` makes of it is what the standard says, and, where there is one, that of an independent program (see
the README beside the references)."""

import csv
import functools
import io
import warnings

import numpy as np
import pydicom
import pytest
from PIL import Image

from backend.cli.render import draw
from backend.dicom import frames, plain
from backend.dicom.codecs import decompress
from backend.dicom.frames import decode_frame, decode_stored_frame, pixel_checksum
from backend.dicom.model import ParsedInstance, Refused
from backend.dicom.parsing import parse_instance
from backend.dicom.reading_header import ReadingHeader
from backend.imaging.encoding import Encoding
from backend.imaging.first_look import first_look
from backend.imaging.icc_profile import to_srgb
from backend.imaging.modality_lut import apply_modality_lut
from backend.imaging.model import VoiFunction, Window, is_table_dtype, padding_range
from backend.imaging.rendering import RenderParameters
from backend.imaging.shutter import covered
from tests.dicom_files import SHARED, file_id, shared_files, shared_kinds, shipped_files
from tests.endurance.counts import IS_WHOLE
from tests.oracle import Chain, Table, Voi, assert_agrees, exact_levels

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

# Files of which pydicom with all its decoders gives no pixels, and how it says so. Their references were drawn by dcmtk.
NO_12_BIT_JPEG = (RuntimeError, "12-bit precision")
NOT_DECODED_ELSEWHERE = {
    "JPEG-lossy.dcm": NO_12_BIT_JPEG,
    "JPGExtended.dcm": NO_12_BIT_JPEG,
    "CTImage.dcm_JPEGProcess2_4TransferSyntax_1.2.840.10008.1.2.4.51.dcm": NO_12_BIT_JPEG,
    "1.2.40.0.13.1.1.12425643686588943289548055104254623086.dcm": NO_12_BIT_JPEG,
    "1.2.40.0.13.1.1.189187079567615122417865727043769260789.dcm": NO_12_BIT_JPEG,
    "CTImage.dcm_JPEGProcess6_8TransferSyntax_1.2.840.10008.1.2.4.53.dcm": (
        NotImplementedError,
        "Process 6 and 8",
    ),
    "CTImage.dcm_JPEGProcess10_12TransferSyntax_1.2.840.10008.1.2.4.55.dcm": (
        NotImplementedError,
        "Process 10 and 12",
    ),
    "liver_rle.dcm": (RuntimeError, "RLE encoded pixel data with 1 bits allocated"),
    "liver_deflate.dcm": (NotImplementedError, "1.2.840.10008.1.2.8.1"),
    # JPEG with the label of no compression.
    "GH1376.dcm": (ValueError, "less than expected"),
    "OT-PAL-8-face.dcm": (AttributeError, "Transfer Syntax UID"),
    # A number of one element is none.
    "badVR.dcm": (ValueError, "invalid literal"),
}
# Those of them without a reference hold the pixels of another file, which has one.
TWINS = {
    "misc_pydicom-data/liver_rle.dcm": "seg_liver_ct/liver.dcm",
    "misc_pydicom-data/liver_deflate.dcm": "seg_liver_ct/liver.dcm",
}


def references():
    if not (SHARED / "reference.csv").exists():
        return {}
    with (SHARED / "reference.csv").open(newline="") as lines:
        return {row["file"]: row for row in csv.DictReader(lines)}


REFERENCES = references()
FILES = shipped_files() + shared_files()
# What another program decodes too: of slices of one series, by one encoder, some; in the long run each.
KINDS = {*shipped_files(), *(shared_files() if IS_WHOLE else shared_kinds())}


@pytest.fixture(autouse=True)
def _each_stream_decoded_once(monkeypatch):
    """A file is decoded when it is parsed, compared and drawn: octets that are the same give the same values."""

    @functools.lru_cache(maxsize=32)
    def decompressed(*stream):
        result = decompress(*stream)
        result.values.flags.writeable = False
        return result

    monkeypatch.setattr(frames, "decompress", decompressed)


class RealFile:
    """A file and what `pacscribe render` makes of it."""

    def __init__(self, path):
        self.octets = path.read_bytes()
        self.name = file_id(path)
        self.parsed = parse_instance(io.BytesIO(self.octets), must_be_filed=False)

    def read_range(self, offset, length):
        return self.octets[offset : offset + length]

    @functools.cached_property
    def header(self):
        return ReadingHeader.from_bytes(self.parsed.reading_header)

    @functools.cached_property
    def frame(self):
        return decode_frame(self.header, self.read_range, 0)

    def rendered(self, window, **wanted):
        wanted = RenderParameters(window=window, encoding=Encoding.RAW, **wanted)
        octets = draw(self.parsed, self.read_range, 1, wanted)
        sides = self.frame.stored_values.shape[:2]
        colours = (3,) if self.frame.attributes.is_colour else ()
        return np.frombuffer(octets, np.uint8).reshape(*sides, *colours)


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
    reference = REFERENCES.get(file.name)
    if reference or path in KINDS:
        compare_with_decoder(file)
    window = reference_window(file, reference) if reference else None
    drawn = file.rendered(window)
    compare_with_standard(file, window, drawn)
    if reference and file.name not in NOT_COMPARED:
        compare_with_reference(file, window, drawn, reference)


def decoder_frames(octets):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(io.BytesIO(octets), force=True)
        pixels = dataset.pixel_array
    count = int(dataset.get("NumberOfFrames") or 1)
    return (pixels if count > 1 else pixels[None]), dataset


def compare_with_decoder(file):
    short_name = file.name.rpartition("/")[2]
    if short_name in NOT_DECODED_ELSEWHERE:
        error, words = NOT_DECODED_ELSEWHERE[short_name]
        with pytest.raises(error, match=words):
            decoder_frames(file.octets)
        return
    decoded, dataset = decoder_frames(file.octets)
    assert len(decoded) == file.parsed.attributes.number_of_frames
    for frame_index in sorted({0, len(decoded) // 2, len(decoded) - 1}):
        frame = decode_stored_frame(file.header, file.read_range, frame_index)
        assert pixel_checksum(frame) == file.parsed.frame_checksums[frame_index]
        expected = decoded[frame_index]
        if frame.attributes.samples_per_pixel == 3 and dataset.BitsStored > 8:
            expected = expected >> (dataset.BitsStored - 8)
        if str(dataset.PhotometricInterpretation).startswith("YBR"):
            difference = np.abs(frame.stored_values.astype(int) - expected)
            assert difference.max() <= COLOUR_TOLERANCE
        else:
            assert np.array_equal(frame.stored_values, expected)


def compare_with_standard(file, window, drawn):
    """PS3.3 C.11: grey levels computed in float64; what a shutter covers is left out."""
    attributes, values = file.frame.attributes, file.frame.stored_values
    if attributes.is_colour:
        return
    voi = window if window is not None else first_look(file.frame)
    chain = Chain(
        Voi(voi.center, voi.width, voi.function.upper().replace("-", "_"))
        if isinstance(voi, Window)
        else as_printed(attributes.voi_luts[voi].table),
        modality_lut=as_printed(attributes.modality_lut),
        rescale_slope=attributes.rescale_slope,
        rescale_intercept=attributes.rescale_intercept,
        photometric_interpretation=attributes.photometric_interpretation,
        presentation_lut_shape=attributes.presentation_lut_shape or "",
        padding=padding_range(attributes),
    )
    if attributes.shutter is not None:
        shown = ~covered(attributes.shutter)
        values, drawn = values[shown], drawn[shown]
    if is_table_dtype(values.dtype):
        # Equal values are drawn alike, so that each is computed once.
        places = values.astype(np.intp) - values.min()
        levels = np.zeros(places.max() + 1, np.uint8)
        is_there = np.zeros(levels.shape, np.bool_)
        levels[places], is_there[places] = drawn, True
        assert np.array_equal(levels[places], drawn)
        values, drawn = np.flatnonzero(is_there) + int(values.min()), levels[is_there]
    assert_agrees(drawn, exact_levels(values, chain))


def as_printed(table):
    return table and Table(table.first_value, tuple(table.values.tolist()), table.bits)


def reference_window(file, reference):
    """The window of the reference: from the file, its VOI LUT, or from the least to the greatest modality value."""
    frame = file.frame
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


def compare_with_reference(file, window, drawn, reference):
    frame = file.frame
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
    difference = np.abs(expected - drawn)
    shutter = frame.attributes.shutter
    assert (shutter is not None) == (file.name in SHUTTERED)
    if shutter is not None:
        hidden = covered(shutter)
        assert (drawn[hidden] == 0).all()
        assert hidden.any()
        lifted = np.abs(expected - file.rendered(window, with_shutter=False))
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
    assert {*NOT_COMPARED, *CUT_SHORT, *CONSTANT, *SHUTTERED, *TWINS.values()} <= REFERENCES.keys()
    there = {file_id(path) for path in shared_files()}
    assert len(there) > 900
    assert there >= REFERENCES.keys()
    undecoded = {name for name in there if name.rpartition("/")[2] in NOT_DECODED_ELSEWHERE}
    assert len(undecoded) == len(NOT_DECODED_ELSEWHERE)
    assert undecoded - REFERENCES.keys() == TWINS.keys()


@pytest.mark.skipif(not (SHARED / "dicom").exists(), reason="The folder of test data is not here.")
@pytest.mark.parametrize(("name", "other"), TWINS.items())
def test_a_file_that_no_other_decoder_reads_holds_what_its_twin_holds(name, other):
    one, twin = (RealFile(SHARED / "dicom" / path).parsed for path in (name, other))
    assert one.frame_checksums == twin.frame_checksums
