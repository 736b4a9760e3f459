"""A collector of syslog messages over TLS (RFC 5425). What is sent is made in `services.audit_messages`.

The protocol has no receipt. A connection is therefore closed in order after each batch: a collector that answers the
notice, or ends the connection itself without an error, has read to the end.
"""

import socket
import ssl
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

from backend.core.errors import CannotStart, Refusal

_SCHEME = "syslog+tls"
_PORT = 6514
_SECONDS = 20.0
_KNOWN = {"ca", "certificate", "key"}


class SyslogCollector:
    """Sends messages to one address.

    Args:
        url: `syslog+tls://host:6514`; further `?ca=FILE` for a certificate authority of one's own, and
            `&certificate=FILE&key=FILE` where the collector wants to know who sends.

    Raises:
        CannotStart: If the address cannot be understood, or a file cannot be read.
    """

    def __init__(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            asked = parse_qs(parts.query, strict_parsing=bool(parts.query))
            self._host, self._port = parts.hostname or "", parts.port or _PORT
        except ValueError:
            raise CannotStart(_UNREADABLE) from None
        if parts.scheme != _SCHEME or not self._host or not set(asked) <= _KNOWN:
            raise CannotStart(_UNREADABLE)
        files = {name: values[-1] for name, values in asked.items()}
        try:
            self._context = ssl.create_default_context(cafile=files.get("ca"))
            if "certificate" in files:
                self._context.load_cert_chain(files["certificate"], files.get("key"))
        except (OSError, ssl.SSLError) as error:
            raise CannotStart(
                "A file that PACSCRIBE_SYSLOG_URL names cannot be read, or is no certificate."
            ) from error
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2

    def send(self, messages: Sequence[bytes]) -> None:
        """Hand over messages, all of them, in order.

        Raises:
            Refusal: If the collector is not there or has not taken all of them; then they are sent again.
        """
        framed = b"".join(b"%d %b" % (len(message), message) for message in messages)
        try:
            with (
                socket.create_connection((self._host, self._port), _SECONDS) as plain,
                self._context.wrap_socket(plain, server_hostname=self._host) as secured,
            ):
                secured.sendall(framed)
                _close(secured)
        except OSError as error:
            raise Refusal(
                "The collector of the audit trail does not take its entries; they wait."
            ) from error


_UNREADABLE = (
    "PACSCRIBE_SYSLOG_URL must look like syslog+tls://collector.example:6514, "
    "with ?ca=FILE where the authority is one of your own."
)


def _close(secured: ssl.SSLSocket) -> None:
    """Say that this was all, and wait until the other side has read it."""
    try:
        secured.unwrap()
    except ssl.SSLEOFError:
        return  # it ended the connection in place of an answer
