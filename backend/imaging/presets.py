"""Windows that a reader can choose by name, per modality. Names for the eye live in `pacscribe_ui.text`."""

from dataclasses import dataclass

from backend.imaging.modality_lut import is_hounsfield
from backend.imaging.model import FrameAttributes, UptakeScale, Window
from backend.imaging.uptake import UPTAKE_RANGES, window_of_range


@dataclass(frozen=True, slots=True)
class Preset:
    """A window by name.

    Attributes:
        name: Key of its name in the text of the user interface, as `soft-tissue`.
        window: Center and width in modality values.
        shortcut: The key that chooses it, `1` to `9`, or empty.
    """

    name: str
    window: Window
    shortcut: str = ""


def _preset(name: str, width: float, center: float, shortcut: str = "") -> Preset:
    """A preset in the order radiologists say it: width, then level."""
    return Preset(name, Window(center=center, width=width), shortcut)


HOUNSFIELD_PRESETS = (
    _preset("soft-tissue", 400, 40, "1"),
    _preset("lung", 1500, -600, "2"),
    _preset("mediastinum", 350, 50, "3"),
    _preset("bone", 2000, 400, "4"),
    _preset("brain", 80, 40, "5"),
    _preset("stroke", 40, 40, "6"),
    _preset("subdural", 215, 75, "7"),
    _preset("temporal-bone", 2800, 600, "8"),
    _preset("liver", 150, 30, "9"),
    _preset("stroke-narrow", 8, 32),
    _preset("temporal-bone-wide", 4000, 700),
    _preset("head-neck", 375, 40),
    _preset("angiography", 600, 300),
    _preset("spine-soft-tissue", 250, 50),
    _preset("mip-vessels", 380, 120),
    _preset("virtual-endoscopy", 700, -300),
)


def presets_for(
    modality: str, *, has_hounsfield_units: bool, uptake: UptakeScale | None = None
) -> tuple[Preset, ...]:
    """Presets that may be offered.

    Only CT and PET have windows that mean the same in every hospital, and only where the values are Hounsfield units
    or become standard uptake values: 5 Bq/ml are nothing, and 400 of them are no soft tissue.

    Args:
        modality: Modality (0008,0060).
        has_hounsfield_units: Whether the values are Hounsfield units (`modality_lut.is_hounsfield`).
        uptake: How the values become SUV; None where that is not known.
    """
    if modality == "CT" and has_hounsfield_units:
        return HOUNSFIELD_PRESETS
    if modality == "PT" and uptake is not None:
        return tuple(
            Preset(f"suv-{low:g}-{high:g}", window_of_range(uptake, low, high), str(number))
            for number, (low, high) in enumerate(UPTAKE_RANGES, start=1)
        )
    return ()


def presets_of(attributes: FrameAttributes) -> tuple[Preset, ...]:
    """Presets that may be offered for a frame."""
    return presets_for(
        attributes.modality.strip().upper(),
        has_hounsfield_units=is_hounsfield(attributes),
        uptake=attributes.uptake,
    )
