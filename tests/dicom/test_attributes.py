"""What a file says about patient, study, series and image, and what is made of its mistakes."""

import io
import struct

import pydicom
import pytest
from pydicom.dataset import Dataset

from backend.dicom import elements
from backend.dicom.attributes import person_name
from backend.dicom.character_sets import decode
from backend.dicom.elements import Elements
from backend.dicom.model import CineAttributes, ParsedInstance, Refused
from backend.dicom.parsing import parse_instance
from tests.dicom_files import grey_ramp, image_dataset, written


def parsed(dataset):
    result = parse_instance(io.BytesIO(written(dataset)))
    assert isinstance(result, ParsedInstance), result
    return result.attributes


def with_raw(keyword_tag, vr, value, **elements):
    """A file with one element written octet for octet, which pydicom would refuse or repair."""
    octets = written(image_dataset(grey_ramp(), **elements))
    value += b" " * (len(value) % 2)
    group, element = keyword_tag
    raw = struct.pack("<HH2sH", group, element, vr, len(value)) + value
    # Elements stand in ascending order; the tests use tags of groups 0008 and 0010 that come before (0018) or (0020).
    position = octets.index(struct.pack("<HH", 0x0020, 0x000D))
    return octets[:position] + raw + octets[position:]


def attributes_of(octets):
    result = parse_instance(io.BytesIO(octets))
    assert isinstance(result, ParsedInstance), result
    return result.attributes


def test_all_three_groups_of_a_name_are_kept():
    name = person_name("Yamada^Tarou=山田^太郎=やまだ^たろう")
    assert (name.family, name.given) == ("Yamada", "Tarou")
    assert (name.ideographic, name.phonetic) == ("山田^太郎", "やまだ^たろう")
    assert name.text == "Yamada^Tarou=山田^太郎=やまだ^たろう"


def test_a_name_without_alphabetic_group_takes_the_next_one():
    name = person_name("=山田^太郎")
    assert (name.family, name.given) == ("山田", "太郎")


def test_an_empty_name_stays_empty():
    assert person_name("").text == ""
    assert person_name("^^^^").text == ""


def test_a_missing_patient_is_not_invented():
    attributes = parsed(image_dataset(grey_ramp()))
    assert attributes.patient.patient_id == ""
    assert attributes.patient.patient_name.text == ""
    assert attributes.patient.patient_birth_date == ""
    assert attributes.study.study_date == ""
    assert attributes.series.series_number is None


@pytest.mark.parametrize(
    ("character_set", "name", "encoding"),
    [
        ("ISO_IR 100", "Müller^Jörg", "latin-1"),
        ("ISO_IR 192", "Дмитриев^Łukasz", "utf-8"),
        ("ISO_IR 144", "Люкceмбypг", "iso8859-5"),
        ("ISO_IR 126", "Διονυσιος", "iso8859-7"),
        ("ISO_IR 138", "שרון^דבורה", "iso8859-8"),
        ("GB18030", "Wang^XiaoDong=王^小东", "gb18030"),
        ("ISO-IR 100", "Müller", "latin-1"),
    ],
)
def test_text_is_decoded_as_the_file_declares(character_set, name, encoding):
    octets = with_raw(
        (0x0010, 0x0010), b"PN", name.encode(encoding), SpecificCharacterSet="ISO_IR 100"
    )
    declared, wanted = b"ISO_IR 100", character_set.encode()
    octets = octets.replace(
        b"CS" + struct.pack("<H", len(declared)) + declared,
        b"CS" + struct.pack("<H", 10) + wanted.ljust(10),
    )
    assert attributes_of(octets).patient.patient_name.text == name


@pytest.mark.parametrize(("encoding"), ["utf-8", "latin-1"])
def test_undeclared_text_is_read_with_a_note(encoding):
    octets = with_raw((0x0010, 0x0010), b"PN", "Müller^Jörg".encode(encoding))
    attributes = attributes_of(octets)
    assert attributes.patient.patient_name.text == "Müller^Jörg"
    assert any("character set" in note for note in attributes.notes)


def test_japanese_with_code_extensions_is_decoded():
    name = b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B"
    octets = with_raw((0x0010, 0x0010), b"PN", name, SpecificCharacterSet=["", "ISO 2022 IR 87"])
    said = attributes_of(octets).patient.patient_name
    assert said.text == "Yamada^Tarou=山田^太郎=やまだ^たろう"


@pytest.mark.filterwarnings("ignore:Invalid value")
def test_an_unknown_character_set_is_noted():
    octets = with_raw(
        (0x0010, 0x0010), b"PN", "Müller".encode(), SpecificCharacterSet="unicode_escape"
    )
    attributes = attributes_of(octets)
    assert attributes.patient.patient_name.text == "Müller"
    assert any("SpecificCharacterSet" in note for note in attributes.notes)


def test_an_item_is_read_as_it_declares_itself_and_else_as_its_data_set_does():
    said, silent = Dataset(), Dataset()
    said.SpecificCharacterSet = "ISO_IR 144"
    said.ScheduledProcedureStepDescription = "Колено"
    silent.ScheduledProcedureStepDescription = "Schädel"
    octets = written(
        image_dataset(
            grey_ramp(), SpecificCharacterSet="ISO_IR 100", RequestAttributesSequence=[said, silent]
        )
    )
    notes: list[str] = []
    data_set = Elements(pydicom.dcmread(io.BytesIO(octets)), True, notes)
    items = data_set.items("RequestAttributesSequence")
    texts = [item.text("ScheduledProcedureStepDescription") for item in items]
    assert (texts, notes) == (["Колено", "Schädel"], [])


def test_an_item_that_declares_for_itself_declares_nothing_for_its_data_set():
    said = Dataset()
    said.SpecificCharacterSet = "ISO_IR 144"
    octets = with_raw(
        (0x0010, 0x0010), b"PN", "Müller".encode("latin-1"), ReferencedStudySequence=[said]
    )
    attributes = attributes_of(octets)
    assert attributes.patient.patient_name.text == "Müller"
    assert any("guessed" in note for note in attributes.notes)


def test_an_identifier_that_cannot_be_read_is_refused_only_where_it_finds_no_room():
    short, long = ("К".encode("cp1251") * count for count in (3, 40))
    said = attributes_of(with_raw((0x0010, 0x0020), b"LO", short)).patient.patient_id
    assert said == "\N{REPLACEMENT CHARACTER}CA" * 3
    refused = parse_instance(io.BytesIO(with_raw((0x0010, 0x0020), b"LO", long)))
    assert refused == Refused(
        "PatientID is written in a character set that the file does not declare, so the file cannot be filed."
        " Correct it."
    )


@pytest.mark.parametrize("written_as", [b"\x1b-A\xfc", b"\x81", "ü".encode(), b"\xfc "])
def test_of_endless_text_only_as_much_is_decoded_as_is_kept(written_as, monkeypatch):
    decoded: list[int] = []

    def counted(value, *others):
        decoded.append(len(value))
        return decode(value, *others)

    monkeypatch.setattr(elements, "decode", counted)
    comments = written_as * (2_000_000 // len(written_as))
    octets = written(image_dataset(grey_ramp(), ImageComments="?"))
    short = b"LT" + struct.pack("<H", 2) + b"? "
    assert octets.count(short) == 1
    long = b"UT" + struct.pack("<HI", 0, len(comments)) + comments
    said = attributes_of(octets.replace(short, long))
    assert "ImageComments is longer than allowed and was cut." in said.notes
    assert len(said.image_comments) <= 10_240
    assert sum(decoded) < 100_000


def test_control_characters_are_removed_from_text():
    octets = with_raw((0x0010, 0x0020), b"LO", b"AB\x00\x07C\x1f")
    assert attributes_of(octets).patient.patient_id == "ABC"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"19660204", "19660204"),
        (b"1966.02.04", "19660204"),
        (b"19660231", ""),
        (b"1966", ""),
        (b"00000000", ""),
        (b"abcdefgh", ""),
        (b"", ""),
    ],
)
def test_a_date_is_valid_or_empty(value, expected):
    attributes = attributes_of(with_raw((0x0010, 0x0030), b"DA", value))
    assert attributes.patient.patient_birth_date == expected
    assert bool(attributes.notes) == (expected == "" and value != b"")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0830", "0830"),
        ("083015.5", "083015.5"),
        ("08:30:15", "083015"),
        ("2460", ""),
        ("8am", ""),
    ],
)
def test_a_time_is_valid_or_empty(value, expected):
    dataset = image_dataset(grey_ramp())
    dataset.add_new(0x00080030, "SH", value)  # written as it is
    octets = written(dataset).replace(b"\x08\x00\x30\x00SH", b"\x08\x00\x30\x00TM")
    assert attributes_of(octets).study.study_time == expected


@pytest.mark.parametrize("keyword", ["SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"])
def test_a_file_without_its_identifiers_is_refused(keyword):
    dataset = image_dataset(grey_ramp())
    dataset.file_meta.MediaStorageSOPInstanceUID = None
    octets = io.BytesIO()
    delattr(dataset, keyword)
    dataset.save_as(octets, implicit_vr=False, little_endian=True, enforce_file_format=False)
    result = parse_instance(octets)
    assert isinstance(result, Refused)
    assert "UID" in result.reason


@pytest.mark.parametrize("uid", ["1.2.x", "1." * 40 + "1", "../../etc/passwd", "1..2", "<b>1</b>"])
def test_an_invalid_identifier_is_refused(uid):
    octets = written(image_dataset(grey_ramp(), StudyInstanceUID="1.2.3"))
    raw = uid.encode() + b"\0" * (len(uid) % 2)
    octets = octets.replace(
        b"\x20\x00\x0d\x00UI" + struct.pack("<H", 6) + b"1.2.3\0",
        b"\x20\x00\x0d\x00UI" + struct.pack("<H", len(raw)) + raw,
    )
    assert isinstance(parse_instance(io.BytesIO(octets)), Refused)


def test_an_identifier_is_whole_or_the_file_is_refused():
    whole = with_raw((0x0010, 0x0020), b"LO", b"7" * 64)
    assert attributes_of(whole).patient.patient_id == "7" * 64
    result = parse_instance(io.BytesIO(with_raw((0x0010, 0x0020), b"LO", b"7" * 66)))
    assert isinstance(result, Refused)
    assert "PatientID" in result.reason


def test_endless_text_is_cut_with_a_note():
    octets = with_raw((0x0010, 0x4000), b"LT", b"x" * 100)
    assert attributes_of(octets).notes == ()
    long_code = attributes_of(with_raw((0x0010, 0x0040), b"CS", b"M" * 40))
    assert long_code.patient.patient_sex == "M" * 16
    assert any("PatientSex" in note for note in long_code.notes)
    comments = attributes_of(with_raw((0x0008, 0x1030), b"LO", b"x" * 20_000))
    assert len(comments.study.study_description) == 10_240


def test_an_orientation_that_is_none_is_not_used():
    attributes = parsed(image_dataset(grey_ramp(), ImageOrientationPatient=[1, 0, 0, 1, 0, 0]))
    assert attributes.geometry.image_orientation is None
    assert any("ImageOrientationPatient" in note for note in attributes.notes)


def test_geometry_and_spacing_are_read():
    attributes = parsed(
        image_dataset(
            grey_ramp(),
            ImageOrientationPatient=[1, 0, 0, 0, 0, -1],
            ImagePositionPatient=[-10.5, 20, 30.25],
            PixelSpacing=[0.5, 0.25],
            SliceThickness=3,
        )
    )
    place = attributes.frame_geometry(0)
    assert place.image_position_mm == (-10.5, 20.0, 30.25)
    assert place.image_orientation == (1, 0, 0, 0, 0, -1)
    assert place.pixel_spacing_mm == (0.5, 0.25)
    assert place.slice_thickness_mm == 3


@pytest.mark.parametrize("value", ["0\\0", "-1\\1", "0.5", "a\\b", "NaN\\NaN", "1e999\\1"])
def test_an_impossible_spacing_is_not_used(value):
    dataset = image_dataset(grey_ramp())
    dataset.add_new(0x00280030, "LO", value)
    octets = written(dataset).replace(b"\x28\x00\x30\x00LO", b"\x28\x00\x30\x00DS")
    attributes = attributes_of(octets)
    assert attributes.spacing.pixel_spacing_mm is None
    assert any("PixelSpacing" in note for note in attributes.notes)


def test_ultrasound_regions_that_disagree_give_no_spacing():
    from pydicom.dataset import Dataset

    def region(delta):
        item = Dataset()
        item.PhysicalUnitsXDirection = item.PhysicalUnitsYDirection = 3
        item.PhysicalDeltaX, item.PhysicalDeltaY = delta, delta
        return item

    one = parsed(image_dataset(grey_ramp(), SequenceOfUltrasoundRegions=[region(0.02)] * 2))
    assert one.spacing.ultrasound_spacing_mm == (0.2, 0.2)
    two = parsed(
        image_dataset(grey_ramp(), SequenceOfUltrasoundRegions=[region(0.02), region(0.03)])
    )
    assert two.spacing.ultrasound_spacing_mm is None
    assert two.spacing.has_ultrasound_regions


def test_how_a_file_wants_to_be_played_is_read():
    dataset = image_dataset(
        grey_ramp(),
        FrameIncrementPointer=[0x00181065, 0x00181063],
        FrameTime="40",
        FrameTimeVector=[0, 20, 60.5],
        RecommendedDisplayFrameRate=15,
        CineRate=25,
        ActualFrameDuration=38,
        PreferredPlaybackSequencing=1,
        StartTrim=2,
        StopTrim=9,
    )
    assert parsed(dataset).cine == CineAttributes(
        frame_time_ms=40.0,
        frame_time_vector_ms=(0.0, 20.0, 60.5),
        recommended_display_frame_rate=15.0,
        cine_rate=25.0,
        frame_increment_pointer=("FrameTimeVector", "FrameTime"),
        actual_frame_duration_ms=38.0,
        preferred_playback_sequencing=1,
        start_trim=2,
        stop_trim=9,
    )


def test_a_file_that_says_nothing_of_playing_says_nothing():
    assert parsed(image_dataset(grey_ramp())).cine == CineAttributes()
