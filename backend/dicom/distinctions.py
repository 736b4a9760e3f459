"""What may set a frame apart from others in the same place: echo, b-value, phase and so on, as standard and makers write it.

Which of it really does is decided in `backend.services.stacks`.
"""

import re

from pydicom.datadict import dictionary_description, dictionary_has_tag

from backend.dicom.elements import Elements
from backend.dicom.model import FrameDistinction, Vector3

# GE adds this to some b-values as a mark, in (0043,1039) only.
_GE_MARK = 1_000_000_000
_LARGEST_B_VALUE = 100_000.0
_COMPONENTS_OF_GE = ("MAGNITUDE", "PHASE", "REAL", "IMAGINARY")
_KINDS_OF_FRAME_TYPE = ("MRImage", "CTImage", "PET", "XRay3D")
_DATE_AND_TIME = re.compile(r"[0-9]{4,14}(\.[0-9]{1,6})?([+-][0-9]{4})?")
_MOST_DIMENSIONS = 8
_LABEL_CHARACTERS = 64
# Dimensions that say where a frame lies or when it was taken: read from the frame's own groups instead.
_PLACE_AND_TIME = {
    0x00200032, 0x00200037, 0x00209056, 0x00209057, 0x00209128, 0x0020930D, 0x0020920F, 0x0048021A, 0x0048021E,
    0x0048021F, 0x0040072A, 0x0040073A, 0x0040074A, 0x00209113, 0x00209116,
}  # fmt: skip


def frame_distinction(
    groups: list[Elements], dimension_labels: tuple[str | None, ...]
) -> FrameDistinction:
    """What may set a frame apart.

    Args:
        groups: Where to look its attributes up: functional groups of the frame, shared ones, the data set; only the
            data set for a classic image.
        dimension_labels: From `dimension_labels`.

    References:
        PS3.3 C.7.6.16.2.2 (Frame Content), C.8.13.5 (MR functional groups), C.7.6.16.2.7 (Cardiac Synchronization).
    """
    data_set = groups[-1]
    content = _group(groups, "FrameContentSequence")
    echo = _group(groups, "MREchoSequence")
    modifier = _group(groups, "MRModifierSequence")
    timing = _group(groups, "MRTimingAndRelatedParametersSequence")
    cardiac = _group(groups, "CardiacSynchronizationSequence")
    frame_type = _frame_type(groups)
    return FrameDistinction(
        image_type=frame_type.strings("FrameType") if frame_type else (),
        complex_image_component=(
            (frame_type.string("ComplexImageComponent") if frame_type else "")
            or data_set.string("ComplexImageComponent")
            or _component_of_ge(data_set)
        ),
        echo_number=data_set.integer("EchoNumbers"),
        echo_time_ms=echo.number("EffectiveEchoTime") if echo else None,
        inversion_time_ms=modifier.number("InversionTimes") if modifier else None,
        flip_angle_degrees=timing.number("FlipAngle") if timing else None,
        b_value=_b_value(groups),
        gradient_direction=_gradient_direction(groups),
        temporal_position=content.integer("TemporalPositionIndex") if content else None,
        trigger_time_ms=(
            cardiac.number("NominalCardiacTriggerDelayTime")
            if cardiac
            else data_set.number("TriggerTime")
        ),
        cardiac_phase_percent=(cardiac or data_set).number("NominalPercentageOfCardiacPhase"),
        acquisition_number=content.integer("FrameAcquisitionNumber") if content else None,
        acquired_at=_date_and_time(content) if content else "",
        dimensions=_dimensions(content, dimension_labels) if content else (),
    )


def dimension_labels(elements: Elements) -> tuple[str | None, ...]:
    """A short name for each dimension of an enhanced object, None for those that say place or time, PS3.3 C.7.6.17."""
    labels: list[str | None] = []
    for item in elements.items("DimensionIndexSequence")[:_MOST_DIMENSIONS]:
        pointer = item.words("DimensionIndexPointer")
        tag = pointer[0] << 16 | pointer[1] if len(pointer) == 2 else 0
        if tag in _PLACE_AND_TIME or not tag:
            labels.append(None)
            continue
        known = dictionary_description(tag) if dictionary_has_tag(tag) else ""
        label = known or item.text("DimensionDescriptionLabel") or "dimension"
        labels.append(label.lower()[:_LABEL_CHARACTERS])
    return tuple(labels)


def _dimensions(content: Elements, labels: tuple[str | None, ...]) -> tuple[tuple[str, int], ...]:
    values = content.numbers("DimensionIndexValues")[:_MOST_DIMENSIONS]
    if len(values) != len(labels):
        return ()
    return tuple(
        (label, int(value))
        for label, value in zip(labels, values, strict=True)
        if label is not None
    )


def _group(groups: list[Elements], keyword: str) -> Elements | None:
    """The first item of a functional group; never a sequence of the data set of a classic image by that name."""
    for group in groups[:-1]:
        if keyword in group:
            found = group.item(keyword)
            if found is not None:
                return found
    return None


def _frame_type(groups: list[Elements]) -> Elements | None:
    found = (_group(groups, f"{kind}FrameTypeSequence") for kind in _KINDS_OF_FRAME_TYPE)
    return next((group for group in found if group is not None), None)


def _date_and_time(content: Elements) -> str:
    values = content.strings("FrameAcquisitionDateTime")
    return values[0] if values and _DATE_AND_TIME.fullmatch(values[0]) else ""


def _b_value(groups: list[Elements]) -> float | None:
    """The b-value in s/mm2: the standard's, else what Siemens, GE, Philips or United Imaging writes."""
    diffusion = _group(groups, "MRDiffusionSequence")
    data_set = groups[-1]
    standard = diffusion.number("DiffusionBValue") if diffusion else None
    if standard is None:
        standard = data_set.number("DiffusionBValue")
    candidates = (
        (standard,) if standard is not None else (),
        data_set.private_numbers("SIEMENS MR HEADER", 0x0019, 0x0C, "IS"),
        data_set.private_numbers("GEMS_PARM_01", 0x0043, 0x39, "IS"),
        data_set.private_numbers("Philips Imaging DD 001", 0x2001, 0x03, "FL"),
        data_set.private_numbers("Image Private Header", 0x0065, 0x09, "FD"),
    )
    for values in candidates:
        if values:
            value = values[0] - _GE_MARK if values[0] >= _GE_MARK else values[0]
            return float(value) if 0 <= value <= _LARGEST_B_VALUE else None
    return None


def _gradient_direction(groups: list[Elements]) -> Vector3 | None:
    diffusion = _group(groups, "MRDiffusionSequence")
    direction = diffusion.item("DiffusionGradientDirectionSequence") if diffusion else None
    data_set = groups[-1]
    candidates = (
        direction.numbers("DiffusionGradientOrientation") if direction else (),
        data_set.numbers("DiffusionGradientOrientation"),
        data_set.private_numbers("SIEMENS MR HEADER", 0x0019, 0x0E, "FD"),
        _parts(data_set, "GEMS_ACQU_01", 0x0019, (0xBB, 0xBC, 0xBD), "DS"),
        _parts(data_set, "Philips MR Imaging DD 001", 0x2005, (0xB0, 0xB1, 0xB2), "FL"),
    )
    for values in candidates:
        if len(values) == 3:
            return values[0], values[1], values[2]
    return None


def _parts(
    data_set: Elements, creator: str, group: int, elements: tuple[int, ...], vr: str
) -> tuple[float, ...]:
    found = [data_set.private_numbers(creator, group, element, vr)[:1] for element in elements]
    return tuple(number for part in found for number in part)


def _component_of_ge(data_set: Elements) -> str:
    values = data_set.private_numbers("GEMS_PARM_01", 0x0043, 0x2F, "SS")
    if not values or values[0] not in range(len(_COMPONENTS_OF_GE)):
        return ""
    return _COMPONENTS_OF_GE[int(values[0])]
