"""`pacscribe serve`: checks what it is asked to do, builds the pages if needed, runs the server.

The server itself is one worker process of Granian, started again if it dies. What the worker serves
is put together in `pacscribe_ui`, which this floor knows by name only.
"""

import _thread
import argparse
import ctypes
import errno
import gc
import importlib
import ipaddress
import multiprocessing
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn, cast

from granian.constants import Interfaces, SSLProtocols
from granian.log import LogLevels
from granian.server.mp import MPServer

from backend.cli import demo_marker, front_end
from backend.core.errors import CannotStart, Refusal
from backend.settings import Settings

if TYPE_CHECKING:
    from backend.bootstrap_ground import Welcome

DOOR_MODULE = "pacscribe_ui.front_door"
GROUND_MODULE = "backend.bootstrap_ground"
PEOPLE_MODULE = "backend.bootstrap_people"
ENTRANCE_MODULE = "backend.api.entrance"
SERVICES_MODULE = "backend.bootstrap"
API_MODULE = "backend.api.app"
PAGES_MODULE = "pacscribe_ui.pacscribe_ui"
DEFAULT_PORT = 8000

_LISTEN_PORT = "PACSCRIBE_LISTEN_PORT"  # told to the worker only; not a setting
_EXIT_CANNOT_START = 78  # EX_CONFIG of sysexits.h: starting again would not help
_KILL_AFTER_SECONDS = 15  # an upload that does not end must not hold up a stop for ever
_PATIENCE_SECONDS = 5.0
_PR_SET_PDEATHSIG = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `serve` takes."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, help="port (%(default)s)")
    parser.add_argument("--tls-cert", metavar="F", type=Path, help="certificate chain, PEM")
    parser.add_argument("--tls-key", metavar="F", type=Path, help="private key, PEM (PKCS#8)")
    parser.add_argument(
        "--behind-proxy",
        metavar="N",
        type=_hops,
        help="trust the last N proxies; the first of them must speak TLS to browsers "
        "(default: PACSCRIBE_TRUSTED_PROXY_HOPS, else none)",
    )
    parser.add_argument(
        "--demo", action="store_true", help="demo organisation with studies; on loopback only"
    )


def run(options: argparse.Namespace) -> int:
    """Serve until told to stop.

    Returns:
        0 after a clean stop, 1 if the server could not go on.

    Raises:
        CannotStart: What is asked for is not safe or not possible.
    """
    host = _resolved(options.host)
    settings = _hand_over(host, options)
    _require_safe(host, options, is_behind_proxy=settings.trusted_proxy_hops > 0)
    _require_usable_tls(options.tls_cert, options.tls_key)
    options.tls_cert = options.tls_cert and options.tls_cert.absolute()
    options.tls_key = options.tls_key and options.tls_key.absolute()
    lock = _lock_data_dir(settings.data_dir)
    _require_free(host, options.port)
    # The build and the server find the pages relative to the current folder.
    os.chdir(front_end.ROOT)
    sys.path.insert(0, str(front_end.ROOT))
    front_end.ensure_built()
    _ensure_demo_data(settings)
    try:
        return _serve(host, options)
    finally:
        lock.close()


def _ensure_demo_data(settings: Settings) -> None:
    """Load the demo's studies in a process of their own, so that the server is not the larger for it."""
    if settings.demo and settings.demo_data and not Path(settings.demo_data).is_dir():
        raise CannotStart(
            f"There is no folder {settings.demo_data}, which PACSCRIBE_DEMO_DATA names."
        )
    if not settings.demo or demo_marker.is_loaded(settings):
        return
    print("Loading the demo's studies (once, about half a minute)...", flush=True)
    if subprocess.run([sys.executable, "-m", "backend.cli.demo_data"], check=False).returncode:
        raise CannotStart("The demo's studies could not be loaded.")


def _serve(host: str, options: argparse.Namespace) -> int:
    """Run Granian until a signal comes."""
    # The first four are names of Reflex 0.10.1's own: do not compile, and serve what is built.
    os.environ.update(
        {
            "__REFLEX_SKIP_COMPILE": "true",
            "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
            "REFLEX_ENV_MODE": "prod",
            "REFLEX_TELEMETRY_ENABLED": "false",
            # Pydantic's: it would ask each of 200 installed packages whether it is a plugin.
            "PYDANTIC_DISABLE_PLUGINS": "__all__",
        }
    )
    server = _Server(
        DOOR_MODULE,
        address=host,
        port=options.port,
        interface=Interfaces.ASGI,
        workers=1,
        websockets=True,
        # Errors are logged by the wrapper around the app, without what was sent.
        log_level=LogLevels.critical,
        ssl_cert=options.tls_cert,
        ssl_key=options.tls_key,
        ssl_protocol_min=SSLProtocols.tls12,
        respawn_failed_workers=True,
        respawn_interval=1.0,
        workers_kill_timeout=_KILL_AFTER_SECONDS,
        process_name=None,
    )
    try:
        server.serve(target_loader=_load_app)
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 1
    return 0


class _Server(MPServer):
    """Starts a worker again when it died, except when it said that it cannot start."""

    def signal_handler_interrupt(self, *_args: Any, **_kwargs: Any) -> None:
        """Wake the launcher, once: whoever stops a whole group of processes may send the same signal twice.

        A signal interrupts whatever the main thread does, also the handling of the signal before it. An
        `Event` that is set there waits for a lock which the very same thread may hold.
        """
        if not self.interrupt_signal:
            self.interrupt_signal = True
            _thread.start_new_thread(self.main_loop_interrupt.set, ())

    def _respawn_workers(self, workers: list[int], *args: Any, **kwargs: Any) -> None:
        if any(self.wrks[index].inner.exitcode == _EXIT_CANNOT_START for index in workers):
            self.shutdown(1)  # type: ignore[no-untyped-call]
        super()._respawn_workers(workers, *args, **kwargs)


def _load_app(door_module: str) -> Any:
    """Open the front door; runs in the worker process, which it leaves when that cannot be done."""
    _end_with_parent()
    with _leaving_in_words():
        # What is imported now stays for good: looking through it for garbage, now or later between
        # two tiles, would only cost time.
        gc.disable()
        settings = Settings.from_environment()
        door: ModuleType = importlib.import_module(door_module)
        return door.asgi(
            door.House(entrance=_load_entrance, api=_load_api, pages=_load_pages),
            _leaving_in_words,
            public_url=settings.public_url,
            trusted_proxy_hops=settings.trusted_proxy_hops,
        )


def _load_entrance() -> Any:
    """Put together what people sign in with, while the door is open already; in a thread of the worker process."""
    with ThreadPoolExecutor(2) as beside:
        warmed = beside.submit(_warm_passwords)
        bootstrap_ground = importlib.import_module(GROUND_MODULE)
        ground = bootstrap_ground.lay(Settings.from_environment())
        # It waits for the hash of the demo's password and for the disk, the imports do not.
        welcomed = beside.submit(bootstrap_ground.welcome, ground)
        bootstrap_people = importlib.import_module(PEOPLE_MODULE)
        entrance = importlib.import_module(ENTRANCE_MODULE).Entrance()
        bootstrap_people.use(bootstrap_people.upon(ground))
        welcome = welcomed.result()
        warmed.result()
    _say(ground.settings, welcome)
    return entrance


def _load_api() -> Any:
    """Put together all other services, while people may sign in already; likewise."""
    bootstrap = importlib.import_module(SERVICES_MODULE)
    bootstrap.begin_serving(bootstrap.services())
    return importlib.import_module(API_MODULE).Api()


def _load_pages() -> Any:
    """Put together what pages need once they are shown, last; likewise."""
    _import_socket_library()
    pages = importlib.import_module(PAGES_MODULE).pages()
    gc.freeze()
    gc.enable()
    return pages


@contextmanager
def _leaving_in_words() -> Iterator[None]:
    """Leave the worker process when it cannot start: the one sentence is said here, where it is known."""
    try:
        yield
    except Refusal as refusal:
        _leave(refusal.sentence)
    except Exception as error:  # noqa: BLE001 - whatever it is, starting again would not help
        if os.environ.get("PACSCRIBE_DEBUG"):
            traceback.print_exc()
        _leave(
            f"an unexpected error ({type(error).__name__}) stopped the start. "
            "Run it again with PACSCRIBE_DEBUG=1 to see where."
        )


def _warm_passwords() -> None:
    """Hash once, beside the imports: it takes as long as 300 of them, on another core."""
    from backend.access import passwords

    passwords.warm()


def _import_socket_library() -> None:
    """Import what Reflex speaks to browsers with, but not the HTTP client that it would take along.

    It is a sixth of what the start imports for Reflex, and this end of the line never uses it.
    """
    sys.modules["aiohttp"] = None  # type: ignore[assignment]  # Python's mark for "not to be imported"
    try:
        importlib.import_module("socketio")
    finally:
        del sys.modules["aiohttp"]


def _say(settings: Settings, welcome: "Welcome") -> None:
    """Say where PACScribe is and how to get in."""
    address = settings.public_url or f"port {os.environ[_LISTEN_PORT]}"
    lines = [f"PACScribe is at {address}"]
    if welcome.set_up_token:
        lines.append(f"Set it up, once, at {address}/set-up#token={welcome.set_up_token}")
    if welcome.demo_emails:
        lines.append("Demo accounts, all with the password " + welcome.demo_password)
        lines.extend(f"  {email}" for email in welcome.demo_emails)
    if not settings.public_url:
        lines.append(
            "Set PACSCRIBE_PUBLIC_URL to the address people use; no other is answered then."
        )
    print("\n".join(lines), flush=True)


def _leave(sentence: str) -> NoReturn:
    print(f"pacscribe: {sentence}", file=sys.stderr, flush=True)
    sys.stdout.flush()
    os._exit(_EXIT_CANNOT_START)


def _end_with_parent() -> None:
    """A worker whose launcher was killed would keep the port and the database, and the next one from starting.

    Nobody would be left to bound how long it takes for a clean stop; nothing acknowledged is lost by a kill.
    """
    launcher = multiprocessing.parent_process()
    if sys.platform == "linux" and launcher is not None:
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != launcher.pid:
            os.kill(os.getpid(), signal.SIGKILL)  # it was killed before this was asked for


def _hand_over(host: str, options: argparse.Namespace) -> Settings:
    """Tell the worker, through the settings in the environment, how it is reached.

    Listening on every address there is nothing to derive a public address from; the outer wrapper
    then answers to any name, and compares only where a request comes from with where it goes.
    """
    os.environ["PACSCRIBE_DEMO"] = "true" if options.demo else "false"
    if options.behind_proxy is not None:
        os.environ["PACSCRIBE_TRUSTED_PROXY_HOPS"] = str(options.behind_proxy)
    os.environ[_LISTEN_PORT] = str(options.port)
    settings = Settings.from_environment()
    address = ipaddress.ip_address(host)
    is_derived = not address.is_unspecified and not settings.trusted_proxy_hops
    if not settings.public_url and is_derived:
        scheme = "https" if options.tls_cert else "http"
        name = "localhost" if address.is_loopback else f"[{host}]" if address.version == 6 else host
        os.environ["PACSCRIBE_PUBLIC_URL"] = f"{scheme}://{name}:{options.port}"
    return Settings.from_environment()


def _require_safe(host: str, options: argparse.Namespace, *, is_behind_proxy: bool) -> None:
    """Patients' data must not cross a network in clear, and demo accounts must not be reachable."""
    if (options.tls_cert is None) != (options.tls_key is None):
        raise CannotStart("--tls-cert and --tls-key belong together; give both.")
    if ipaddress.ip_address(host).is_loopback:
        return
    if options.demo:
        raise CannotStart(
            f"--demo works on loopback only, not on {options.host}; leave --host out."
        )
    if options.tls_cert is None and not is_behind_proxy:
        raise CannotStart(
            f"PACScribe does not listen on {options.host} without TLS; give --tls-cert and --tls-key, "
            "or --behind-proxy N if a proxy in front of it speaks TLS."
        )


def _require_usable_tls(certificate: Path | None, key: Path | None) -> None:
    """Say what is wrong with the files before the server meets it."""
    if certificate is None or key is None:
        return
    try:
        text = key.read_text("ascii", errors="replace")
        certificate.read_bytes()
    except OSError as error:
        raise CannotStart(f"{error.filename} cannot be read: {error.strerror}.") from error
    if "BEGIN ENCRYPTED PRIVATE KEY" in text or "Proc-Type: 4,ENCRYPTED" in text:
        raise CannotStart(f"{key} is protected by a passphrase; give a key file without one.")
    if "BEGIN PRIVATE KEY" not in text:
        raise CannotStart(
            f"{key} is not a PKCS#8 key; convert it with: "
            f"openssl pkcs8 -topk8 -nocrypt -in {key} -out key.pem"
        )
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(str(certificate), str(key))
    except ssl.SSLError as error:
        raise CannotStart(
            f"{certificate} and {key} do not work together ({error.reason or 'unreadable'})."
        ) from error


def _require_free(host: str, port: int) -> None:
    """Granian shares ports between its workers, so it would not notice another server."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            _patiently(lambda: probe.bind((host, port)))
        except OSError as error:
            reason = (
                "is in use by another program"
                if _in_use(error)
                else f"is not to be had: {error.strerror}"
            )
            raise CannotStart(
                f"Port {port} on {host} {reason}; choose another with --port."
            ) from error


def _patiently(attempt: Callable[[], None]) -> None:
    """Try for a while what a PACScribe may hold that was just killed, until the disk has answered its last write.

    Raises:
        OSError: It is held by something that lives.
    """
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return attempt()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def _in_use(error: OSError) -> bool:
    return error.errno == errno.EADDRINUSE


def _lock_data_dir(data_dir: Path) -> Any:
    """Two servers on one data directory would each believe their own cache.

    Returns:
        The open lock file; the lock is held until it is closed.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = (data_dir / "serve.lock").open("a+b")
    except OSError as error:
        raise CannotStart(
            f"The data directory {data_dir} cannot be written: {error.strerror}."
        ) from error
    if sys.platform != "win32":
        import fcntl

        try:
            _patiently(lambda: fcntl.flock(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB))
        except OSError as error:
            handle.close()
            raise CannotStart(
                f"Another PACScribe is serving {data_dir}; stop it, or give another --data-dir."
            ) from error
    return handle


def _resolved(host: str) -> str:
    """The numeric address of `host`: what is checked is what is listened on."""
    try:
        return str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_STREAM)
    except OSError as error:
        raise CannotStart(f"The address {host} is not known here.") from error
    return cast(str, found[0][4][0])


def _port(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return value


def _hops(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("the number of proxies is 1 or more")
    return value
