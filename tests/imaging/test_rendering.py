"""A frame becomes an image: levels, tiles, encodings, colour, background."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from backend.core.errors import InvalidWindow, NotDisplayable
from backend.imaging.encoding import Encoding
from backend.imaging.first_look import first_look
from backend.imaging.modality_lut import apply_modality_lut
from backend.imaging.model import (
    DecodedFrame,
    FrameAttributes,
    LookupTable,
    NamedLut,
    NamedWindow,
    VoiFunction,
    Window,
)
from backend.imaging.rendering import (
    RenderParameters,
    build_level,
    render,
    render_display_values,
)
from backend.imaging.tiling import pyramid_levels, tile_grid
from tests import phantoms

ALL_PHANTOMS = [
    phantoms.ct_head(),
    phantoms.ct_unsigned(),
    phantoms.cr_chest(),
    phantoms.ultrasound_colour(),
    phantoms.palette_picture(),
]


def decode(image):
    return np.asarray(Image.open(io.BytesIO(image.octets)))


@pytest.mark.parametrize("frame", ALL_PHANTOMS)
@pytest.mark.parametrize("invert", [False, True])
def test_png_and_raw_hold_exactly_the_display_values(frame, invert):
    wanted = RenderParameters(invert=invert, encoding=Encoding.PNG)
    display_values = render_display_values(frame, wanted)
    drawn = render(frame, wanted)
    assert np.array_equal(decode(drawn), display_values)
    assert (drawn.media_type, drawn.fidelity) == ("image/png", "lossless")
    assert (drawn.rows, drawn.columns) == display_values.shape[:2]
    raw = render(frame, replace(wanted, encoding=Encoding.RAW))
    assert raw.octets == display_values.tobytes()
    assert raw.fidelity == "lossless"


@pytest.mark.parametrize("frame", ALL_PHANTOMS)
def test_jpeg_says_that_it_loses_and_is_near(frame):
    wanted = RenderParameters(quality=95)
    drawn = render(frame, wanted)
    assert (drawn.media_type, drawn.fidelity) == ("image/jpeg", "lossy")
    difference = np.abs(decode(drawn).astype(int) - render_display_values(frame, wanted))
    assert difference.mean() < 3


@pytest.mark.parametrize("frame", ALL_PHANTOMS)
def test_rendering_changes_nothing_in_the_frame(frame):
    before = frame.stored_values.copy()
    for invert in (False, True):
        render(frame, RenderParameters(invert=invert, encoding=Encoding.PNG))
    assert np.array_equal(frame.stored_values, before)


@pytest.mark.parametrize("frame", ALL_PHANTOMS)
def test_inverting_twice_is_nothing_outside_the_background(frame):
    plain = render_display_values(frame, RenderParameters())
    inverted = render_display_values(frame, RenderParameters(invert=True))
    shown = np.ones(plain.shape, np.bool_)
    if frame.attributes.pixel_padding_value is not None:
        shown = frame.stored_values != frame.attributes.pixel_padding_value
    assert np.array_equal((255 - inverted)[shown], plain[shown])


def test_background_is_black_in_both_directions():
    frame = phantoms.ct_head()
    background = frame.stored_values == phantoms.PADDING
    assert background.any()
    for invert in (False, True):
        drawn = render_display_values(frame, RenderParameters(Window(-2000, 100), invert=invert))
        assert (drawn[background] == 0).all()


def test_the_window_that_was_used_is_told():
    frame = phantoms.ct_head()
    assert render(frame, RenderParameters()).window == Window(35, 80)
    chosen = Window(400, 2000, VoiFunction.SIGMOID)
    assert render(frame, RenderParameters(chosen)).window == chosen
    assert render(phantoms.ultrasound_colour(), RenderParameters(chosen)).window is None
    assert render(phantoms.palette_picture(), RenderParameters(chosen)).window is None


def test_a_voi_lut_is_used_and_no_window_claimed():
    table = LookupTable(0, np.array([0, 1023, 0], np.uint16), 10)
    frame = phantoms.grey([[0, 1, 2]], np.uint16, voi_luts=(NamedLut(table),))
    drawn = render(frame, RenderParameters(encoding=Encoding.PNG))
    assert drawn.window is None
    assert decode(drawn).tolist() == [[0, 255, 0]]
    assert render(frame, RenderParameters(window=Window(1, 2))).window == Window(1, 2)


def test_a_monochrome1_image_shows_high_values_dark():
    frame = phantoms.cr_chest()
    drawn = render_display_values(frame, RenderParameters()).astype(float)
    assert np.corrcoef(drawn.ravel(), frame.stored_values.ravel().astype(float))[0, 1] < -0.9


def test_signed_values_are_not_mistaken_for_large_ones():
    frame = phantoms.grey([[-32768, -1, 0, 1, 32767]], np.int16)
    drawn = render_display_values(frame, RenderParameters(Window(0.5, 3)))
    assert drawn.tolist() == [[0, 0, 128, 255, 255]]


@pytest.mark.parametrize("dtype", ["uint32", "int32", "float32", "float64"])
def test_large_numbers_are_drawn_without_a_table(dtype):
    values = np.array([[0, 100_000, 200_000, 300_000]], dtype)
    frame = DecodedFrame(values, FrameAttributes(1, 4, bits_stored=32, is_signed=dtype != "uint32"))
    window = Window(150_000, 300_000, VoiFunction.LINEAR_EXACT)
    assert render_display_values(frame, RenderParameters(window)).tolist() == [[0, 85, 170, 255]]
    assert render_display_values(frame, RenderParameters(window, invert=True)).tolist() == [
        [255, 170, 85, 0]
    ]


def test_large_numbers_have_background_too():
    frame = phantoms.grey(
        [[5, 100_000, 200_000]], np.int32, bits_stored=32, pixel_padding_value=200_000.0
    )
    drawn = render_display_values(frame, RenderParameters(Window(0, 10), invert=True))
    assert drawn[0, 2] == 0


def test_floating_point_background_is_black():
    frame = phantoms.grey([[np.nan, 1.0, np.inf, -np.inf]], np.float32)
    drawn = render_display_values(
        frame, RenderParameters(Window(1, 1, VoiFunction.LINEAR_EXACT), invert=True)
    )
    assert drawn.tolist() == [[0, 127, 0, 255]]


def test_a_small_pet_slope_keeps_its_detail():
    frame = phantoms.grey([np.arange(0, 30000, 100)], np.int16, rescale_slope=5.9e-8, modality="PT")
    drawn = render_display_values(frame, RenderParameters())
    assert len(np.unique(drawn)) > 200


def test_a_palette_is_looked_up_and_held_at_its_ends():
    frame = phantoms.palette_picture()
    drawn = render_display_values(frame, RenderParameters())
    for index, colour in (
        (0, (0, 199, 0)),
        (10, (0, 199, 0)),
        (11, (1, 198, 0)),
        (250, (199, 0, 99)),
    ):
        assert (drawn[frame.stored_values == index] == colour).all(), index


def test_a_palette_that_fills_only_eight_of_its_sixteen_bits_is_not_black():
    steps = np.arange(256, dtype=np.uint16)
    palette = (LookupTable(0, steps, 16),) * 3
    frame = phantoms.grey(
        [[0, 128, 255]], np.uint8, photometric_interpretation="PALETTE COLOR", palette=palette
    )
    drawn = render_display_values(frame, RenderParameters())
    assert drawn.tolist() == [[[0] * 3, [128] * 3, [255] * 3]]


@pytest.mark.parametrize(
    "frame", [phantoms.cr_chest(1100, 1300), phantoms.ultrasound_colour(1025, 600)]
)
def test_tiles_of_every_level_put_together_are_the_level(frame):
    rows, columns = frame.attributes.rows, frame.attributes.columns
    for level in range(pyramid_levels(rows, columns)):
        whole = render_display_values(frame, RenderParameters(level=level))
        tile_rows, tile_columns = tile_grid(rows, columns, level)
        lines = [
            np.concatenate(
                [
                    render_display_values(frame, RenderParameters(level=level, tile=(row, column)))
                    for column in range(tile_columns)
                ],
                axis=1,
            )
            for row in range(tile_rows)
        ]
        assert np.array_equal(np.concatenate(lines, axis=0), whole)


def test_a_level_that_was_built_before_is_drawn_the_same():
    frame = phantoms.ct_head(1024, 1030)
    level = build_level(frame, 1)
    wanted = RenderParameters(level=1, encoding=Encoding.PNG)
    assert render(level, wanted) == render(frame, wanted)
    assert build_level(level, 1) is level


def test_a_level_keeps_the_mean_of_its_values_and_knows_its_size():
    frame = phantoms.mammogram(1536, 1024)
    for number in (1, 2):
        level = build_level(frame, number)
        assert level.stored_values.shape == (1536 >> number, 1024 >> number)
        assert (level.attributes.rows, level.attributes.columns) == level.stored_values.shape
        assert level.attributes.pixel_spacing_mm == (0.07 * 2**number, 0.07 * 2**number)
        assert level.stored_values.mean() == pytest.approx(frame.stored_values.mean(), abs=0.01)


def test_background_does_not_bleed_into_the_edge_of_a_level():
    frame = phantoms.ct_head(1024, 1024)
    frame = replace(frame, attributes=replace(frame.attributes, windows=()))
    inside = frame.stored_values != phantoms.PADDING
    level = build_level(frame, 2)
    shown = level.stored_values != phantoms.PADDING
    assert shown.any()
    assert (~shown).any()
    # A mean below the lowest pixel of the picture could only come from the background.
    assert level.stored_values[shown].min() >= frame.stored_values[inside].min()


def test_a_level_averages_what_a_modality_lut_gives():
    curve = (np.arange(256, dtype=np.uint16) ** 2).astype(np.uint16)
    stored = np.tile(np.array([[0, 255], [10, 100]], np.uint8), (300, 300))
    frame = phantoms.grey(
        stored, np.uint8, modality_lut=LookupTable(0, curve, 16), pixel_padding_value=10.0
    )
    level = build_level(frame, 1)
    expected = (0 + 255**2 + 100**2) / 3
    assert np.allclose(apply_modality_lut(level.stored_values, level.attributes), expected)


def test_an_average_that_happens_to_be_the_stored_value_of_background_is_drawn():
    doubled = np.arange(0, 512, 2, dtype=np.uint16)
    stored = np.tile(np.array([[4, 6]], np.uint8), (2, 1))
    frame = phantoms.grey(
        stored, np.uint8, modality_lut=LookupTable(0, doubled, 16), pixel_padding_value=10.0
    )
    wanted = RenderParameters(Window(10, 20, VoiFunction.LINEAR_EXACT), level=1)
    assert render_display_values(frame, wanted).tolist() == [[128]]


def test_the_first_look_is_the_same_at_every_level():
    stored = np.random.default_rng(3).integers(0, 4000, (1100, 1100)).astype(np.uint16)
    frame = phantoms.grey(stored, np.uint16, bits_stored=12, modality="MR")
    assert first_look(build_level(frame, 1)) == first_look(frame)
    assert first_look(build_level(frame, 2)) == first_look(frame)


def test_a_mask_keeps_its_mean_although_it_has_one_bit():
    stored = np.zeros((1024, 600), np.uint8)
    stored[::2, ::2] = 1
    frame = phantoms.grey(stored, np.uint8, bits_stored=1, modality="SEG")
    assert render_display_values(frame, RenderParameters()).max() == 255
    assert np.unique(render_display_values(frame, RenderParameters(level=1))).tolist() == [64]


@pytest.mark.parametrize("level", [1, 2])
@pytest.mark.parametrize(
    ("slope", "windows"), [(1.0, ()), (250.0, ()), (1.0, (NamedWindow(Window(-996.5, 8)),))]
)
def test_a_few_counts_keep_their_mean(level, slope, windows):
    counts = np.random.default_rng(11).poisson(0.5, (1024, 1024)).clip(0, 7)
    rescale = {"rescale_slope": slope, "rescale_intercept": -1000.0}
    frame = phantoms.grey(counts, np.uint16, modality="NM", windows=windows, **rescale)
    window = Window(3.5 * slope - 1000, 7 * slope, VoiFunction.LINEAR_EXACT)
    full, smaller = (
        render_display_values(frame, RenderParameters(window, level=number)).mean()
        for number in (0, level)
    )
    assert smaller == pytest.approx(full, abs=0.5)


def test_a_palette_is_averaged_as_colours_not_as_indices():
    frame = phantoms.palette_picture(600, 600)
    full = render_display_values(frame, RenderParameters()).astype(float)
    half = render_display_values(frame, RenderParameters(level=1)).astype(float)
    blocks = full.reshape(300, 2, 300, 2, 3).mean(axis=(1, 3))
    assert np.abs(half - blocks).max() <= 0.5


@pytest.mark.parametrize(
    "parameters",
    [
        RenderParameters(level=9),
        RenderParameters(level=-1),
        RenderParameters(tile=(9, 0)),
        RenderParameters(tile=(0, -1)),
        RenderParameters(window=3),
    ],
)
def test_what_does_not_exist_is_refused(parameters):
    with pytest.raises(NotDisplayable):
        render(phantoms.cr_chest(), parameters)


def test_a_window_that_is_not_defined_is_refused():
    with pytest.raises(InvalidWindow):
        render(phantoms.cr_chest(), RenderParameters(window=Window(40, 0)))


def test_a_level_of_a_level_is_refused():
    level = build_level(phantoms.mammogram(1100, 1100), 1)
    for other in (0, 2):
        with pytest.raises(NotDisplayable):
            build_level(level, other)


@pytest.mark.parametrize(
    ("values", "attributes"),
    [
        (np.zeros((4, 5), np.int64), FrameAttributes(4, 5)),
        (np.zeros((5, 4), np.uint16), FrameAttributes(4, 5)),
        (np.zeros((4, 5), ">u2"), FrameAttributes(4, 5)),
        (np.zeros((4, 5, 3), np.uint16), FrameAttributes(4, 5, samples_per_pixel=3)),
        (np.zeros((4, 5), np.uint8), FrameAttributes(4, 5, samples_per_pixel=3)),
        (np.zeros((0, 5), np.uint8), FrameAttributes(0, 5)),
    ],
)
def test_pixels_that_do_not_fit_their_description_are_refused(values, attributes):
    with pytest.raises(NotDisplayable):
        DecodedFrame(values, attributes)


def test_an_empty_look_up_table_is_refused():
    with pytest.raises(NotDisplayable):
        LookupTable(0, np.array([], np.uint16), 16)
