"""Entries reach a collector over TLS, framed as RFC 5425 wants them, and wait while it is away."""

import ipaddress
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from backend.access import audit
from backend.adapters.syslog_tls import SyslogCollector
from backend.core.caller import Caller, Origin
from backend.core.errors import CannotStart, Refusal
from backend.core.vocabulary import AuditAction
from backend.models.audit import entries_after
from backend.services import audit_forwarding
from backend.services.audit_forwarding import AuditForwarding
from backend.services.audit_messages import dicom_message
from tests.postgres import NORTH, SOUTH


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for this machine's loopback that signs itself, with its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "collector")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "both.pem").write_bytes(private + (folder / "cert.pem").read_bytes())
    return folder


class Collector:
    """A listener that keeps what it is sent, and can be away, deaf or rude."""

    def __init__(self, folder, port=0, *, is_deaf=False, answers=True):
        self.octets = b""
        self.versions = set()
        self._is_deaf, self._answers = is_deaf, answers
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(folder / "both.pem")
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self):
        # A listener that waits is not woken by being closed.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def messages(self):
        """RFC 5425 4.3: each with its length before it."""
        found, rest = [], self.octets
        while rest:
            length, _, rest = rest.partition(b" ")
            found.append(rest[: int(length)])
            assert len(found[-1]) == int(length)
            rest = rest[int(length) :]
        return found

    def _serve(self):
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            with plain:
                try:
                    self._take(plain)
                except OSError:
                    continue

    def _take(self, plain):
        with self._context.wrap_socket(plain, server_side=True) as secured:
            self.versions.add(secured.version())
            if self._is_deaf:
                secured.recv(10)
                # Closing with octets unread resets the connection.
                return
            while octets := secured.recv(65536):
                self.octets += octets
            if self._answers:
                secured.unwrap()


@pytest.fixture
def collector(certificate):
    made = Collector(certificate)
    yield made
    made.close()


def url(certificate, port):
    return f"syslog+tls://127.0.0.1:{port}?ca={certificate / 'cert.pem'}"


def record(database, times, organization_id=NORTH):
    caller = Caller(
        "u", organization_id, "s", "Anna Müller", "", (), frozenset(), Origin("192.0.2.7", "b")
    )
    with database.write(organization_id) as session:
        for number in range(times):
            audit.append(session, caller, AuditAction.STUDY_OPENED, object_type="study",
                         object_id="1.2.3", details={"images": number})  # fmt: skip


def forwarding(database, certificate, port):
    address = url(certificate, port)
    return AuditForwarding(database, "collector", SyslogCollector(address).send)


def texts(database):
    with database.system_read() as session:
        return [dicom_message(entry) for entry in entries_after(session, 0, 10_000)]


def received(collector):
    return [message.partition(b"\xef\xbb\xbf")[2] for message in collector.messages()]


def test_every_entry_of_every_organization_arrives_once_and_in_order(
    database, certificate, collector, monkeypatch
):
    monkeypatch.setattr(audit_forwarding, "_BATCH", 7)
    sending = forwarding(database, certificate, collector.port)
    record(database, 20)
    record(database, 5, SOUTH)
    assert sending.forward() == "Sent: 25 entries."
    record(database, 3)
    assert sending.forward() == "Sent: 3 entries."
    assert sending.forward() == "Sent: 0 entries."
    assert received(collector) == texts(database)
    assert collector.versions <= {"TLSv1.2", "TLSv1.3"}
    assert sending.sent_up_to() == 28


def test_nothing_is_lost_while_the_collector_is_away(sqlcipher_database, certificate):
    first = Collector(certificate)
    port = first.port
    sending = forwarding(sqlcipher_database, certificate, port)
    record(sqlcipher_database, 4)
    sending.forward()
    first.close()
    for _ in range(3):
        record(sqlcipher_database, 2)
        with pytest.raises(Refusal, match="they wait"):
            sending.forward()
    back = Collector(certificate, port)
    sending.forward()
    back.close()
    assert received(first) + received(back) == texts(sqlcipher_database)


def test_what_a_collector_did_not_read_to_the_end_is_sent_again(sqlcipher_database, certificate):
    deaf = Collector(certificate, is_deaf=True)
    record(sqlcipher_database, 400)
    sending = forwarding(sqlcipher_database, certificate, deaf.port)
    with pytest.raises(Refusal):
        sending.forward()
    deaf.close()
    assert sending.sent_up_to() == 0


def test_a_collector_that_ends_without_an_answer_has_read_everything(
    sqlcipher_database, certificate
):
    rude = Collector(certificate, answers=False)
    record(sqlcipher_database, 3)
    sending = forwarding(sqlcipher_database, certificate, rude.port)
    assert sending.forward() == "Sent: 3 entries."
    rude.close()
    assert received(rude) == texts(sqlcipher_database)


def test_a_collector_whose_certificate_is_not_known_gets_nothing(
    sqlcipher_database, certificate, collector
):
    record(sqlcipher_database, 1)
    stranger = SyslogCollector(f"syslog+tls://127.0.0.1:{collector.port}")
    with pytest.raises(Refusal):
        AuditForwarding(sqlcipher_database, "collector", stranger.send).forward()
    assert collector.octets == b""


def test_each_collector_begins_at_the_beginning(sqlcipher_database):
    record(sqlcipher_database, 2)
    for address in ("one", "two"):
        sent = []
        assert AuditForwarding(sqlcipher_database, address, sent.extend).forward()
        assert len(sent) == 2


def test_without_a_collector_nothing_is_sent(sqlcipher_database):
    record(sqlcipher_database, 2)
    sent = []
    sending = AuditForwarding(sqlcipher_database, "", sent.extend)
    assert (sending.forward(), sent, sending.sent_up_to()) == ("No collector is set.", [], None)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "collector.example",
        "syslog://collector.example:514",
        "syslog+tls://",
        "syslog+tls://collector.example:port",
        "syslog+tls://collector.example?unknown=1",
        "syslog+tls://collector.example?ca=/no/such/file",
    ],
)
def test_an_address_that_cannot_be_used_stops_the_start(address):
    with pytest.raises(CannotStart):
        SyslogCollector(address)
