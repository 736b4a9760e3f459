"""Signing up by oneself, and accepting an invitation. What administrators decide is in `services.joining`.

What a stranger is answered tells nothing about who has an account or which organizations exist: each request does the same
work, and only a job finds out what it comes to. What that is reaches the mailbox it concerns, and no other.
"""

import re
import secrets
import unicodedata
from collections.abc import Mapping
from datetime import timedelta

from backend.access import audit, passwords
from backend.access.attempts import Attempts
from backend.access.password_rules import ALONE, least_characters
from backend.core import clock
from backend.core.caller import SYSTEM_ORGANIZATION_ID, Caller, Origin, system_caller
from backend.core.errors import Malformed
from backend.core.permissions import BuiltInRole, Permission
from backend.core.vocabulary import AuditAction
from backend.models import joining as queries
from backend.models import organizations, people
from backend.models.joining import Application, JoinRequest
from backend.models.session import Database, Session
from backend.schemas.joining import InvitationForm, SignUpForm
from backend.services import join_rules, links
from backend.services.first_people import add_organization, plain_slug
from backend.services.joining import EmailTaken, NewMember, enrol
from backend.services.letters import (
    Letter,
    Letters,
    LinkWanted,
    send_later,
    tell_later,
    written_lately,
)
from backend.services.links import LinkPurpose, LinkRefused
from backend.services.people import required_email, required_text

REQUESTED = "account.requested"
CONFIRMED = "account.confirmed"

# Pages that letters name.
_CONFIRM, _KNOWN, _PEOPLE = "/confirm", "/sign-in", "/settings/people"
_LINK_LASTS = timedelta(hours=24)
_HOUR = timedelta(hours=1)
_MOST_LETTERS_AN_HOUR = 3  # to one address that strangers can choose
_MOST_NOTES_AN_HOUR = 5  # to one administrator
_FOR_WHOM = "Confirm that you work in health care and are at least 18 years old; nobody under 13 is given an account."
_PHONE = re.compile(r"[0-9+()/. \-]{0,40}")


class SignUps:
    """What strangers do to become members.

    Args:
        database: Where people are kept.
        attempts: Limits what one place may ask for.
        may_found: Whether anybody may found a new organization.
    """

    def __init__(self, database: Database, attempts: Attempts, *, may_found: bool) -> None:
        self._database = database
        self._attempts = attempts
        self._may_found = may_found

    @property
    def may_found(self) -> bool:
        """Whether anybody may found a new organization."""
        return self._may_found

    def ask(self, form: SignUpForm, origin: Origin) -> None:
        """Ask for an account. The answer is always the same; a letter says how it goes on.

        Raises:
            Malformed: If a field is not usable, which says nothing about anybody else.
            TooManyAttempts: After many requests from one place.
        """
        if not form.is_attested:
            raise Malformed(_FOR_WHOM)
        if form.is_founding and not self._may_found:
            raise Malformed("New organizations are not founded here. Join one that exists.")
        if form.wished_role not in {role.value for role in BuiltInRole}:
            raise Malformed("Choose the role that you wish for.")
        application = Application(
            organization_id=SYSTEM_ORGANIZATION_ID,
            email=required_email(form.email),
            display_name=required_text(form.display_name, "your name"),
            organization_name=required_text(form.organization, "the organization"),
            is_founding=form.is_founding,
            wished_role=form.wished_role,
            phone=required_phone(form.phone),
            specialty=required_specialty(form.specialty),
        )
        self._attempts.ask("sign-up", origin.ip_address)
        with self._database.system_write() as session:
            session.add(application)
            session.flush()
            tell_later(session, SYSTEM_ORGANIZATION_ID, REQUESTED, {"application": application.id})
            # What was typed is in the application only: it goes when that does.
            audit.append(
                session,
                _stranger(origin),
                AuditAction.ACCOUNT_REQUESTED,
                object_type="application",
                object_id=application.id,
            )

    def confirm(self, token: str, password: str, origin: Origin) -> bool:
        """Confirm the address with the mailed link, and choose the password.

        Returns:
            Whether one can sign in now, with a new organization; otherwise somebody is asked to let one in.

        Raises:
            LinkRefused: If the link is wrong, used or too old.
            PasswordRefused: Saying what to change.
            TooManyAttempts: After many requests from one place.
        """
        self._attempts.ask("link", origin.ip_address)
        with self._database.system_read() as session:
            application = _application(session, token)
            self._attempts.forgive("link", origin.ip_address)
            context = (
                application.email,
                application.display_name,
                application.organization_name,
            )
        passwords.require_acceptable(password, context, ALONE)
        password_hash = passwords.hash_password(password)
        with self._database.system_write() as session:
            application = _application(session, token)
            links.redeem(session, LinkPurpose.CONFIRM_ACCOUNT, token)
            application.confirmed_at, application.password_hash = clock.now(), password_hash
            session.add(application)
            audit.append(
                session,
                _stranger(origin),
                AuditAction.EMAIL_CONFIRMED,
                object_type="application",
                object_id=application.id,
            )
            if application.is_founding:
                _found(session, application)
            else:
                tell_later(
                    session, SYSTEM_ORGANIZATION_ID, CONFIRMED, {"application": application.id}
                )
            return application.is_founding

    def accept(self, token: str, form: InvitationForm, password: str, origin: Origin) -> None:
        """Make the account that an invitation promises; it can sign in from now on.

        Raises:
            LinkRefused: If the link is wrong, used or too old, or the invitation is no longer meant.
            Malformed: If a field is not usable.
            EmailTaken: If the address has an account already.
            PasswordRefused: Saying what to change.
            TooManyAttempts: After many requests from one place.
        """
        self._attempts.ask("link", origin.ip_address)
        if not form.is_attested:
            raise Malformed(_FOR_WHOM)
        name = required_text(form.display_name, "your name")
        phone, specialty = required_phone(form.phone), required_specialty(form.specialty)
        with self._database.system_read() as session:
            invitation = _invitation(session, token)
            self._attempts.forgive("link", origin.ip_address)
            organization = organizations.organization_by_id(session, invitation.organization_id)
            context = (invitation.email, name, organization.name if organization else "")
            least = least_characters(session, invitation.organization_id)
        passwords.require_acceptable(password, context, least)
        password_hash = passwords.hash_password(password)
        with self._database.system_write() as session:
            invitation = _invitation(session, token)
            links.redeem(session, LinkPurpose.INVITATION, token)
            invitation.accepted_at = clock.now()
            session.add(invitation)
            member = NewMember(
                invitation.email, name, password_hash, phone, specialty, invitation.accepted_at
            )
            roles = queries.roles_with_ids(session, invitation.role_ids.split())
            caller = _stranger(origin, invitation.organization_id, name)
            user = enrol(session, caller, member, roles)
            audit.append(
                session,
                caller,
                AuditAction.EMAIL_CONFIRMED,
                object_type="user",
                object_id=user.id,
            )


def register(letters: Letters) -> None:
    """Make known what becomes of requests."""
    letters.write_for(REQUESTED, _requested)
    letters.write_for(CONFIRMED, _confirmed)


def _requested(session: Session, _organization_id: str, told: Mapping[str, str]) -> None:
    """Ask the mailbox whether it is meant; where somebody has an account, say that instead."""
    application = queries.application_by_id(session, told["application"])
    if application is None:
        return
    user = people.user_by_email(session, application.email)
    lately = (
        written_lately(session, application.email, page, _HOUR) for page in (_CONFIRM, _KNOWN)
    )
    may_write = sum(lately) < _MOST_LETTERS_AN_HOUR
    if user is not None or not may_write:
        if user is not None and user.is_active and may_write:
            send_later(session, user.organization_id, _known_letter(user.email))
        session.delete(application)
        return
    # No word of this letter was typed by whoever asked: it may go to somebody who never did.
    letter = Letter(
        to=application.email,
        subject="Confirm your e-mail address",
        text="Somebody, we hope you, asked for an account in PACScribe with this e-mail address.\n\nThis link confirms it. "
        "It works once, for a day:",
        page=_CONFIRM,
        link=LinkWanted(LinkPurpose.CONFIRM_ACCOUNT, _LINK_LASTS, about=application.id),
        closing="If it was not you, do nothing.",
        useful_for=_LINK_LASTS,
    )
    send_later(session, SYSTEM_ORGANIZATION_ID, letter)


def _confirmed(session: Session, _organization_id: str, told: Mapping[str, str]) -> None:
    """Pass an application on to the organization that was meant, if it lets this address ask.

    One that nobody knows, or that may not be asked, waits until it is forgotten; nothing tells the one from the other.
    """
    application = queries.application_by_id(session, told["application"])
    if application is None or application.confirmed_at is None:
        return
    meant = [
        each
        for each in queries.organizations_named(session, application.organization_name.casefold())
        if each.id != SYSTEM_ORGANIZATION_ID
    ]
    if len(meant) != 1 or people.user_by_email(session, application.email) is not None:
        return
    organization_id = meant[0].id
    if not join_rules.read(session, organization_id).let_ask(application.email):
        return
    earlier = queries.request_of(session, organization_id, application.email)
    if earlier is not None:
        session.delete(earlier)
        session.flush()
    request = JoinRequest(
        organization_id=organization_id,
        email=application.email,
        display_name=application.display_name,
        wished_role=application.wished_role,
        phone=application.phone,
        specialty=application.specialty,
        password_hash=application.password_hash,
        confirmed_at=application.confirmed_at,
    )
    session.add(request)
    session.delete(application)
    session.flush()
    audit.append(
        session,
        system_caller(organization_id, frozenset()),
        AuditAction.ACCOUNT_REQUESTED,
        object_type="join-request",
        object_id=request.id,
    )
    for email in people.emails_of_holders(session, Permission.PEOPLE_MANAGE.value, organization_id):
        if written_lately(session, email, _PEOPLE, _HOUR) < _MOST_NOTES_AN_HOUR:
            letter = Letter(
                to=email,
                subject="Somebody asks to join your organization",
                text="Somebody has signed up in PACScribe and asks to join your organization. Let in whom you know:",
                page=_PEOPLE,
            )
            send_later(session, organization_id, letter)


def _found(session: Session, application: Application) -> None:
    """Make a new organization with its first administrator, in a system session."""
    name = application.organization_name
    # A short name that somebody has already would tell that it exists, so each gets an end of its own.
    slug = f"{plain_slug(name)}-{secrets.token_hex(3)}"
    organization = add_organization(session, slug, name)
    assert application.confirmed_at is not None  # noqa: S101 - has just been confirmed
    member = NewMember(
        application.email,
        application.display_name,
        application.password_hash,
        application.phone,
        application.specialty,
        application.confirmed_at,
    )
    roles = people.roles_by_name(session, organization.id, [BuiltInRole.ADMINISTRATOR.value])
    enrol(session, system_caller(organization.id, frozenset()), member, roles)
    session.delete(application)


def _application(session: Session, token: str) -> Application:
    link = links.usable(session, LinkPurpose.CONFIRM_ACCOUNT, token)
    application = queries.application_by_id(session, link.about) if link else None
    if application is None or people.user_by_email(session, application.email) is not None:
        raise LinkRefused
    return application


def _invitation(session: Session, token: str) -> queries.Invitation:
    """The invitation of a link, as long as whoever invited may still do so."""
    link = links.usable(session, LinkPurpose.INVITATION, token)
    invitation = queries.invitation_by_id(session, link.about) if link else None
    if invitation is None or invitation.withdrawn_at or invitation.accepted_at:
        raise LinkRefused
    inviter = people.user_by_id(session, invitation.invited_by_user_id)
    may_invite = inviter is not None and (
        inviter.is_active
        and Permission.PEOPLE_MANAGE.value in people.permissions_of(session, inviter.id)
    )
    if not may_invite or clock.now() >= invitation.expires_at:
        raise LinkRefused
    if people.user_by_email(session, invitation.email) is not None:
        raise EmailTaken
    return invitation


def required_phone(text: str) -> str:
    """A phone number as typed, or nothing.

    Raises:
        Malformed: If it cannot be one.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    if not _PHONE.fullmatch(text):
        raise Malformed("A phone number has digits and + ( ) / . - only, at most 40.")
    return text


def required_specialty(text: str) -> str:
    """A specialty as typed, or nothing.

    Raises:
        Malformed: If it is too long, or holds control characters.
    """
    text = required_text(text, "your specialty") if text.strip() else ""
    if len(text) > 100:
        raise Malformed("Describe your specialty in at most 100 characters.")
    return text


def _known_letter(to: str) -> Letter:
    return Letter(
        to=to,
        subject="You have an account already",
        text="Somebody, we hope you, asked for an account in PACScribe with this e-mail address. It has one already: sign in "
        "with your password, or choose a new one there.",
        page=_KNOWN,
        closing="If it was not you, do nothing.",
        useful_for=_LINK_LASTS,
    )


def _stranger(
    origin: Origin, organization_id: str = SYSTEM_ORGANIZATION_ID, display_name: str = ""
) -> Caller:
    """Somebody without an account, for the audit trail."""
    return Caller(
        user_id="",
        organization_id=organization_id,
        session_id="",
        display_name=display_name,
        email="",
        roles=(),
        permissions=frozenset(),
        origin=origin,
    )
