"""An invented mammogram (left, cranio-caudal) as numbers, for the demo. Writing it as DICOM is done in `demo`."""

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

ROWS, COLUMNS = 4096, 3328
PIXEL_SPACING_MM = 0.065
BITS_STORED = 14

_BAND_ROWS = 512
_REDUCTION = (
    2  # tissue is smooth, so it is computed at half size; only noise and specks are drawn in full
)
_CENTER_ROW = 2010.0
_HALF_HEIGHT, _HALF_WIDTH = 1790.0, 2560.0
_NIPPLE_COLUMN = _HALF_WIDTH - 60.0
_MASS = (1530.0, 1180.0, 68.0)  # row, column, radius in pixels: about 9 mm across
_CLUSTER = (2480.0, 1420.0, 80.0)

_Plane = npt.NDArray[Any]  # float32 where memory counts


def breast(seed: int) -> npt.NDArray[np.uint16]:
    """The image, shape (4096, 3328), uint16 with 14 bits, bright is dense, the chest wall at the left edge."""
    source = np.random.default_rng(seed)
    tissue = Image.fromarray(_tissue(source))
    grain = source.standard_normal((_BAND_ROWS + 64, COLUMNS + 64)).astype(np.float32)
    image = np.empty((ROWS, COLUMNS), dtype=np.uint16)
    for start in range(0, ROWS, _BAND_ROWS):
        box = (0, start / _REDUCTION, tissue.width, (start + _BAND_ROWS) / _REDUCTION)
        enlarged = tissue.resize((COLUMNS, _BAND_ROWS), Image.Resampling.BILINEAR, box=box)
        band = np.array(enlarged, dtype=np.float32)
        row, column = source.integers(0, 64, 2)
        noise = grain[row : row + _BAND_ROWS, column : column + COLUMNS]
        band += noise * (np.sqrt(np.maximum(band, 0.0)) * np.float32(0.9) + np.float32(4.0))
        image[start : start + _BAND_ROWS] = np.clip(np.rint(band), 0, (1 << BITS_STORED) - 1)
    _draw_calcifications(image, source)
    return image


def _tissue(source: np.random.Generator) -> _Plane:
    """Fat, glands, ducts, skin and a mass, without noise, at half size."""
    rows = np.arange(0, ROWS, _REDUCTION, dtype=np.float32)[:, None]
    columns = np.arange(0, COLUMNS, _REDUCTION, dtype=np.float32)[None, :]
    across = ((rows - _CENTER_ROW) / _HALF_HEIGHT) ** 2
    radius = np.sqrt(across + (columns / _HALF_WIDTH) ** 2)
    thickness = np.sqrt(np.clip(1.0 - radius**7, 0.0, 1.0))
    density = _density(source)
    central = 0.58 - np.sqrt(((rows - _CENTER_ROW) / 1900) ** 2 + ((columns - 1150) / 1750) ** 2)
    gland = 1.0 / (1.0 + np.exp(np.float32(-1.5) * density - np.float32(4.5) * central))
    ducts = _ducts(rows, columns, source.standard_normal((260, 24)).astype(np.float32))
    value = 4300.0 + 330.0 * density + gland * (3000.0 + 500.0 * density) + 520.0 * ducts
    value += _mass(rows, columns)
    value *= thickness
    value += np.exp(-(((radius - 0.988) / 0.006) ** 2)) * np.float32(1500.0)
    return np.where(radius < 1.0, value, np.float32(60.0)).astype(np.float32)


def _density(source: np.random.Generator) -> _Plane:
    """Random clouds of several sizes, finer ones weaker."""
    shape = ROWS // _REDUCTION, COLUMNS // _REDUCTION
    density = np.zeros(shape, dtype=np.float32)
    for side, weight in ((6, 0.9), (13, 0.7), (29, 0.5), (61, 0.32), (140, 0.2), (330, 0.13)):
        noise = source.standard_normal((side, side)).astype(np.float32) * np.float32(weight)
        density += np.asarray(Image.fromarray(noise).resize(shape[::-1], Image.Resampling.BICUBIC))
    return density


def _ducts(rows: _Plane, columns: _Plane, strands: _Plane) -> _Plane:
    """Fine strands that run towards the nipple and fade with the distance from it."""
    down, right = rows - _CENTER_ROW, columns - _NIPPLE_COLUMN
    distance = np.sqrt(down**2 + right**2)
    # Curved a little, as ducts are; the seam of the angle lies outside the breast.
    angle = np.arctan2(down, -right) + 0.12 * np.sin(distance / 310.0)
    lines = (angle / (2 * np.pi) % 1.0) * np.float32(strands.shape[0])
    steps = np.minimum(distance / 190.0, np.float32(strands.shape[1] - 1.01))
    line, step = lines.astype(np.int32) % strands.shape[0], steps.astype(np.int32)
    part, along = lines - line, steps - step
    following = (line + 1) % strands.shape[0]
    near = strands[line, step] * (1 - part) + strands[following, step] * part
    far = strands[line, step + 1] * (1 - part) + strands[following, step + 1] * part
    strength = np.maximum(near * (1 - along) + far * along, 0.0)
    fading = np.exp(-distance / 1500.0) * np.minimum(1.0, distance / 120.0)
    return np.asarray(strength * fading, dtype=np.float32)


def _mass(rows: _Plane, columns: _Plane) -> _Plane:
    row, column, radius = _MASS
    angle = np.arctan2(rows - row, columns - column)
    lobed = radius * (1.0 + 0.12 * np.sin(3 * angle + 0.7) + 0.06 * np.sin(7 * angle))
    distance = np.sqrt((rows - row) ** 2 + (columns - column) ** 2)
    return np.asarray(1100.0 - 1100.0 * np.tanh((distance - lobed) / 16.0), dtype=np.float32)


def _draw_calcifications(image: npt.NDArray[np.uint16], source: np.random.Generator) -> None:
    """A cluster of 24 specks of 0.2 to 0.6 mm, 5 mm in radius. Changes `image`."""
    row, column, spread = _CLUSTER
    for _ in range(24):
        middle_row = int(row + source.normal(0, spread / 2))
        middle_column = int(column + source.normal(0, spread / 2))
        radius = source.uniform(1.6, 4.6)
        reach = int(radius) + 2
        window = (
            slice(middle_row - reach, middle_row + reach + 1),
            slice(middle_column - reach, middle_column + reach + 1),
        )
        offsets = np.arange(-reach, reach + 1, dtype=np.float32)
        distance = np.sqrt(
            (offsets[:, None] * source.uniform(0.7, 1.3)) ** 2 + offsets[None, :] ** 2
        )
        bright = 4200.0 * np.clip(radius - distance + 0.5, 0.0, 1.0)
        image[window] = np.minimum(image[window] + bright, (1 << BITS_STORED) - 1).astype(np.uint16)
