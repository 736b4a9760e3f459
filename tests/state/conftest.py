"""A hospital behind the states of pages, for those that need one."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from backend import bootstrap
from pacscribe_ui.state import base
from tests.state.viewer_pages import SECOND_SERIES
from tests.viewing_hospital import Hospital, ct_slice, dicom_file


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    hospital = Hospital(tmp_path)
    hospital.take_in(
        *[
            ct_slice(
                float(5 * number),
                number,
                SeriesDescription="Axial",
                WindowCenter=[50, 500],
                WindowWidth=[350, 2000],
            )
            for number in range(1, 6)
        ],
        dicom_file(
            np.full((32, 32), 7, np.uint16),
            series_instance_uid=SECOND_SERIES,
            SeriesNumber=2,
            Modality="MR",
        ),
    )
    bootstrap.use(hospital.services)
    person = hospital.sign_in()
    base.remember_caller(person.caller, person.cookie)
    yield hospital
    base.remember_caller(None, "")
    bootstrap.use(None)
    hospital.close()
