"""Mail by SMTP, over TLS. Without it only to a server on this very machine.

Addresses and subjects are set as structured headers, which take no line end: nothing that somebody typed can become
another header or another recipient.
"""

import ipaddress
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from backend.core import clock
from backend.core.errors import CannotStart
from backend.ports.mailer import Mail, MailDelayed, MailRefused

if TYPE_CHECKING:
    import smtplib

# For each step of the conversation.
_TIMEOUT_SECONDS = 20.0
_MOST_LINE_OCTETS = 900
_PORTS = {"smtps": 465, "smtp": 587}
_TRY_LATER = range(400, 500)


@dataclass(frozen=True, slots=True)
class _Server:
    scheme: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)

    @property
    def is_this_machine(self) -> bool:
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


class SmtpMailer:
    """Hands mails to one server; implements `ports.mailer.Mailer`.

    Args:
        url: `smtps://` (TLS from the first octet) or `smtp://` (STARTTLS), with `user:password@` where it is needed.
        sender: Address that mails come from.
        trusted: Makes what decides which certificates are trusted; the system's choice if not given.

    Raises:
        CannotStart: If either cannot be understood.
    """

    def __init__(
        self,
        url: str,
        sender: str,
        trusted: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        self._server = _parsed(url)
        self._trusted = trusted
        try:
            self._sender = Address(display_name="PACScribe", addr_spec=sender)
        except (MessageError, ValueError, IndexError):
            self._sender = Address()
        if not self._sender.username or not self._sender.domain:
            raise CannotStart("Set PACSCRIBE_MAIL_FROM to the address that mails come from.")

    def send(self, mail: Mail) -> None:
        """See `Mailer.send`."""
        import smtplib

        message = self._message(mail)
        try:
            with self._connected() as connection:
                connection.send_message(message, self._sender.addr_spec, [mail.to])
        except smtplib.SMTPRecipientsRefused as refused:
            (code, _), *_ = refused.recipients.values()
            raise _answered(code, "does not take mail for this address") from None
        except smtplib.SMTPSenderRefused as refused:
            raise MailDelayed(
                f"The mail server does not take mail from PACSCRIBE_MAIL_FROM ({refused.smtp_code})."
            ) from None
        except smtplib.SMTPDataError as refused:
            raise _answered(refused.smtp_code, "does not take this mail") from None
        except smtplib.SMTPAuthenticationError as refused:
            raise MailDelayed(
                f"The mail server refuses name or password of PACSCRIBE_SMTP_URL ({refused.smtp_code})."
            ) from None
        except smtplib.SMTPNotSupportedError:
            raise MailRefused(
                "The mail server takes no addresses with letters beyond ASCII."
            ) from None
        except ssl.SSLError:
            raise MailDelayed("The mail server has no certificate that is trusted.") from None
        except (OSError, smtplib.SMTPException):
            raise MailDelayed("The mail server cannot be reached, or broke off.") from None

    @contextmanager
    def _connected(self) -> "Iterator[smtplib.SMTP]":
        import smtplib

        server = self._server
        ours = self._sender.domain
        if server.scheme == "smtps":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host,
                server.port,
                ours,
                timeout=_TIMEOUT_SECONDS,
                context=self._trusted(),
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, ours, timeout=_TIMEOUT_SECONDS)
        with connection:
            connection.ehlo_or_helo_if_needed()
            if server.scheme == "smtp":
                if connection.has_extn("starttls"):
                    connection.starttls(context=self._trusted())
                elif not server.is_this_machine:
                    raise MailDelayed("The mail server offers no encryption, so nothing is sent.")
            if server.user:
                connection.login(server.user, server.password)
            yield connection

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage(SMTP)
        try:
            to = Address(addr_spec=mail.to)
            if not to.username or not to.domain:
                raise ValueError(mail.to)
            message["To"] = to
            message["Subject"] = mail.subject
        except (MessageError, ValueError, IndexError):
            raise MailRefused("The address or the subject cannot be written in a mail.") from None
        message["From"] = self._sender
        message["Date"] = format_datetime(clock.now())
        message["Message-ID"] = make_msgid(domain=self._sender.domain)
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence note answers it
        is_plain = mail.text.isascii() and _longest_line(mail.text) <= _MOST_LINE_OCTETS
        message.set_content(mail.text, cte="7bit" if is_plain else "quoted-printable")
        return message


def _longest_line(text: str) -> int:
    return max(map(len, text.splitlines()), default=0)


def _answered(code: int, what: str) -> Exception:
    """What an answer means: 4xx is for now, 5xx for good (RFC 5321 4.2.1)."""
    sentence = f"The mail server {what} ({code})."
    return MailDelayed(sentence, for_all=False) if code in _TRY_LATER else MailRefused(sentence)


def _parsed(url: str) -> _Server:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
        raise CannotStart(
            "PACSCRIBE_SMTP_URL must be smtps://[user:password@]host[:port] or smtp://... with STARTTLS."
        )
    return _Server(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )
