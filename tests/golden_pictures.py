"""Pictures as they were drawn when somebody looked at them and found them right.

With PACSCRIBE_UPDATE_GOLDEN=1 in the environment they are drawn anew; look at every one before it is committed.
"""

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from backend.imaging.encoding import encode_png

GOLDEN = Path(__file__).resolve().parent / "golden"


def difference_from_golden(name: str, drawn: npt.NDArray[np.uint8]) -> npt.NDArray[np.int_]:
    """How many levels each pixel has moved since."""
    path = GOLDEN / f"{name}.png"
    if os.environ.get("PACSCRIBE_UPDATE_GOLDEN") == "1":
        GOLDEN.mkdir(exist_ok=True)
        path.write_bytes(encode_png(drawn))
        pytest.skip("Drawn anew.")
    with Image.open(path) as golden:
        expected = np.asarray(golden).astype(int)
    assert drawn.shape == expected.shape
    return np.abs(expected - drawn)
