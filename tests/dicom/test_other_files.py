"""Files that lie beside images: what is surely something else is passed over, what might be a damaged image is refused."""

import io

import pytest

from backend.dicom.model import Refused
from backend.dicom.other_files import kind_of
from backend.dicom.parsing import parse_instance
from tests.viewing_hospital import ct_slice


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7\n" + bytes(200), "a PDF document"),
        (b"\xff\xd8\xff\xe0" + bytes(200), "a JPEG picture"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "a PNG picture"),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(200), "a video"),
        (b"MZ\x90\x00" + bytes(200), "a program"),
        (b"Dear colleague,\r\n" * 40, "a text"),
        (("Sehr geehrte Frau Müller, " * 40).encode(), "a text"),
        (("ä" * 300).encode()[:511], "a text"),
        (b"[autorun]\nopen=viewer.exe\n", "a text"),
    ],
)  # fmt: skip
def test_what_is_surely_something_else_is_skipped_and_named(head: bytes, kind: str) -> None:
    assert kind_of(io.BytesIO(head)) == kind
    assert parse_instance(io.BytesIO(head)) == Refused(
        f"This is {kind}, not a DICOM file.", is_skipped=True
    )


@pytest.mark.parametrize(
    "octets",
    [b"", b"\x00" * 131, bytes(range(256)), b"\x00\x01\x02\x03" * 300, ct_slice(1, 1)[:131]],
)
def test_what_may_be_a_damaged_image_is_refused(octets: bytes) -> None:
    answer = parse_instance(io.BytesIO(octets))
    assert isinstance(answer, Refused)
    assert not answer.is_skipped


def test_an_image_that_begins_like_a_program_is_an_image() -> None:
    octets = bytearray(ct_slice(1, 1))
    octets[:2] = b"MZ"
    assert not isinstance(parse_instance(io.BytesIO(bytes(octets))), Refused)
