"""Elements that are cut out of blocks are those that pydicom reads, of every file and of whatever becomes of it."""

import io

import pytest
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.uid import ImplicitVRLittleEndian

from backend.dicom import element_scan, part10
from backend.dicom.parsing import parse_instance
from backend.dicom.plain import to_json
from tests.dicom_files import file_id, grey_ramp, image_dataset, item, shipped_files, written
from tests.endurance.counts import count
from tests.endurance.mutations import mutated

SMALL = [path for path in shipped_files() if path.stat().st_size <= 40_000]
SEEDS = range(20_270_000, 20_270_000 + count(300, 20_000))


def by_pydicom(reader, is_implicit, is_little_endian, _stops, stop_when):
    return read_dataset(reader, is_implicit, is_little_endian, stop_when=stop_when)


def told(octets):
    """All elements of a file with the place of each, or why it is not opened; and what is made of it."""
    try:
        opened = part10.open_file(io.BytesIO(octets))
    except Exception as error:  # noqa: BLE001 - whatever pydicom raises is to be the same
        return type(error), str(error)
    dataset = opened.dataset
    elements = [(tag, repr(element)) for tag, element in dataset.items()]
    kept = (opened.pixel_element, opened.transfer_syntax_uid, opened.notes)
    encoding = (dataset.original_encoding, dataset.original_character_set)
    return elements, kept, encoding, to_json(parse_instance(io.BytesIO(octets)))


def assert_read_alike(octets, monkeypatch, name):
    quick = told(octets)
    with monkeypatch.context() as patched:
        patched.setattr(part10, "scanned_dataset", by_pydicom)
        assert quick == told(octets), name


@pytest.fixture(params=["whole blocks", "small blocks"])
def block(request, monkeypatch):
    if request.param == "small blocks":  # so that elements lie across their ends
        monkeypatch.setattr(element_scan, "_BLOCK_BYTES", 50)


@pytest.mark.usefixtures("block")
def test_every_file_that_pydicom_ships_is_read_as_pydicom_reads_it(monkeypatch):
    for path in SMALL:
        assert_read_alike(path.read_bytes(), monkeypatch, file_id(path))


def test_every_mutated_file_is_read_or_refused_as_with_pydicom(monkeypatch):
    for seed in SEEDS:
        assert_read_alike(mutated(seed), monkeypatch, f"seed {seed}")


@pytest.mark.parametrize("syntax", [None, ImplicitVRLittleEndian])
def test_a_slice_without_oddities_is_read_without_pydicom(monkeypatch, syntax):
    """Else nothing would be gained, and no other test would tell."""
    dataset = image_dataset(grey_ramp(), PatientID="plain", WindowCenter=40)
    dataset.SharedFunctionalGroupsSequence = [
        item(PixelMeasuresSequence=[item(PixelSpacing=[1, 1])])
    ]
    if syntax is not None:
        dataset.file_meta.TransferSyntaxUID = syntax
    octets = written(dataset)
    read = []
    generator = element_scan.data_element_generator

    def watched(*arguments, **options):
        for element in generator(*arguments, **options):
            read.append(element.tag)
            yield element

    monkeypatch.setattr(element_scan, "data_element_generator", watched)
    monkeypatch.setattr(element_scan, "read_dataset", None)
    opened = part10.open_file(io.BytesIO(octets))
    assert opened.dataset.PatientID == "plain"
    assert isinstance(opened.dataset.SharedFunctionalGroupsSequence[0], Dataset)
    assert read == []


def test_many_small_values_together_are_held_to_the_limit(monkeypatch):
    monkeypatch.setattr(part10, "_MOST_VALUE_BYTES", 2_000)
    octets = written(image_dataset(grey_ramp(), PatientComments="long " * 400))
    refusal = parse_instance(io.BytesIO(octets))
    assert "128 MiB besides its pixels" in refusal.reason


def test_what_is_read_again_by_pydicom_counts_once(monkeypatch):
    monkeypatch.setattr(part10, "_MOST_VALUE_BYTES", 3_000)
    octets = written(image_dataset(grey_ramp(), PatientComments="long " * 400))
    pixels = octets.index(b"\xe0\x7f\x10\x00OW")
    # A Specific Character Set (0008,0005) that is a sequence of undefined length, behind what it is about.
    oddity = b"\x08\x00\x05\x00SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\xdd\xe0\0\0\0\0"
    odd = octets[:pixels] + oddity + octets[pixels:]
    assert_read_alike(odd, monkeypatch, "a character set that is a sequence")
    assert parse_instance(io.BytesIO(odd)).reason
