"""What a file says about its display shutter, PS3.3 C.7.6.11. Covering pixels belongs to `backend.imaging.shutter`."""

from dataclasses import dataclass

from backend.dicom.elements import Elements
from backend.imaging.color import cielab_to_srgb
from backend.imaging.geometry import choose_spacing, pixel_aspect
from backend.imaging.model import Shutter, ShutterCircle, ShutterRectangle
from backend.imaging.shutter import covered

_SHAPES = {"RECTANGULAR", "CIRCULAR", "POLYGONAL"}
_INCOMPLETE = "A shape of the display shutter is described incompletely; it is not applied."
_MOST_VERTICES = 10_000
_FARTHEST = 1e6  # rows or columns; no shape reaches farther, and no arithmetic with it overflows


@dataclass(frozen=True, slots=True)
class ShutterImage:
    """The image under a shutter: its size, and height of a pixel divided by its width."""

    rows: int
    columns: int
    aspect: float


def shutter_image(
    elements: Elements, rows: int, columns: int, pixel_spacing_mm: tuple[float, float] | None
) -> ShutterImage:
    """The image under a shutter, from what is known of its pixels.

    Args:
        elements: The data set.
        rows: Height of the image.
        columns: Width of the image.
        pixel_spacing_mm: Of the frame, between rows and between columns.
    """
    imager = elements.numbers("ImagerPixelSpacing")
    spacing = choose_spacing(pixel_spacing_mm, imager)
    return ShutterImage(rows, columns, pixel_aspect(spacing, elements.numbers("PixelAspectRatio")))


def shutter_of(source: Elements, image: ShutterImage) -> Shutter | None:
    """The display shutter.

    A shape that is not described wholly is left out: seeing too much of an image does no harm, seeing too little may.

    Args:
        source: What holds the elements of the Display Shutter Macro.
        image: The image under it.

    Returns:
        None where there is none, with a note where there is one that cannot be applied.
    """
    shapes = set(source.strings("ShutterShape"))
    if not shapes:
        return None
    if not shapes <= _SHAPES:
        source.note("The display shutter has a shape that is not known; it is not applied.")
        shapes &= _SHAPES
    rectangle = _rectangle(source) if "RECTANGULAR" in shapes else None
    circle = _circle(source, image.aspect) if "CIRCULAR" in shapes else None
    polygon = _polygon(source) if "POLYGONAL" in shapes else ()
    if rectangle is None and circle is None and not polygon:
        return None
    value = source.integer("ShutterPresentationValue")
    shutter = Shutter(
        rows=image.rows,
        columns=image.columns,
        rectangle=rectangle,
        circle=circle,
        polygon=polygon,
        presentation_value=min(max(value or 0, 0), 65535),
        presentation_colour=_colour(source),
    )
    if covered(shutter).all():
        source.note("The display shutter would cover the whole image; it is not applied.")
        return None
    return shutter


def _rectangle(source: Elements) -> ShutterRectangle | None:
    left, right, upper, lower = (
        source.number(f"Shutter{edge}Edge")
        for edge in ("LeftVertical", "RightVertical", "UpperHorizontal", "LowerHorizontal")
    )
    if left is None or right is None or upper is None or lower is None:
        source.note(_INCOMPLETE)
        return None
    return ShutterRectangle(left=left, right=right, upper=upper, lower=lower)


def _circle(source: Elements, aspect: float) -> ShutterCircle | None:
    """The radius counts pixels along a row, so a circle in the patient has another half axis in rows."""
    center, radius = (
        source.numbers("CenterOfCircularShutter"),
        source.positive("RadiusOfCircularShutter"),
    )
    halves = () if radius is None else (radius / aspect, radius)
    if len(center) != 2 or not halves or not _is_near(*center, *halves) or min(halves) == 0:
        source.note(_INCOMPLETE)
        return None
    return ShutterCircle(
        center_row=center[0],
        center_column=center[1],
        radius_rows=halves[0],
        radius_columns=halves[1],
    )


def _polygon(source: Elements) -> tuple[tuple[float, float], ...]:
    numbers = source.numbers("VerticesOfThePolygonalShutter")
    is_whole = len(numbers) % 2 == 0 and 6 <= len(numbers) <= 2 * _MOST_VERTICES
    if not is_whole or not _is_near(*numbers):
        source.note(_INCOMPLETE)
        return ()
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def _is_near(*numbers: float) -> bool:
    return all(abs(number) <= _FARTHEST for number in numbers)


def _colour(source: Elements) -> tuple[int, int, int] | None:
    values = source.numbers("ShutterPresentationColorCIELabValue")
    return cielab_to_srgb(values[0], values[1], values[2]) if len(values) == 3 else None
