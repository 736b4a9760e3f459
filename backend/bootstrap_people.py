"""Where the ground is laid, keys and database, and the services about people are put on it: who they are, what they may do.

It is enough to let people in, and takes half as long to import as the whole: whoever signs in while PACScribe starts
does not wait for what shows images. All else is put together in `bootstrap`.
"""

import secrets
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import Any

from backend.access.attempts import Attempts
from backend.access.audit import LEAST_YEARS, Seal
from backend.access.bearers import Bearers
from backend.access.codes import Codes
from backend.access.ended_elsewhere import EndedElsewhere
from backend.access.sessions import Sessions
from backend.access.witness import WitnessedDatabase
from backend.adapters import audit_seal_file, database, keyring_file
from backend.core.errors import CannotStart
from backend.ports.keyring import KeyPurpose, Keyring
from backend.services import forgotten, sign_up
from backend.services.accounts import Accounts
from backend.services.emergencies import Emergencies
from backend.services.factors import Factors
from backend.services.first_people import FirstPeople
from backend.services.forgotten import Forgotten
from backend.services.joining import Joining
from backend.services.letters import Letters
from backend.services.members import Members
from backend.services.organization import OrganizationSettings
from backend.services.own_sessions import OwnSessions
from backend.services.passkey_sign_in import PasskeySignIn
from backend.services.people import People
from backend.services.preferences import PersonalPreferences
from backend.services.profile import Profiles
from backend.services.proving import Proving
from backend.services.reaching import Reaching
from backend.services.roles import Roles
from backend.services.second_step import SecondSteps
from backend.services.sign_up import SignUps
from backend.services.support import SupportVisits
from backend.services.tokens import Tokens
from backend.settings import Settings

_LONGEST_WAIT_FOR_CODES = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleServices:
    """The ground, and the part of `bootstrap.Services` that is about people.

    Attributes:
        seal: Keeps the newest entry of the audit trail outside of the database.
        closing: What to call, last first, when the process ends.
    """

    settings: Settings
    keyring: Keyring
    database: WitnessedDatabase
    seal: Seal
    sessions: Sessions
    ended_elsewhere: EndedElsewhere
    bearers: Bearers
    accounts: Accounts
    proving: Proving
    second_steps: SecondSteps
    passkey_sign_in: PasskeySignIn
    factors: Factors
    own_sessions: OwnSessions
    people: People
    members: Members
    roles: Roles
    organization: OrganizationSettings
    joining: Joining
    sign_ups: SignUps
    forgotten: Forgotten
    profiles: Profiles
    tokens: Tokens
    preferences: PersonalPreferences
    first_people: FirstPeople
    reaching: Reaching
    emergencies: Emergencies
    support: SupportVisits
    closing: tuple[Callable[[], None], ...] = field(default=(), repr=False)

    def by_name(self) -> dict[str, Any]:
        """Each of them under the name of its field."""
        return {each.name: getattr(self, each.name) for each in fields(PeopleServices)}


_lock = threading.RLock()
_people: PeopleServices | None = None


def people() -> PeopleServices:
    """The services about people of this process, built at the first call. Safe to call from any thread.

    Raises:
        CannotStart: If settings, keys or database do not allow a start.
    """
    global _people  # noqa: PLW0603 - built once per process
    built = _people
    if built is None:
        with _lock:
            built = _people
            if built is None:
                built = _people = build(Settings.from_environment())
    return built


def use(replacement: PeopleServices | None) -> PeopleServices | None:
    """Let `people()` answer `replacement`; None lets the next call build anew.

    Returns:
        What it would have answered so far, None if nothing was built.
    """
    global _people
    with _lock:
        before, _people = _people, replacement
    return before


def close_all(closing: Sequence[Callable[[], None]]) -> None:
    """Call what closes, last first, and all of it, even after one has failed."""
    with ExitStack() as stack:
        for action in closing:
            stack.callback(action)


def build(settings: Settings) -> PeopleServices:
    """Lay the ground and put the services together.

    Raises:
        CannotStart: If settings, keys or database do not allow a start.
    """
    _require_sound(settings)
    closing: list[Callable[[], None]] = []
    try:
        return _build(settings, closing)
    except BaseException:
        close_all(closing)
        raise


def _require_sound(settings: Settings) -> None:
    """Refuse what no part of PACScribe could work with, before anything is opened."""
    if 0 < settings.audit_years < LEAST_YEARS:
        raise CannotStart(
            f"PACSCRIBE_AUDIT_YEARS must be 0 or at least {LEAST_YEARS}: the audit trail is kept that long."
        )
    if settings.object_store_url:
        raise CannotStart("PACSCRIBE_OBJECT_STORE_URL is not supported yet; leave it empty.")


def _build(settings: Settings, closing: list[Callable[[], None]]) -> PeopleServices:
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
    bearers = Bearers(witnessed, sessions)
    closing.append(bearers.close)
    attempts = Attempts()
    # A code has a million values only: guessing at them gets slower than guessing at passwords.
    code_attempts = Attempts(longest_seconds=_LONGEST_WAIT_FOR_CODES)
    codes = Codes(keyring.derive(KeyPurpose.SECOND_FACTORS))
    first_people = FirstPeople(witnessed, sessions, attempts)
    first_people.prepare()
    return PeopleServices(
        settings=settings,
        keyring=keyring,
        database=witnessed,
        seal=seal,
        sessions=sessions,
        ended_elsewhere=EndedElsewhere(witnessed, sessions.announce_end),
        bearers=bearers,
        accounts=Accounts(witnessed, sessions, attempts),
        proving=Proving(witnessed, sessions, attempts, codes),
        second_steps=SecondSteps(witnessed, sessions, code_attempts, codes),
        passkey_sign_in=PasskeySignIn(witnessed, sessions, attempts),
        factors=Factors(witnessed, sessions, codes, settings.public_url),
        own_sessions=OwnSessions(witnessed, sessions),
        people=People(witnessed, sessions),
        members=Members(witnessed, sessions),
        roles=Roles(witnessed, sessions),
        organization=OrganizationSettings(witnessed, sessions),
        joining=Joining(witnessed),
        sign_ups=SignUps(witnessed, attempts, may_found=settings.new_organizations),
        forgotten=Forgotten(witnessed, sessions, attempts),
        profiles=Profiles(witnessed, sessions, attempts),
        tokens=Tokens(witnessed, sessions),
        preferences=PersonalPreferences(witnessed),
        first_people=first_people,
        reaching=Reaching(witnessed),
        emergencies=Emergencies(witnessed, attempts),
        support=SupportVisits(witnessed),
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


def welcome(built: PeopleServices) -> Welcome:
    """Make ready for the first who sign in, and record the start.

    Without `--demo` a new installation gets a one-time set-up link. The demo gets its accounts, with the password
    of `PACSCRIBE_DEMO_PASSWORD` or a random one.

    Raises:
        CannotStart: If the data directory is a demo's and should not be, or the other way round; or if letters could
            not say where PACScribe is.
    """
    if built.settings.smtp_url and not built.settings.public_url:
        raise CannotStart("Set PACSCRIBE_PUBLIC_URL as well: letters must say where PACScribe is.")
    if not built.settings.demo:
        told = Welcome(set_up_token=built.first_people.new_set_up_link())
    else:
        password = built.settings.demo_password or secrets.token_urlsafe(12)
        built.first_people.prepare_demo(password)
        told = Welcome(demo_emails=built.first_people.demo_emails(), demo_password=password)
    built.database.record_start()
    return told


def letters_of_people(letters: Letters) -> None:
    """Make known what becomes of the requests that people make before they are signed in."""
    sign_up.register(letters)
    forgotten.register(letters)
