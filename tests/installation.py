"""A small installation for tests of people and access: two organizations, one person per role, one password."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

from backend.access import passwords
from backend.access.bearers import Bearers
from backend.access.checkpoints import Signer
from backend.access.codes import Codes
from backend.access.sessions import COOKIE_NAME, Sessions
from backend.access.witness import WitnessedDatabase
from backend.adapters.audit_seal_file import FileSeal
from backend.adapters.checkpoint_folder import FOLDER_NAME, CheckpointFolder
from backend.adapters.keyring_file import FileKeyring
from backend.core.caller import Caller, Origin, system_caller
from backend.core.permissions import BuiltInRole
from backend.core.vocabulary import SecondFactorRule
from backend.models import organizations
from backend.models import people as table
from backend.models.session import Database
from backend.services.accounts import Accounts
from backend.services.audit_checkpoints import AuditCheckpoints
from backend.services.audit_questions import AuditQuestions
from backend.services.audit_trail import AuditTrail
from backend.services.factors import Factors
from backend.services.first_people import FirstPeople, add_organization
from backend.services.members import Members
from backend.services.organization import OrganizationSettings
from backend.services.own_sessions import OwnSessions
from backend.services.passkey_sign_in import PasskeySignIn
from backend.services.people import People, add_user
from backend.services.proving import Proving
from backend.services.roles import Roles
from backend.services.searches import Searches
from backend.services.second_step import SecondSteps
from backend.services.tokens import Tokens
from tests.standing_attempts import standing_attempts

PASSWORD = "quiet rivers run deep"
HERE = Origin("192.0.2.7", "Test browser")
_SLUGS = ("east", "west")


@cache
def kept_password() -> str:
    return passwords.hash_password(PASSWORD)


@dataclass(frozen=True)
class Installation:
    plain_database: Database
    database: WitnessedDatabase
    seal: FileSeal
    sessions: Sessions
    bearers: Bearers
    accounts: Accounts
    people: People
    members: Members
    roles: Roles
    organization: OrganizationSettings
    tokens: Tokens
    proving: Proving
    second_steps: SecondSteps
    passkey_sign_in: PasskeySignIn
    factors: Factors
    own_sessions: OwnSessions
    first_people: FirstPeople
    audit_checkpoints: AuditCheckpoints
    audit_trail: AuditTrail
    east: str
    west: str

    def caller(self, email: str) -> Caller:
        """A signed-in caller, through the real sign-in's second half."""
        return self.caller_of(self.token(email))

    def token(self, email: str, origin: Origin = HERE) -> str:
        with self.database.system_write() as session:
            user = table.user_by_email(session, email)
            assert user is not None
            return self.sessions.start(session, user, origin).token

    def caller_of(self, token: str, *, touches: bool = True) -> Caller:
        found = self.find(token, touches=touches)
        assert found is not None
        return found

    def find(self, token: str, *, touches: bool = True) -> Caller | None:
        return self.sessions.caller_of_cookie(f"{COOKIE_NAME}={token}", HERE, touches=touches)


def install(database: Database, folder: Path, idle_minutes: int = 15) -> Installation:
    """`administrator@east.example`, `radiologist@east.example`, ..., and the same at west, unless they are there already."""
    seal = FileSeal(folder / "audit.seal", b"k" * 32)
    witnessed = WitnessedDatabase(database, seal)
    checkpoints = AuditCheckpoints(
        witnessed, seal, CheckpointFolder(folder / FOLDER_NAME), Signer(b"c" * 32, "test-trail")
    )
    sessions = Sessions(
        witnessed, idle=timedelta(minutes=idle_minutes), longest=timedelta(hours=12)
    )
    first_people = FirstPeople(witnessed, sessions, standing_attempts())
    codes = Codes(b"s" * 32)
    found = _organizations(witnessed)
    if not found:
        first_people.prepare()
        _put_people_in(witnessed)
        found = _organizations(witnessed)
    return Installation(
        plain_database=database,
        database=witnessed,
        seal=seal,
        sessions=sessions,
        bearers=Bearers(witnessed, sessions),
        accounts=Accounts(witnessed, sessions, standing_attempts()),
        people=People(witnessed, sessions),
        members=Members(witnessed, sessions),
        roles=Roles(witnessed, sessions),
        organization=OrganizationSettings(witnessed, sessions),
        tokens=Tokens(witnessed, sessions),
        proving=Proving(witnessed, sessions, standing_attempts(), codes),
        second_steps=SecondSteps(witnessed, sessions, standing_attempts(), codes),
        passkey_sign_in=PasskeySignIn(witnessed, sessions, standing_attempts()),
        factors=Factors(witnessed, sessions, codes),
        own_sessions=OwnSessions(witnessed, sessions),
        first_people=first_people,
        audit_checkpoints=checkpoints,
        audit_trail=AuditTrail(
            witnessed,
            seal,
            checkpoints,
            AuditQuestions(b"p" * 32),
            Searches(witnessed, FileKeyring(b"m" * 32)),
        ),
        east=found["east"],
        west=found["west"],
    )


def _organizations(database: Database) -> dict[str, str]:
    with database.system_read() as session:
        every = organizations.all_organizations(session)
        return {each.slug: each.id for each in every if each.slug in _SLUGS}


def _put_people_in(database: Database) -> None:
    with database.system_write() as session:
        for slug in _SLUGS:
            made = add_organization(session, slug, slug.title(), SecondFactorRule.OPTIONAL).id
            for role in BuiltInRole:
                add_user(
                    session,
                    system_caller(made, frozenset()),
                    display_name=f"{role.value.title()} {slug.title()}",
                    email=f"{role.value}@{slug}.example",
                    password_hash=kept_password(),
                    roles=(role,),
                )
