"""In which order the images of a series are looked at. Reads what ingest has stored, never a file; describes nothing."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from backend.imaging import geometry
from backend.models.viewing import PlacedFrame

SAME_PLACE = (
    "Several images lie in the same place, so the images are in the order of their numbers."
)
UNEVEN = "The distance between the slices is not the same everywhere."

_SAME_PLACE_MM = 0.01


@dataclass(frozen=True, slots=True)
class SeriesOrder:
    """Images in viewing order.

    Attributes:
        images: (SOP instance UID, frame number from 1).
        note: What is odd about their geometry, one sentence, or empty.
    """

    images: tuple[tuple[str, int], ...]
    note: str = ""


def order_images(
    frames: Sequence[PlacedFrame], times: Callable[[], Mapping[str, str]]
) -> SeriesOrder:
    """Put the images of a series in viewing order.

    Parallel slices are ordered by their position along the normal, in the direction in which their instance numbers
    rise. Everything else is ordered by instance number, then by time, then by frame number.

    Args:
        frames: All frames of the series.
        times: Gives when each instance was made, sortable text; asked only where numbers do not tell.
    """
    numbered = _in_order_of_numbers(frames, times)
    slices = geometry.order_slices(
        [_numbers(frame.image_position_mm) for frame in numbered],
        [_numbers(frame.image_orientation) for frame in numbered],
    )
    if slices is None or len(numbered) < 2:
        return SeriesOrder(_named(numbered))
    gaps = [after - before for before, after in pairwise(slices.positions_mm)]
    if min(gaps) <= _SAME_PLACE_MM:
        return SeriesOrder(_named(numbered), SAME_PLACE)
    ordered = [numbered[index] for index in slices.order]
    if _falls(slices.order):
        ordered.reverse()
    return SeriesOrder(_named(ordered), "" if slices.is_regular else UNEVEN)


def _in_order_of_numbers(
    frames: Sequence[PlacedFrame], times: Callable[[], Mapping[str, str]]
) -> list[PlacedFrame]:
    number_of_instance = {frame.sop_instance_uid: frame.instance_number for frame in frames}
    numbers = list(number_of_instance.values())
    tells = None not in numbers and len(set(numbers)) == len(numbers)
    made_at = {} if tells or len(numbers) < 2 else times()
    return sorted(
        frames,
        key=lambda frame: (
            frame.instance_number is None,
            frame.instance_number or 0,
            made_at.get(frame.sop_instance_uid, ""),
            frame.sop_instance_uid,
            frame.frame_number,
        ),
    )


def _falls(order: Sequence[int]) -> bool:
    """Whether the numbers, read along the normal, fall more often than they rise."""
    falling = sum(after < before for before, after in pairwise(order))
    return falling > len(order) - 1 - falling


def _numbers(text: str) -> tuple[float, ...] | None:
    return tuple(json.loads(text)) if text else None


def _named(frames: Sequence[PlacedFrame]) -> tuple[tuple[str, int], ...]:
    return tuple((frame.sop_instance_uid, frame.frame_number) for frame in frames)
