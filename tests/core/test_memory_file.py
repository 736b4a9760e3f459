"""A file over memory reads as any other, and shows octets where they lie."""

import io

from hypothesis import given
from hypothesis import strategies as st

from backend.core.memory_file import MemoryFile

OCTETS = bytes(range(40))
places = st.integers(0, 50)


@given(st.lists(st.tuples(places, st.integers(-1, 50)), max_size=8))
def test_it_reads_what_any_file_reads(steps):
    file, expected = MemoryFile(memoryview(OCTETS)), io.BytesIO(OCTETS)
    for place, size in steps:
        assert file.seek(place) == expected.seek(place)
        assert file.read(size) == expected.read(size)
        assert file.tell() == expected.tell()
        file.seek(place), expected.seek(place)
        room = bytearray(5)
        assert file.readinto(room) == expected.readinto(bytearray(5))
        assert OCTETS[place : place + 5] == room[: len(OCTETS[place : place + 5])]
    assert file.seek(0, io.SEEK_END) == len(OCTETS)


def test_a_view_is_no_copy():
    octets = bytearray(OCTETS)
    view = MemoryFile(memoryview(octets)).view(3, 4)
    octets[3] = 200
    assert bytes(view) == bytes([200, 4, 5, 6])
    assert len(MemoryFile(memoryview(octets)).view(38, 9)) == 2
