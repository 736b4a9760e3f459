"""Hostile and damaged files end in one sentence; odd ones are still opened."""

import io
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from backend.dicom import part10
from backend.dicom.model import ParsedInstance, Refused
from backend.dicom.parsing import parse_instance
from tests.dicom_files import SHIPPED, grey_ramp, image_dataset, written
from tests.hostile import HOSTILE, deflate_bomb, plain_file

WHOLE = plain_file()
# Slow to read, which the limit on processor time is for: tests/adapters/test_parser_process.py.
BOUNDED = [kind for kind in HOSTILE if kind != "300,000 empty items"]


@pytest.mark.parametrize("kind", BOUNDED)
def test_a_hostile_file_ends_in_a_sentence_within_bounds(kind):
    octets = HOSTILE[kind]()
    tracemalloc.start()
    try:
        result = parse_instance(io.BytesIO(octets))
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    if isinstance(result, ParsedInstance):
        assert kind == "65,535 rows and columns"
        sentence = result.attributes.not_displayable_reason
        assert sentence
    else:
        sentence = result.reason
        assert sentence.count(".") == 1 or sentence.endswith("again.")
    assert peak_bytes < 400 << 20
    assert "Traceback" not in sentence


def test_a_deflate_bomb_is_stopped_while_it_inflates(monkeypatch):
    monkeypatch.setattr(part10, "MAX_INFLATED_BYTES", 8 << 20)
    octets = deflate_bomb(256 << 20)
    tracemalloc.start()
    try:
        result = parse_instance(io.BytesIO(octets))
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(result, Refused)
    assert "inflates" in result.reason
    assert peak_bytes < 64 << 20


def test_a_very_large_value_is_passed_over_with_a_note_and_the_image_is_shown(monkeypatch):
    monkeypatch.setattr(part10, "_LARGE_VALUE_BYTES", 70_000)
    dataset = image_dataset(grey_ramp(), PatientID="behind it")
    dataset.add_new(0x00090010, "LO", "TEST")
    dataset.add_new(0x00091001, "OB", bytes(80_000))
    octets = written(dataset)
    result = parse_instance(io.BytesIO(octets))
    assert isinstance(result, ParsedInstance)
    assert result.attributes.is_displayable
    assert result.attributes.patient.patient_id == "behind it"
    assert any("very large" in note for note in result.attributes.notes)
    inside = octets.index(bytes(80_000)) + 79_000
    assert isinstance(parse_instance(io.BytesIO(octets[:inside])), Refused)


@pytest.mark.parametrize("is_undefined", [False, True])
def test_what_is_said_of_frames_is_never_passed_over(monkeypatch, is_undefined):
    monkeypatch.setattr(part10, "_LARGE_VALUE_BYTES", 70_000)
    frames = np.zeros((600, 4, 4), np.uint16)
    dataset = image_dataset(frames[0], NumberOfFrames=len(frames))
    dataset.PixelData = frames.tobytes()
    dataset.PerFrameFunctionalGroupsSequence = [_placed(number) for number in range(len(frames))]
    dataset["PerFrameFunctionalGroupsSequence"].is_undefined_length = is_undefined
    octets = written(dataset)
    result = parse_instance(io.BytesIO(octets))
    assert isinstance(result, ParsedInstance)
    assert result.attributes.frame_geometry(599).image_position_mm == (0.0, 0.0, 599.0)
    assert result.attributes.notes == ()
    monkeypatch.setattr(part10, "_MOST_VALUE_BYTES", 70_000)
    refused = parse_instance(io.BytesIO(octets))
    assert isinstance(refused, Refused)
    assert "besides its pixels" in refused.reason


def _placed(number):
    position = Dataset()
    position.ImagePositionPatient = [0, 0, number]
    position.ImageComments = "x" * 100
    item = Dataset()
    item.PlanePositionSequence = [position]
    return item


@given(st.integers(0, len(WHOLE) - 1))
@settings(max_examples=60, deadline=None)
def test_a_file_cut_anywhere_is_never_taken_for_whole(length):
    result = parse_instance(io.BytesIO(WHOLE[:length]))
    if isinstance(result, ParsedInstance):
        assert not result.attributes.is_displayable
    else:
        assert result.reason


@given(st.integers(132, len(WHOLE) - 1), st.binary(min_size=1, max_size=8))
@settings(max_examples=150, deadline=None)
def test_a_file_with_changed_octets_never_raises(position, octets):
    changed = WHOLE[:position] + octets + WHOLE[position + len(octets) :]
    assert isinstance(parse_instance(io.BytesIO(changed)), ParsedInstance | Refused)


@pytest.mark.parametrize("octets", [b"x", b"PK\x03\x04" + b"\0" * 200, bytes(range(256)) * 2])
def test_what_is_not_dicom_is_called_so(octets):
    assert parse_instance(io.BytesIO(octets)) == Refused("This is not a DICOM file.")


def test_an_empty_file_is_called_empty():
    assert parse_instance(io.BytesIO()) == Refused("The file is empty. Send it again.")


def test_a_directory_of_a_medium_is_skipped():
    octets = (SHIPPED / "dicomdirtests" / "DICOMDIR").read_bytes()
    result = parse_instance(io.BytesIO(octets))
    assert isinstance(result, Refused)
    assert result.is_skipped


def test_a_file_without_preamble_is_read():
    result = parse_instance(io.BytesIO(WHOLE[132:]))
    assert isinstance(result, ParsedInstance)
    assert result.attributes.is_displayable


@pytest.mark.parametrize("is_implicit", [True, False])
def test_a_file_without_meta_is_read_with_a_note(is_implicit):
    octets = io.BytesIO()
    dataset = image_dataset(grey_ramp())
    del dataset.file_meta
    dataset.save_as(octets, implicit_vr=is_implicit, little_endian=True)
    result = parse_instance(octets)
    assert isinstance(result, ParsedInstance)
    assert result.attributes.is_displayable
    assert any("transfer syntax" in note for note in result.attributes.notes)


def test_a_wrong_group_length_does_not_matter():
    position = WHOLE.index(struct.pack("<HH2s", 0x0002, 0x0000, b"UL")) + 8
    changed = WHOLE[:position] + struct.pack("<I", 7) + WHOLE[position + 4 :]
    assert isinstance(parse_instance(io.BytesIO(changed)), ParsedInstance)


def test_zeros_after_the_end_do_not_matter():
    result = parse_instance(io.BytesIO(WHOLE + b"\0" * 1024))
    assert isinstance(result, ParsedInstance)
    assert result.attributes.is_displayable


def test_an_invalid_transfer_syntax_is_refused():
    syntax = b"1.2.840.10008.1.2.1\0"
    changed = WHOLE.replace(syntax, b"../../etc/passwd....", 1)
    result = parse_instance(io.BytesIO(changed))
    assert isinstance(result, Refused)
    assert "transfer syntax" in result.reason


def test_video_is_kept_but_not_shown():
    octets = written(image_dataset(grey_ramp())).replace(
        b"UI" + struct.pack("<H", 20) + b"1.2.840.10008.1.2.1\0",
        b"UI" + struct.pack("<H", 24) + b"1.2.840.10008.1.2.4.102\0",
    )
    result = parse_instance(io.BytesIO(octets))
    assert isinstance(result, ParsedInstance)
    assert "video" in result.attributes.not_displayable_reason
