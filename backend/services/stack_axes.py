"""What may set images of one place apart, in the order in which it is tried, and how it is called. Pure.

An axis knows a value of every image and a label for every value. Which axis explains why several images lie in one
place is decided in `stacks`.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from backend.dicom.model import FrameDistinction, FrameGeometry, InstanceAttributes
from backend.models.viewing import PlacedFrame

_IMAGE_TYPES = {
    "M": "magnitude",
    "P": "phase image",
    "R": "real",
    "I": "imaginary",
    "PHASE": "phase image",
    "W": "water",
    "F": "fat",
    "IP": "in phase",
    "OP": "opposed phase",
    "ADC": "ADC",
    "FA": "FA",
    "MIP": "MIP",
    "MPR": "MPR",
    "TRACEW": "trace",
}
_LONGEST_WORD = 32


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """One frame with all that is known of it.

    Attributes:
        frame: Where it lies.
        said: What its file says.
        apart: What sets it apart, as its functional groups say; see `FrameDistinction`.
        geometry: Its geometry.
    """

    frame: PlacedFrame
    said: InstanceAttributes
    apart: FrameDistinction
    geometry: FrameGeometry


@dataclass(frozen=True, slots=True)
class Axis:
    """Something that may set images apart.

    Attributes:
        value: Of an image; None where its file does not say.
        labels: For the different values, in order, one label each, each different where the values are.
        is_time: Whether it is time that passes from one value to the next.
        is_ranked: Whether only the order of the values at one place counts: they differ from place to place.
        is_declared: Whether the file itself says that images are to be told apart by it.
        is_sorted: Whether values are ordered by size; otherwise by first appearance.
    """

    value: Callable[[Image], Any]
    labels: Callable[[Sequence[Any]], list[str]]
    is_time: bool = False
    is_ranked: bool = False
    is_declared: bool = False
    is_sorted: bool = True


def image_of(frame: PlacedFrame, said: InstanceAttributes) -> Image:
    """A frame together with what its file says of it."""
    index = frame.frame_number - 1
    return Image(frame, said, said.frame_distinction(index), said.frame_geometry(index))


def number_text(value: float) -> str:
    """A number with at most two decimals, none of them a needless zero."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


# ---------------------------------------------------------------- values


def _image_type(image: Image) -> Hashable:
    return tuple(part.upper() for part in image.apart.image_type or image.said.image_type) or None


def _spacing(image: Image) -> Hashable:
    spacing = image.geometry.pixel_spacing_mm or image.said.spacing.pixel_spacing_mm
    return None if spacing is None else tuple(round(value, 4) for value in spacing)


def _rounded(value: float | None, digits: int = 2) -> float | None:
    return None if value is None else round(value, digits)


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _direction(image: Image) -> Hashable:
    direction = image.apart.gradient_direction
    return None if direction is None else tuple(round(part, 3) + 0.0 for part in direction)


def _acquired_at(image: Image) -> str | None:
    said = image.said
    when = image.apart.acquired_at or said.acquisition_date + said.acquisition_time
    return when or said.content_date + said.content_time or None


def _dimension(at: int) -> Callable[[Image], Hashable]:
    return lambda image: image.apart.dimensions[at] if at < len(image.apart.dimensions) else None


# ---------------------------------------------------------------- labels


def _named(name: str, text: Callable[[Any], str] = number_text) -> Callable[..., list[str]]:
    """Labels that are the value itself: "b 1000", and "without b" where there is none."""

    def labels(values: Sequence[Any]) -> list[str]:
        return [
            f"without {name}".strip() if value is None else text(value).strip() for value in values
        ]

    return labels


def _counted(name: str) -> Callable[[Sequence[Any]], list[str]]:
    """Labels that count: "phase 3 of 10"."""

    def labels(values: Sequence[Any]) -> list[str]:
        return [f"{name} {number} of {len(values)}" for number in range(1, len(values) + 1)]

    return labels


def _unnumbered(name: str) -> Callable[[Sequence[Any]], list[str]]:
    return lambda values: [f"{name} {number}" for number in range(1, len(values) + 1)]


def _image_type_labels(values: Sequence[Any]) -> list[str]:
    """What is in one image type and not in all of them."""
    common = set.intersection(*(set(value or ()) for value in values))
    labels = []
    for value in values:
        own = [_image_type_word(part) for part in value or () if part and part not in common]
        labels.append(" ".join(dict.fromkeys(own)) or "plain")
    return labels


def _image_type_word(part: str) -> str:
    return _IMAGE_TYPES.get(part, part.replace("_", " ").lower())[:_LONGEST_WORD]


def _component_labels(values: Sequence[Any]) -> list[str]:
    return [_image_type_word(value) if value else "plain" for value in values]


def _class_text(name: str) -> str:
    return name.removesuffix(" Storage")


def _dimension_labels(values: Sequence[Any]) -> list[str]:
    labels = []
    for value in values:
        if value is None:
            labels.append("without dimension")
            continue
        name = value[0].removeprefix("referenced ").removesuffix(" number").removesuffix(" index")
        labels.append(f"{name} {value[1]}")
    return labels


# Where the first pixel lies within the plane; known from the places of the frames, not from what their files say.
STATION = Axis(lambda _image: None, _counted("station"), is_sorted=False)

AXES: tuple[Axis, ...] = (
    Axis(
        lambda image: image.said.sop_class_name,
        _named("class", _class_text),
        is_sorted=False,
    ),
    Axis(
        lambda image: (image.frame.columns, image.frame.rows),
        _named("size", lambda value: f"{value[0]} × {value[1]}"),
    ),
    Axis(
        _spacing,
        _named("spacing", lambda value: f"pixels of {number_text(value[0])} mm"),
    ),
    Axis(
        lambda image: image.said.series.frame_of_reference_uid or None,
        _unnumbered("frame of reference"),
        is_sorted=False,
    ),
    Axis(
        lambda image: image.geometry.stack_id or None,
        _named("stack", lambda value: f"stack {value}"),
    ),
    Axis(_image_type, _image_type_labels, is_sorted=False),
    Axis(
        lambda image: image.apart.complex_image_component or None,
        _component_labels,
        is_sorted=False,
    ),
    Axis(
        lambda image: _rounded(
            _first(image.apart.echo_time_ms, image.said.acquisition.echo_time_ms)
        ),
        _named("TE", lambda value: f"TE {number_text(value)} ms"),
    ),
    Axis(
        lambda image: image.apart.echo_number,
        _named("echo number", lambda value: f"echo {value}"),
    ),
    Axis(
        lambda image: _rounded(image.apart.b_value, 1),
        _named("b-value", lambda value: f"b {number_text(value)}"),
    ),
    Axis(_direction, _unnumbered("direction"), is_sorted=False),
    Axis(
        lambda image: _rounded(
            _first(image.apart.inversion_time_ms, image.said.acquisition.inversion_time_ms)
        ),
        _named("TI", lambda value: f"TI {number_text(value)} ms"),
    ),
    Axis(
        lambda image: _rounded(
            _first(image.apart.flip_angle_degrees, image.said.acquisition.flip_angle_degrees)
        ),
        _named("flip angle", lambda value: f"flip angle {number_text(value)}°"),
    ),
    Axis(
        lambda image: _rounded(image.said.acquisition.repetition_time_ms),
        _named("TR", lambda value: f"TR {number_text(value)} ms"),
    ),
    Axis(
        lambda image: _rounded(image.said.acquisition.kvp),
        _named("kV", lambda value: f"{number_text(value)} kV"),
    ),
    Axis(
        lambda image: image.said.acquisition.convolution_kernel or None,
        _named("kernel", lambda value: f"kernel {value}"),
    ),
    Axis(
        lambda image: _rounded(image.geometry.slice_thickness_mm),
        _named("thickness", lambda value: f"{number_text(value)} mm slices"),
    ),
    Axis(
        lambda image: _first(
            image.apart.temporal_position, image.said.temporal_position_identifier
        ),
        _counted("phase"),
        is_time=True,
    ),
    Axis(
        lambda image: _rounded(image.apart.cardiac_phase_percent),
        _named("phase", lambda value: f"phase {number_text(value)} %"),
        is_time=True,
    ),
    Axis(
        lambda image: image.apart.trigger_time_ms,
        _counted("phase"),
        is_time=True,
        is_ranked=True,
    ),
    *(Axis(_dimension(at), _dimension_labels, is_declared=True) for at in range(4)),
    Axis(
        lambda image: _first(image.apart.acquisition_number, image.said.acquisition_number),
        _named("acquisition number", lambda value: f"acquisition {value}"),
        is_time=True,
    ),
    Axis(
        lambda image: image.frame.sop_instance_uid if image.frame.frame_count > 1 else None,
        _unnumbered("object"),
        is_sorted=False,
    ),
    Axis(_acquired_at, _counted("phase"), is_time=True, is_ranked=True),
)
