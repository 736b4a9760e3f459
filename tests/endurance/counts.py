"""How often the long proofs are repeated: a few times in every run, in full by `make endurance`."""

import os

IS_WHOLE = os.environ.get("PACSCRIBE_TEST_ENDURANCE") == "1"


def count(usual: int, whole: int) -> int:
    """How often to repeat something: `usual` takes seconds, `whole` is what is claimed."""
    return whole if IS_WHOLE else usual
