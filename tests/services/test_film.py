"""How fast and which way a series plays, from what its files say of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.dicom.model import CineAttributes
from backend.schemas.viewing import FilmDescription
from backend.services.film import describe_film, frame_times_ms

POINTED = ("FrameTimeVector",)
VECTOR = (0.0, 20.0, 60.0, 40.0)


def film(cine: CineAttributes, frames: int) -> FilmDescription:
    return describe_film({"1": (cine, frames)}, [("1", number) for number in range(1, frames + 1)])


@pytest.mark.parametrize(
    ("cine", "stay_ms"),
    [
        (CineAttributes(frame_time_ms=40), 40),
        (CineAttributes(frame_time_ms=40, cine_rate=10), 100),
        (CineAttributes(frame_time_ms=40, cine_rate=10, recommended_display_frame_rate=20), 50),
        (CineAttributes(actual_frame_duration_ms=33), 33),
        (CineAttributes(actual_frame_duration_ms=33, frame_time_ms=40), 40),
        (CineAttributes(), None),
    ],
)
def test_what_is_said_of_playing_counts_before_what_is_said_of_the_acquisition(cine, stay_ms):
    assert film(cine, 3) == FilmDescription(frame_time_ms=stay_ms)


def test_a_vector_that_the_pointer_names_lets_every_frame_stay_until_its_next():
    cine = CineAttributes(
        frame_time_vector_ms=VECTOR,
        frame_increment_pointer=POINTED,
        frame_time_ms=10,
        recommended_display_frame_rate=50,
    )
    assert film(cine, 4) == FilmDescription(frame_times_ms=(20, 60, 40, 40))


def test_a_vector_that_nothing_points_to_counts_after_rates_and_frame_time():
    assert film(CineAttributes(frame_time_vector_ms=VECTOR, cine_rate=50), 4).frame_time_ms == 20
    assert film(CineAttributes(frame_time_vector_ms=VECTOR), 4).frame_times_ms == (20, 60, 40, 40)


@pytest.mark.parametrize("vector", [(0, 20, 60), (0, 20, 60, 0, 40), (0, -20, 40, 40)])
def test_a_vector_that_would_hide_a_frame_or_does_not_fit_is_an_average(vector):
    cine = CineAttributes(frame_time_vector_ms=vector, frame_increment_pointer=POINTED)
    assert film(cine, 4 if len(vector) != 5 else 5).frame_time_ms == 40


@given(st.lists(st.floats(-100, 1000), max_size=8), st.integers(1, 8))
def test_whatever_a_vector_holds_no_frame_passes_unseen(vector, frames):
    cine = CineAttributes(frame_time_vector_ms=tuple(vector), frame_increment_pointer=POINTED)
    stays = frame_times_ms(cine, frames)
    assert len(stays) in (0, frames)
    assert all(stay > 0 for stay in stays)


def test_frames_of_a_scintigram_are_not_played_as_slowly_as_they_were_made():
    assert film(CineAttributes(actual_frame_duration_ms=20_000), 8) == FilmDescription()


def test_a_film_goes_back_and_forth_where_the_file_prefers_it():
    assert film(CineAttributes(preferred_playback_sequencing=1), 3).is_sweep
    assert not film(CineAttributes(preferred_playback_sequencing=0), 3).is_sweep
    assert not film(CineAttributes(), 3).is_sweep


@pytest.mark.parametrize(
    ("start", "stop", "played"),
    [
        (3, 8, (3, 8)),
        (3, None, (3, None)),
        (None, 8, (1, 8)),
        (1, 10, (1, None)),
        (0, 5, (1, None)),
        (8, 3, (1, None)),
        (4, 4, (1, None)),
        (2, 11, (1, None)),
    ],
)
def test_trimmed_ends_are_not_played_where_the_trim_makes_sense(start, stop, played):
    described = film(CineAttributes(start_trim=start, stop_trim=stop), 10)
    assert (described.first_index, described.last_index) == played


def test_a_trim_counts_frames_and_not_images_in_another_order():
    cine = CineAttributes(start_trim=2, stop_trim=3)
    described = describe_film({"1": (cine, 4)}, [("1", number) for number in (4, 3, 2, 1)])
    assert (described.first_index, described.last_index) == (1, None)


def test_images_of_several_instances_each_stay_as_their_own_file_says():
    instances = {"1": (CineAttributes(frame_time_ms=40), 2), "2": (CineAttributes(cine_rate=10), 1)}
    order = [("2", 1), ("1", 1), ("1", 2)]
    assert describe_film(instances, order) == FilmDescription(frame_times_ms=(100, 40, 40))
    assert describe_film({**instances, "2": (CineAttributes(), 1)}, order) == FilmDescription()


def test_nothing_plays_like_nothing():
    assert describe_film({}, []) == FilmDescription()
