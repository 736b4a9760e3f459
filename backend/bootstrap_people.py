"""Where the services about people are put together: who they are, how they prove it, what they may do. The rest: `bootstrap`."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

from backend.access.attempts import Attempts
from backend.access.bearers import Bearers
from backend.access.codes import Codes
from backend.access.ended_elsewhere import EndedElsewhere
from backend.access.sessions import Sessions
from backend.models.session import Database
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
    """The part of `bootstrap.Services` that is about people."""

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

    def by_name(self) -> dict[str, Any]:
        """Each service under the name of its field."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


def people_services(
    settings: Settings, database: Database, keyring: Keyring, closing: list[Callable[[], None]]
) -> PeopleServices:
    """Put them together.

    Args:
        settings: How long sessions last, where PACScribe is, whether anybody may found an organization.
        database: Where people are kept.
        keyring: Gives the key that seals second factors.
        closing: Takes what is to be called when the process ends.
    """
    sessions = Sessions(
        database,
        idle=timedelta(minutes=settings.session_idle_minutes),
        longest=timedelta(hours=settings.session_hours),
    )
    closing.append(sessions.close)
    bearers = Bearers(database, sessions)
    closing.append(bearers.close)
    attempts = Attempts()
    # A code has a million values only: guessing at them gets slower than guessing at passwords.
    code_attempts = Attempts(longest_seconds=_LONGEST_WAIT_FOR_CODES)
    codes = Codes(keyring.derive(KeyPurpose.SECOND_FACTORS))
    first_people = FirstPeople(database, sessions, attempts)
    first_people.prepare()
    return PeopleServices(
        sessions=sessions,
        ended_elsewhere=EndedElsewhere(database, sessions.announce_end),
        bearers=bearers,
        accounts=Accounts(database, sessions, attempts),
        proving=Proving(database, sessions, attempts, codes),
        second_steps=SecondSteps(database, sessions, code_attempts, codes),
        passkey_sign_in=PasskeySignIn(database, sessions, attempts),
        factors=Factors(database, sessions, codes, settings.public_url),
        own_sessions=OwnSessions(database, sessions),
        people=People(database, sessions),
        members=Members(database, sessions),
        roles=Roles(database, sessions),
        organization=OrganizationSettings(database, sessions),
        joining=Joining(database),
        sign_ups=SignUps(database, attempts, may_found=settings.new_organizations),
        forgotten=Forgotten(database, sessions, attempts),
        profiles=Profiles(database, sessions, attempts),
        tokens=Tokens(database, sessions),
        preferences=PersonalPreferences(database),
        first_people=first_people,
        reaching=Reaching(database),
        emergencies=Emergencies(database, attempts),
        support=SupportVisits(database),
    )


def letters_of_people(letters: Letters) -> None:
    """Make known what becomes of the requests that people make before they are signed in."""
    sign_up.register(letters)
    forgotten.register(letters)
