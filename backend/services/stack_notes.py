"""What is said about the geometry of a stack: one calm sentence each, and only what is true. Pure."""

from backend.imaging.stack_geometry import StackMeasure

SAME_PLACE = (
    "Several images lie in the same place, so the images are in the order of their numbers."
)
UNEVEN = "The distance between the slices is not the same everywhere."
_SAME_TILT_DEGREES = 1.0
_TOUCHING_MM = 0.05


def some_in_one_place(count: int) -> str:
    """A few images lie where another one lies, which nothing explains."""
    if count == 1:
        return "One image lies in the same place as another."
    return f"{count} images lie in the same place as another."


def several_directions(count: int) -> str:
    """The images were left together although they are not parallel."""
    return f"The images look in {count} directions, so they are in the order of their numbers."


def one_place_after_another(phases: int) -> str:
    """There were too many phases, and too many places, for stacks of their own."""
    return f"Each place was imaged {phases} times; the images of one place follow one another."


def measured(measure: StackMeasure) -> str:
    """What the places of the slices alone tell."""
    sentences = (
        _gaps(measure),
        "" if measure.is_even else UNEVEN,
        _sheared(measure.shear_degrees) if measure.shear_degrees else "",
    )
    return " ".join(sentence for sentence in sentences if sentence)


def told(
    measure: StackMeasure, slice_thickness_mm: float | None, gantry_tilt_degrees: float | None
) -> str:
    """What places and files tell together beyond `measured`.

    Args:
        measure: How the slices lie.
        slice_thickness_mm: Nominal thickness that all slices share.
        gantry_tilt_degrees: Gantry/Detector Tilt (0018,1120) that all slices share.
    """
    return " ".join(
        sentence
        for sentence in (
            _tilted(measure, gantry_tilt_degrees),
            _overlapping(measure, slice_thickness_mm),
        )
        if sentence
    )


def _gaps(measure: StackMeasure) -> str:
    if not measure.gaps:
        return ""
    missing = sum(gap.missing for gap in measure.gaps)
    largest = max(measure.gaps, key=lambda gap: gap.length_mm)
    where = f"{_mm(largest.length_mm)} after image {largest.after + 1}"
    slices = "one slice is missing" if missing == 1 else f"{missing} slices are missing"
    # Where more is missing than is there, nobody knows what it was.
    is_known = missing < measure.slice_count
    if len(measure.gaps) == 1:
        return f"There is a gap of {where}" + (f": {slices}." if is_known else ".")
    return f"There are {len(measure.gaps)} gaps, the largest of {where}" + (
        f": {slices} in all." if is_known else "."
    )


def _sheared(degrees: float) -> str:
    return f"The slices are sheared by {degrees:.1f}°, as by a tilted gantry."


def _tilted(measure: StackMeasure, gantry_tilt_degrees: float | None) -> str:
    tilt = abs(gantry_tilt_degrees or 0.0)
    if tilt < 0.5:
        return ""
    if measure.shear_degrees and abs(tilt - measure.shear_degrees) <= _SAME_TILT_DEGREES:
        return ""
    return f"The file says that the gantry was tilted by {tilt:.1f}°."


def _overlapping(measure: StackMeasure, slice_thickness_mm: float | None) -> str:
    if slice_thickness_mm is None or measure.spacing_mm is None:
        return ""
    if slice_thickness_mm - measure.spacing_mm <= _TOUCHING_MM:
        return ""
    return f"The slices overlap: {_mm(slice_thickness_mm)} thick, {_mm(measure.spacing_mm)} apart."


def _mm(length: float) -> str:
    return f"{length:.2f}".rstrip("0").rstrip(".") + " mm"
