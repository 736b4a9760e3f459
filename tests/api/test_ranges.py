"""Range arithmetic, against what a list of octets would give."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.api.ranges import RangeNotSatisfiable, wanted_range

sizes = st.integers(0, 300)
places = st.integers(0, 400)


def octets(size: int) -> list[int]:
    return list(range(size))


@settings(max_examples=100)
@given(size=sizes, first=places, last=places)
def test_a_range_is_the_slice_it_names(size, first, last):
    expected = octets(size)[first : last + 1]
    if last < first:
        assert wanted_range(f"bytes={first}-{last}", size) is None
    elif not expected:
        with pytest.raises(RangeNotSatisfiable):
            wanted_range(f"bytes={first}-{last}", size)
    else:
        assert wanted_range(f"bytes={first}-{last}", size) == (first, len(expected))


@settings(max_examples=100)
@given(size=sizes, first=places)
def test_an_open_range_goes_to_the_end(size, first):
    expected = octets(size)[first:]
    if not expected:
        with pytest.raises(RangeNotSatisfiable):
            wanted_range(f"bytes={first}-", size)
    else:
        assert wanted_range(f"bytes={first}-", size) == (first, len(expected))


@settings(max_examples=100)
@given(size=sizes, count=places)
def test_a_suffix_is_the_end(size, count):
    expected = octets(size)[-count:] if count else []
    if not expected:
        with pytest.raises(RangeNotSatisfiable):
            wanted_range(f"bytes=-{count}", size)
    else:
        assert wanted_range(f"bytes=-{count}", size) == (size - len(expected), len(expected))


@pytest.mark.parametrize(
    "header",
    ["", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=1-2,5-6", "lines=1-2", "bytes=-1-2", "bytes=٣-٤", "bytes=1-2x"],
)  # fmt: skip
def test_what_is_not_one_range_asks_for_everything(header):
    assert wanted_range(header, 100) is None


@settings(max_examples=100)
@given(header=st.text(max_size=30), size=sizes)
def test_no_header_reaches_outside(header, size):
    try:
        part = wanted_range(header, size)
    except RangeNotSatisfiable:
        return
    if part is not None:
        offset, length = part
        assert 0 <= offset < offset + length <= size
