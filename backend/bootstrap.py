"""Where the program is put together: settings, adapters, services, once per process. Nothing is decided here.

Every other room is handed what it needs. To add a service: a field of `Services`, a line in `_build`.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from backend.adapters import keyring_file
from backend.adapters.object_store_local import LocalObjectStore
from backend.core.errors import CannotStart
from backend.models.session import Database
from backend.ports.keyring import Keyring
from backend.ports.object_store import ObjectStore
from backend.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that doors (pages, routes, commands) may call.

    Attributes:
        closing: What to call, last first, when the process ends.
    """

    settings: Settings
    keyring: Keyring
    object_store: ObjectStore
    database: Database
    closing: tuple[Callable[[], None], ...] = field(default=(), repr=False)


_lock = threading.RLock()
_services: Services | None = None


def services() -> Services:
    """The services of this process, built at the first call. Safe to call from any thread.

    Raises:
        CannotStart: If settings, keys or database do not allow a start.
    """
    global _services  # noqa: PLW0603 - built once per process
    built = _services
    if built is None:
        with _lock:
            built = _services
            if built is None:
                built = _services = build(Settings.from_environment())
    return built


def use(replacement: Services | None) -> None:
    """Let `services()` answer `replacement`; for tests. None lets the next call build anew."""
    global _services  # noqa: PLW0603 - built once per process
    with _lock:
        _services = replacement


def shut_down() -> None:
    """Close what was built, in reverse order. Does nothing if nothing was built."""
    global _services  # noqa: PLW0603 - built once per process
    with _lock:
        built, _services = _services, None
    if built is not None:
        close(built)


def close(built: Services) -> None:
    """Close what `build` opened."""
    for action in reversed(built.closing):
        action()


def build(settings: Settings) -> Services:
    """Put the services together.

    Raises:
        CannotStart: If settings, keys or database do not allow a start.
    """
    if settings.object_store_url:
        raise CannotStart("PACSCRIBE_OBJECT_STORE_URL is not supported yet; leave it empty.")
    key_file = Path(settings.key_file) if settings.key_file else None
    keyring = keyring_file.open_or_create(settings.data_dir, key_file)
    object_store = LocalObjectStore(settings.data_dir)
    closing: list[Callable[[], None]] = [object_store.close]
    database = _open_database(settings, keyring)
    closing.append(database.close)
    return Services(
        settings=settings,
        keyring=keyring,
        object_store=object_store,
        database=database,
        closing=tuple(closing),
    )


def _open_database(settings: Settings, keyring: Keyring) -> Database:
    raise CannotStart("There is no database yet.")
