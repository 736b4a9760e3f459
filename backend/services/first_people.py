"""How an installation gets its first people: the one-time set-up link, or the demo's accounts.

Also which organization a command works for. Further people are made in `services.people`.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

from backend.access import audit, passwords, policies
from backend.access.attempts import Attempts
from backend.access.policies import SignInPolicy
from backend.access.sessions import Sessions
from backend.core.caller import SYSTEM_ORGANIZATION_ID, Caller, Origin, system_caller
from backend.core.errors import CannotStart, NotFound, Refusal
from backend.core.permissions import ROLE_PERMISSIONS, BuiltInRole
from backend.core.vocabulary import AuditAction, SecondFactorRule
from backend.models import organizations, people
from backend.models.organizations import Organization
from backend.models.people import Role, RolePermission
from backend.models.session import Database, Session
from backend.schemas.people import HalfSignedIn, OrganizationView, SignedIn
from backend.services import links
from backend.services.entering import enter_or_ask
from backend.services.links import LinkPurpose
from backend.services.people import add_user, change_password, required_email, required_text

DEMO_SLUG = "demo"
DEMO_ADMINISTRATOR = "admin@demo.example"
DEMO_CARE_TEAM = "careteam@demo.example"
DEMO_ACCOUNTS: dict[str, tuple[str, BuiltInRole]] = {
    DEMO_ADMINISTRATOR: ("Anna Demo", BuiltInRole.ADMINISTRATOR),
    "radiologist@demo.example": ("Dr. Rana Demo", BuiltInRole.RADIOLOGIST),
    "radiologist2@demo.example": ("Dr. Samuel Demo", BuiltInRole.RADIOLOGIST),
    "technologist@demo.example": ("Tove Demo", BuiltInRole.TECHNOLOGIST),
    "clinician@demo.example": ("Dr. Carl Demo", BuiltInRole.CLINICIAN),
    DEMO_CARE_TEAM: ("Nora Demo", BuiltInRole.CARE_TEAM),
}

_SET_UP_LINK_LASTS = timedelta(hours=24)


class SetUpLinkRefused(Refusal):
    """The set-up link is wrong, used, or too old."""

    default_sentence = (
        "This set-up link does not work any more. Start PACScribe again to get a new one."
    )


@dataclass(frozen=True, slots=True)
class SetUp:
    """What the form behind the set-up link asks for."""

    organization_name: str
    display_name: str
    email: str
    password: str


class FirstPeople:
    """The organization `system`, the first administrator, the demo.

    Args:
        database: Where people are kept.
        sessions: Where their sessions are kept.
        attempts: Limits guessing at set-up links.
    """

    def __init__(self, database: Database, sessions: Sessions, attempts: Attempts) -> None:
        self._database = database
        self._sessions = sessions
        self._attempts = attempts

    def prepare(self) -> None:
        """Make the organization `system`, to which belongs what happens before anybody is known."""
        with self._database.system_write() as session:
            if organizations.organization_by_id(session, SYSTEM_ORGANIZATION_ID) is None:
                session.add(
                    Organization(
                        id=SYSTEM_ORGANIZATION_ID, slug=SYSTEM_ORGANIZATION_ID, name="PACScribe"
                    )
                )

    def new_set_up_link(self) -> str:
        """A token for the one-time set-up link; earlier ones stop working.

        Returns:
            The token, or an empty text if there are people already.

        Raises:
            CannotStart: If the data directory belongs to a demo.
        """
        with self._database.system_write() as session:
            if organizations.organization_by_slug(session, DEMO_SLUG) is not None:
                raise CannotStart(
                    "This data directory holds a demo. Start it with --demo, or give another --data-dir."
                )
            if people.is_any_user(session):
                return ""
            return links.issue(
                session,
                LinkPurpose.SET_UP,
                organization_id=SYSTEM_ORGANIZATION_ID,
                lasts=_SET_UP_LINK_LASTS,
            )

    def set_up(self, token: str, form: SetUp, origin: Origin) -> SignedIn | HalfSignedIn:
        """Create the first organization and its administrator, who adds a second factor before they are in.

        Raises:
            SetUpLinkRefused: If the link is wrong, used or too old, or somebody has an account already.
            Malformed: If a field is missing or no e-mail address.
            PasswordRefused: Saying what to change.
            TooManyAttempts: After many wrong links from one address.
        """
        self._attempts.begin(LinkPurpose.SET_UP, origin.ip_address, is_known_place=False)
        with self._database.system_read() as session:
            self._require_link(session, token)
        self._attempts.succeeded(LinkPurpose.SET_UP, origin.ip_address, is_known_place=False)
        name = required_text(form.organization_name, "the organization's name")
        display_name = required_text(form.display_name, "your name")
        email = required_email(form.email)
        passwords.require_acceptable(form.password, (name, display_name, email))
        password_hash = passwords.hash_password(form.password)
        with self._database.system_write() as session:
            self._require_link(session, token)
            links.redeem(session, LinkPurpose.SET_UP, token)
            organization = add_organization(session, _free_slug(session, name), name)
            user = add_user(
                session,
                system_caller(organization.id, frozenset()),
                display_name=display_name,
                email=email,
                password_hash=password_hash,
                roles=(BuiltInRole.ADMINISTRATOR,),
            )
            return enter_or_ask(session, self._sessions, user, origin)

    def _require_link(self, session: Session, token: str) -> None:
        link = links.usable(session, LinkPurpose.SET_UP, token)
        if link is None or people.is_any_user(session):
            raise SetUpLinkRefused

    def prepare_demo(self, password: str) -> None:
        """Create the demo's organization and accounts, or give the accounts this password.

        Args:
            password: For all accounts. With another password than before, their sessions end.

        Raises:
            CannotStart: If the data directory holds anything but a demo.
        """
        with self._database.system_write() as session:
            demo = organizations.organization_by_slug(session, DEMO_SLUG)
            mine = {SYSTEM_ORGANIZATION_ID, demo.id if demo else ""}
            if any(each.id not in mine for each in organizations.all_organizations(session)):
                raise CannotStart(
                    "This data directory is in real use. Start without --demo, or give another --data-dir."
                )
            if demo is None:
                demo = add_organization(
                    session, DEMO_SLUG, "PACScribe Demo", SecondFactorRule.OPTIONAL
                )
            elif not policies.is_written(session, demo.id):
                # Made by a release that knew no second factors.
                optional = SignInPolicy(second_factor=SecondFactorRule.OPTIONAL)
                policies.write(session, demo.id, optional)
            caller = system_caller(demo.id, frozenset())
            self._give_password(session, caller, password)

    def _give_password(self, session: Session, caller: Caller, password: str) -> None:
        """Make sure that every demo account exists and has this password."""
        is_kept: dict[str, bool] = {}  # all accounts share one hash, so one check is enough
        new_hash = ""
        for email, (name, role) in DEMO_ACCOUNTS.items():
            user = people.user_by_email(session, email)
            if user is not None and user.password_hash not in is_kept:
                is_kept[user.password_hash] = passwords.verify_password(
                    password, user.password_hash
                )
            if user is not None and is_kept[user.password_hash]:
                continue
            new_hash = new_hash or passwords.hash_password(password)
            if user is not None:
                change_password(session, self._sessions, caller, user, new_hash)
                continue
            add_user(
                session,
                caller,
                display_name=name,
                email=email,
                password_hash=new_hash,
                roles=(role,),
            )

    def demo_emails(self) -> tuple[str, ...]:
        """The sign-in names of the demo."""
        return tuple(DEMO_ACCOUNTS)

    def organization(self, slug: str = "") -> OrganizationView:
        """The organization that a command works for.

        Args:
            slug: Its short name; empty if there is only one.

        Raises:
            NotFound: If there is none, or more than one to choose from.
        """
        with self._database.system_read() as session:
            found = [
                each
                for each in organizations.all_organizations(session)
                if each.id != SYSTEM_ORGANIZATION_ID and slug in ("", each.slug)
            ]
        if len(found) == 1:
            return OrganizationView(found[0].id, found[0].slug, found[0].name)
        if slug:
            raise NotFound("There is no organization with this short name.")
        if not found:
            raise NotFound(
                "There is no organization yet. Open the set-up link of `pacscribe serve`."
            )
        names = ", ".join(each.slug for each in found)
        raise NotFound(f"There are several organizations. Choose one with --organization: {names}.")


def add_organization(
    session: Session,
    slug: str,
    name: str,
    second_factor: SecondFactorRule = SecondFactorRule.REQUIRED,
) -> Organization:
    """Create an organization with the built-in roles, in a system session; it demands a second factor unless told not to."""
    organization = Organization(slug=slug, name=name)
    session.add(organization)
    session.flush()
    policies.write(session, organization.id, SignInPolicy(second_factor=second_factor))
    for role_name, rights in ROLE_PERMISSIONS.items():
        role = Role(organization_id=organization.id, name=role_name.value, is_built_in=True)
        session.add(role)
        session.flush()
        for right in sorted(rights):
            session.add(
                RolePermission(
                    organization_id=organization.id, role_id=role.id, permission=right.value
                )
            )
    session.flush()
    audit.append(
        session,
        system_caller(organization.id, frozenset()),
        AuditAction.ORGANIZATION_CREATED,
        object_type="organization",
        object_id=organization.id,
    )
    return organization


def plain_slug(name: str) -> str:
    """A short name made of an organization's name."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40] or "organization"


def _free_slug(session: Session, name: str) -> str:
    stem = plain_slug(name)
    slug, number = stem, 2
    while (
        slug in {SYSTEM_ORGANIZATION_ID, DEMO_SLUG}
        or organizations.organization_by_slug(session, slug) is not None
    ):
        slug, number = f"{stem}-{number}", number + 1
    return slug
