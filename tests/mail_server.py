"""A real mail server for tests, with or without TLS, that keeps what it is given."""

import datetime
import re
import ssl
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from backend.ports.mailer import Mail
from tests.served import free_port

USER, PASSWORD = "pacscribe", "mail server's own"
# The end of waiting on a busy machine, not what is measured.
WAIT_SECONDS = 60.0


class MailServer:
    """What came in, and how the next one is answered."""

    def __init__(self) -> None:
        self.port = free_port()
        self.envelopes: list[Envelope] = []
        self.answer = "250 OK"
        self.answer_to_recipient = "250 OK"
        self._came = threading.Condition()

    # Called by aiosmtpd.
    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):  # noqa: N802
        if self.answer_to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer_to_recipient

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.answer.startswith("250"):
            with self._came:
                self.envelopes.append(envelope)
                self._came.notify_all()
        return self.answer

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(each.content, policy=default) for each in self.envelopes]

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == address]

    def wait_for(self, address: str, number: int = 1) -> EmailMessage:
        """The mail with this number to an address, once it has come."""
        with self._came:
            came = self._came.wait_for(lambda: len(self.to(address)) >= number, WAIT_SECONDS)
        assert came, [mail["To"] for mail in self.mails]
        return self.to(address)[number - 1]


def text_of(mail: EmailMessage) -> str:
    return mail.get_content().replace("\r\n", "\n")


@contextmanager
def mail_server(*, tls: str = "", asks_for_password: bool = False) -> Iterator[MailServer]:
    """A server on loopback: `tls` is empty, `smtps` or `starttls`."""
    server = MailServer()
    options: dict[str, object] = {}
    if tls == "smtps":
        options["ssl_context"] = _server_context()
    elif tls == "starttls":
        options |= {"tls_context": _server_context(), "require_starttls": True}
    if asks_for_password:
        options |= {"authenticator": _authenticated, "auth_required": True}
        options["auth_require_tls"] = tls == "starttls"
    controller = Controller(
        server, hostname="127.0.0.1", port=server.port, ready_timeout=WAIT_SECONDS, **options
    )
    with warnings.catch_warnings():
        # It does not count TLS from the first octet as TLS.
        warnings.simplefilter("ignore", UserWarning)
        controller.start()
    try:
        yield server
    finally:
        controller.stop()


def _authenticated(server, session, envelope, mechanism, data) -> AuthResult:
    given = (data.login, data.password)
    return AuthResult(success=given == (USER.encode(), PASSWORD.encode()), handled=False)


def trusting() -> ssl.SSLContext:
    """Trusts the server's certificate and no other."""
    return ssl.create_default_context(cafile=str(Path(_certificate().name) / "cert.pem"))


def _server_context() -> ssl.SSLContext:
    folder = Path(_certificate().name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


@cache
def _certificate() -> TemporaryDirectory:
    folder = TemporaryDirectory(prefix="pacscribe-", ignore_cleanup_errors=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    Path(folder.name, "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    Path(folder.name, "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder


class Post:
    """A mailer without a network: it keeps what it is given, or answers as it is told to."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.trouble: Exception | None = None

    def send(self, mail: Mail) -> None:
        if self.trouble:
            raise self.trouble
        self.mails.append(mail)

    def to(self, address: str) -> list[Mail]:
        return [mail for mail in self.mails if mail.to == address]

    def token(self, address: str, page: str) -> str:
        """The token of the newest link to a page in the mails to an address."""
        found = [
            found[1]
            for mail in self.to(address)
            if (found := re.search(rf"{page}#token=(\S+)\n", mail.text))
        ]
        assert found, [mail.text for mail in self.to(address)]
        return found[-1]
