"""The audit trail sent to a collector as it grows: entry after entry, from where the last batch ended, each at least once."""

import hashlib
import socket
from collections.abc import Callable, Sequence

from backend.models import audit as table
from backend.models.session import Database
from backend.services.audit_messages import syslog_message

_BATCH = 500


class AuditForwarding:
    """Sends entries of all organizations.

    Args:
        database: Where the trail is, and how far it was sent.
        address: Where to; empty sends nothing.
        send: Hands messages over, all of them or none.
    """

    def __init__(
        self, database: Database, address: str, send: Callable[[Sequence[bytes]], None]
    ) -> None:
        self._database = database
        self._send = send
        self.is_on = bool(address)
        self._destination = hashlib.sha256(address.encode()).hexdigest()
        self._host = socket.gethostname()

    def forward(self, progress: Callable[[int, int], None] = lambda _done, _total: None) -> str:
        """Send what has not been sent; says how much it was.

        Args:
            progress: Told how many were sent, of how many; may end it by raising.

        Raises:
            Refusal: If the collector does not take them. Nothing is lost: the next time begins with them.
        """
        if not self.is_on:
            return "No collector is set."
        sent = 0
        while True:
            with self._database.system_read() as session:
                after = table.cursor(session, self._destination)
                entries = table.entries_after(session, after, _BATCH)
                messages = [syslog_message(entry, self._host) for entry in entries]
                newest = entries[-1].sequence if entries else after
                end = table.chain_end(session)
            if not messages:
                return f"Sent: {sent} entries."
            self._send(messages)
            with self._database.system_write() as session:
                table.move_cursor(session, self._destination, newest)
            sent += len(messages)
            progress(sent, sent + (end.sequence if end is not None else newest) - newest)

    def sent_up_to(self) -> int | None:
        """The last entry that the collector has; None if none is set."""
        if not self.is_on:
            return None
        with self._database.system_read() as session:
            return table.cursor(session, self._destination)
