"""Where the ground is laid: keys, the database, sessions, and the first people. The services about people stand on it.

It is what a start waits for at the disk and at a password's hash, and needs only half of what `bootstrap_people` imports:
the one goes on beside the other.
"""

import base64
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import Any

from backend.access.attempts import Attempts
from backend.access.audit import LEAST_YEARS, Seal
from backend.access.sessions import Sessions
from backend.access.witness import WitnessedDatabase
from backend.adapters import audit_seal_file, database, keyring_file
from backend.core.errors import CannotStart
from backend.ports.keyring import KeyPurpose, Keyring
from backend.services.first_people import FirstPeople
from backend.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What all services stand on.

    Attributes:
        seal: Keeps the newest entry of the audit trail outside of the database.
        attempts: Limits guessing at passwords and links.
        closing: What to call, last first, when the process ends.
    """

    settings: Settings
    keyring: Keyring
    database: WitnessedDatabase
    seal: Seal
    sessions: Sessions
    attempts: Attempts
    first_people: FirstPeople
    closing: tuple[Callable[[], None], ...] = field(default=(), repr=False)

    def by_name(self) -> dict[str, Any]:
        """Each of them under the name of its field."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


def lay(settings: Settings) -> Ground:
    """Open what there is, or make it.

    Raises:
        CannotStart: If settings, keys or database do not allow a start.
    """
    _require_sound(settings)
    closing: list[Callable[[], None]] = []
    try:
        return _lay(settings, closing)
    except BaseException:
        close_all(closing)
        raise


def close_all(closing: Sequence[Callable[[], None]]) -> None:
    """Call what closes, last first, and all of it, even after one has failed."""
    with ExitStack() as stack:
        for action in closing:
            stack.callback(action)


def _require_sound(settings: Settings) -> None:
    """Refuse what no part of PACScribe could work with, before anything is opened."""
    if 0 < settings.audit_years < LEAST_YEARS:
        raise CannotStart(
            f"PACSCRIBE_AUDIT_YEARS must be 0 or at least {LEAST_YEARS}: the audit trail is kept that long."
        )
    if settings.object_store_url:
        raise CannotStart("PACSCRIBE_OBJECT_STORE_URL is not supported yet; leave it empty.")


def _lay(settings: Settings, closing: list[Callable[[], None]]) -> Ground:
    keyring = _open_keyring(settings)
    seal = audit_seal_file.FileSeal(
        settings.data_dir / audit_seal_file.FILE_NAME, keyring.derive(KeyPurpose.AUDIT_SIGNING)
    )
    witnessed = WitnessedDatabase(_open_database(settings, keyring), seal)
    closing.append(witnessed.close)
    sessions = Sessions(
        witnessed,
        idle=timedelta(minutes=settings.session_idle_minutes),
        longest=timedelta(hours=settings.session_hours),
    )
    closing.append(sessions.close)
    attempts = Attempts()
    first_people = FirstPeople(witnessed, sessions, attempts)
    first_people.prepare()
    return Ground(
        settings=settings,
        keyring=keyring,
        database=witnessed,
        seal=seal,
        sessions=sessions,
        attempts=attempts,
        first_people=first_people,
        closing=tuple(closing),
    )


def _open_database(settings: Settings, keyring: Keyring) -> database.Database:
    """The database with its tables brought up to this release."""
    opened = _connect(settings, keyring)
    try:
        _bring_up_to_date(opened)
    except BaseException:
        opened.close()
        raise
    return opened


def _connect(settings: Settings, keyring: Keyring) -> database.Database:
    url = settings.database_url or database.embedded_url(settings.data_dir)
    return database.Database(url, keyring.derive(KeyPurpose.DATABASE))


def _bring_up_to_date(opened: database.Database) -> bool:
    if opened.is_up_to_date():
        return False
    opened.migrate()
    return True


def migrate(settings: Settings) -> bool:
    """Bring the database to this release's tables, without building any service.

    Returns:
        Whether there was anything to do.

    Raises:
        CannotStart: If keys or database do not allow it.
    """
    opened = _connect(settings, _open_keyring(settings))
    try:
        return _bring_up_to_date(opened)
    finally:
        opened.close()


def _open_keyring(settings: Settings) -> Keyring:
    key_file = Path(settings.key_file) if settings.key_file else None
    return keyring_file.open_or_create(settings.data_dir, key_file)


@dataclass(frozen=True, slots=True)
class Welcome:
    """What `pacscribe serve` tells whoever starts it.

    Attributes:
        set_up_token: For `/set-up#token=TOKEN`; empty when there are people already.
        demo_emails: The demo accounts; empty without `--demo`.
        demo_password: Their password.
    """

    set_up_token: str = ""
    demo_emails: tuple[str, ...] = ()
    demo_password: str = field(default="", repr=False)


def welcome(ground: Ground) -> Welcome:
    """Make ready for the first who sign in, and record the start.

    Without `--demo` a new installation gets a one-time set-up link. The demo gets its accounts.

    Raises:
        CannotStart: If the data directory is a demo's and should not be, or the other way round; or if letters could
            not say where PACScribe is.
    """
    if ground.settings.smtp_url and not ground.settings.public_url:
        raise CannotStart("Set PACSCRIBE_PUBLIC_URL as well: letters must say where PACScribe is.")
    if not ground.settings.demo:
        told = Welcome(set_up_token=ground.first_people.new_set_up_link())
    else:
        password = demo_password(ground)
        ground.first_people.prepare_demo(password)
        told = Welcome(demo_emails=ground.first_people.demo_emails(), demo_password=password)
    ground.database.record_start()
    return told


def demo_password(ground: Ground) -> str:
    """The password of the demo's accounts: that of `PACSCRIBE_DEMO_PASSWORD`, or one of this installation's own.

    That is another one in each data directory and the same at each start, so that who is signed in stays it.
    """
    own = ground.keyring.derive(KeyPurpose.DEMO_ACCOUNTS)[:9]
    return ground.settings.demo_password or base64.urlsafe_b64encode(own).decode()
