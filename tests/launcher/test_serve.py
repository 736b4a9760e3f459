import os
import signal
import socket
import ssl
import subprocess
import threading
import time
import warnings
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlmodel import select

from backend import bootstrap
from backend.cli import front_end, serve
from backend.core import clock
from backend.models import Series
from backend.settings import Settings
from tests.served import (
    DEMO_PASSWORD,
    free_port,
    run_command,
    serving,
    set_up_link,
    worker_pids,
)
from tests.viewing_hospital import ct_slice

DEMO = {"PACSCRIBE_DEMO_PASSWORD": DEMO_PASSWORD}


@pytest.fixture(scope="module", autouse=True)
def _pages_are_built():
    front_end.ensure_built()


def certificate(folder: Path, *, pkcs8: bool = True, password: bytes | None = None):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(clock.now() - timedelta(days=1))
        .not_valid_after(clock.now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert_path, key_path = folder / "cert.pem", folder / "key.pem"
    cert_path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat
    sealing = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            form.PKCS8 if pkcs8 else form.TraditionalOpenSSL,
            sealing,
        )
    )
    return cert_path, key_path


def assert_one_sentence(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert done.stderr.count("\n") == 1
    for word in words:
        assert word in done.stderr


@pytest.mark.slow
def test_the_demo_says_where_it_is_and_who_may_sign_in_and_holds_its_studies(tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "IM1").write_bytes(ct_slice(1, 1, Modality="XA"))
    more = {"PACSCRIBE_DEMO_DATA": str(tmp_path / "more")}
    with serving(tmp_path / "data", "--demo", **DEMO, **more) as served:
        output = served.output()
        assert served.url in output
        for name in ("admin", "radiologist", "radiologist2", "technologist", "clinician"):
            assert f"{name}@demo.example" in output
        assert DEMO_PASSWORD in output
        with urlopen(f"{served.url}/sign-in") as answer:
            assert answer.status == 200
            assert answer.url == f"{served.url}/sign-in"  # no redirect
            assert b"password" in answer.read()
        with urlopen(f"{served.url}/readyz") as answer:
            assert answer.read() == b'{"status":"ready"}'
    held = objects_by_modality(tmp_path / "data")
    assert {"CR", "CT", "MR", "US", "SR", "ECG", "RTPLAN", "RTDOSE", "RTSTRUCT", "XA"} <= set(held)
    # The head of 300 slices and its prior of 120, and the breast.
    assert {300, 120} <= set(held["CT"])
    assert held["MG"] == [1]


def objects_by_modality(data_dir: Path) -> dict[str, list[int]]:
    """How many objects each series of the installation has."""
    services = bootstrap.build(Settings(data_dir=data_dir))
    try:
        with services.database.system_read() as session:
            series = session.exec(select(Series)).all()
    finally:
        bootstrap.close(services)
    found: dict[str, list[int]] = {}
    for each in series:
        found.setdefault(each.modality, []).append(each.instance_count)
    return found


def test_a_demo_of_a_folder_that_is_not_there_does_not_start(tmp_path):
    missing = {"PACSCRIBE_DEMO_DATA": str(tmp_path / "none")}
    words = ("serve", "--demo", "--port", str(free_port()), "--data-dir", str(tmp_path / "data"))
    assert_one_sentence(run_command(*words, **missing), "There is no folder", "PACSCRIBE_DEMO_DATA")


def test_first_start_without_demo_gives_a_one_time_link_and_no_account(tmp_path):
    paths = {"PACSCRIBE_KEY_FILE": "ours.key", "PACSCRIBE_AUDIT_CHECKPOINT_DIR": "seals"}
    with serving(
        tmp_path / "pacscribe-data", from_folder=tmp_path, PACSCRIBE_REDIS_URL="redis://x", **paths
    ) as served:
        output = served.output()
        assert set_up_link(output).startswith(served.url)
        assert "demo.example" not in output
        assert "PACSCRIBE_REDIS_URL is not a setting of this release" in output
    # Relative paths, and the data directory that nobody named, are those of the folder it was started in.
    assert {"pacscribe-data", "ours.key", "seals"} <= {path.name for path in tmp_path.iterdir()}
    assert not (tmp_path / "pacscribe-data" / "keys").exists()
    verified = run_command("audit", "verify", from_folder=tmp_path, **paths)
    assert verified.returncode == 0, verified.stderr


def test_it_stops_cleanly_when_told_to_and_a_second_start_builds_nothing(tmp_path):
    for with_signal in (signal.SIGTERM, signal.SIGINT):
        with serving(tmp_path / "data") as served:
            assert served.stop(with_signal) == 0
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", served.port)) != 0
        assert "Traceback" not in served.output()
        assert "Error" not in served.output()
    assert "Building" not in served.output()


def test_a_signal_that_comes_while_another_is_being_handled_does_not_stop_the_stop():
    server = serve._Server("pacscribe_ui.front_door")
    # What the main thread holds when a signal interrupts it in the handling of the one before.
    with server.main_loop_interrupt._cond:
        handling = threading.Thread(target=server.signal_handler_interrupt, daemon=True)
        handling.start()
        handling.join(60)
        assert not handling.is_alive()
    assert server.main_loop_interrupt.wait(60)
    assert server.interrupt_signal


def test_it_stops_cleanly_while_it_is_still_loading(tmp_path):
    with serving(tmp_path / "data", until="/sign-in") as served:
        assert served.stop() == 0
        assert "Traceback" not in served.output()
        assert "Error" not in served.output()
    assert run_command("audit", "verify", "--data-dir", str(tmp_path / "data")).returncode == 0


def test_a_worker_that_died_is_started_again(tmp_path):
    with serving(tmp_path / "data") as served:
        os.kill(worker_pids(served)[0], signal.SIGKILL)
        end = time.monotonic() + 60
        while True:
            try:
                with urlopen(f"{served.url}/readyz", timeout=5) as answer:
                    assert answer.status == 200
                    break
            except OSError:
                assert time.monotonic() < end, served.output()
                time.sleep(0.2)
        assert served.stop() == 0


def test_a_worker_does_not_outlive_its_launcher(tmp_path):
    with serving(tmp_path / "data") as served:
        worker = worker_pids(served)[0]
        served.process.kill()
        served.process.wait()
        end = time.monotonic() + 30
        while Path(f"/proc/{worker}").exists():
            assert time.monotonic() < end
            time.sleep(0.1)


def test_after_its_launcher_was_killed_it_starts_again_at_once_whatever_was_in_hand(tmp_path):
    data_dir = tmp_path / "data"
    with ExitStack() as held, serving(data_dir) as served:
        # Requests that never come to their end hold up a clean stop.
        for _ in range(20):
            line = held.enter_context(socket.create_connection(("127.0.0.1", served.port)))
            line.sendall(
                f"POST /auth/sign-in HTTP/1.1\r\nHost: localhost:{served.port}\r\n"
                f"Origin: {served.url}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                "Content-Length: 1000\r\n\r\nemail=".encode()
            )
        served.stop(signal.SIGKILL)
        with serving(data_dir, port=served.port) as again:
            assert again.stop() == 0


def test_it_does_not_listen_beyond_loopback_without_tls(tmp_path):
    done = run_command("serve", "--host", "0.0.0.0", "--data-dir", str(tmp_path))
    assert_one_sentence(done, "without TLS", "--tls-cert", "--behind-proxy")


def test_a_name_that_leads_beyond_loopback_is_not_taken_for_loopback(tmp_path):
    done = run_command("serve", "--host", "192.0.2.1", "--data-dir", str(tmp_path))
    assert_one_sentence(done, "192.0.2.1")


def test_the_demo_stays_on_loopback_even_with_tls(tmp_path):
    cert, key = certificate(tmp_path)
    done = run_command(
        "serve", "--demo", "--host", "0.0.0.0", "--tls-cert", str(cert), "--tls-key", str(key),
        "--data-dir", str(tmp_path / "data"),
    )  # fmt: skip
    assert_one_sentence(done, "--demo works on loopback only")


def test_a_port_in_use_is_said(tmp_path):
    port = free_port()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        done = run_command("serve", "--port", str(port), "--data-dir", str(tmp_path))
    assert_one_sentence(done, f"Port {port}", "in use", "--port")


def test_behind_a_proxy_it_listens_beyond_loopback_and_shares_its_data_directory_with_no_other(
    tmp_path,
):
    with serving(tmp_path / "data", "--host", "0.0.0.0", "--behind-proxy", "1") as served:
        # What listens on 127.0.0.1 alone does not answer here.
        elsewhere = f"http://127.0.0.2:{served.port}/healthz"
        headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.9"}
        with urlopen(Request(elsewhere, headers=headers), timeout=30) as answer:
            assert answer.status == 200
            assert "strict-transport-security" in answer.headers
        done = run_command(
            "serve", "--port", str(free_port()), "--data-dir", str(tmp_path / "data")
        )
    assert_one_sentence(done, "Another PACScribe is serving")


def test_a_key_that_is_not_pkcs8_is_said_with_the_way_to_convert_it(tmp_path):
    cert, key = certificate(tmp_path, pkcs8=False)
    done = run_command(
        "serve", "--tls-cert", str(cert), "--tls-key", str(key), "--data-dir", str(tmp_path)
    )
    assert_one_sentence(done, "not a PKCS#8 key", "openssl pkcs8 -topk8")


def test_a_key_with_a_passphrase_is_said(tmp_path):
    cert, key = certificate(tmp_path, password=b"secret")
    done = run_command(
        "serve", "--tls-cert", str(cert), "--tls-key", str(key), "--data-dir", str(tmp_path)
    )
    assert_one_sentence(done, "passphrase")


def test_a_key_of_another_certificate_is_said(tmp_path):
    (tmp_path / "other").mkdir()
    cert, _ = certificate(tmp_path)
    _, key = certificate(tmp_path / "other")
    done = run_command(
        "serve", "--tls-cert", str(cert), "--tls-key", str(key), "--data-dir", str(tmp_path)
    )
    assert_one_sentence(done, "do not work together")


def test_certificate_and_key_belong_together(tmp_path):
    cert, _ = certificate(tmp_path)
    done = run_command("serve", "--tls-cert", str(cert), "--data-dir", str(tmp_path))
    assert_one_sentence(done, "give both")


def test_a_wrong_setting_stops_the_start_with_its_name(tmp_path):
    done = run_command("serve", "--data-dir", str(tmp_path), PACSCRIBE_SESSION_HOURS="a while")
    assert_one_sentence(done, "PACSCRIBE_SESSION_HOURS")


def ask_until(ended: threading.Event, url: str, answers: list[int]) -> None:
    """Ask again and again, and keep what was answered."""
    while not ended.is_set():
        try:
            with urlopen(url, timeout=50) as answer:
                answers.append(answer.status)
        except HTTPError as error:
            answers.append(error.code)
        except OSError:
            ended.wait(0.02)  # it does not listen yet, or no more


def test_a_lost_key_file_stops_the_start_and_nothing_is_initialised_again(tmp_path):
    data_dir = tmp_path / "data"
    with serving(data_dir) as served:
        served.stop()
    (data_dir / "keys" / "master.key").rename(tmp_path / "away.key")
    done = run_command("serve", "--port", str(free_port()), "--data-dir", str(data_dir))
    assert_one_sentence(done, "key file")
    assert done.stdout == ""  # neither an address nor a set-up link
    # Pages are answered before that is found out; whoever asks for more is neither answered nor kept waiting.
    port = free_port()
    ended, answers = threading.Event(), list[int]()
    asking = threading.Thread(
        target=ask_until, args=(ended, f"http://localhost:{port}/readyz", answers)
    )
    asking.start()
    again = run_command("serve", "--port", str(port), "--data-dir", str(data_dir))
    ended.set()
    asking.join(60)
    assert not asking.is_alive()
    assert answers == []
    assert (again.returncode, again.stderr) == (done.returncode, done.stderr)
    assert not (data_dir / "keys" / "master.key").exists()


def test_tls_1_1_is_refused_and_1_2_is_spoken(tmp_path):
    cert, key = certificate(tmp_path)
    with serving(tmp_path / "data", "--tls-cert", str(cert), "--tls-key", str(key)) as served:
        assert served.url in served.output()
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            trusting = ssl._create_unverified_context()
            trusting.minimum_version = trusting.maximum_version = version
            with urlopen(Request(f"{served.url}/sign-in"), context=trusting) as answer:
                assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
        old = ssl._create_unverified_context()
        old.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # it is old on purpose
            old.minimum_version = ssl.TLSVersion.TLSv1
            old.maximum_version = ssl.TLSVersion.TLSv1_1
        with (
            socket.create_connection(("127.0.0.1", served.port)) as plain,
            pytest.raises(ssl.SSLError),
        ):
            old.wrap_socket(plain, server_hostname="localhost")


def test_an_unknown_command_is_a_usage_error():
    done = run_command("sing")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_port_out_of_range_is_a_usage_error(tmp_path):
    done = run_command("serve", "--port", "70000", "--data-dir", str(tmp_path))
    assert done.returncode == 2
    assert "--port" in done.stderr


def test_a_data_directory_named_like_a_command_is_not_taken_for_one(tmp_path):
    done = run_command("--data-dir", "import", "serve", "--port", "0")
    assert done.returncode == 2
    assert "serve: argument --port" in done.stderr
