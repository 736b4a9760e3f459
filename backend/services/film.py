"""How a series plays as a film: pure, from what its files say (PS3.3 C.7.6.5). Playing is the viewport's work."""

from collections.abc import Mapping, Sequence

from backend.dicom.model import CineAttributes
from backend.schemas.viewing import FilmDescription

# Frames that were acquired for longer than this each, such as those of a scintigram, are not meant to be played so slowly.
_SLOWEST_MS = 2000.0
_BACK_AND_FORTH = 1


def describe_film(
    instances: Mapping[str, tuple[CineAttributes, int]], order: Sequence[tuple[str, int]]
) -> FilmDescription:
    """How images play.

    Args:
        instances: What each instance says, and its number of frames, by SOP Instance UID.
        order: (SOP Instance UID, frame number) of the images in viewing order.

    Returns:
        A film without times where an instance says none, or says what can only be times of the acquisition.
    """
    times = {name: frame_times_ms(cine, frames) for name, (cine, frames) in instances.items()}
    stays = [times[name][frame_number - 1] for name, frame_number in order if times[name]]
    if len(stays) != len(order) or not stays or sum(stays) / len(stays) > _SLOWEST_MS:
        stays = []
    is_even = bool(stays) and max(stays) - min(stays) <= 1e-6 * max(stays)
    cines = [cine for cine, _ in instances.values()]
    first, last = _trim(cines[0], order) if len(cines) == 1 else (1, None)
    return FilmDescription(
        frame_time_ms=stays[0] if is_even else None,
        frame_times_ms=() if is_even else tuple(stays),
        is_sweep=bool(cines)
        and all(cine.preferred_playback_sequencing == _BACK_AND_FORTH for cine in cines),
        first_index=first,
        last_index=last,
    )


def frame_times_ms(cine: CineAttributes, number_of_frames: int) -> tuple[float, ...]:
    """How long each frame of an instance stays, in milliseconds; empty where it does not say.

    A Frame Time Vector that Frame Increment Pointer names counts first: only it can say that frames differ. Then comes
    what is said of playing (Recommended Display Frame Rate, Cine Rate), then what is said of the acquisition (Frame Time,
    a vector that nothing points to, Actual Frame Duration).
    """
    vector = _stays_of_vector(cine.frame_time_vector_ms, number_of_frames)
    if vector and "FrameTimeVector" in cine.frame_increment_pointer:
        return vector
    for rate in (cine.recommended_display_frame_rate, cine.cine_rate):
        if rate is not None and rate > 0:
            return (1000.0 / rate,) * number_of_frames
    if cine.frame_time_ms is not None and cine.frame_time_ms > 0:
        return (cine.frame_time_ms,) * number_of_frames
    if vector:
        return vector
    if cine.actual_frame_duration_ms is not None and cine.actual_frame_duration_ms > 0:
        return (cine.actual_frame_duration_ms,) * number_of_frames
    return ()


def _stays_of_vector(vector_ms: Sequence[float], number_of_frames: int) -> tuple[float, ...]:
    """A frame stays until the next one; the last one for as long as they do on average.

    Where the vector does not fit the frames, or would let one pass unseen, all of them stay for the average time.
    """
    steps = vector_ms[1:]
    positive = [step for step in steps if step > 0]
    if not positive:
        return ()
    mean = sum(positive) / len(positive)
    if len(vector_ms) != number_of_frames or len(positive) != len(steps):
        return (mean,) * number_of_frames
    return (*steps, mean)


def _trim(cine: CineAttributes, order: Sequence[tuple[str, int]]) -> tuple[int, int | None]:
    """First and last image to be played; all of them where the trim makes no sense."""
    count = len(order)
    if [frame_number for _, frame_number in order] != list(range(1, count + 1)):
        return 1, None
    first = cine.start_trim if cine.start_trim is not None else 1
    last = cine.stop_trim if cine.stop_trim is not None else count
    if not 1 <= first < last <= count:
        return 1, None
    return first, None if last == count else last
