"""An invented head as CT numbers, slice by slice, for the demo. It is drawn from formulas; nobody was ever scanned.

Coordinates are millimetres in the patient system (x to the left, y to the back, z to the top of the head). Writing the
slices as DICOM is done in `demo`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

ROWS = COLUMNS = 512
PIXEL_SPACING_MM = 0.45
FIRST_PIXEL_MM = -(COLUMNS - 1) / 2 * PIXEL_SPACING_MM

_Plane = npt.NDArray[Any]  # float32 where memory counts

_AIR, _FAT, _SKIN, _MUSCLE = -1000.0, -95.0, 35.0, 52.0
_CSF, _GREY, _WHITE, _BONE = 7.0, 39.5, 26.0, 1150.0
_HEAD_X_MM, _HEAD_Y_MM, _HEAD_Z_MM, _WIDEST_Z_MM = 76.0, 97.0, 88.0, 40.0
_SCALP_MM = 5.0
_NOISE_SIDE = 768
_FOLD_CELL_MM = 5.5

# Centre, half-axes, CT number. Painted in this order; mirrored to both sides unless the centre is on the midline.
_BRAIN_PARTS = (
    ((24, -6, 36), (8, 17, 12), 40.0),  # lentiform nucleus
    ((13, -20, 44), (4.5, 13, 8), 39.0),  # caudate nucleus
    ((10, 10, 36), (8, 14, 10), 38.5),  # thalamus
    ((0, 22, 2), (14, 12, 30), 31.0),  # brain stem
    ((0, -12, 9), (15, 9, 5), _CSF),  # suprasellar cistern
    ((0, 14, 22), (10, 3, 4), _CSF),  # quadrigeminal cistern
    ((11, 0, 53), (5.5, 31, 7), _CSF),  # lateral ventricle, body
    ((11, -29, 47), (4.5, 12, 9), _CSF),  # frontal horn
    ((23, 40, 40), (5, 17, 7), _CSF),  # occipital horn
    ((32, 6, 16), (3.5, 13, 3), _CSF),  # temporal horn
    ((0, -2, 33), (2.2, 14, 9), _CSF),  # third ventricle
    ((0, 38, -3), (7, 5, 7), _CSF),  # fourth ventricle
    ((22, 27, 44), (3, 4, 3), 140.0),  # calcified choroid plexus
    ((0, 21, 34), (2.2, 2.6, 2.4), 170.0),  # calcified pineal gland
)
_FACE_PARTS = (
    ((34, 13, -21), (23, 7.5, 10), _BONE * 0.95),  # petrous bone
    ((54, 25, -26), (8, 13, 14), _BONE * 0.6),  # mastoid
    ((60, -38, -24), (2.6, 19, 4.5), _BONE * 0.8),  # zygomatic arch
    ((47, -16, -40), (3.2, 13, 20), _BONE * 0.8),  # lower jaw
    ((0, 22, -52), (16, 13, 11), _BONE * 0.7),  # first vertebra
    ((0, 27, -50), (9, 8, 22), 24.0),  # spinal canal
    ((31, -56, -6), (18, 24, 16), _FAT),  # orbit
    ((31, -48, 2), (3, 17, 2.2), 55.0),  # muscles of the eye
    ((41, -54, -6), (2, 17, 5), 55.0),
    ((21, -54, -6), (2, 17, 5), 55.0),
    ((26, -46, -6), (2.6, 13, 2.6), 38.0),  # optic nerve
    ((31, -69, -6), (12.3, 12.3, 12.3), 44.0),  # wall of the eye
    ((31, -69, -6), (11.1, 11.1, 11.1), 9.0),  # vitreous
    ((31, -77.5, -6), (4.6, 2.1, 4.6), 98.0),  # lens
    ((25, -52, -36), (14.5, 17.5, 15.5), _BONE * 0.6),  # wall of the maxillary sinus
    ((25, -52, -36), (13, 16, 14), _AIR),
    ((0, -60, -8), (10.5, 26, 15), _BONE * 0.4),  # ethmoid cells
    ((5.2, -76, -8), (4, 6, 13), _AIR),
    ((5.2, -62, -8), (4, 6.5, 13), _AIR),
    ((5.2, -48, -8), (4, 6, 12), _AIR),
    ((7, -27, -10), (6, 10, 8), _AIR),  # sphenoid sinus
    ((9, -84, 22), (8, 3.6, 9), _AIR),  # frontal sinus
    ((6, -62, -38), (3.5, 24, 14), _AIR),  # nasal cavity
    ((0, -16, -46), (12, 9, 22), _AIR),  # throat
)


@dataclass(frozen=True, slots=True)
class Lesion:
    """A bright ellipsoid in the right half of the brain, with a dark rim of oedema.

    Attributes:
        center_mm: (x, y, z).
        half_axes_mm: (x, y, z); diameters are twice that, to be measured in the viewer.
        ct_number: In Hounsfield units.
    """

    center_mm: tuple[float, float, float]
    half_axes_mm: tuple[float, float, float]
    ct_number: float


class Head:
    """The head, ready to be cut into slices.

    Args:
        seed: Of the anatomy. The same seed gives the same head.
        lesion: What is to be found.
        noise_seed: Of the noise alone, so that two examinations of one head differ as they would.
    """

    def __init__(self, seed: int, lesion: Lesion, noise_seed: int) -> None:
        self._lesion = lesion
        anatomy = np.random.default_rng(seed)
        axis = (np.arange(COLUMNS, dtype=np.float32) * PIXEL_SPACING_MM) + FIRST_PIXEL_MM
        # Everything is drawn in the box around the head only.
        self._columns = _box(_HEAD_X_MM + 1)
        self._rows = _box(_HEAD_Y_MM + 1)
        self._x, self._y = axis[None, self._columns], axis[self._rows, None]
        self._shape = (self._y.size, self._x.size)
        angle = np.arctan2(self._y, self._x)
        self._uneven = 1.6 * np.cos(2 * angle), 0.9 * np.sin(5 * angle), 0.9 * np.cos(5 * angle)
        self._floor = _floor_mm(self._x, self._y)
        is_clivus = _step((16 - np.abs(self._x)) / 3) * _step((self._y + 30) / 4)
        self._thick_floor = 4.5 + 9.0 * is_clivus * _step((20 - self._y) / 4)
        self._across, self._along = self._x**2, self._y**2
        # Unevenness of the bone, and the folds of the brain: coarse random volumes, smoothly enlarged.
        self._folds = anatomy.standard_normal((48, 44, 36)).astype(np.float32)
        self._cells = anatomy.standard_normal((60, 90, 72)).astype(np.float32)
        self._background = _background(axis)
        self._noise_source = np.random.default_rng(noise_seed)
        white = self._noise_source.standard_normal((_NOISE_SIDE, _NOISE_SIDE)).astype(np.float32)
        # Reconstructed noise is coarser than one pixel.
        coarse = (
            white + np.roll(white, 1, 0) + np.roll(white, 1, 1) + np.roll(white, (1, 1), (0, 1))
        )
        self._noise = coarse * np.float32(3.1 / coarse.std())

    def slice_at(self, z_mm: float) -> npt.NDArray[np.int16]:
        """CT numbers of the slice at height `z_mm`, shape (512, 512), int16, Hounsfield units."""
        hounsfield = self._background.copy()
        head = hounsfield[self._rows, self._columns]
        self._draw_head(head, z_mm)
        row, column = self._noise_source.integers(0, _NOISE_SIDE - ROWS, 2)
        hounsfield += self._noise[row : row + ROWS, column : column + COLUMNS]
        np.rint(hounsfield, out=hounsfield)
        return np.clip(hounsfield, -1024, 3071).astype(np.int16)

    def _draw_head(self, head: _Plane, z_mm: float) -> None:
        depth = self._depth_mm(z_mm)
        cosine, sine = np.float32(np.cos(z_mm / 17.0)), np.float32(np.sin(z_mm / 17.0))
        uneven = self._uneven[0] + self._uneven[1] * cosine + self._uneven[2] * sine
        below_scalp = depth - np.float32(_SCALP_MM)
        inside = below_scalp - (np.float32(6.3 + 0.02 * max(0.0, z_mm - 60)) - uneven)
        _blend(head, depth, _SKIN)
        _blend(head, depth - 1.6, _FAT)
        _blend(head, below_scalp + 0.8, _MUSCLE)
        cells = self._enlarged(self._cells, z_mm / 2.2)
        above_floor = np.float32(z_mm) - self._floor
        _blend(head, np.minimum(below_scalp, above_floor + 15.0), _BONE)
        spongy = np.minimum(np.minimum(below_scalp, -inside) - 1.9, above_floor + 13.0)
        _blend(head, spongy, 620.0 + 130.0 * cells)
        if z_mm < float(self._floor.max()) + 4.0:
            _blend(head, np.minimum(inside, 1.0 - above_floor), _MUSCLE)
            base = np.minimum(inside, above_floor + self._thick_floor)
            _blend(head, base, _BONE * 0.8)
        _blend(head, np.minimum(inside, above_floor), self._brain(inside, z_mm))
        for (x, y, z), half_axes, value in _FACE_PARTS:
            for side in (1, -1) if x else (1,):
                self._paint(head, (x * side, y, z), half_axes, value, z_mm)
        self._draw_mastoid_cells(head, cells, z_mm)

    def _depth_mm(self, z_mm: float) -> _Plane:
        """Depth below the skin, about; negative outside."""
        if z_mm >= _WIDEST_Z_MM:
            squared_z, scale = ((z_mm - _WIDEST_Z_MM) / _HEAD_Z_MM) ** 2, 1.0
        else:
            squared_z, scale = 0.0, 1.0 - 0.13 * ((_WIDEST_Z_MM - z_mm) / 90.0) ** 2
        across = self._across * np.float32((_HEAD_X_MM * scale) ** -2)
        along = self._along * np.float32((_HEAD_Y_MM * scale) ** -2)
        radius = np.sqrt((across + np.float32(squared_z)) + along)
        return np.float32(86.0 * scale) * (1 - radius)

    def _brain(self, inside: _Plane, z_mm: float) -> _Plane:
        """Everything inside the skull."""
        folds = np.abs(self._enlarged(self._folds, z_mm / _FOLD_CELL_MM))
        # Furrows reach 26 mm deep; around each there is grey matter, deeper is white matter.
        reach = np.clip((26.0 - inside) / 26.0, 0.0, 1.0)
        brain = np.full(self._shape, _WHITE, dtype=np.float32)
        _blend(brain, (0.5 * reach + 0.02 - folds) * 8.0, _GREY)
        _blend(brain, 4.4 - inside, _GREY)
        _blend(brain, (0.15 * reach - folds) * 8.0, _CSF)
        _blend(brain, 1.4 - inside, _CSF)
        if z_mm < 20.0:
            self._draw_cerebellum(brain, inside, folds, z_mm)
        for (x, y, z), half_axes, value in _BRAIN_PARTS:
            for side in (1, -1) if x else (1,):
                self._paint(brain, (x * side, y, z), half_axes, value, z_mm)
        if z_mm > 14.0:
            is_falx = (np.abs(self._y) > 36) | (z_mm > 62.0)
            _blend(brain, np.minimum(np.where(is_falx, 0.8 - np.abs(self._x), -1.0), inside), 54.0)
        self._draw_lesion(brain, z_mm)
        return brain

    def _draw_cerebellum(self, brain: _Plane, inside: _Plane, folds: _Plane, z_mm: float) -> None:
        radius = np.sqrt(self._across + (self._y - 30) ** 2 + np.float32((z_mm + 4) ** 2))
        leaves = 34.0 + 3.0 * np.sin(radius * 1.7 + 2.6 * folds)
        roof = max(0.0, z_mm + 4.0) * 1.3
        behind = np.minimum(
            self._y - 22 - 0.3 * np.abs(self._x) - roof * 0.4, 62.0 - roof - np.abs(self._x)
        )
        _blend(brain, np.minimum(behind, inside - 2.0), leaves)

    def _draw_mastoid_cells(self, head: _Plane, cells: _Plane, z_mm: float) -> None:
        distance = ((np.abs(self._x) - 54) / 6.5) ** 2 + ((self._y - 25) / 11.5) ** 2
        is_cell = (distance < 1 - ((z_mm + 26) / 13) ** 2) & (cells > 0.0)
        head[is_cell] = -800.0

    def _draw_lesion(self, brain: _Plane, z_mm: float) -> None:
        lesion = self._lesion
        rim = tuple(half_axis + 5.0 for half_axis in lesion.half_axes_mm)
        self._paint(brain, lesion.center_mm, (rim[0], rim[1], rim[2]), 19.0, z_mm)
        self._paint(brain, lesion.center_mm, lesion.half_axes_mm, lesion.ct_number, z_mm)

    def _paint(
        self,
        plane: _Plane,
        center_mm: tuple[float, float, float],
        half_axes_mm: tuple[float, float, float],
        value: float,
        z_mm: float,
    ) -> None:
        """Draw an ellipsoid, computing only the box around its section."""
        section = 1.0 - ((z_mm - center_mm[2]) / half_axes_mm[2]) ** 2
        if section <= 0:
            return
        columns, rows = (
            slice(
                max(
                    0, int((center - half_axis - FIRST_PIXEL_MM) / PIXEL_SPACING_MM) - box.start - 2
                ),
                int((center + half_axis - FIRST_PIXEL_MM) / PIXEL_SPACING_MM) - box.start + 3,
            )
            for center, half_axis, box in zip(
                center_mm[:2], half_axes_mm[:2], (self._columns, self._rows), strict=True
            )
        )
        across = ((self._x[:, columns] - center_mm[0]) / half_axes_mm[0]) ** 2
        along = ((self._y[rows] - center_mm[1]) / half_axes_mm[1]) ** 2
        radius = np.sqrt((across + along) / np.float32(section))
        edge = (1.0 - radius) * np.float32(section**0.5 * min(half_axes_mm[:2]))
        _blend(plane[rows, columns], edge.astype(np.float32), value)

    def _enlarged(self, volume: npt.NDArray[np.float32], layer: float) -> _Plane:
        """One layer of a coarse random volume, smoothly enlarged to the box."""
        lower = int(np.floor(layer))
        part = layer - lower
        # Weights whose squares add up to one keep the spread the same between layers.
        weight = np.float32(np.cos(part * np.pi / 2)), np.float32(np.sin(part * np.pi / 2))
        mixed = (
            volume[lower % len(volume)] * weight[0] + volume[(lower + 1) % len(volume)] * weight[1]
        )
        enlarged = Image.fromarray(mixed).resize(self._shape[::-1], Image.Resampling.BICUBIC)
        return np.asarray(enlarged, dtype=np.float32)


def _box(half_side_mm: float) -> slice:
    """The pixels of an axis within this distance of the middle."""
    margin = int((-half_side_mm - FIRST_PIXEL_MM) / PIXEL_SPACING_MM)
    return slice(margin, COLUMNS - margin)


def _step(values: _Plane) -> _Plane:
    """From 0 to 1 around 0, smoothly."""
    return (0.5 + 0.5 * np.tanh(values)).astype(np.float32)


def _floor_mm(x: _Plane, y: _Plane) -> _Plane:
    """Height of the floor of the skull: anterior, middle and posterior fossa as three steps."""
    middle = 8.0 - 20.0 * _step((np.abs(x) - 17) / 4)
    floor = 13.0 + (middle - 13.0) * _step((y + 24 + 0.2 * np.abs(x)) / 4)
    return (floor + (-36.0 - floor) * _step((y - 22 + 0.35 * np.abs(x)) / 4)).astype(np.float32)


def _background(axis: npt.NDArray[np.float32]) -> _Plane:
    """Air and the head rest."""
    x, y = axis[None, :], axis[:, None]
    radius = np.sqrt(x**2 + (y * np.float32(0.86)) ** 2)
    plane = np.full((ROWS, COLUMNS), _AIR, dtype=np.float32)
    _blend(plane, np.minimum(1.2 - np.abs(radius - 97.0), (y - 42.0) * 0.5), -80.0)
    return plane


def _blend(plane: _Plane, edge_mm: _Plane, value: float | _Plane) -> None:
    """Set `plane` to `value` where `edge_mm` is positive, mixed over one pixel at the edge. Changes `plane`."""
    share = np.clip(edge_mm / np.float32(PIXEL_SPACING_MM) + np.float32(0.5), 0.0, 1.0)
    plane += (value - plane) * share
