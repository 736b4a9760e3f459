"""The cache of decoded frames keeps within its bytes, makes a frame once, and forgets what it is told to forget."""

import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.adapters.frame_cache_memory import MemoryFrameCache
from backend.core.errors import NotDisplayable
from backend.imaging.model import DecodedFrame, FrameAttributes
from backend.ports.frame_cache import FrameKey


def key_of(name: str, frame_index: int = 0, level: int = 0) -> FrameKey:
    return FrameKey(
        f"object {name}", frame_index, level, study_key=f"study {name}", header_version=1
    )


def frame_of(size_bytes: int) -> DecodedFrame:
    return DecodedFrame(
        np.zeros((1, size_bytes), np.uint8),
        FrameAttributes(rows=1, columns=size_bytes, bits_stored=8),
    )


def test_a_kept_frame_is_given_back_as_it_is():
    cache = MemoryFrameCache(1000)
    key = key_of("a", 0, 0)
    made = cache.get_or_make(key, lambda: frame_of(10))
    assert cache.get(key) is made
    assert cache.get_or_make(key, lambda: pytest.fail("made twice")) is made
    assert cache.size_bytes == 10


def test_the_least_recently_used_frame_goes_first():
    cache = MemoryFrameCache(300)
    for name in "abc":
        cache.get_or_make(key_of(name, 0, 0), lambda: frame_of(100))
    cache.get(key_of("a", 0, 0))
    cache.get_or_make(key_of("d", 0, 0), lambda: frame_of(100))
    kept = [name for name in "abcd" if cache.get(key_of(name, 0, 0))]
    assert kept == ["a", "c", "d"]


def test_full_resolution_goes_before_the_smaller_levels():
    cache = MemoryFrameCache(300)
    cache.get_or_make(key_of("mammogram", 0, 2), lambda: frame_of(20))
    for name in "abcd":
        cache.get_or_make(key_of(name, 0, 0), lambda: frame_of(100))
    assert cache.get(key_of("mammogram", 0, 2)) is not None
    assert cache.get(key_of("a", 0, 0)) is None


def test_levels_that_nobody_looks_at_make_room_in_the_end():
    cache = MemoryFrameCache(300)
    for name in ("mammogram", "another"):
        cache.get_or_make(key_of(name, 0, 2), lambda: frame_of(100))
    for number in range(60):  # somebody scrolls, and looks at one of the two now and then
        cache.get_or_make(key_of(str(number), 0, 0), lambda: frame_of(100))
        cache.get(key_of("another", 0, 2))
    assert cache.get(key_of("another", 0, 2)) is not None
    assert cache.get(key_of("mammogram", 0, 2)) is None


def test_levels_may_fill_what_nobody_else_needs():
    cache = MemoryFrameCache(300)
    for name in "abcdef":
        cache.get_or_make(key_of(name, 0, 1), lambda: frame_of(60))
    assert cache.size_bytes == 300


def test_a_frame_larger_than_the_cache_is_served_and_not_kept():
    cache = MemoryFrameCache(100)
    cache.get_or_make(key_of("small", 0, 0), lambda: frame_of(50))
    assert (
        cache.get_or_make(key_of("large", 0, 0), lambda: frame_of(101)).stored_values.nbytes == 101
    )
    assert cache.get(key_of("large", 0, 0)) is None
    assert cache.get(key_of("small", 0, 0)) is not None


def test_many_threads_asking_for_one_frame_make_it_once():
    cache = MemoryFrameCache(1000)
    times_made = []

    def make() -> DecodedFrame:
        times_made.append(1)
        time.sleep(0.05)
        return frame_of(10)

    got: list[DecodedFrame] = []
    threads = [
        threading.Thread(target=lambda: got.append(cache.get_or_make(key_of("a", 0, 0), make)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(times_made) == 1
    assert len(got) == 8
    assert all(frame is got[0] for frame in got)


def test_a_failure_reaches_everybody_who_waits_and_is_tried_again_next_time():
    cache = MemoryFrameCache(1000)
    started = threading.Event()

    def fail() -> DecodedFrame:
        started.set()
        time.sleep(0.05)
        raise NotDisplayable("No.")

    errors: list[BaseException] = []

    def ask() -> None:
        try:
            cache.get_or_make(key_of("a", 0, 0), fail)
        except NotDisplayable as error:
            errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    started.wait()
    for thread in threads:
        thread.join()
    assert len(errors) == 3
    assert cache.get_or_make(key_of("a", 0, 0), lambda: frame_of(10)).stored_values.nbytes == 10


def test_a_discarded_study_is_gone_even_if_it_was_being_made():
    cache = MemoryFrameCache(1000)
    cache.get_or_make(key_of("a", 0, 0), lambda: frame_of(10))
    cache.get_or_make(key_of("a", 0, 1), lambda: frame_of(5))
    cache.get_or_make(key_of("b", 0, 0), lambda: frame_of(10))

    def make_while_discarded() -> DecodedFrame:
        cache.discard_study("study a")
        return frame_of(10)

    cache.get_or_make(key_of("a", 1, 0), make_while_discarded)
    assert cache.get(key_of("a", 0, 0)) is None
    assert cache.get(key_of("a", 0, 1)) is None
    assert cache.get(key_of("a", 1, 0)) is None
    assert cache.size_bytes == 10


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 3), st.integers(1, 150)),
        min_size=1,
        max_size=60,
    )
)
def test_the_bytes_kept_are_counted_rightly_and_never_exceed_the_limit(steps):
    cache = MemoryFrameCache(300)
    sizes: dict[FrameKey, int] = {}
    for number, level, size_bytes in steps:
        key = key_of(str(number), 0, level)
        sizes[key] = cache.get_or_make(
            key, lambda size=size_bytes: frame_of(size)
        ).stored_values.nbytes
        assert cache.size_bytes <= 300
        assert cache.size_bytes == sum(
            size for key, size in sizes.items() if cache.get(key) is not None
        )
    cache.clear()
    assert cache.size_bytes == 0
