"""Addresses name numbers and words, or nothing at all; whatever else stands there does no harm."""

import pytest

from pacscribe_ui.state.address import search_of, whole_number


@pytest.mark.parametrize(
    ("text", "number"),
    [("", 1), ("3", 3), ("0", 1), ("-1", 1), ("x", 1), ("9" * 40, 1), ("²", 1), ("1.5", 1)],
)
def test_an_address_names_a_number_from_one(text: str, number: int):
    assert whole_number(text) == number


def test_what_is_empty_does_not_stand_in_an_address():
    assert search_of({}) == ""
    assert search_of({"series": "", "page": ""}) == ""
    assert search_of({"series": "1.2", "page": "", "tags": "a&b"}) == "?series=1.2&tags=a%26b"
