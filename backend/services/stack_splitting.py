"""How the images of a series are divided into stacks. Pure: numbers and what ingest has stored.

A series is divided only where several of its images lie in one place, or where they are not parallel, and then by
whatever really explains it (`stack_axes`): a division explains it when it has no more parts than there are images in
one place, and when fewer images share a place within the parts than did before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.imaging import stack_geometry as geometry
from backend.services import stack_notes
from backend.services.series_frames import SeriesFrames, falls
from backend.services.stack_divisions import MOST_PARTS, Division, divisions

# So few images beside another one in the same place do not undo the order of the others.
_FEW = 0.1
_MOST_LONELY_DIRECTIONS = 3
# So many slices at least tell whether they are even.
_FEWEST_EVEN = 3
_CLIPS = {"US", "IVUS", "IVOCT", "XA", "RF", "ES", "GM", "XC", "OP", "OPT"}


@dataclass(frozen=True, slots=True)
class Part:
    """Images of one stack.

    Attributes:
        frames: Indices into `SeriesFrames.frames`; in viewing order unless `is_slices`.
        labels: What has set it apart.
        is_slices: Whether it is to be ordered by place.
        note: What is odd about it, or empty.
    """

    frames: tuple[int, ...]
    labels: tuple[str, ...] = ()
    is_slices: bool = False
    note: str = ""


# ---------------------------------------------------------------- films, directions, what lies nowhere


def split(known: SeriesFrames, modality: str = "") -> list[Part]:
    """Divide a series.

    Args:
        known: Its frames, at least one.
        modality: Decides what one film of several is called.
    """
    films, rest = _films(known)
    nowhere = tuple(index for index in rest if known.groups[index] == -1)
    directions = _by_value([index for index in rest if known.groups[index] != -1], known.groups)
    is_divided = len(films) + bool(nowhere) + len(directions) > 1
    found = [
        [Part(film, (label,) if is_divided else ())]
        for film, label in zip(films, _film_labels(known, films, modality), strict=True)
    ]
    if nowhere:
        label = "single images" if films and not directions else "without position"
        found.append([Part(nowhere, (label,) if is_divided else ())])
    if _stay_together(known, directions):
        found.append([_together(directions, ("several directions",) if found else ())])
    else:
        names = _plane_labels(known, directions) if is_divided else [()] * len(directions)
        for group, labels in zip(directions.values(), names, strict=True):
            found.append(_split_parallel(known, group, labels))
    # What came first stands first; the parts of one piece stay in the order of their values.
    found.sort(key=lambda parts: min(min(part.frames) for part in parts))
    return [part for parts in found for part in parts]


def _films(known: SeriesFrames) -> tuple[list[tuple[int, ...]], list[int]]:
    """Objects of several frames that all lie in one place, or nowhere, and the frames of all others."""
    of_object: dict[str, list[int]] = {}
    rest = []
    for index, frame in enumerate(known.frames):
        if frame.frame_count > 1:
            of_object.setdefault(frame.sop_instance_uid, []).append(index)
        else:
            rest.append(index)
    films = []
    for frames in of_object.values():
        where = {
            (known.frames[index].image_position_mm, known.frames[index].image_orientation)
            for index in frames
        }
        if len(where) == 1:
            films.append(tuple(frames))
        else:
            rest += frames
    return films, sorted(rest)


def _film_labels(
    known: SeriesFrames, films: Sequence[Sequence[int]], modality: str
) -> Sequence[str]:
    word = "clip" if modality in _CLIPS else "object"
    numbers = [known.frames[film[0]].instance_number for film in films]
    if None in numbers or len(set(numbers)) < len(numbers):
        return [f"{word} {number}" for number in range(1, len(films) + 1)]
    return [f"{word} {number}" for number in numbers]


def _stay_together(known: SeriesFrames, directions: Mapping[int, Sequence[int]]) -> bool:
    """Whether images belong together though they are not parallel.

    So they do when most directions have one place only, as when slices turn around an axis, and when there are more
    directions than anybody would look through one by one, as when each volume follows a moving head.
    """
    if len(directions) > MOST_PARTS:
        return True
    lonely = sum(len(set(known.places(frames))) == 1 for frames in directions.values())
    return len(directions) > _MOST_LONELY_DIRECTIONS and 2 * lonely > len(directions)


def _together(directions: Mapping[int, Sequence[int]], labels: tuple[str, ...]) -> Part:
    frames = sorted(index for group in directions.values() for index in group)
    return Part(tuple(frames), labels, note=stack_notes.several_directions(len(directions)))


def _plane_labels(
    known: SeriesFrames, directions: Mapping[int, Sequence[int]]
) -> list[tuple[str, ...]]:
    names = [geometry.plane_name(known.orientation(frames)) for frames in directions.values()]
    return [
        (name if names.count(name) == 1 else f"{name} {names[: at + 1].count(name)}",)
        for at, name in enumerate(names)
    ]


# ---------------------------------------------------------------- parallel images


def _split_parallel(
    known: SeriesFrames, frames: Sequence[int], labels: tuple[str, ...]
) -> list[Part]:
    """Divide parallel images until each has a place of its own, or nothing explains why not."""
    stacks = _stack_ids(known, frames)
    if len(stacks) > 1:
        return [
            part
            for name, own in stacks.items()
            for part in _split_parallel(known, own, (*labels, f"stack {name}"))
        ]
    place = known.places(frames)
    shared = len(frames) - len(set(place))
    if not shared:
        return _split_interleaved(known, frames, place, labels)
    if len(set(place)) == 1:
        return _split_one_place(known, frames, labels)
    for division in divisions(known, frames, place):
        if not division.explains(place):
            continue
        if division.is_film(known, frames, place):
            return _place_by_place(frames, place, division, labels)
        return [
            part
            for own, label in zip(division.parts(frames), division.labels(), strict=True)
            for part in _split_parallel(known, own, (*labels, label))
        ]
    if shared <= _FEW * len(frames):
        return [Part(tuple(frames), labels, True, stack_notes.some_in_one_place(shared))]
    return [Part(tuple(frames), labels, note=stack_notes.SAME_PLACE)]


def _split_interleaved(
    known: SeriesFrames, frames: Sequence[int], place: Sequence[int], labels: tuple[str, ...]
) -> list[Part]:
    """Slices that are uneven together are divided where that makes every part even, and the parts lie among each other.

    Two reconstructions of one range, say, of which the slices lie a little beside one another. Parts that follow one
    another, as the thin slices of the base of a skull and the thicker ones above it, stay one stack.
    """
    whole = [Part(tuple(frames), labels, is_slices=True)]
    if len(frames) < 2 * _FEWEST_EVEN or _is_even(known, frames):
        return whole
    where = dict(zip(frames, place, strict=True))
    for division in divisions(known, frames, place):
        parts = division.parts(frames)
        if len(parts) > MOST_PARTS or min(map(len, parts)) < _FEWEST_EVEN:
            continue
        spans = [(min(own), max(own)) for own in ([where[at] for at in part] for part in parts)]
        common = min(high for _, high in spans) - max(low for low, _ in spans)
        are_among = 2 * common >= min(high - low for low, high in spans)
        if are_among and all(_is_even(known, part) for part in parts):
            return [
                Part(tuple(own), (*labels, label), is_slices=True)
                for own, label in zip(parts, division.labels(), strict=True)
            ]
    return whole


def _is_even(known: SeriesFrames, frames: Sequence[int]) -> bool:
    place = known.places(frames)
    order = [frames[at] for at in sorted(range(len(frames)), key=place.__getitem__)]
    return geometry.measure_stack(known.positions_of(order), known.orientation(order)).is_even


def _split_one_place(
    known: SeriesFrames, frames: Sequence[int], labels: tuple[str, ...]
) -> list[Part]:
    """Images of one place are a film, or as many films as there are kinds of them."""
    order, is_explained = tuple(frames), False
    for division in divisions(known, frames, [0] * len(frames)):
        sizes = {len(part) for part in division.parts(frames)}
        if len(division.values) == len(frames):
            is_explained = True
            if division.axis.is_time:
                order = tuple(index for part in division.parts(frames) for index in part)
                break
        elif not division.axis.is_time and len(sizes) == 1:
            return [
                part
                for own, label in zip(division.parts(frames), division.labels(), strict=True)
                for part in _split_one_place(known, own, (*labels, label))
            ]
    is_one_object = len({known.frames[index].sop_instance_uid for index in frames}) == 1
    note = "" if is_explained or is_one_object else stack_notes.SAME_PLACE
    return [Part(order, labels, note=note)]


def _place_by_place(
    frames: Sequence[int],
    place: Sequence[int],
    division: Division,
    labels: tuple[str, ...],
) -> list[Part]:
    """Films, one for each place; or, where these are too many as well, one long stack of them."""
    phase = {index: number for number, part in enumerate(division.parts(frames)) for index in part}
    films = {
        where: sorted(own, key=lambda index: (phase[index], index))
        for where, own in sorted(_by_value(frames, dict(zip(frames, place, strict=True))).items())
    }
    order = list(films.values())
    if falls([min(film) for film in order]):
        order.reverse()
    if len(order) > MOST_PARTS:
        note = stack_notes.one_place_after_another(len(division.values))
        return [Part(tuple(index for film in order for index in film), labels, note=note)]
    return [
        Part(tuple(film), (*labels, f"slice {number} of {len(order)}"))
        for number, film in enumerate(order, start=1)
    ]


def _stack_ids(known: SeriesFrames, frames: Sequence[int]) -> dict[str, list[int]]:
    """The stacks that an enhanced object itself names (PS3.3 C.7.6.16.2.2); one where it does not, or is of no help."""
    if all(known.frames[index].frame_count == 1 for index in frames):
        return {"": list(frames)}
    found: dict[str, list[int]] = {}
    for index in frames:
        found.setdefault(known.image(index).geometry.stack_id, []).append(index)
    is_of_help = 2 * len(found) <= len(frames) and len(found) <= MOST_PARTS
    return found if is_of_help else {"": list(frames)}


def _by_value(frames: Sequence[int], value: Any) -> dict[Any, list[int]]:
    found: dict[Any, list[int]] = {}
    for index in frames:
        found.setdefault(value[index], []).append(index)
    return found
