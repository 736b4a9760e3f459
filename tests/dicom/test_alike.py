"""What a file says as the one before it is not read again, and every file is read as if it were the first."""

import io
import random

import numpy as np
import pytest
from pydicom.uid import ImplicitVRLittleEndian

from backend.dicom import parsing
from backend.dicom.alike import Alike
from backend.dicom.elements import Elements
from backend.dicom.model import ParsedInstance
from backend.dicom.parsing import parse_instance
from backend.dicom.plain import AlikeWriter, to_json
from tests.dicom_files import file_id, grey_ramp, image_dataset, item, shipped_files, written
from tests.endurance.counts import count
from tests.endurance.mutations import mutated

SMALL = [path for path in shipped_files() if path.stat().st_size <= 40_000]
CT = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2", "Modality": "CT"}
PET = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.128", "Modality": "PT", "Units": "BQML"}
PLACED = {"ImagePositionPatient": [0, 0, 5], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}
OVERLAY = {
    "OverlayRows": (0x60000010, "US"),
    "OverlayColumns": (0x60000011, "US"),
    "OverlayOrigin": (0x60000050, "SS"),
    "OverlayData": (0x60003000, "OW"),
}
# What one slice says, and the next does not.
VARIED = [
    {},
    {"PatientName": "Doe^Ann", "PatientID": "1"},
    {"PatientName": "M\xfcller^J\xf6rg", "SpecificCharacterSet": "ISO_IR 100"},
    {"PatientName": "M\xfcller^J\xf6rg", "SpecificCharacterSet": "ISO_IR 192"},
    {"PatientBirthDate": "19990231", "StudyDate": "20240230"},
    {"WindowCenter": [40, 300], "WindowWidth": [400, 1500], "RescaleSlope": 2, **PLACED},
    {"RescaleSlope": 1, "RescaleIntercept": -1024, "Laterality": "L", "ImageLaterality": "R"},
    {"OverlayRows": 16, "OverlayColumns": 24, "OverlayData": b"\1" * 48, "OverlayOrigin": [1, 1]},
    {"PatientComments": "moves the overlay along", "OverlayRows": 16, "OverlayColumns": 24,
     "OverlayData": b"\1" * 48, "OverlayOrigin": [1, 1]},
    {"PixelPaddingValue": 7, "SmallestImagePixelValue": 0, "LossyImageCompression": "01"},
    {"VOILUTSequence": [item(LUTDescriptor=[4, 0, 16], LUTData=b"\0\0\1\0\2\0\3\0")]},
    {"RadiopharmaceuticalInformationSequence": [item(RadionuclideTotalDose=3e8)]},
]  # fmt: skip


def slices():
    for base in ({}, CT, PET):
        for elements in VARIED:
            plain = {key: value for key, value in elements.items() if key not in OVERLAY}
            dataset = image_dataset(grey_ramp(), **base, **plain)
            for keyword in elements.keys() - plain.keys():
                dataset.add_new(*OVERLAY[keyword], elements[keyword])
            yield written(dataset)
            dataset.InstanceNumber = 3
            block = dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True)
            block.add_new(0x0C, "IS", "1000")
            yield written(dataset)
            dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
            yield written(dataset)


class Reading:
    """Files one after the other, each held to what it is by itself."""

    def __init__(self):
        self.alike = Alike()
        self.writer = AlikeWriter()

    def read(self, octets, name=""):
        told = parse_instance(io.BytesIO(octets), alike=self.alike)
        written = (
            self.writer.write(told).encode() if isinstance(told, ParsedInstance) else to_json(told)
        )
        assert written == to_json(parse_instance(io.BytesIO(octets))), name
        return told


def test_slices_that_differ_in_anything_are_read_as_if_each_were_the_first():
    reading = Reading()
    made = list(slices())
    order = random.Random(7)
    for number in range(2 * len(made)):
        reading.read(order.choice(made), f"slice {number}")


def test_files_of_every_kind_one_after_the_other_are_read_as_if_each_were_the_first():
    reading = Reading()
    for path in SMALL:
        reading.read(path.read_bytes(), file_id(path))


def test_a_mutated_file_is_read_alike_whatever_came_before_it():
    reading = Reading()
    made = list(slices())
    order = random.Random(11)
    for seed in range(count(200, 20_000)):
        reading.read(mutated(seed), f"seed {seed}")
        octets = bytearray(order.choice(made))
        for _ in range(order.randint(1, 3)):
            octets[order.randrange(132, len(octets) - 800)] = order.randrange(256)
        reading.read(bytes(octets), f"mutated slice {seed}")


def test_what_the_next_slice_says_again_is_not_read_again(monkeypatch):
    reading = Reading()
    said = {**CT, **PLACED, "PatientID": "1", "WindowCenter": 40, "WindowWidth": 400}
    first = reading.read(written(image_dataset(grey_ramp(), **said, InstanceNumber=1)))
    asked = []
    octets_of = Elements.octets

    def octets(elements, keyword):
        asked.append(keyword)
        return octets_of(elements, keyword)

    monkeypatch.setattr(Elements, "octets", octets)
    said["ImagePositionPatient"] = [0, 0, 10]
    second = parse_instance(
        io.BytesIO(written(image_dataset(grey_ramp(), **said, InstanceNumber=2))),
        alike=reading.alike,
    )
    assert second.attributes.patient is first.attributes.patient
    assert second.attributes.geometry.image_position_mm == (0, 0, 10)
    assert not {"PatientID", "WindowCenter", "BitsStored"} & set(asked)
    assert {"InstanceNumber", "ImagePositionPatient"} <= set(asked)


@pytest.mark.parametrize("most_bytes", [0, 1 << 20])
def test_a_file_that_says_much_is_not_remembered(monkeypatch, most_bytes):
    monkeypatch.setattr(parsing, "_MOST_REMEMBERED_BYTES", most_bytes)
    alike = Alike()
    octets = written(image_dataset(np.zeros((2, 2), np.uint8), PatientID="1"))
    first, second = (parse_instance(io.BytesIO(octets), alike=alike) for _ in range(2))
    assert (second.attributes.patient is first.attributes.patient) == bool(most_bytes)
