"""The MP4 of a transport stream: the same pictures, any range of it by itself, and the times of the stream."""

from contextlib import suppress
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core.errors import ObjectDamaged
from backend.dicom.video import mp4
from backend.dicom.video.model import NotPlayable
from backend.dicom.video.remux import RemuxedVideo
from backend.dicom.video.stream import JoinedFragments
from backend.dicom.video.transport import read_programme, read_video
from tests.dicom.video.transport_writer import Shot, transport_stream
from tests.videos import clip, decoded_frames

LAYOUTS = ((188, 0), (192, 4), (204, 0))


def joined(octets: bytes, *cuts: int) -> JoinedFragments:
    edges = [0, *sorted(min(cut, len(octets)) for cut in cuts), len(octets)]
    parts = [(start, end - start) for start, end in pairwise(edges)]
    return JoinedFragments(lambda offset, length: octets[offset : offset + length], parts)


def remuxed(octets: bytes) -> RemuxedVideo:
    stream = joined(octets)
    return RemuxedVideo(stream, read_video(stream, read_programme(stream)).units)


def whole(video: RemuxedVideo) -> bytes:
    return video.read(0, video.size_bytes)


def film(count: int = 12, every: int = 3600, first: int = 0, size: int = 300) -> list[Shot]:
    """Pictures of which every third is shown before the one decoded ahead of it."""
    delays = (2, 4, 1)
    return [
        Shot(bytes([number % 256]) * (size + number), first + number * every, first + (number + delays[number % 3]) * every, number % 6 == 0)
        for number in range(count)
    ]  # fmt: skip


@st.composite
def films(draw):
    count = draw(st.integers(1, 12))
    clock = draw(st.integers(0, (1 << 33) - 1))
    shots = []
    for number in range(count):
        clock += draw(st.integers(1, 90_000))
        payload = draw(st.binary(min_size=1, max_size=900))
        shots.append(
            Shot(
                payload,
                clock,
                clock + draw(st.integers(0, 90_000)),
                number == 0 or draw(st.booleans()),
            )
        )
    return shots  # fmt: skip


@pytest.mark.parametrize("kind", ["ts", "m2ts", "interlaced", "ts-sound"])
def test_every_picture_is_decoded_the_same_as_from_the_stream(kind):
    stream = clip(kind)
    assert decoded_frames(whole(remuxed(stream))) == decoded_frames(stream)


@settings(max_examples=50)
@given(shots=films(), layout=st.sampled_from(LAYOUTS), between=st.integers(0, 3))
def test_an_mp4_holds_the_octets_of_each_picture_and_its_time(shots, layout, between):
    octets = transport_stream(shots, layout=layout, between=between)
    video = remuxed(octets)
    made = whole(video)
    assert len(made) == video.size_bytes
    assert made.endswith(b"".join(shot.sample for shot in shots))
    movie = mp4.read_movie(joined(made))
    first = min(shot.display for shot in shots)
    shown = sorted((shot.display - first) / 90_000 for shot in shots)
    assert np.allclose(movie.times, shown, atol=1e-9)
    assert (movie.codec, movie.rows, movie.columns) == ("avc1.42c00a", 128, 160)


@settings(max_examples=50)
@given(data=st.data(), shots=films())
def test_any_range_is_the_same_as_of_the_whole(data, shots):
    video = remuxed(transport_stream(shots))
    made = whole(video)
    offset = data.draw(st.integers(0, len(made) + 10))
    length = data.draw(st.integers(0, len(made) + 10))
    assert video.read(offset, length) == made[offset : offset + length]


def test_a_range_reads_only_the_packets_of_its_pictures():
    octets = transport_stream(film(200))
    asked = []

    def read_range(offset: int, length: int) -> bytes:
        asked.append(length)
        return octets[offset : offset + length]

    stream = JoinedFragments(read_range, [(0, len(octets))])
    video = RemuxedVideo(stream, read_video(stream, read_programme(stream)).units)
    asked.clear()
    video.read(video.size_bytes // 2, 1000)
    assert 0 < sum(asked) < len(octets) // 20


def test_time_stamps_may_wrap_around():
    near_the_end = (1 << 33) - 5 * 3600
    movie = mp4.read_movie(joined(whole(remuxed(transport_stream(film(first=near_the_end))))))
    usual = mp4.read_movie(joined(whole(remuxed(transport_stream(film())))))
    assert np.array_equal(movie.times, usual.times)


def test_pictures_before_the_first_key_are_left_out_and_it_is_said():
    shots = [Shot(b"lost", 0, 0), *film(first=3600)]
    stream = joined(transport_stream(shots, lead=b"the end of a picture"))
    video = read_video(stream, read_programme(stream))
    assert len(video.units.key_pictures) == 12
    assert "first 1 pictures" in " ".join(video.notes)


def changed(octets: bytes, number: int, at: int, value: int) -> bytes:
    place = 188 * number + at
    return octets[:place] + bytes([value]) + octets[place + 1 :]


@pytest.mark.parametrize(
    ("hurt", "word"),
    [
        (lambda octets: changed(octets, 5, 0, 0x48), "damaged"),  # out of step
        (lambda octets: changed(octets, 5, 1, octets[188 * 5 + 1] | 0x80), "damaged"),  # marked
        (lambda octets: changed(octets, 5, 3, octets[188 * 5 + 3] | 0xC0), "scrambled"),
        (lambda _: transport_stream([*film(3), *film(3)]), "jump"),  # time runs back
        (lambda _: transport_stream([*film(3), *film(3, first=90_000 * 100)]), "jump"),
        (
            lambda _: transport_stream([Shot(b"x", 9000, 3600, True)]),
            "jump",
        ),  # shown before decoded
        (lambda _: transport_stream([Shot(b"x", 0, 0)]), "damaged"),  # never a key picture
    ],
)
def test_what_would_not_play_right_is_refused(hurt, word):
    stream = joined(hurt(transport_stream(film())))
    with pytest.raises(NotPlayable, match=word):
        read_video(stream, read_programme(stream))


def test_a_stream_that_is_no_longer_what_it_was_is_damaged():
    octets = bytearray(transport_stream(film()))
    stream = JoinedFragments(lambda at, length: bytes(octets[at : at + length]), [(0, len(octets))])
    video = RemuxedVideo(stream, read_video(stream, read_programme(stream)).units)
    at = octets.index(film()[4].unit[:40])
    octets[at : at + 4] = b"\x00\x00\x01\x09"
    with pytest.raises(ObjectDamaged):
        whole(video)


@settings(max_examples=50)
@given(data=st.data())
def test_damage_anywhere_is_refused_or_read_as_it_is(data):
    octets = bytearray(transport_stream(film(4)))
    for _ in range(data.draw(st.integers(1, 6))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    with suppress(NotPlayable):
        video = remuxed(bytes(octets))
        assert len(whole(video)) == video.size_bytes


@settings(max_examples=50)
@given(octets=st.binary(max_size=200), data=st.data())
def test_fragments_read_like_one_stream(octets, data):
    cuts = data.draw(st.lists(st.integers(0, 200), max_size=6))
    stream = joined(octets, *cuts)
    offset, length = data.draw(st.integers(0, 220)), data.draw(st.integers(0, 220))
    assert stream.size_bytes == len(octets)
    assert stream.read(offset, length) == octets[offset : offset + length]
