"""A deflated stream reads the same whether it is held or inflated again, and is never taken for more than it is."""

import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.dicom import inflating
from backend.dicom.inflating import CutShort, TooLarge, inflated_file

PLAIN = b"".join(number.to_bytes(4, "big") for number in range(700_000))  # more than two steps


def deflated(octets: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflater.compress(octets) + deflater.flush()


STORED = b"head" + deflated(PLAIN)


def read_range(offset: int, length: int) -> bytes:
    return STORED[offset : offset + length]


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(PLAIN)), st.integers(0, 3 << 20)), min_size=1, max_size=6)
)
def test_any_order_of_reading_gives_the_same_octets(places: list[tuple[int, int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inflating, "_KEPT_BYTES", 1000)
        file = inflated_file(read_range, (4, len(STORED) - 4))
    for offset, length in places:
        file.seek(offset)
        assert file.read(length) == PLAIN[offset : offset + length]


def test_a_stream_that_is_cut_or_too_long_is_told() -> None:
    with pytest.raises(CutShort):
        inflated_file(read_range, (4, len(STORED) - 5))
    with pytest.raises(TooLarge):
        inflated_file(read_range, (4, len(STORED) - 4), len(PLAIN) - 1)
    assert inflated_file(read_range, (4, len(STORED) - 4), len(PLAIN)).read() == PLAIN


def test_what_is_held_back_when_the_last_octet_is_read_is_not_taken_for_a_cut() -> None:
    for length in range((1 << 20) + 1, (1 << 20) + 300, 6):
        stored = deflated(bytes(length))

        def read(offset: int, count: int, stored: bytes = stored) -> bytes:
            return stored[offset : offset + count]

        assert inflated_file(read, (0, len(stored))).read() == bytes(length)
        with pytest.raises(CutShort):
            inflated_file(read, (0, len(stored) - 1))
