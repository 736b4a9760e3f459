"""Reading many records that say nearly the same gives what reading each by itself gives."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.dicom.model import FrameGeometry, PatientAttributes, PersonName
from backend.dicom.plain import AlikeReader, AlikeWriter, NotPlain, from_json, to_json

numbers = st.sampled_from([0.0, 1.0, 2.5])
geometries = st.builds(
    FrameGeometry,
    image_position_mm=st.none() | st.tuples(numbers, numbers, numbers),
    pixel_spacing_mm=st.none() | st.tuples(numbers, numbers),
    stack_id=st.sampled_from(["", "1"]),
    in_stack_position_number=st.none() | st.integers(0, 2),
)


@given(st.lists(geometries, min_size=1, max_size=8))
def test_each_record_is_what_reading_it_alone_gives(records):
    reader = AlikeReader(FrameGeometry)
    for record in records:
        assert reader.read(to_json(record)) == from_json(FrameGeometry, to_json(record)) == record


patients = st.builds(
    PatientAttributes,
    patient_id=st.sampled_from(["1", "2"]),
    patient_name=st.builds(
        PersonName,
        text=st.sampled_from(["Doe^Ann", "Roe^Bea"]),
        family=st.sampled_from(["", "Doe"]),
    ),
)


@given(st.lists(patients, min_size=1, max_size=8))
def test_records_in_records_are_read_alike(records):
    reader = AlikeReader(PatientAttributes)
    for record in records:
        assert reader.read(to_json(record)) == record


def test_what_a_record_in_a_record_says_again_is_shared():
    reader = AlikeReader(PatientAttributes)
    name = PersonName("".join(["Doe", "^Ann"]))
    first = reader.read(to_json(PatientAttributes(patient_id="1", patient_name=name)))
    second = reader.read(to_json(PatientAttributes(patient_id="2", patient_name=name)))
    assert second.patient_name is first.patient_name
    third = reader.read(to_json(replace(first, patient_name=replace(name, family="Doe"))))
    assert third.patient_name.text is first.patient_name.text
    assert third.patient_name.family == "Doe"


def test_what_is_said_again_is_shared():
    reader = AlikeReader(FrameGeometry)
    first = reader.read(to_json(FrameGeometry(image_position_mm=(1.0, 2.0, 3.0))))
    second = reader.read(to_json(FrameGeometry(image_position_mm=(1.0, 2.0, 3.0), stack_id="b")))
    assert second.image_position_mm is first.image_position_mm


@pytest.mark.parametrize(
    "octets",
    [
        b"{",
        b"[]",
        b'{"other": ""}',
        json.dumps(
            {"text": 1, "family": "", "given": "", "ideographic": "", "phonetic": ""}
        ).encode(),
    ],
)
def test_nonsense_is_refused_after_a_good_record_as_before(octets: bytes):
    reader = AlikeReader(PersonName)
    for _ in range(2):
        with pytest.raises(NotPlain):
            reader.read(octets)
        assert reader.read(to_json(PersonName("a"))) == PersonName("a")


@given(st.lists(patients, min_size=1, max_size=8))
def test_each_record_is_written_as_writing_it_alone_does(records):
    reader, writer = AlikeReader(PatientAttributes), AlikeWriter()
    for record in (reader.read(to_json(one)) for one in records):
        assert writer.write(record).encode() == to_json(record)


def test_only_the_very_value_is_not_written_again():
    writer = AlikeWriter()
    first = FrameGeometry(slice_thickness_mm=0.0)
    assert '"slice_thickness_mm":0.0' in writer.write(first)
    assert '"slice_thickness_mm":-0.0' in writer.write(replace(first, slice_thickness_mm=-0.0))
