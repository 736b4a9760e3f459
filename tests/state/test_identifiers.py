"""Identifiers in the same room for each."""

import pytest

from pacscribe_ui.state.identifiers import shortened


@pytest.mark.parametrize(
    ("whole", "short"),
    [
        ("1.2.840.113619.2.55.3.604688119.971", "1.2.840.113…688119.971"),
        ("2.25.1975008127197799100106828013399936977", "2.25.197500…3399936977"),
        ("01a219d1-e8be-726d-82e4-4951d73fc90b", "01a219d1-e8…51d73fc90b"),
        ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.50"),
        ("1.2", "1.2"),
    ],
)
def test_the_middle_of_a_long_identifier_is_left_out(whole, short):
    assert shortened(whole) == short
    assert len(short) <= 22


@pytest.mark.parametrize(
    "text", ["", "radiologist", "1", "1.2.", "a-name-that-is-long-and-no-identifier", "1.2.x"]
)
def test_what_is_no_identifier_is_not_shortened(text):
    assert shortened(text) == ""
