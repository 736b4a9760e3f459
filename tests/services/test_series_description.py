"""Windows that an image is offered with."""

import numpy as np

from backend.imaging.model import FrameAttributes, LookupTable, NamedLut, NamedWindow, Window
from backend.services.series_description import file_windows

TABLE = NamedLut(LookupTable(-100, np.arange(4096, dtype=np.uint16), 12), "NORMAL")


def test_an_image_with_a_table_only_offers_its_range_to_start_from():
    (offered,) = file_windows(FrameAttributes(4, 4, voi_luts=(TABLE,)))
    # PS3.3 C.11.2.1.2.1: from center - 0.5 - (width - 1) / 2 to center - 0.5 + (width - 1) / 2.
    low = offered.window_center - 0.5 - (offered.window_width - 1) / 2
    high = offered.window_center - 0.5 + (offered.window_width - 1) / 2
    assert (low, high) == (-100, 3995)


def test_windows_of_the_file_come_before_the_range_of_a_table():
    attributes = FrameAttributes(
        4, 4, voi_luts=(TABLE,), windows=(NamedWindow(Window(40, 400), "SOFT"),)
    )
    assert [window.name for window in file_windows(attributes)] == ["SOFT"]


def test_an_image_without_either_offers_none():
    assert file_windows(FrameAttributes(4, 4)) == ()
