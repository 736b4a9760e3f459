"""Identifiers that are longer than their place."""

import re

_UID = re.compile(r"\d+(\.\d+)+")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HEAD, _TAIL = 11, 10
_MOST = _HEAD + 1 + _TAIL


def shortened(text: str) -> str:
    """A DICOM UID or one of our own with its middle left out where it is long; empty if the text is no identifier.

    The beginning says who made it, the end which one it is.
    """
    if not (_UID.fullmatch(text) or _UUID.fullmatch(text)):
        return ""
    return text if len(text) <= _MOST else f"{text[:_HEAD]}…{text[-_TAIL:]}"
