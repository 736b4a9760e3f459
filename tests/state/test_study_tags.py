"""What the tags browser says of an element: private ones with their creator, nothing of pixels, items with their numbers."""

import pytest

from backend.schemas.tags import TagLine
from pacscribe_ui.state.study_tags import _row


def line(**changes: object) -> TagLine:
    plain: dict[str, object] = {
        "kind": "value",
        "depth": 0,
        "tag": "(0010,0010)",
        "keyword": "PatientName",
        "name": "Patient's Name",
        "is_private": False,
        "creator": "",
        "vr": "PN",
        "length_bytes": 1234,
        "value": "Doe^Jane",
        "number": 0,
    }
    return TagLine(**{**plain, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "name", "value"),
    [
        ({}, "Patient's Name", "Doe^Jane"),
        ({"keyword": "", "name": ""}, "Unknown", "Doe^Jane"),
        (
            {"is_private": True, "keyword": "", "name": "Cell spacing", "creator": "ACME"},
            "Private, ACME: Cell spacing",
            "Doe^Jane",
        ),
        (
            {"is_private": True, "keyword": "", "name": ""},
            "Private, creator not named",
            "Doe^Jane",
        ),
        ({"kind": "sequence", "value": "", "number": 2}, "Patient's Name", "2 items"),
        ({"kind": "sequence", "value": "", "number": 1}, "Patient's Name", "1 item"),
        ({"kind": "item", "value": "", "number": 3}, "Item 3 of Patient's Name", ""),
        ({"kind": "pixels", "value": ""}, "Patient's Name", "Pixels, not shown"),
        (
            {"kind": "pixels", "value": "", "number": 7},
            "Patient's Name",
            "Compressed pixels in 7 pieces, not shown",
        ),
        ({"kind": "binary", "value": ""}, "Patient's Name", "Binary, not shown"),
        ({"kind": "binary", "value": "00 01"}, "Patient's Name", "00 01"),
    ],
)
def test_an_element_is_said_in_words(changes: dict[str, object], name: str, value: str):
    row = _row(line(**changes))
    assert (row.name, row.value) == (name, value)


def test_lengths_are_said_or_said_to_be_missing():
    assert _row(line()).size == "1,234"
    assert _row(line(length_bytes=-1)).size == "not stated"
    assert _row(line(kind="item", number=1)).tag == ""
