"""Where the services about people are put upon the ground that `bootstrap_ground` lays: who they are, what they may do.

It is enough to let people in, and takes half as long to import as the whole: whoever signs in while PACScribe starts
does not wait for what shows images. All else is put together in `bootstrap`.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from backend import bootstrap_ground
from backend.access.attempts import Attempts
from backend.access.bearers import Bearers
from backend.access.codes import Codes
from backend.access.ended_elsewhere import EndedElsewhere
from backend.bootstrap_ground import Ground, close_all
from backend.ports.keyring import KeyPurpose
from backend.services import forgotten, sign_up
from backend.services.accounts import Accounts
from backend.services.emergencies import Emergencies
from backend.services.factors import Factors
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
class PeopleServices(Ground):
    """The ground, and the part of `bootstrap.Services` that is about people."""

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
    reaching: Reaching
    emergencies: Emergencies
    support: SupportVisits


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


def build(settings: Settings) -> PeopleServices:
    """Lay the ground and put the services together.

    Raises:
        CannotStart: If settings, keys or database do not allow a start.
    """
    return upon(bootstrap_ground.lay(settings))


def upon(ground: Ground) -> PeopleServices:
    """Put the services upon the ground; if that fails, close it too."""
    closing = list(ground.closing)
    try:
        return _build(ground, closing)
    except BaseException:
        close_all(closing)
        raise


def _build(ground: Ground, closing: list[Callable[[], None]]) -> PeopleServices:
    settings, keyring, witnessed = ground.settings, ground.keyring, ground.database
    sessions, attempts = ground.sessions, ground.attempts
    bearers = Bearers(witnessed, sessions)
    closing.append(bearers.close)
    # A code has a million values only: guessing at them gets slower than guessing at passwords.
    code_attempts = Attempts(longest_seconds=_LONGEST_WAIT_FOR_CODES)
    codes = Codes(keyring.derive(KeyPurpose.SECOND_FACTORS))
    return PeopleServices(
        **{**ground.by_name(), "closing": tuple(closing)},
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
        reaching=Reaching(witnessed),
        emergencies=Emergencies(witnessed, attempts),
        support=SupportVisits(witnessed),
    )


def letters_of_people(letters: Letters) -> None:
    """Make known what becomes of the requests that people make before they are signed in."""
    sign_up.register(letters)
    forgotten.register(letters)
