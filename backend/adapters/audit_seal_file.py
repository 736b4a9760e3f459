"""The seal of the audit trail in a small file of the data directory. When it is written is decided in `access.witness`."""

import hashlib
import hmac
import json
from pathlib import Path

from backend.access.audit import SealDamaged
from backend.adapters import durable
from backend.models.audit import ChainEnd

FILE_NAME = "audit.seal"


class FileSeal:
    """Sequence and hash of the newest entry with an HMAC, replaced as a whole. Implements `access.audit.Seal`."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._key = key

    def read(self) -> ChainEnd | None:
        """The sealed entry; `SealDamaged` if the file is not one of this installation."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            fields = json.loads(content)
            end = ChainEnd(int(fields["sequence"]), str(fields["hash"]))
            given = str(fields["mac"])
        except (ValueError, TypeError, KeyError) as error:
            raise SealDamaged from error
        if not hmac.compare_digest(given.encode(), self._mac(end).encode()):
            raise SealDamaged
        return end

    def write(self, newest: ChainEnd) -> None:
        """Replace the file durably."""
        fields = {"sequence": newest.sequence, "hash": newest.hash, "mac": self._mac(newest)}
        durable.make_folder(self._path.parent)
        durable.create_file(self._path, json.dumps(fields).encode(), replace=True)

    def _mac(self, end: ChainEnd) -> str:
        message = f"pacscribe-audit-seal-1\n{end.sequence}\n{end.hash}"
        return hmac.new(self._key, message.encode(), hashlib.sha256).hexdigest()
