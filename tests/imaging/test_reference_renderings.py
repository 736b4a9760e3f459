"""Renderings of real files against those of an independent program, where the folder of test data is at hand.

The files are read with pydicom here, so that a difference is a difference of rendering. That program cuts fractions
off where the formula rounds, so two levels are allowed (see the README beside the files).
"""

import csv
import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

from backend.imaging.model import (
    DecodedFrame,
    FrameAttributes,
    LookupTable,
    NamedLut,
    VoiFunction,
    Window,
    padding_range,
)
from backend.imaging.rendering import RenderParameters, render_display_values

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
TOLERANCE = 2

NOT_COMPARED = {
    # The standard does not say in which order the octets of 32-bit pixels stand in a big-endian OW element.
    "misc_pydicom/rtdose_expb_1frame.dcm",
}


def references():
    if not (DATA / "reference.csv").exists():
        return []
    with (DATA / "reference.csv").open(newline="") as lines:
        return [row for row in csv.DictReader(lines) if row["file"] not in NOT_COMPARED]


def look_up_table(item, *, has_negative_inputs=False):
    entries, first, bits = (int(number) for number in item.LUTDescriptor)
    data = item.LUTData
    values = np.frombuffer(data, "<u2") if isinstance(data, bytes) else np.array(data, np.uint16)
    # Some files give the first input of a signed range as an unsigned number.
    first = first - 65536 if first > 32767 and has_negative_inputs else first
    return LookupTable(first, values[: entries or 65536], bits)


def palette_channel(dataset, colour):
    entries, first, bits = dataset[f"{colour}PaletteColorLookupTableDescriptor"].value
    data = dataset[f"{colour}PaletteColorLookupTableData"].value
    order = "<u2" if dataset.original_encoding[1] else ">u2"
    if bits == 8 and len(data) == (entries or 65536):
        return LookupTable(first, np.frombuffer(data, np.uint8).astype(np.uint16), 8)
    return LookupTable(first, np.frombuffer(data, order)[: entries or 65536], bits)


def functional_group(dataset, name):
    for groups in ("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence"):
        for item in dataset.get(groups, [])[:1]:
            if item.get(name):
                return item.get(name)[0]
    return dataset


def read_frame(path):
    dataset = pydicom.dcmread(path)
    values = dataset.pixel_array
    values = values.astype(values.dtype.newbyteorder("="))
    if int(dataset.get("NumberOfFrames") or 1) > 1:
        values = values[0]
    rescale = functional_group(dataset, "PixelValueTransformationSequence")
    modality_lut = dataset.get("ModalityLUTSequence")
    attributes = FrameAttributes(
        dataset.Rows,
        dataset.Columns,
        samples_per_pixel=dataset.SamplesPerPixel,
        photometric_interpretation=dataset.PhotometricInterpretation,
        bits_stored=dataset.BitsStored,
        is_signed=dataset.PixelRepresentation == 1,
        rescale_slope=float(rescale.get("RescaleSlope") or 1),
        rescale_intercept=float(rescale.get("RescaleIntercept") or 0),
        modality_lut=look_up_table(modality_lut[0]) if modality_lut else None,
        voi_luts=tuple(
            NamedLut(look_up_table(item, has_negative_inputs=dataset.PixelRepresentation == 1))
            for item in dataset.get("VOILUTSequence", [])
        ),
        presentation_lut_shape=dataset.get("PresentationLUTShape"),
        pixel_padding_value=dataset.get("PixelPaddingValue"),
        pixel_padding_range_limit=dataset.get("PixelPaddingRangeLimit"),
        palette=(
            tuple(palette_channel(dataset, colour) for colour in ("Red", "Green", "Blue"))
            if dataset.PhotometricInterpretation == "PALETTE COLOR"
            else None
        ),
        modality=dataset.get("Modality", ""),
    )
    if attributes.samples_per_pixel == 3:
        pytest.skip("Colour is not windowed; its conversion is tested with the decoders.")
    return DecodedFrame(np.ascontiguousarray(values), attributes)


def chosen_window(frame, reference):
    """The window of the reference: from the file, its VOI LUT, or smallest to largest modality value."""
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
        values = (
            frame.stored_values * attributes.rescale_slope + attributes.rescale_intercept
        ).astype(np.float64)
    low, high = float(values.min()), float(values.max())
    if low == high:
        pytest.skip("A constant image has no smallest and largest value to spread.")
    if high - low < 1:
        return Window((low + high) / 2, high - low, VoiFunction.LINEAR_EXACT)
    return Window((low + high + 1) / 2, high - low + 1)


@pytest.mark.skipif(not references(), reason="The folder of test data is not here.")
@pytest.mark.parametrize("reference", references(), ids=lambda row: row["file"])
def test_a_real_file_is_drawn_as_an_independent_program_draws_it(reference):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            frame = read_frame(DATA / "dicom" / reference["file"])
        except Exception as error:  # noqa: BLE001 - whether it can be decoded is tested with the decoders
            pytest.skip(f"pydicom alone cannot decode it: {type(error).__name__}")
    with Image.open(DATA / "reference" / reference["png"]) as image:
        expected = np.asarray(image.convert("RGB" if frame.attributes.palette else "L"), int)
    window = None if frame.attributes.is_colour else chosen_window(frame, reference)
    drawn = render_display_values(frame, RenderParameters(window=window)).astype(int)
    assert drawn.shape == expected.shape
    difference = np.abs(drawn - expected)
    padding = padding_range(frame.attributes)
    if padding is not None:
        # That program draws background with the window; here it is black by decision.
        values = frame.stored_values
        difference = difference[(values < padding[0]) | (values > padding[1])]
    worst = int(difference.max(initial=0))
    assert worst <= TOLERANCE, f"{worst} levels"
