"""From stored values to modality values (HU, optical density, counts). Windows live in `voi_lut`."""

import numpy as np
import numpy.typing as npt

from backend.imaging.model import DecodedFrame, FrameAttributes, LookupTable

# Units (0054,1001) of PET, PS3.3 C.8.9.1.1.3, as they are written for a reader. Counts of two series cannot be compared:
# for a reader they are no unit.
_PET_UNITS = {
    "BQML": "Bq/ml",
    "GML": "g/ml",
    "CM2ML": "cm²/ml",
    "PCNT": "%",
    "CPS": "counts/s",
    "CNTS": "",
    "PROPCNTS": "",
    "PROPCPS": "",
    "NONE": "",
}


def apply_modality_lut(
    stored_values: npt.ArrayLike, attributes: FrameAttributes
) -> npt.NDArray[np.float64]:
    """Apply the modality LUT, or slope and intercept.

    Args:
        stored_values: Any shape, any real dtype. Not changed.
        attributes: Of the frame the values come from.

    Returns:
        Modality values of the same shape, float64, in the unit `attributes.rescale_type`.

    References:
        PS3.3 C.11.1.1.1 (Modality LUT Sequence), C.11.1.1.2 (rescale). A file may have one or the other.
    """
    return rescale_or_look_up(
        stored_values,
        attributes.rescale_slope,
        attributes.rescale_intercept,
        attributes.modality_lut,
    )


def rescale_or_look_up(
    stored_values: npt.ArrayLike, slope: float, intercept: float, table: LookupTable | None
) -> npt.NDArray[np.float64]:
    """The same from bare numbers; the table, where there is one, takes the place of slope and intercept."""
    if table is not None:
        return table.apply(stored_values).astype(np.float64)
    values = np.asarray(stored_values, dtype=np.float64)
    return np.asarray(values * slope + intercept)


def value_unit(attributes: FrameAttributes) -> str:
    """Unit of the modality values for a reader: `HU`, `Bq/ml`, another Rescale Type, or empty when it is not known.

    References:
        PS3.3 C.11.1.1.2: `US` means that the unit is not specified.
    """
    if is_hounsfield(attributes):
        return "HU"
    unit = (attributes.rescale_type or "").strip()
    if unit.upper() in ("US", "HU"):
        return ""
    return _PET_UNITS.get(unit.upper(), unit) if attributes.modality == "PT" else unit


def has_whole_values(frame: DecodedFrame) -> bool:
    """Whether all modality values that the frame can have are whole numbers."""
    attributes = frame.attributes
    if attributes.modality_lut is not None:
        return True
    is_whole = attributes.rescale_slope % 1 == 0 and attributes.rescale_intercept % 1 == 0
    return frame.stored_values.dtype.kind in "iu" and is_whole


def is_hounsfield(attributes: FrameAttributes) -> bool:
    """Whether modality values really are Hounsfield units.

    A CT image may leave Rescale Type out when its unit is HU (PS3.3 C.8.2.1.1.2). But screens, dose sheets and
    derived maps are labelled CT as well: without a unit the numbers must at least be able to hold air (-1000).
    """
    if attributes.is_colour or attributes.modality_lut is not None:
        return False
    unit = (attributes.rescale_type or "").strip().upper()
    if unit:
        return unit == "HU"
    can_hold_air = attributes.is_signed or attributes.rescale_intercept <= -1000
    return attributes.modality == "CT" and attributes.bits_stored > 8 and can_hold_air


def modality_value_at(frame: DecodedFrame, row: int, column: int) -> float | None:
    """Modality value of one pixel.

    Args:
        frame: A grey frame at full resolution.
        row: From 0.
        column: From 0.

    Returns:
        The value in the unit of `value_unit`, None outside the image and in colour images.
    """
    attributes = frame.attributes
    inside = 0 <= row < attributes.rows and 0 <= column < attributes.columns
    if attributes.is_colour or not inside:
        return None
    return float(apply_modality_lut(frame.stored_values[row, column], attributes))
