"""The stacks of a series: which images belong together, and in which order they are looked at. Pure.

A stack is what one scrolls through. How a series is divided is in `stack_splitting`; here stacks get their order, their
names, and what is said about them. Every image belongs to exactly one stack.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from backend.imaging import stack_geometry as geometry
from backend.models.viewing import PlacedFrame
from backend.services import stack_notes
from backend.services.series_frames import Attributes, SeriesFrames, falls
from backend.services.stack_splitting import Part, split

_LONGEST_ID = 48


@dataclass(frozen=True, slots=True)
class Stack:
    """Images in viewing order.

    Attributes:
        stack_id: Names it within its series; empty where the series is one stack.
        label: What sets it apart from the others; empty likewise.
        images: (SOP instance UID, frame number from 1).
        rows: Of the first image.
        columns: Of the first image.
        instance_count: Objects that its images are frames of.
        is_cine: Whether it is a film, or holds frames of one.
        measure: How its slices lie; None where it is no stack of slices.
        note: What is odd about its geometry, or empty.
    """

    stack_id: str
    label: str
    images: tuple[tuple[str, int], ...]
    rows: int
    columns: int
    instance_count: int
    is_cine: bool
    measure: geometry.StackMeasure | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class SeriesStacks:
    """The stacks of a series in the order of the strip; none where nothing can be shown."""

    stacks: tuple[Stack, ...]

    @property
    def image_count(self) -> int:
        """Images of all stacks together."""
        return sum(len(stack.images) for stack in self.stacks)

    def find(self, stack_id: str) -> Stack | None:
        """A stack by its name; the first one by an empty name, as addresses have it that name the series only."""
        if not stack_id:
            return self.stacks[0] if self.stacks else None
        return next((stack for stack in self.stacks if stack.stack_id == stack_id), None)


def stacks_of(
    frames: Sequence[PlacedFrame], told: Callable[[], Attributes], modality: str = ""
) -> SeriesStacks:
    """Find the stacks of a series.

    Args:
        frames: All frames of its displayable instances.
        told: Gives what the files say, by SOP Instance UID; asked only where places and numbers do not tell.
        modality: Of the series; decides what a film of several is called.
    """
    if not frames:
        return SeriesStacks(())
    known = SeriesFrames(frames, told)
    parts = split(known, modality)
    directions = _directions(known, parts)
    if len(parts) == 1:
        return SeriesStacks((_stack(known, parts[0], "", "", directions),))
    labels = _told_apart([" · ".join(part.labels) for part in parts])
    return SeriesStacks(
        tuple(
            _stack(known, part, label, stack_id, directions)
            for part, label, stack_id in zip(parts, labels, _ids(labels), strict=True)
        )
    )


def _stack(
    known: SeriesFrames, part: Part, label: str, stack_id: str, directions: Mapping[int, int]
) -> Stack:
    order, measure = list(part.frames), None
    if part.is_slices:
        direction = directions[known.groups[order[0]]]
        place = known.places(order)
        # Images of one place stay in the order of their numbers.
        order = [
            order[at] for at in sorted(range(len(order)), key=lambda at: direction * place[at])
        ]
        if not part.note:
            measure = geometry.measure_stack(known.positions_of(order), known.orientation(order))
    frames = [known.frames[index] for index in order]
    return Stack(
        stack_id=stack_id,
        label=label,
        images=tuple((frame.sop_instance_uid, frame.frame_number) for frame in frames),
        rows=frames[0].rows,
        columns=frames[0].columns,
        instance_count=len({frame.sop_instance_uid for frame in frames}),
        is_cine=any(frame.frame_count > 1 for frame in frames),
        measure=measure,
        note=part.note or (stack_notes.measured(measure) if measure else ""),
    )


def _directions(known: SeriesFrames, parts: Sequence[Part]) -> dict[int, int]:
    """1 or -1 for each orientation: the way along the normal in which numbers rise, the same for all of its stacks."""
    votes: Counter[int] = Counter()
    for part in parts:
        if part.is_slices:
            place = known.places(part.frames)
            by_place = sorted(range(len(place)), key=place.__getitem__)
            votes[known.groups[part.frames[0]]] += -1 if falls(by_place) else 1
    return {group: 1 if vote >= 0 else -1 for group, vote in votes.items()}


def _told_apart(labels: Sequence[str]) -> list[str]:
    """Labels of which no two are alike: those that are get a number."""
    often = Counter(labels)
    seen: Counter[str] = Counter()
    found = []
    for label in labels:
        seen[label] += 1
        found.append(f"{label} · {seen[label]}".strip(" ·") if often[label] > 1 else label)
    return found


def _ids(labels: Sequence[str]) -> list[str]:
    """Short names for addresses that stay the same when a further phase arrives."""
    found: list[str] = []
    for label in labels:
        name = re.sub(r" of [0-9]+", "", label.lower())
        name = re.sub(r"[^a-z0-9.]+", "-", name).strip("-")[:_LONGEST_ID] or "stack"
        wanted, number = name, 1
        while wanted in found:
            number += 1
            wanted = f"{name}-{number}"
        found.append(wanted)
    return found
