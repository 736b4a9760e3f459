"""Images divided by what one axis says of them, and whether that explains why several lie in one place. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from backend.imaging import stack_geometry as geometry
from backend.services.series_frames import SeriesFrames
from backend.services.stack_axes import AXES, STATION, Axis

# More parts than this are no help: then the images of one place follow one another in time.
MOST_PARTS = 40
# A beating heart is watched place by place, once there are enough phases for a film.
_HEART_PHASES = 10
_HEART_CYCLE_MS = 2500.0


@dataclass(frozen=True, slots=True, eq=False)
class Division:
    """Parallel images divided by what one axis says of them.

    Attributes:
        axis: The axis.
        values: Its different values, in order.
        of_frame: For each image, which of them.
    """

    axis: Axis
    values: Sequence[Any]
    of_frame: Sequence[int]

    def labels(self) -> list[str]:
        """A label for each part."""
        return self.axis.labels(self.values)

    def parts(self, frames: Sequence[int]) -> list[list[int]]:
        """The images of each part."""
        found: list[list[int]] = [[] for _ in self.values]
        for index, which in zip(frames, self.of_frame, strict=True):
            found[which].append(index)
        return found

    def explains(self, place: Sequence[int]) -> bool:
        """Whether it really explains why images share places; see the module."""
        images_at = Counter(place)
        most = MOST_PARTS if self.axis.is_declared else max(images_at.values())
        if not 2 <= len(self.values) <= most:
            return False
        return len(set(zip(self.of_frame, place, strict=True))) > len(images_at)

    def is_film(self, known: SeriesFrames, frames: Sequence[int], place: Sequence[int]) -> bool:
        """Whether a reader wants to watch place by place rather than phase by phase."""
        phases = len(self.values)
        if phases > MOST_PARTS:
            return True
        is_fast = self.axis.is_time and phases >= _HEART_PHASES and phases > len(set(place))
        return is_fast and _beats(known, frames)


def divisions(
    known: SeriesFrames, frames: Sequence[int], place: Sequence[int]
) -> Iterator[Division]:
    """What each axis makes of parallel images that it does not find all alike, in the order in which they are tried."""
    beside = geometry.in_plane(known.positions_of(frames), known.orientation(frames))
    if len(set(beside)) > 1:
        yield _division(STATION, beside)
    for axis in AXES:
        said = [axis.value(known.image(index)) for index in frames]
        values = _ranks(said, place) if axis.is_ranked else said
        if values is not None and len(set(values)) > 1:
            yield _division(axis, values)


def _division(axis: Axis, said: Sequence[Any]) -> Division:
    values = list(dict.fromkeys(said))
    if axis.is_sorted:
        values.sort(key=lambda value: (value is None, 0 if value is None else value))
    number = {value: at for at, value in enumerate(values)}
    return Division(axis, values, [number[value] for value in said])


def _ranks(said: Sequence[Any], place: Sequence[int]) -> list[int] | None:
    """For each image, at which turn its place was imaged; None where that is not clear."""
    at_place: dict[int, list[int]] = {}
    for at, where in enumerate(place):
        at_place.setdefault(where, []).append(at)
    most = max(len(images) for images in at_place.values())
    complete = sum(len(images) == most for images in at_place.values())
    ranks = [0] * len(said)
    for images in at_place.values():
        values = [said[at] for at in images]
        if None in values or len(set(values)) < len(values):
            return None
        for rank, at in enumerate(sorted(images, key=lambda at: said[at]), start=1):
            ranks[at] = rank
    return ranks if 2 * complete >= len(at_place) else None


def _beats(known: SeriesFrames, frames: Sequence[int]) -> bool:
    """Whether the images are phases of a beating heart."""
    images = [known.image(index) for index in frames]
    percents = {image.apart.cardiac_phase_percent for image in images} - {None}
    times = [image.apart.trigger_time_ms for image in images]
    delays = {time for time in times if time is not None}
    is_cycle = len(delays) >= _HEART_PHASES and max(delays) - min(delays) <= _HEART_CYCLE_MS
    return is_cycle or len(percents) >= _HEART_PHASES
