"""The table of contents of a medium, a DICOMDIR (PS3.10 8.5, PS3.3 F.3): which files it names. Runs in the parsing process."""

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

_DIRECTORY_RECORDS = 0x00041220
_REFERENCED_FILE_ID = 0x00041500
MOST_FILES = 200_000
_LONGEST_NAME = 400


def named_files(dataset: Dataset) -> tuple[str, ...]:
    """The files that a DICOMDIR names, each as a path from where it lies, parts between slashes; none of them twice."""
    if _DIRECTORY_RECORDS not in dataset:
        return ()
    found: dict[str, None] = {}
    for record in dataset[_DIRECTORY_RECORDS].value or ():
        if _REFERENCED_FILE_ID not in record:
            continue
        value = record[_REFERENCED_FILE_ID].value
        parts = list(value) if isinstance(value, MultiValue) else [value]
        name = "/".join(str(part).strip() for part in parts if part)
        if name and len(found) < MOST_FILES:
            found[name[:_LONGEST_NAME]] = None
    return tuple(found)
