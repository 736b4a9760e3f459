"""What an image is shown with before anybody has chosen a window."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from backend.imaging.first_look import SOFT_TISSUE, automatic_window, first_look
from backend.imaging.modality_lut import is_hounsfield, modality_value_at, value_unit
from backend.imaging.model import (
    FrameAttributes,
    LookupTable,
    NamedLut,
    NamedWindow,
    UptakeScale,
    VoiFunction,
    Window,
)
from backend.imaging.pixel_reading import window_of_region
from backend.imaging.presets import HOUNSFIELD_PRESETS, presets_for, presets_of
from backend.imaging.rendering import RenderParameters, render_display_values
from backend.imaging.voi_lut import ramp_ends
from tests import phantoms

THOUSANDTHS = LookupTable(0, np.arange(31, dtype=np.uint16) * 100, 16)
A_LUT = NamedLut(LookupTable(0, np.arange(256, dtype=np.uint16), 8))


def test_the_files_voi_lut_comes_first():
    frame = phantoms.grey([[1, 2]], voi_luts=(A_LUT,), windows=(NamedWindow(Window(40, 400)),))
    assert first_look(frame) == 0


def test_the_files_first_window_comes_next():
    assert first_look(phantoms.ct_head()) == Window(35, 80)


def test_windows_of_the_file_that_are_not_defined_are_passed_over():
    windows = tuple(NamedWindow(Window(10, width)) for width in (0, -5, 0.5, float("nan"), 20))
    assert first_look(phantoms.grey([[1, 2]], windows=windows)) == Window(10, 20)


def test_colour_has_no_window():
    assert first_look(phantoms.ultrasound_colour()) is None
    assert first_look(phantoms.palette_picture()) is None


def test_a_ct_without_a_window_is_shown_as_soft_tissue():
    assert first_look(phantoms.ct_unsigned()) == SOFT_TISSUE


def test_a_screen_labelled_ct_is_not_given_hounsfield_units():
    screen = phantoms.grey([[0, 255]], np.uint8, modality="CT")
    assert not is_hounsfield(screen.attributes)
    assert first_look(screen) != SOFT_TISSUE


def test_a_ct_whose_values_are_all_elsewhere_is_not_shown_black():
    values = np.arange(3000, 9000).reshape(60, 100)
    frame = phantoms.grey(values, modality="CT", rescale_type="HU")
    drawn = render_display_values(frame, RenderParameters())
    assert drawn.min() == 0
    assert drawn.max() == 255


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"modality": "CT", "rescale_type": "HU"}, "HU"),
        ({"modality": "CT", "is_signed": True}, "HU"),
        ({"modality": "CT", "rescale_intercept": -1024.0}, "HU"),
        ({"modality": "CT"}, ""),  # unsigned from 0: cannot hold air
        ({"modality": "CT", "is_signed": True, "bits_stored": 8}, ""),
        ({"modality": "CT", "rescale_type": "US", "is_signed": True}, ""),
        ({"modality": "MR", "is_signed": True}, ""),
        ({"modality": "PT", "rescale_type": "BQML"}, "Bq/ml"),
        ({"modality": "PT", "rescale_type": "GML"}, "g/ml"),
        ({"modality": "PT", "rescale_type": "CNTS"}, ""),  # of two series, they do not compare
        ({"modality": "OT", "rescale_type": "HU"}, "HU"),
    ],
)
def test_units_are_told_only_when_they_are_known(attributes, expected):
    assert value_unit(FrameAttributes(1, 1, **attributes)) == expected


def test_percentiles_leave_background_out():
    stored = np.full((100, 100), -2000, np.int16)
    stored[40:60, 40:60] = np.arange(400).reshape(20, 20)
    window = first_look(phantoms.grey(stored, modality="MR", pixel_padding_value=-2000.0))
    assert isinstance(window, Window)
    assert 0 <= window.center - window.width / 2 <= 5
    assert 394 <= window.center + window.width / 2 <= 400


@pytest.mark.parametrize(("slope", "ends"), [(1.0, (3, 139)), (-1.0, (-140, -3))])
def test_percentiles_count_pixels_whichever_way_the_values_run(slope, ends):
    stored = np.concatenate([np.full(950, 3), np.arange(50) + 100]).reshape(10, 100)
    window = first_look(phantoms.grey(stored, np.uint16, modality="MR", rescale_slope=slope))
    assert isinstance(window, Window)
    assert ramp_ends(window) == ends


def test_numbers_of_segments_are_told_from_black():
    labels = np.zeros((20, 20), np.uint8)
    labels[3:9, 3:9], labels[12:18, 5:15] = 1, 2
    drawn = render_display_values(
        phantoms.grey(labels, np.uint8, modality="SEG"), RenderParameters()
    )
    assert [int(drawn[place]) for place in ((0, 0), (5, 5), (15, 8))] == [0, 128, 255]
    for bit in (0, 1):  # one of them alone is what it is, also where a slice holds nothing else
        mask = phantoms.grey(np.full((8, 8), bit), np.uint8, bits_stored=1, modality="SEG")
        assert np.unique(render_display_values(mask, RenderParameters())).tolist() == [255 * bit]


def test_eight_bits_that_are_rescaled_are_measurements():
    stored = np.arange(256, dtype=np.uint8).reshape(16, 16)
    drawn = render_display_values(
        phantoms.grey(stored, np.uint8, modality="US", rescale_slope=3.0), RenderParameters()
    )
    assert (drawn.min(), drawn.max()) == (0, 255)
    assert 120 < drawn[8, 0] < 135


def test_a_few_very_bright_pixels_do_not_darken_the_rest():
    stored = np.tile(np.arange(1000, dtype=np.uint16), (100, 1))
    stored[0, :5] = 65535
    window = first_look(phantoms.grey(stored, np.uint16, modality="MR"))
    assert isinstance(window, Window)
    assert window.width < 1000


def test_a_mostly_empty_image_still_shows_its_few_pixels():
    stored = np.zeros((100, 100), np.uint16)
    stored[50, 50] = 900
    drawn = render_display_values(
        phantoms.grey(stored, np.uint16, modality="MR"), RenderParameters()
    )
    assert (drawn[0, 0], drawn[50, 50]) == (0, 255)


def test_grey_levels_meant_for_a_screen_are_shown_as_they_are():
    stored = np.arange(256, dtype=np.uint8).reshape(16, 16)[:, :9]
    drawn = render_display_values(
        phantoms.grey(stored, np.uint8, modality="US"), RenderParameters()
    )
    assert np.array_equal(drawn, stored)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "float32"])
@pytest.mark.parametrize("value", [0, 1, 100])
@pytest.mark.parametrize("modality", ["MR", "US", "CT"])
def test_a_constant_image_is_drawn(dtype, value, modality):
    frame = phantoms.grey(np.full((8, 8), value), dtype, modality=modality)
    drawn = render_display_values(frame, RenderParameters())
    assert len(np.unique(drawn)) == 1
    if value == 0 and np.dtype(dtype).kind == "u":
        assert drawn.max() == 0  # an empty frame is black


def test_an_image_of_nothing_but_background_is_black():
    frame = phantoms.grey(np.full((8, 8), -2000), pixel_padding_value=-2000.0, modality="MR")
    assert render_display_values(frame, RenderParameters()).max() == 0


@given(
    hnp.arrays(
        st.sampled_from([np.dtype(name) for name in ("uint8", "int8", "uint16", "int16", "int32")]),
        st.tuples(st.integers(1, 12), st.integers(1, 12)),
    ),
    st.sampled_from([1.0, -2.0, 0.001, 5.9e-8, 0.0]),
    st.sampled_from(["MR", "CT", "US", "PT"]),
)
def test_every_image_gets_a_window_that_is_defined(stored, slope, modality):
    frame = phantoms.grey(stored, stored.dtype, rescale_slope=slope, modality=modality)
    window = first_look(frame)
    assert isinstance(window, Window)
    assert window.is_valid
    render_display_values(frame, RenderParameters())


@given(hnp.arrays(np.dtype("float32"), (6, 7), elements=st.floats(width=32)))
def test_floating_point_images_get_a_window_whatever_they_hold(values):
    frame = phantoms.grey(values, np.float32, modality="PT")
    window = first_look(frame)
    assert isinstance(window, Window)
    assert window.is_valid
    render_display_values(frame, RenderParameters())


@pytest.mark.parametrize(
    ("stored", "more", "expected"),
    [
        ([0, 3500], {"rescale_slope": 0.001}, Window(1.75, 3.5, VoiFunction.LINEAR_EXACT)),
        ([0, 3500], {}, Window(1750.5, 3501)),
        ([0, 30], {"rescale_intercept": 0.5}, Window(15.5, 30, VoiFunction.LINEAR_EXACT)),
        ([0, 30], {"modality_lut": THOUSANDTHS, "rescale_slope": 0.5}, Window(1500.5, 3001)),
        ([0.25, 3.75], {}, Window(2, 3.5, VoiFunction.LINEAR_EXACT)),
    ],
    ids=["densities", "whole numbers", "between whole numbers", "table", "floating point"],
)
def test_only_of_whole_numbers_does_the_width_of_a_window_count_one_more(stored, more, expected):
    frame = phantoms.grey(
        [stored * 100],
        np.float32 if isinstance(stored[0], float) else np.int16,
        modality="CR",
        **more,
    )
    for window in (automatic_window(frame), window_of_region(frame, None, (0.0, 100.0))):
        assert (window.center, window.width) == pytest.approx((expected.center, expected.width))
        assert window.function is expected.function


def test_values_too_close_for_a_linear_window_get_an_exact_one():
    frame = phantoms.grey([[0, 10, 20]], rescale_slope=1e-8, modality="PT")
    window = first_look(frame)
    assert isinstance(window, Window)
    assert window.function is VoiFunction.LINEAR_EXACT


def test_the_first_look_at_a_mammogram_is_the_same_every_time():
    frame = phantoms.mammogram(2000, 1600)
    bare = phantoms.grey(frame.stored_values, np.uint16, bits_stored=14, modality="MG")
    assert first_look(bare) == first_look(bare)
    exact = np.percentile(frame.stored_values, (1, 99))
    window = first_look(bare)
    assert isinstance(window, Window)
    assert window.center == pytest.approx((exact.sum() + 1) / 2, rel=0.01)
    assert window.width == pytest.approx(exact[1] - exact[0] + 1, rel=0.01)


def test_a_pixel_tells_its_value_in_its_unit():
    frame = phantoms.ct_unsigned()
    expected = float(frame.stored_values[5, 7]) - 1024
    assert modality_value_at(frame, 5, 7) == expected
    assert modality_value_at(frame, -1, 0) is None
    assert modality_value_at(frame, 0, frame.attributes.columns) is None
    assert modality_value_at(phantoms.ultrasound_colour(), 0, 0) is None


def test_presets_are_the_ones_that_radiologists_expect():
    widths_and_levels = {
        preset.name: (preset.window.width, preset.window.center) for preset in HOUNSFIELD_PRESETS
    }
    # Others have shipped a lung window of 150 and changed bone for brain.
    assert widths_and_levels == {
        "soft-tissue": (400, 40),
        "lung": (1500, -600),
        "mediastinum": (350, 50),
        "bone": (2000, 400),
        "brain": (80, 40),
        "stroke": (40, 40),
        "subdural": (215, 75),
        "temporal-bone": (2800, 600),
        "liver": (150, 30),
        "stroke-narrow": (8, 32),
        "temporal-bone-wide": (4000, 700),
        "head-neck": (375, 40),
        "angiography": (600, 300),
        "spine-soft-tissue": (250, 50),
        "mip-vessels": (380, 120),
        "virtual-endoscopy": (700, -300),
    }


def test_each_preset_has_its_own_name_and_key():
    names = [preset.name for preset in HOUNSFIELD_PRESETS]
    keys = [preset.shortcut for preset in HOUNSFIELD_PRESETS if preset.shortcut]
    assert len(set(names)) == len(names)
    assert sorted(keys) == list("123456789")
    assert all(preset.window.is_valid for preset in HOUNSFIELD_PRESETS)


def test_presets_are_offered_for_hounsfield_units_only():
    assert presets_for("CT", has_hounsfield_units=True) == HOUNSFIELD_PRESETS
    assert presets_for("CT", has_hounsfield_units=False) == ()
    assert presets_for("PT", has_hounsfield_units=False) == ()
    assert presets_for("MR", has_hounsfield_units=False) == ()
    assert presets_of(phantoms.ct_head().attributes) == HOUNSFIELD_PRESETS
    assert presets_of(phantoms.cr_chest().attributes) == ()


# In g/ml, in Bq/ml, and in Bq/ml of so little that a LINEAR window could not be written.
SCALES = [UptakeScale(1.0), UptakeScale(2.7634e-4), UptakeScale(480.0)]


@pytest.mark.parametrize("scale", SCALES)
def test_presets_of_a_pet_are_ranges_of_suv_from_their_lower_to_their_upper_end(scale):
    presets = presets_of(FrameAttributes(1, 1, modality="PT", uptake=scale))
    assert [preset.name for preset in presets] == [
        f"suv-0-{upper}" for upper in (5, 3, 7, 8, 10, 15)
    ]
    assert [preset.shortcut for preset in presets] == list("123456")
    for preset in presets:
        window, upper = preset.window, float(preset.name.rpartition("-")[2])
        assert window.function is VoiFunction.LINEAR_EXACT
        low, high = window.center - window.width / 2, window.center + window.width / 2
        assert low * scale.factor == pytest.approx(0)
        assert high * scale.factor == pytest.approx(upper)


def test_a_pet_without_suv_is_offered_no_presets_and_others_none_of_a_pet():
    assert presets_of(FrameAttributes(1, 1, modality="PT", rescale_type="BQML")) == ()
    # Not even those in Hounsfield units, whatever the file says about its unit.
    assert presets_of(FrameAttributes(1, 1, modality="PT", rescale_type="HU")) == ()
    assert presets_for("NM", has_hounsfield_units=False, uptake=UptakeScale(1.0)) == ()


@pytest.mark.parametrize("scale", SCALES)
def test_a_pet_with_suv_is_shown_from_0_to_5_unless_the_file_says_otherwise(scale):
    suv = np.linspace(0, 12, 400).reshape(20, 20)
    slope = 0.001 / scale.factor
    said = {"rescale_slope": slope, "modality": "PT", "uptake": scale}
    frame = phantoms.grey(np.round(suv / 0.001), np.uint16, **said)
    drawn = render_display_values(frame, RenderParameters()).astype(int)
    expected = np.clip(np.round(suv / 0.001) * 0.001 / 5 * 255, 0, 255)
    assert np.abs(drawn - expected).max() <= 1
    own = NamedWindow(Window(100, 200))
    assert first_look(phantoms.grey(suv, np.uint16, windows=(own,), **said)) == own.window


def test_a_pet_that_is_all_beyond_5_is_not_shown_white():
    frame = phantoms.grey([[60, 90]], np.uint16, modality="PT", uptake=UptakeScale(0.1))
    assert first_look(frame) != presets_of(frame.attributes)[0].window
    assert set(render_display_values(frame, RenderParameters()).ravel()) == {0, 255}


def test_a_pet_without_suv_is_shown_by_its_percentiles():
    values = np.arange(10_000).reshape(100, 100)
    window = first_look(phantoms.grey(values, np.uint16, modality="PT", rescale_type="BQML"))
    assert window.width == pytest.approx(9800, rel=0.01)


def test_a_window_is_worked_out_once_for_a_frame_and_again_for_another():
    stored = np.arange(3000, dtype=np.uint16).reshape(50, 60)
    frame = phantoms.grey(stored, np.uint16, modality="MR")
    assert first_look(frame) is first_look(frame)
    assert first_look(phantoms.grey(stored * 2, np.uint16, modality="MR")) != first_look(frame)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("sign", [-1, 1])
def test_the_largest_number_of_a_float_is_no_measurement(dtype, sign):
    values = np.linspace(0, 1, 200, dtype=dtype).reshape(10, 20)
    values[:, :9] = sign * np.finfo(dtype).max
    frame = phantoms.grey(values, dtype, bits_stored=32)
    window = first_look(frame)
    assert window.is_valid
    assert 0.5 < window.width < 1
    drawn = render_display_values(frame, RenderParameters())[:, 9:]
    assert (drawn.min(), drawn.max()) == (0, 255)


@pytest.mark.parametrize("slope", [1e20, -1e300])
@pytest.mark.parametrize("dtype", ["uint16", "int32"])
def test_values_that_no_window_reaches_are_drawn_with_one_that_is_defined(dtype, slope):
    for values in ([[1, 2]], [[5, 5]], [[0, 3]]):
        frame = phantoms.grey(values, dtype, rescale_slope=slope)
        assert first_look(frame).is_valid
        render_display_values(frame, RenderParameters())
