"""Phantoms are drawn as they were when somebody looked at them; files are in `tests.dicom.test_golden_files`."""

from dataclasses import replace

import pytest

from backend.imaging.model import (
    Shutter,
    ShutterCircle,
    ShutterRectangle,
    VoiFunction,
    Window,
)
from backend.imaging.presets import HOUNSFIELD_PRESETS
from backend.imaging.rendering import RenderParameters, render_display_values
from tests import phantoms
from tests.golden_pictures import difference_from_golden

HEAD = phantoms.ct_head(200, 180)
CHEST = phantoms.cr_chest(150, 131)
BONE = next(preset.window for preset in HOUNSFIELD_PRESETS if preset.name == "bone")

SHUTTER = Shutter(
    150,
    131,
    rectangle=ShutterRectangle(left=12, right=125, upper=9, lower=140),
    circle=ShutterCircle(center_row=75, center_column=66, radius_rows=80, radius_columns=60),
    polygon=((1.0, 66.0), (60.0, 131.0), (150.0, 120.0), (150.0, 10.0), (60.0, 1.0)),
    presentation_value=13_107,
)
COVERED_CHEST = replace(CHEST, attributes=replace(CHEST.attributes, shutter=SHUTTER))

PICTURES = {
    "ct-head-first-look": (HEAD, RenderParameters()),
    "ct-head-bone": (HEAD, RenderParameters(BONE)),
    "ct-head-inverted": (HEAD, RenderParameters(invert=True)),
    "ct-head-sigmoid": (HEAD, RenderParameters(Window(40, 60, VoiFunction.SIGMOID))),
    "ct-head-level-1": (HEAD, RenderParameters(level=1)),
    "ct-unsigned-soft-tissue": (phantoms.ct_unsigned(), RenderParameters()),
    "cr-chest-first-look": (CHEST, RenderParameters()),
    "cr-chest-inverted": (CHEST, RenderParameters(invert=True)),
    "cr-chest-shutter": (COVERED_CHEST, RenderParameters()),
    "cr-chest-shutter-level-1": (COVERED_CHEST, RenderParameters(level=1)),
    "ultrasound-colour": (phantoms.ultrasound_colour(120, 141), RenderParameters()),
    "ultrasound-colour-level-1": (phantoms.ultrasound_colour(120, 141), RenderParameters(level=1)),
    "palette": (phantoms.palette_picture(), RenderParameters()),
    "mammogram": (phantoms.mammogram(200, 160), RenderParameters()),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_phantom_looks_as_it_did(name):
    frame, parameters = PICTURES[name]
    difference = difference_from_golden(name, render_display_values(frame, parameters))
    # The phantoms are made with sines, which may differ in the last digit between processors.
    assert (difference > 0).mean() < 0.001
    assert difference.max() <= 8
