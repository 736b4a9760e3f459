"""What comes back from a parsing process is checked field by field."""

import json
from dataclasses import dataclass
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.dicom.plain import AlikeReader, NotPlain, from_json, to_json


@dataclass(frozen=True, slots=True)
class Inner:
    label: str
    weight: float


@dataclass(frozen=True, slots=True)
class Outer:
    name: str
    count: int
    ratio: float | None
    is_set: bool
    octets: bytes
    pair: tuple[float, float] | None
    inners: tuple[Inner, ...]


texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.floats(allow_nan=False, allow_infinity=False)
outers = st.builds(
    Outer,
    texts,
    st.integers(),
    st.none() | numbers,
    st.booleans(),
    st.binary(),
    st.none() | st.tuples(numbers, numbers),
    st.lists(st.builds(Inner, texts, numbers)).map(tuple),
)


@given(outers)
@settings(deadline=None)
def test_a_record_survives_the_way_there_and_back(record):
    if abs(record.count) < 10**4000:
        assert from_json(Outer, to_json(record)) == record


def valid():
    return json.loads(to_json(Outer("n", 1, 1.5, True, b"x", (1.0, 2.0), (Inner("i", 1.0),))))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", 5),
        ("name", None),
        ("name", "\ud800"),
        ("count", "1"),
        ("count", True),
        ("count", 1.5),
        ("ratio", "1"),
        ("ratio", 10**400),
        ("is_set", 1),
        ("octets", "not base64!"),
        ("pair", [1.0]),
        ("pair", [1.0, 2.0, 3.0]),
        ("pair", "ab"),
        ("inners", {"label": "i"}),
        ("inners", [{"label": "i"}]),
        ("inners", [{"label": "i", "weight": 1.0, "more": 1}]),
        ("inners", [["i", 1.0]]),
    ],
)
def test_a_field_of_another_type_is_refused(field, value):
    plain = valid() | {field: value}
    with pytest.raises(NotPlain, match="Outer"):
        from_json(Outer, json.dumps(plain).encode())


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"name":"n"}',
        b"[" * 100_000,
        b'{"name":"n","count":1,"ratio":NaN,"is_set":true,"octets":"","pair":null,"inners":[]}',
    ],
)
def test_other_octets_are_refused(octets):
    with pytest.raises(NotPlain):
        from_json(Outer, octets)


def test_a_number_that_is_not_finite_is_not_written():
    with pytest.raises(ValueError, match="Out of range"):
        to_json(Inner("i", float("nan")))


@dataclass(frozen=True, slots=True)
class Grown:
    """What an earlier release wrote as `label` only."""

    label: str
    weight: float = 1.0
    marks: tuple[str, ...] = ()


def test_a_field_that_came_later_has_its_default_when_read_from_an_older_record():
    assert from_json(Grown, b'{"label":"a"}') == Grown("a")
    assert from_json(Grown, b'{"label":"a","marks":["x"]}') == Grown("a", 1.0, ("x",))
    with pytest.raises(NotPlain):
        from_json(Grown, b'{"weight":1.0}')
    with pytest.raises(NotPlain):
        from_json(Grown, b'{"label":"a","other":1}')


@dataclass(frozen=True, slots=True)
class Shrunk:
    """What an earlier release wrote with a `depth`."""

    GONE: ClassVar[frozenset[str]] = frozenset({"depth"})

    label: str


def test_a_field_that_is_gone_is_passed_over_in_an_older_record():
    assert from_json(Shrunk, b'{"label":"a","depth":5}') == Shrunk("a")
    reader = AlikeReader(Shrunk)
    assert [reader.read(b'{"label":"a","depth":%d}' % depth) for depth in (5, 6)] == [
        Shrunk("a")
    ] * 2
    assert to_json(Shrunk("a")) == b'{"label":"a"}'
    with pytest.raises(NotPlain):
        from_json(Shrunk, b'{"label":"a","other":5}')


def test_reading_alike_records_never_keeps_a_value_that_the_next_record_lacks():
    reader = AlikeReader(Grown)
    assert reader.read(b'{"label":"a","weight":2.0}') == Grown("a", 2.0)
    assert reader.read(b'{"label":"a"}') == Grown("a")
    assert reader.read(b'{"label":"b","weight":2.0}') == Grown("b", 2.0)
