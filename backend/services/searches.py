"""Searches for people leave a trace in the audit trail: how much was found, and of the wording a keyed hash only."""

import hashlib
import hmac
import json
import threading
from collections import OrderedDict
from collections.abc import Mapping

from backend.access import audit
from backend.access.audit import DetailValue
from backend.core.caller import Caller
from backend.core.vocabulary import AuditAction
from backend.models.session import Database
from backend.ports.keyring import Keyring

_REMEMBERED = 1000


class Searches:
    """Records searches. The wording may be a name: without the installation's key nobody can try names on its hash.

    Args:
        database: Where the audit trail is.
        keyring: Gives the key of the hashes.
    """

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._hash_key = keyring.derive("worklist-search-hash")
        self._recorded: OrderedDict[tuple[str, str, str], None] = OrderedDict()
        self._lock = threading.Lock()

    def record(
        self,
        caller: Caller,
        action: AuditAction,
        asked: Mapping[str, str | tuple[str, ...]],
        total: int,
    ) -> None:
        """Write down that somebody searched; once per session and wording.

        Args:
            caller: Who searched.
            action: Where.
            asked: What they gave, by the names of the fields.
            total: How much was found.
        """
        told = self.told(asked, total)
        key = (caller.session_id, action.value, str(told["query_hmac"]))
        with self._lock:
            if key in self._recorded:
                return
            self._recorded[key] = None
            while len(self._recorded) > _REMEMBERED:
                self._recorded.popitem(last=False)
        audit.record(
            self._database,
            caller,
            action,
            object_type=action.value.partition(":")[0],
            details=told,
        )

    def told(
        self, asked: Mapping[str, str | tuple[str, ...]], total: int
    ) -> dict[str, DetailValue]:
        """What the details of an entry say of a search: equal wordings have equal hashes.

        Args:
            asked: What was given, by the names of the fields.
            total: How much was found.
        """
        words = json.dumps(asked, ensure_ascii=False, sort_keys=True).casefold()
        digest = hmac.digest(self._hash_key, words.encode(), hashlib.sha256).hex()
        return {"query_hmac": digest, "results": total}
