"""The seal of the audit trail in a small file of the data directory. When it is written is decided in `access.witness`."""

import hashlib
import hmac
import json
from pathlib import Path

from backend.access.audit import SealDamaged
from backend.adapters import durable
from backend.models.audit import ChainEnd

FILE_NAME = "audit.seal"
_LOOKS = 5  # at a seal that another process replaces meanwhile


class FileSeal:
    """Sequence and hash of the newest entry with an HMAC. Implements `access.audit.Seal`.

    The file fills one sector of the disk, which is overwritten where it is: disks replace a sector as a whole, and that takes one
    wait, not the two and the new names of a file that is replaced. Were one torn all the same, the seal would be damaged, and said
    to be; it would never be taken for an older one.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._key = key

    def read(self) -> ChainEnd | None:
        """The sealed entry; `SealDamaged` if the file is not one of this installation."""
        looks = _LOOKS
        while True:
            looks -= 1
            try:
                return self._end_in(self._path.read_bytes())
            except FileNotFoundError:
                return None
            except SealDamaged:
                if not looks:
                    raise

    def write(self, newest: ChainEnd) -> None:
        """Replace what the file says, durably."""
        fields = {"sequence": newest.sequence, "hash": newest.hash, "mac": self._mac(newest)}
        content = json.dumps(fields).encode().ljust(durable.SECTOR_BYTES)
        if not durable.overwrite_sector(self._path, content):
            durable.make_folder(self._path.parent)
            durable.create_file(self._path, content, replace=True)

    def _end_in(self, content: bytes) -> ChainEnd:
        try:
            fields = json.loads(content)
            end = ChainEnd(int(fields["sequence"]), str(fields["hash"]))
            given = str(fields["mac"])
        except (ValueError, TypeError, KeyError) as error:
            raise SealDamaged from error
        if not hmac.compare_digest(given.encode(), self._mac(end).encode()):
            raise SealDamaged
        return end

    def _mac(self, end: ChainEnd) -> str:
        message = f"pacscribe-audit-seal-1\n{end.sequence}\n{end.hash}"
        return hmac.new(self._key, message.encode(), hashlib.sha256).hexdigest()
