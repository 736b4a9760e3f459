"""The frames of a series in the order of their numbers, where each lies, and what is known of it. Pure."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from backend.dicom.model import InstanceAttributes
from backend.imaging import stack_geometry as geometry
from backend.models.viewing import PlacedFrame
from backend.services.stack_axes import Image, image_of

Attributes = Mapping[str, InstanceAttributes]


@dataclass(eq=False)
class SeriesFrames:
    """The frames of a series in the order of their numbers, and what is known of each.

    Attributes:
        given: The frames in any order.
        ask: Gives what the files say; asked at most once.
    """

    given: Sequence[PlacedFrame]
    ask: Callable[[], Attributes]
    _images: dict[int, Image] = field(default_factory=dict)

    @cached_property
    def told(self) -> Attributes:
        """What the files say, by SOP Instance UID."""
        return self.ask()

    @cached_property
    def frames(self) -> list[PlacedFrame]:
        """By instance number, then by time, then by frame number."""
        number_of_instance = {frame.sop_instance_uid: frame.instance_number for frame in self.given}
        numbers = list(number_of_instance.values())
        tells = None not in numbers and len(set(numbers)) == len(numbers)
        made_at = {} if tells or len(numbers) < 2 else _times(self.told)
        return sorted(
            self.given,
            key=lambda frame: (
                frame.instance_number is None,
                frame.instance_number or 0,
                made_at.get(frame.sop_instance_uid, ""),
                frame.sop_instance_uid,
                frame.frame_number,
            ),
        )

    @cached_property
    def positions(self) -> list[tuple[float, ...] | None]:
        """Where each frame lies, None where the file does not say."""
        return [_numbers(frame.image_position_mm, 3) for frame in self.frames]

    @cached_property
    def groups(self) -> list[int]:
        """Which of the orientations each frame has, from 0; -1 for one that lies nowhere."""
        texts = list(dict.fromkeys(frame.image_orientation for frame in self.frames))
        found = geometry.group_by_orientation([_numbers(text, 6) for text in texts])
        known = dict(zip(texts, found, strict=True))
        return [
            -1 if position is None else known[frame.image_orientation]
            for frame, position in zip(self.frames, self.positions, strict=True)
        ]

    def orientation(self, frames: Sequence[int]) -> tuple[float, ...]:
        """The orientation of frames of one group."""
        return _numbers(self.frames[frames[0]].image_orientation, 6) or ()

    def positions_of(self, frames: Sequence[int]) -> list[tuple[float, ...]]:
        """Positions of frames that lie somewhere."""
        return [self.positions[index] or () for index in frames]

    def places(self, frames: Sequence[int]) -> list[int]:
        """Which place along their normal each of these parallel frames lies in, from 0."""
        along = geometry.along_normal(self.positions_of(frames), self.orientation(frames))
        return [int(place) for place in geometry.places(along)]

    def image(self, index: int) -> Image:
        """A frame with all that its file says."""
        if index not in self._images:
            frame = self.frames[index]
            self._images[index] = image_of(frame, self.told[frame.sop_instance_uid])
        return self._images[index]


def falls(order: Sequence[int]) -> bool:
    """Whether the numbers, read along the normal, fall more often than they rise."""
    falling = sum(after < before for before, after in pairwise(order))
    return falling > len(order) - 1 - falling


def _times(told: Attributes) -> dict[str, str]:
    """When each instance was made, as text that sorts: acquisition, else content date and time."""
    return {
        sop_instance_uid: said.acquisition_date + said.acquisition_time
        or said.content_date + said.content_time
        for sop_instance_uid, said in told.items()
    }


def _numbers(text: str, count: int) -> tuple[float, ...] | None:
    values = tuple(json.loads(text)) if text else ()
    return values if len(values) == count and all(map(math.isfinite, values)) else None
