"""People: signing in and out, the first administrator, the demo's accounts. Managing people is in `services.people`.

How passwords are kept is in `access.passwords`, how sessions live in `access.sessions`.
"""

import hashlib
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

from backend.access import audit, passwords
from backend.access.attempts import Attempts
from backend.access.sessions import Sessions
from backend.core import clock
from backend.core.caller import SYSTEM_ORGANIZATION_ID, Caller, Origin, system_caller
from backend.core.errors import CannotStart, Malformed, NotFound, Refusal, SignInRefused
from backend.core.permissions import ROLE_PERMISSIONS, BuiltInRole
from backend.core.vocabulary import AuditAction, AuditOutcome
from backend.models import organizations, people
from backend.models.organizations import Organization
from backend.models.people import OneTimeLink, Role, RolePermission, User, UserRole
from backend.models.session import Database, Session
from backend.schemas.people import OrganizationView, SignedIn

DEMO_SLUG = "demo"
DEMO_ACCOUNTS: dict[str, tuple[str, BuiltInRole]] = {
    "admin@demo.example": ("Anna Demo", BuiltInRole.ADMINISTRATOR),
    "radiologist@demo.example": ("Dr. Rana Demo", BuiltInRole.RADIOLOGIST),
    "radiologist2@demo.example": ("Dr. Samuel Demo", BuiltInRole.RADIOLOGIST),
    "technologist@demo.example": ("Tove Demo", BuiltInRole.TECHNOLOGIST),
    "clinician@demo.example": ("Dr. Carl Demo", BuiltInRole.CLINICIAN),
}

_SET_UP = "set-up"
_SET_UP_LINK_LASTS = timedelta(hours=24)
_EMAIL = re.compile(r"[^\s@\x00-\x20\x7f]{1,64}@[^\s@\x00-\x20\x7f]{1,189}")


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


@dataclass(frozen=True, slots=True)
class _Known:
    """What signing in must know of an account before the password is looked at."""

    user_id: str
    organization_id: str
    display_name: str
    password_hash: str
    is_active: bool
    is_known_place: bool


class Accounts:
    """Signing in and out, and how an installation gets its first people.

    Args:
        database: Where people are kept.
        sessions: Where their sessions are kept.
        attempts: Limits guessing.
    """

    def __init__(
        self, database: Database, sessions: Sessions, attempts: Attempts | None = None
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._attempts = attempts or Attempts()

    # -- signing in and out ----------------------------------------------------------------------

    def sign_in(
        self, email: str, password: str, origin: Origin, cookie_header: str = ""
    ) -> SignedIn:
        """Begin a session, always with a new token; a session that the browser still has is ended.

        Unknown people, wrong passwords and disabled accounts are answered alike, and take equally long.

        Raises:
            SignInRefused: It never says which of the two was wrong.
            TooManyAttempts: Saying how long to wait.
        """
        address = origin.ip_address
        email = _normal_email(email)
        account = hashlib.sha256(email.encode("utf-8", "replace")).hexdigest()
        known = self._known(email, address)
        is_known_place = known is not None and known.is_known_place
        self._attempts.begin(account, address, is_known_place=is_known_place)
        usable = known is not None and known.is_active
        is_right = passwords.verify_password(
            password, known.password_hash if known is not None and usable else None
        )
        if known is None or not is_right:
            self._record_refused(known, origin)
            raise SignInRefused
        self._end_previous(cookie_header, origin)
        with self._database.write(known.organization_id) as session:
            user = people.user_by_id(session, known.user_id)
            if user is None or not user.is_active or user.password_hash != known.password_hash:
                raise SignInRefused  # disabled, or another password, in this very moment
            user.last_signed_in_at = clock.now()
            user.failed_sign_ins = 0
            if passwords.needs_new_hash(user.password_hash):
                user.password_hash = passwords.hash_password(password)
            session.add(user)
            signed_in = self._sessions.start(session, user, origin)
        self._attempts.succeeded(account, address, is_known_place=is_known_place)
        return signed_in

    def sign_out(self, caller: Caller) -> None:
        """End the caller's session; its sockets and tiles end with it."""
        self._sessions.end(caller)

    def _known(self, email: str, address: str) -> _Known | None:
        with self._database.system_read() as session:
            user = people.user_by_email(session, email)
            # Asked for unknown people too: an answer must not tell by its time who exists.
            is_known_place = people.has_signed_in_from(session, user.id if user else "", address)
            if user is None:
                return None
            return _Known(
                user.id,
                user.organization_id,
                user.display_name,
                user.password_hash,
                user.is_active,
                is_known_place,
            )

    def _record_refused(self, known: _Known | None, origin: Origin) -> None:
        """What was typed is not recorded: people type passwords into the field for the name."""
        caller = Caller(
            user_id=known.user_id if known else "",
            organization_id=known.organization_id if known else SYSTEM_ORGANIZATION_ID,
            session_id="",
            display_name=known.display_name if known else "",
            email="",
            roles=(),
            permissions=frozenset(),
            origin=origin,
        )
        with self._database.write(caller.organization_id) as session:
            user = people.user_by_id(session, caller.user_id)
            if user is not None:
                user.failed_sign_ins += 1
                session.add(user)
            audit.append(
                session,
                caller,
                AuditAction.SESSION_REFUSED,
                object_type="user" if known else "",
                object_id=caller.user_id,
                outcome=AuditOutcome.REFUSED,
                reason=_why_refused(known),
            )

    def _end_previous(self, cookie_header: str, origin: Origin) -> None:
        previous = self._sessions.caller_of_cookie(cookie_header, origin, touches=False)
        if previous is not None:
            self._sessions.end(previous)

    # -- the first people ------------------------------------------------------------------------

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
            now = clock.now()
            for old in people.unused_links(session, _SET_UP):
                old.used_at = now
                session.add(old)
            token = secrets.token_urlsafe(32)
            session.add(
                OneTimeLink(
                    organization_id=SYSTEM_ORGANIZATION_ID,
                    purpose=_SET_UP,
                    token_hash=_hash(token),
                    expires_at=now + _SET_UP_LINK_LASTS,
                )
            )
        return token

    def set_up(self, token: str, form: SetUp, origin: Origin) -> SignedIn:
        """Create the first organization and its administrator, and sign them in.

        Raises:
            SetUpLinkRefused: If the link is wrong, used or too old, or somebody has an account already.
            Malformed: If a field is missing or no e-mail address.
            PasswordRefused: Saying what to change.
            TooManyAttempts: After many wrong links from one address.
        """
        self._attempts.begin(_SET_UP, origin.ip_address, is_known_place=False)
        self._require_link(token)
        self._attempts.succeeded(_SET_UP, origin.ip_address, is_known_place=False)
        name = required_text(form.organization_name, "the organization's name")
        display_name = required_text(form.display_name, "your name")
        email = required_email(form.email)
        passwords.require_acceptable(form.password, (name, display_name, email))
        password_hash = passwords.hash_password(form.password)
        with self._database.system_write() as session:
            link = people.usable_link(session, _SET_UP, _hash(token), clock.now())
            if link is None or people.is_any_user(session):
                raise SetUpLinkRefused
            link.used_at = clock.now()
            session.add(link)
            organization = add_organization(session, _free_slug(session, name), name)
            user = add_user(
                session,
                system_caller(organization.id, frozenset()),
                display_name=display_name,
                email=email,
                password_hash=password_hash,
                roles=(BuiltInRole.ADMINISTRATOR,),
            )
            user.last_signed_in_at = clock.now()
            return self._sessions.start(session, user, origin)

    def _require_link(self, token: str) -> None:
        with self._database.system_read() as session:
            link = people.usable_link(session, _SET_UP, _hash(token), clock.now())
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
                demo = add_organization(session, DEMO_SLUG, "PACScribe Demo")
            caller = system_caller(demo.id, frozenset())
            kept: dict[str, bool] = {}
            new_hash = ""
            for email, (name, role) in DEMO_ACCOUNTS.items():
                user = people.user_by_email(session, email)
                if user is not None:
                    known = user.password_hash
                    if known not in kept:
                        kept[known] = passwords.verify_password(password, known)
                    if kept[known]:
                        continue
                new_hash = new_hash or passwords.hash_password(password)
                if user is None:
                    add_user(
                        session,
                        caller,
                        display_name=name,
                        email=email,
                        password_hash=new_hash,
                        roles=(role,),
                    )
                else:
                    self.change_password(session, caller, user, new_hash)

    def demo_emails(self) -> tuple[str, ...]:
        """The sign-in names of the demo."""
        return tuple(DEMO_ACCOUNTS)

    def change_password(
        self, session: Session, caller: Caller, user: User, password_hash: str
    ) -> None:
        """Give a person another password, in the caller's transaction; all their sessions end."""
        user.password_hash = password_hash
        user.password_changed_at = clock.now()
        user.failed_sign_ins = 0
        session.add(user)
        audit.append(
            session,
            caller,
            AuditAction.USER_PASSWORD_RESET,
            object_type="user",
            object_id=user.id,
        )
        self._sessions.end_all_of(session, caller, user.id, "password changed")

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


def add_organization(session: Session, slug: str, name: str) -> Organization:
    """Create an organization with the built-in roles, in a system session."""
    organization = Organization(slug=slug, name=name)
    session.add(organization)
    session.flush()
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


def add_user(
    session: Session,
    caller: Caller,
    *,
    display_name: str,
    email: str,
    password_hash: str,
    roles: tuple[BuiltInRole, ...],
) -> User:
    """Create a person in the caller's organization, in a system session.

    Raises:
        Malformed: If the e-mail address is taken.
    """
    if people.user_by_email(session, email) is not None:
        raise Malformed("This e-mail address cannot be used for a new account.")
    user = User(
        organization_id=caller.organization_id,
        email=email,
        display_name=display_name,
        password_hash=password_hash,
        password_changed_at=clock.now(),
    )
    session.add(user)
    session.flush()
    for role in people.roles_by_name(
        session, caller.organization_id, [role.value for role in roles]
    ):
        session.add(
            UserRole(organization_id=caller.organization_id, user_id=user.id, role_id=role.id)
        )
    audit.append(
        session,
        caller,
        AuditAction.USER_CREATED,
        object_type="user",
        object_id=user.id,
        details={"roles": [role.value for role in roles]},
    )
    return user


def required_text(text: str, what: str) -> str:
    """A name as typed, without surrounding space.

    Raises:
        Malformed: If it is empty, too long, or holds control characters.
    """
    text = unicodedata.normalize("NFC", text).strip()
    if not text or len(text) > 200 or any(unicodedata.category(each) == "Cc" for each in text):
        raise Malformed(f"Fill in {what}, with at most 200 characters.")
    return text


def required_email(text: str) -> str:
    """An e-mail address in the one spelling that is kept.

    Raises:
        Malformed: If it is none.
    """
    email = _normal_email(text)
    if not _EMAIL.fullmatch(email):
        raise Malformed("This is not an e-mail address.")
    return email


def _normal_email(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()[:300]


def _why_refused(known: _Known | None) -> str:
    if known is None:
        return "unknown account"
    return "wrong password" if known.is_active else "disabled account"


def _free_slug(session: Session, name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40] or "organization"
    slug, number = stem, 2
    while (
        slug in {SYSTEM_ORGANIZATION_ID, DEMO_SLUG}
        or organizations.organization_by_slug(session, slug) is not None
    ):
        slug, number = f"{stem}-{number}", number + 1
    return slug


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
