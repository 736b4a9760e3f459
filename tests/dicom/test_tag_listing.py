"""All elements of a file are listed as pydicom reads them, nothing of pixels is shown, and hostile files end in a sentence."""

import io
import warnings
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from backend.dicom import tag_listing
from backend.dicom.part10 import Unreadable
from backend.dicom.plain import from_json, to_json
from backend.dicom.tag_listing import MOST_DEPTH, MOST_LINES, list_tags
from backend.dicom.tag_model import ListedTag, TagKind, TagListing
from backend.dicom.tag_values import MOST_CHARACTERS, Reading, shown_value
from tests.dicom_files import grey_ramp, image_dataset, written
from tests.hostile import FILES

# What pydicom reads further, or without asking whether it is DICOM.
_OTHERWISE = {"no_meta.dcm", "rtplan_truncated.dcm"}
_OWN_FILES = Path(pydicom.__file__).parent / "data" / "test_files"
_MANY_FILES = [
    path
    for path in sorted(_OWN_FILES.glob("*.dcm"))
    if path.name not in _OTHERWISE and path.stat().st_size < 2_000_000
]


def listing_of(**elements) -> TagListing:
    dataset = image_dataset(grey_ramp())
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return list_tags(io.BytesIO(written(dataset)))


def line_of(listing: TagListing, keyword: str) -> ListedTag:
    (line,) = [line for line in listing.lines if line.keyword == keyword]
    return line


@pytest.mark.parametrize("path", _MANY_FILES, ids=lambda path: path.name)
def test_every_element_of_pydicoms_own_files_is_listed_in_order(path: Path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(path, force=True)
        expected = [element.tag for element in (*dataset.file_meta, *dataset.iterall())]
    with path.open("rb") as source:
        listing = list_tags(source)
    listed = [line.tag for line in listing.lines if line.kind != TagKind.ITEM]
    assert listed == [f"({tag.group:04X},{tag.element:04X})" for tag in expected]
    assert from_json(TagListing, to_json(listing)) == listing


def test_nested_items_are_numbered_and_deeper_than_their_sequence():
    first, second = Dataset(), Dataset()
    first.CodeMeaning, second.CodeMeaning = "Head", "Neck"
    listing = listing_of(AnatomicRegionSequence=Sequence([first, second]))
    lines = [line for line in listing.lines if line.keyword == "AnatomicRegionSequence"]
    assert [(line.kind, line.number, line.depth) for line in lines] == [
        (TagKind.SEQUENCE, 2, 0),
        (TagKind.ITEM, 1, 1),
        (TagKind.ITEM, 2, 1),
    ]
    assert [
        (line.value, line.depth) for line in listing.lines if line.keyword == "CodeMeaning"
    ] == [("Head", 2), ("Neck", 2)]


def test_file_meta_information_comes_first_and_uids_are_named():
    listing = listing_of()
    assert listing.lines[0].tag.startswith("(0002,")
    syntax = line_of(listing, "TransferSyntaxUID")
    assert syntax.value == "1.2.840.10008.1.2.1 (Explicit VR Little Endian)"


def test_private_elements_name_their_creator():
    dataset = image_dataset(grey_ramp())
    block = dataset.private_block(0x0019, "GEMS_ACQU_01", create=True)
    block.add_new(0x04, "DS", "1.0166")
    unknown = dataset.private_block(0x0011, "NOBODY KNOWS", create=True)
    unknown.add_new(0x01, "LO", "what they say")
    lines = {line.tag: line for line in list_tags(io.BytesIO(written(dataset))).lines}
    known = lines["(0019,1004)"]
    assert (known.creator, known.name, known.value) == ("GEMS_ACQU_01", "Cell spacing", "1.0166")
    other = lines["(0011,1001)"]
    assert (other.creator, other.name, other.value) == ("NOBODY KNOWS", "", "what they say")
    assert lines["(0019,0010)"].name == "Private Creator"


def test_nothing_of_pixels_and_no_long_binary_value_is_shown():
    listing = listing_of(ICCProfile=bytes(range(200)))
    pixels = line_of(listing, "PixelData")
    assert (pixels.kind, pixels.value) == (TagKind.PIXELS, "")
    assert pixels.length_bytes > 0
    profile = line_of(listing, "ICCProfile")
    assert (profile.kind, profile.value, profile.length_bytes) == (TagKind.BINARY, "", 200)
    icon = image_dataset(grey_ramp())
    del icon.file_meta
    nested = listing_of(IconImageSequence=Sequence([icon]))
    assert {line.value for line in nested.lines if line.keyword == "PixelData"} == {""}


def test_long_text_is_cut_with_its_length_and_stays_one_line():
    history = "first\r\nsecond\x1b\x07 " + "ä" * 40_000
    line = line_of(
        listing_of(SpecificCharacterSet="ISO_IR 192", AdditionalPatientHistory=history),
        "AdditionalPatientHistory",
    )
    assert line.value.startswith("first  second")
    assert line.value.endswith("ä…")
    assert len(line.value) == MOST_CHARACTERS + 1
    assert line.length_bytes > 80_000


def test_a_cut_in_the_middle_of_a_character_is_no_reason_for_a_note():
    for characters in range(2040, 2050):
        listing = listing_of(
            SpecificCharacterSet="ISO_IR 192", AdditionalPatientHistory="x" + "ä" * characters
        )
        assert listing.sentences == ()


@pytest.mark.parametrize(
    ("vr", "octets", "shown"),
    [
        ("US", b"\x01\x00\xff\xff", "1\\65535"),
        ("SS", b"\xff\xff", "-1"),
        ("FL", b"\xcd\xcc\xcc\x3d", "0.1"),
        ("FL", b"\x00\x00\x80\x7f", "inf"),
        ("FL", b"\xff\xff\x7f\x7f", "3.4028235e+38"),
        ("FD", b"\x9a\x99\x99\x99\x99\x99\xb9\x3f", "0.1"),
        ("AT", b"\x18\x00\x63\x10", "(0018,1063)"),
        ("OB", b"\x00\x01", "00 01"),
        ("OB", bytes(17), ""),
        ("UI", b"1.2.3\x00", "1.2.3"),
        ("LO", b"<b>bold</b>", "<b>bold</b>"),
    ],
)
def test_a_value_is_shown_as_it_is(vr: str, octets: bytes, shown: str):
    assert shown_value(vr, octets, len(octets), "", Reading(is_little_endian=True)) == shown


def test_us_or_ss_is_read_by_the_pixel_representation():
    dataset = image_dataset(grey_ramp())
    dataset.PixelRepresentation = 1
    dataset.add_new(0x00280106, "SS", -5)
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2"
    listing = list_tags(io.BytesIO(written(dataset)))
    line = line_of(listing, "SmallestImagePixelValue")
    assert (line.vr, line.value) == ("SS", "-5")


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_ends_in_lines_or_one_sentence(name: str):
    octets = FILES[name]()
    try:
        listing = list_tags(io.BytesIO(octets))
    except Unreadable:
        with pytest.raises(Unreadable, match=r"\.$"):
            list_tags(io.BytesIO(octets))
        return
    assert len(listing.lines) <= MOST_LINES
    for line in listing.lines:
        assert line.depth <= MOST_DEPTH
        assert len(line.value) <= MOST_CHARACTERS + 200  # a UID's name
        assert "\n" not in line.value
    assert all(sentence.endswith(".") for sentence in listing.sentences)


def test_what_was_left_out_is_said(monkeypatch: pytest.MonkeyPatch):
    deep = list_tags(io.BytesIO(FILES["300 sequences nested with lengths"]()))
    assert deep.sentences == ("What is nested too deeply is not listed.",)
    assert deep.lines[-1].keyword == "PixelData"  # what follows is listed all the same
    monkeypatch.setattr(tag_listing, "MOST_LINES", 12)
    listing = listing_of()
    assert len(listing.lines) == 12
    assert "the first ones are listed" in listing.sentences[0]


def test_what_is_behind_damage_is_not_guessed():
    whole = FILES["a sequence of what is no item"]()
    listing = list_tags(io.BytesIO(whole))
    (sentence,) = listing.sentences
    assert sentence == "The object is damaged behind (0008,1140); what follows is not listed."
    assert listing.lines[-1].tag == "(0008,1140)"
