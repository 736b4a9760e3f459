"""What UIDs of the standard are called (PS3.6 Annex A)."""

from pydicom import config
from pydicom.uid import UID


def uid_name(uid: str) -> str:
    """The name of a UID, or "" where the standard has none for it."""
    name = str(UID(uid, config.IGNORE).name)
    return "" if name == uid else name
