"""Objects without an image say what they are, in words that need no knowledge of DICOM."""

import pydicom.uid
import pytest

from backend.dicom.object_kinds import sentence_without_image

STORAGE = "1.2.840.10008.5.1.4.1.1."


@pytest.mark.parametrize(
    ("uid", "word"),
    [
        (STORAGE + "104.1", "PDF document"),
        (STORAGE + "88.11", "structured report"),
        (STORAGE + "88.59", "key images"),
        (STORAGE + "88.67", "radiation dose"),
        (STORAGE + "9.1.1", "electrocardiogram"),
        (STORAGE + "9.4.1", "sound recording"),
        (STORAGE + "11.1", "presentation state"),
        (STORAGE + "481.5", "radiotherapy plan"),
        (STORAGE + "481.3", "structures"),
        (STORAGE + "66", "raw data"),
        (STORAGE + "66.1", "registration"),
        ("1.2.3", "“Private Storage”"),
        (STORAGE + "1048", "“Private Storage”"),
    ],
)
def test_an_object_says_what_it_is(uid, word):
    assert word in sentence_without_image(uid, "Private Storage")


@pytest.mark.parametrize(
    "uid",
    [uid for uid, entry in pydicom.uid.UID_dictionary.items() if uid.startswith(STORAGE) and entry[1] == "SOP Class"],
)  # fmt: skip
def test_every_storage_class_of_the_standard_has_two_whole_sentences(uid):
    sentence = sentence_without_image(uid, pydicom.uid.UID(uid).name)
    assert sentence.startswith("This ")
    assert sentence.endswith(" It holds no image to draw; the file is kept whole.")
