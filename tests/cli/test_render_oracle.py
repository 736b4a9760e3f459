"""What `pacscribe render` writes, against the standard computed in float64: from the octets of a file to those of a picture."""

import io
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from backend.cli.render import draw
from backend.dicom.parsing import parse_instance
from backend.imaging.encoding import Encoding
from backend.imaging.model import VoiFunction, Window
from backend.imaging.rendering import RenderParameters
from tests.dicom_files import image_dataset, written
from tests.oracle import Chain, Table, Voi, assert_agrees, exact_levels

COUNT = 96


def rendered(dataset, **wanted):
    octets = written(dataset)
    parsed = parse_instance(io.BytesIO(octets), must_be_filed=False)

    def read_range(offset, length):
        return octets[offset : offset + length]

    png = draw(parsed, read_range, 1, RenderParameters(encoding=Encoding.PNG, **wanted))
    return np.asarray(Image.open(io.BytesIO(png)))


@st.composite
def layouts(draw_value):
    """How stored values lie in their cells: (values, cells, elements)."""
    allocated = draw_value(st.sampled_from([8, 16, 16, 32]))
    stored = draw_value(st.integers(1, allocated))
    high = draw_value(st.integers(stored - 1, allocated - 1))
    is_signed = draw_value(st.booleans())
    seed = draw_value(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    first = -(2 ** (stored - 1)) if is_signed else 0
    last = first + 2**stored
    values = random.integers(first, last, (1, COUNT))
    values[0, :2] = first, last - 1
    # What the other bits of a cell hold must not matter.
    junk = random.integers(0, 2**allocated, (1, COUNT))
    mask = ((1 << stored) - 1) << (high + 1 - stored)
    cells = (((values << (high + 1 - stored)) & mask) | (junk & ~mask)) & ((1 << allocated) - 1)
    elements = {
        "BitsAllocated": allocated,
        "BitsStored": stored,
        "HighBit": high,
        "PixelRepresentation": int(is_signed),
    }
    return values, cells.astype(f"<u{allocated // 8}"), elements


# Numbers that float64 holds exactly, so that a value on the edge of a window is on the edge for everybody.
halves = st.integers(-6000, 140_000).map(lambda number: number / 2)
windows = st.one_of(
    st.builds(Voi, halves, st.integers(2, 131_072).map(lambda number: number / 2)),
    st.builds(Voi, halves, st.just(1.0)),
    st.builds(
        Voi,
        halves,
        st.integers(1, 300_000).map(lambda number: number / 16),
        st.sampled_from(["LINEAR_EXACT", "SIGMOID"]),
    ),
)
tables = st.builds(
    Table,
    st.integers(-100, 300),
    st.lists(st.integers(0, 1023), min_size=1, max_size=400).map(tuple),
    st.integers(10, 16),
)
unsigned_tables = st.builds(
    Table,
    st.integers(0, 300),
    st.lists(st.integers(0, 4095), min_size=1, max_size=200).map(tuple),
    st.just(12),
)
kinds = st.sampled_from(["MONOCHROME1", "MONOCHROME2"])
shapes = st.sampled_from(["", "IDENTITY", "INVERSE"])


def described(values, cells, elements, chain):
    """A file that says what the chain says."""
    dataset = image_dataset(
        cells, **elements, PhotometricInterpretation=chain.photometric_interpretation
    )
    if chain.modality_lut is not None:
        item = lut_item(chain.modality_lut)
        item.ModalityLUTType = "US"
        dataset.ModalityLUTSequence = Sequence([item])
    else:
        dataset.RescaleSlope = chain.rescale_slope
        dataset.RescaleIntercept = chain.rescale_intercept
    if isinstance(chain.voi, Table):
        dataset.VOILUTSequence = Sequence([lut_item(chain.voi)])
    else:
        dataset.WindowCenter, dataset.WindowWidth = chain.voi.center, chain.voi.width
        dataset.VOILUTFunction = chain.voi.function
    if chain.presentation_lut_shape:
        dataset.PresentationLUTShape = chain.presentation_lut_shape
    if chain.padding is not None:
        dataset.PixelPaddingValue, dataset.PixelPaddingRangeLimit = map(int, chain.padding)
    return dataset


def lut_item(table):
    item = Dataset()
    item.add_new(0x00283002, "SS", [len(table.entries), table.first_value_mapped, table.bits])
    item.add_new(0x00283006, "OW", np.array(table.entries, "<u2").tobytes())
    return item


@given(
    layouts(), windows, kinds, shapes, st.booleans(), st.booleans(),
    st.sampled_from([1.0, 2.0, -1.0, 0.5, -0.25, 16.0]), st.sampled_from([0.0, -1024.0, 0.5, 3000.0]),
)  # fmt: skip
@settings(max_examples=50, deadline=None)
def test_windows_over_all_layouts_of_bits(
    layout, voi, kind, shape, has_padding, invert, slope, intercept
):
    values, cells, elements = layout
    low, high = sorted(int(value) for value in values[0, 10:12])
    # The dictionary gives both elements 16 bits.
    fits = elements["BitsAllocated"] <= 16
    chain = Chain(
        voi,
        rescale_slope=slope,
        rescale_intercept=intercept,
        photometric_interpretation=kind,
        presentation_lut_shape=shape,
        padding=(low, high) if has_padding and fits else None,
        is_inverted_by_reader=invert,
    )
    drawn = rendered(described(values, cells, elements, chain), invert=invert)
    assert_agrees(drawn, exact_levels(values, chain))


@given(
    layouts(),
    tables | windows,
    st.none() | unsigned_tables,
    kinds,
    shapes,
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_look_up_tables_over_all_layouts_of_bits(
    layout, voi, modality_lut, kind, shape, has_padding, invert
):
    values, cells, elements = layout
    fits = elements["BitsAllocated"] <= 16
    if modality_lut is not None and isinstance(voi, Table):
        # What a modality LUT gives is unsigned, and so is what a VOI LUT is asked.
        voi = Table(abs(voi.first_value_mapped), voi.entries, voi.bits)
    chain = Chain(
        voi,
        modality_lut=modality_lut,
        photometric_interpretation=kind,
        presentation_lut_shape=shape,
        padding=(int(values[0, 10]),) * 2 if has_padding and fits else None,
        is_inverted_by_reader=invert,
    )
    drawn = rendered(described(values, cells, elements, chain), invert=invert)
    assert_agrees(drawn, exact_levels(values, chain))


@given(
    st.sampled_from(["FloatPixelData", "DoubleFloatPixelData"]),
    st.integers(0, 2**32 - 1),
    windows,
    kinds,
    shapes,
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=25, deadline=None)
def test_floating_point(keyword, seed, voi, kind, shape, has_padding, invert):
    dtype = "<f4" if keyword == "FloatPixelData" else "<f8"
    values = (np.random.default_rng(seed).integers(-3000, 70_000, (1, COUNT)) / 4).astype(dtype)
    values[0, 5] = np.nan
    chain = Chain(
        voi,
        photometric_interpretation=kind,
        presentation_lut_shape=shape,
        is_inverted_by_reader=invert,
    )
    dataset = described(values, values, {}, chain)
    if has_padding:
        chain = replace(chain, padding=(-100.25, 9000.5))
        padding = keyword.replace("PixelData", "PixelPadding")
        setattr(dataset, f"{padding}Value", 9000.5)
        setattr(dataset, f"{padding}RangeLimit", -100.25)
    del dataset.PixelData, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation
    setattr(dataset, keyword, values.tobytes())
    assert_agrees(rendered(dataset, invert=invert), exact_levels(values, chain))


@given(st.integers(0, 2**32 - 1), st.booleans())
@settings(max_examples=10, deadline=None)
def test_single_bits(seed, invert):
    bits = np.random.default_rng(seed).integers(0, 2, (1, COUNT)).astype(np.uint8)
    dataset = image_dataset(bits, BitsAllocated=1, BitsStored=1, HighBit=0)
    dataset.PixelData = np.packbits(bits.reshape(-1), bitorder="little").tobytes()
    assert np.array_equal(rendered(dataset, invert=invert), np.where(bits ^ invert, 255, 0))


@given(
    layouts(), st.lists(windows, min_size=2, max_size=3), st.lists(tables, min_size=1, max_size=3)
)
@settings(max_examples=20, deadline=None)
def test_every_window_and_table_of_a_file_can_be_asked_for(layout, vois, luts):
    values, cells, elements = layout
    same = [Voi(voi.center, max(voi.width, 1.0)) for voi in vois]
    dataset = described(values, cells, elements, Chain(same[0]))
    dataset.WindowCenter = [voi.center for voi in same]
    dataset.WindowWidth = [voi.width for voi in same]
    dataset.VOILUTSequence = Sequence([lut_item(table) for table in luts])
    assert_agrees(rendered(dataset), exact_levels(values, Chain(luts[0])))
    for number, table in enumerate(luts):
        assert_agrees(rendered(dataset, window=number), exact_levels(values, Chain(table)))
    for voi in same:
        window = Window(voi.center, voi.width, VoiFunction.LINEAR)
        assert_agrees(rendered(dataset, window=window), exact_levels(values, Chain(voi)))
