"""H.264 octets: units and pictures come out as they were put in, and sizes follow the parameter sets."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.dicom.video.avc import nal_units, picture_of, sequence_parameters
from backend.dicom.video.model import NotPlayable
from tests.dicom.video.transport_writer import PICTURE, SEQUENCE, sequence_set

# A unit never ends in a zero octet and holds no start code, 7.4.1.
units = st.binary(min_size=1, max_size=40).map(
    lambda octets: bytes(octet or 3 for octet in octets[:-1]) + bytes([octets[-1] | 1])
)


@settings(max_examples=50)
@given(units=st.lists(units, max_size=8), long_codes=st.booleans(), fill=st.integers(0, 3))
def test_units_are_split_where_they_were_joined(units, long_codes, fill):
    start = b"\x00\x00\x00\x01" if long_codes else b"\x00\x00\x01"
    stream = b"".join(start + unit + bytes(fill) for unit in units)
    assert list(nal_units(stream)) == units


@settings(max_examples=50)
@given(
    columns=st.integers(1, 256), rows=st.integers(1, 256), frames_only=st.booleans(),
    crop=st.none() | st.tuples(*[st.integers(0, 3)] * 4),
)  # fmt: skip
def test_the_size_is_that_of_the_parameter_set(columns, rows, frames_only, crop):
    found = sequence_parameters(sequence_set(columns, rows, crop, frames_only=frames_only))
    left, right, top, bottom = crop or (0, 0, 0, 0)
    fields = 1 if frames_only else 2
    assert found.columns == 16 * columns - 2 * (left + right)
    assert found.rows == fields * (16 * rows - 2 * (top + bottom))
    assert found.codec == "avc1.42c00a"


@settings(max_examples=50)
@given(octets=st.binary(max_size=60))
def test_any_octets_as_a_parameter_set_are_refused_or_give_a_possible_size(octets):
    with suppress(NotPlayable):
        found = sequence_parameters(octets)
        assert 0 < found.rows <= 16384
        assert 0 < found.columns <= 16384


@settings(max_examples=50)
@given(octets=st.binary(max_size=200))
def test_any_octets_as_a_picture_hold_whole_units(octets):
    made = picture_of(b"\x00\x00\x01" + octets).octets
    while made:
        length = struct.unpack(">I", made[:4])[0]
        assert 0 < length <= len(made) - 4
        made = made[4 + length :]


def test_parameter_sets_and_delimiters_are_no_part_of_a_picture():
    stream = b"".join(
        b"\x00\x00\x01" + unit for unit in (b"\x09\xf0", SEQUENCE, PICTURE, b"\x65\x88\x11")
    )
    picture = picture_of(stream)
    assert picture.octets == b"\x00\x00\x00\x03\x65\x88\x11"
    assert picture.sequence_parameter_sets == (SEQUENCE,)
    assert picture.picture_parameter_sets == (PICTURE,)
    assert picture.is_key
    assert picture.first_slices == 1


@pytest.mark.parametrize(
    ("payload", "is_key"),
    [
        (b"\x06\x06\x01\xc4\x80", True),  # a recovery point
        (b"\x06\x05\x02\xaa\xbb\x06\x01\xc4\x80", True),  # after something else
        (b"\x06\x05\x01\x06\x80", False),
        (b"\x06\xff\xff", False),
        (b"\x06", False),
    ],
)
def test_decoding_may_start_at_a_recovery_point(payload, is_key):
    assert picture_of(b"\x00\x00\x01" + payload + b"\x00\x00\x01\x41\x88\x01").is_key == is_key


def test_the_second_view_of_stereo_video_is_left_out_and_noticed():
    picture = picture_of(b"\x00\x00\x01\x65\x88\x01\x00\x00\x01\x74\x11\x22")
    assert picture.octets == b"\x00\x00\x00\x03\x65\x88\x01"
    assert picture.has_second_view
