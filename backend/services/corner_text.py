"""Label and value pairs for the corners of an image: how it was made, what sets it apart, where it lies. Words of the page are not here."""

from collections.abc import Sequence

from backend.dicom.model import AcquisitionAttributes, InstanceAttributes, UptakeAttributes
from backend.dicom.reading_header import StoredOverlay
from backend.imaging.geometry import PhysicalSpacing, SpacingBasis


def acquisition_text(attributes: InstanceAttributes) -> tuple[tuple[str, str], ...]:
    """Label and value of how the image was made; what the file does not say is left out."""
    said: AcquisitionAttributes = attributes.acquisition
    pairs = (
        ("kVp", _number(said.kvp)),
        ("mAs", _number(said.exposure_mas)),
        ("TR", _number(said.repetition_time_ms, "ms")),
        ("TE", _number(said.echo_time_ms, "ms")),
        ("TI", _number(said.inversion_time_ms, "ms")),
        ("Flip angle", _number(said.flip_angle_degrees, "°")),
        ("Field", _number(said.magnetic_field_strength_t, "T")),
        ("Kernel", said.convolution_kernel),
        ("Contrast", said.contrast_bolus_agent),
        ("Laterality", said.image_laterality or attributes.series.laterality),
        ("View", said.view_position),
        ("Compression", _number(said.compression_force_n, "N")),
        ("Breast thickness", _number(said.body_part_thickness_mm, "mm")),
        *_uptake_text(attributes.uptake),
    )
    return tuple((label, value) for label, value in pairs if value)


def _uptake_text(said: UptakeAttributes | None) -> tuple[tuple[str, str], ...]:
    """What the SUV of a PET rest on."""
    if said is None:
        return ()
    dose_mbq = None if said.dose_bq is None else said.dose_bq / 1e6
    seconds = said.seconds_after_injection
    return (
        ("Tracer", said.radiopharmaceutical),
        ("Dose", _number(dose_mbq, "MBq")),
        ("After injection", "" if seconds is None else f"{seconds / 60:.0f} min"),
        ("Weight", _number(said.weight_kg, "kg")),
    )


def apart_text(
    attributes: InstanceAttributes, frame_index: int, spacing: PhysicalSpacing
) -> tuple[tuple[str, str], ...]:
    """What sets a frame apart from others of its object or place, and by how much it was magnified."""
    apart = attributes.frame_distinction(frame_index)
    factor = attributes.spacing.estimated_radiographic_magnification_factor
    pairs = (
        ("TE", _number(apart.echo_time_ms, "ms")),
        ("b", _number(apart.b_value, "s/mm²")),
        ("Trigger", _number(apart.trigger_time_ms, "ms")),
        ("Magnification", _number(factor) if spacing.basis is SpacingBasis.ESTIMATED else ""),
    )
    return tuple((label, value) for label, value in pairs if value)


def place_text(
    attributes: InstanceAttributes,
    slice_thickness_mm: float | None,
    slice_spacing_mm: float | None,
) -> tuple[tuple[str, str], ...]:
    """How thick a slice is, how far the next one is, and where it lies."""
    pairs = (
        ("Thickness", _number(slice_thickness_mm, "mm")),
        ("Spacing", _number(slice_spacing_mm, "mm")),
        ("Location", _number(attributes.slice_location_mm, "mm")),
    )
    return tuple((label, value) for label, value in pairs if value)


def overlay_text(overlays: Sequence[StoredOverlay]) -> tuple[tuple[str, str], ...]:
    """What the overlay planes are called, where they are called anything."""
    names = dict.fromkeys(overlay.name for overlay in overlays if overlay.name)
    return (("Overlay", ", ".join(names)),) if names else ()


def _number(value: float | None, unit: str = "") -> str:
    if value is None:
        return ""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return f"{text} {unit}".rstrip()
