"""What people change about themselves: name, phone, specialty, password, e-mail address. Their factors are in `services.factors`."""

from datetime import timedelta

from backend.access import audit, passwords
from backend.access.attempts import Attempts
from backend.access.password_rules import least_characters
from backend.access.sessions import Sessions
from backend.core import clock
from backend.core.caller import Caller, Origin
from backend.core.errors import Malformed, NotSignedIn, ProofRefused
from backend.core.vocabulary import AuditAction
from backend.models import joining as queries
from backend.models import organizations, people
from backend.models.joining import EmailChange
from backend.models.people import User
from backend.models.session import Database, Session
from backend.schemas.profile import ProfileForm, ProfileView
from backend.services import links
from backend.services.letters import Letter, LinkWanted, send_later, written_lately
from backend.services.links import LinkPurpose, LinkRefused
from backend.services.own_password import set_own_password
from backend.services.people import required_email, required_text
from backend.services.sign_up import required_phone, required_specialty

_CHANGE_LASTS = timedelta(hours=24)
_PAGE = "/confirm-email"
_DAY = timedelta(days=1)
_MOST_LETTERS_A_DAY = 5  # to an address that is not the person's own
_OLD, _NEW = "old", "new"


class Profiles:
    """What people do with their own account; needs no permission but being signed in.

    Args:
        database: Where people are kept.
        sessions: Their sessions.
        attempts: Limits guessing at a password on an unlocked screen.
    """

    def __init__(self, database: Database, sessions: Sessions, attempts: Attempts) -> None:
        self._database = database
        self._sessions = sessions
        self._attempts = attempts

    def view(self, caller: Caller) -> ProfileView:
        """What the caller's colleagues see of them, and what only they do."""
        with self._database.read(caller.organization_id) as session:
            return _view(session, _own(session, caller))

    def change(self, caller: Caller, form: ProfileForm) -> ProfileView:
        """Change name, phone and specialty.

        Raises:
            Malformed: If a field is not usable.
        """
        wanted = {
            "display_name": required_text(form.display_name, "your name"),
            "phone": required_phone(form.phone),
            "specialty": required_specialty(form.specialty),
        }
        with self._database.write(caller.organization_id) as session:
            user = _own(session, caller)
            changed = [name for name, value in wanted.items() if getattr(user, name) != value]
            for name in changed:
                setattr(user, name, wanted[name])
            if changed:
                session.add(user)
                audit.append(
                    session,
                    caller,
                    AuditAction.USER_CHANGED,
                    object_type="user",
                    object_id=user.id,
                    details={"fields": changed},
                )
                self._database.after_commit(session, self._sessions.drop_verdicts)
            return _view(session, user)

    def change_password(self, caller: Caller, old: str, new: str) -> None:
        """Choose another password. All other sessions end; this one goes on.

        Raises:
            ProofRefused: If the old one is wrong.
            PasswordRefused: Saying what to change.
            TooManyAttempts: After some wrong ones.
        """
        self._require_password(caller, old)
        with self._database.read(caller.organization_id) as session:
            user = _own(session, caller)
            organization = organizations.organization_by_id(session, caller.organization_id)
            context = (user.email, user.display_name, organization.name if organization else "")
            least = least_characters(session, caller.organization_id, caller.user_id)
        passwords.require_acceptable(new, context, least)
        password_hash = passwords.hash_password(new)
        with self._database.write(caller.organization_id) as session:
            user = _own(session, caller)
            set_own_password(session, caller, user, password_hash, by="old password")
            self._sessions.end_others_of(session, caller, "password changed")

    def change_email(self, caller: Caller, email: str, password: str) -> None:
        """Ask for another address. It changes once links that are mailed to both addresses are opened.

        Whether the new one has an account already is told to its mailbox only.

        Raises:
            Malformed: If it is no address, or the one they have.
            ProofRefused: If the password is wrong.
            TooManyAttempts: After some wrong ones.
        """
        email = required_email(email)
        if email == caller.email:
            raise Malformed("This is your address already.")
        self._require_password(caller, password)
        self._attempts.ask("change-email", caller.user_id)
        with self._database.system_write() as session:
            user = _own(session, caller)
            now = clock.now()
            earlier = queries.open_email_change(session, user.id, now)
            if earlier is not None:
                _end(session, earlier)
            change = EmailChange(
                organization_id=user.organization_id,
                user_id=user.id,
                email=email,
                expires_at=now + _CHANGE_LASTS,
            )
            session.add(change)
            session.flush()
            send_later(session, user.organization_id, _letter(user.email, change, _OLD))
            if written_lately(session, email, _PAGE, _DAY) < _MOST_LETTERS_A_DAY:
                is_taken = people.user_by_email(session, email) is not None
                letter = _taken_letter(email) if is_taken else _letter(email, change, _NEW)
                send_later(session, user.organization_id, letter)

    def give_up_email_change(self, caller: Caller) -> ProfileView:
        """Keep the address after all; the links stop working."""
        with self._database.write(caller.organization_id) as session:
            user = _own(session, caller)
            change = queries.open_email_change(session, user.id, clock.now())
            if change is not None:
                _end(session, change)
            session.flush()
            return _view(session, user)

    def confirm_email(self, token: str, origin: Origin) -> bool:
        """Confirm one of the two addresses with its link.

        Returns:
            Whether the other is confirmed too, so that the address is changed now.

        Raises:
            LinkRefused: If the link is wrong, used or too old, or the new address was taken meanwhile.
            TooManyAttempts: After many requests from one place.
        """
        self._attempts.ask("link", origin.ip_address)
        with self._database.system_write() as session:
            link = links.redeem(session, LinkPurpose.CHANGE_EMAIL, token)
            self._attempts.forgive("link", origin.ip_address)
            change_id, _, which = link.about.partition(" ")
            change = queries.email_change_by_id(session, change_id)
            now = clock.now()
            if change is None or change.ended_at or now >= change.expires_at:
                raise LinkRefused
            user = people.user_by_id(session, change.user_id)
            if user is None or not user.is_active:
                raise LinkRefused
            if which == _OLD:
                change.old_confirmed_at = now
            else:
                change.new_confirmed_at = now
            session.add(change)
            if not (change.old_confirmed_at and change.new_confirmed_at):
                return False
            self._exchange(session, user, change, origin)
            return True

    def _exchange(self, session: Session, user: User, change: EmailChange, origin: Origin) -> None:
        if people.user_by_email(session, change.email) is not None:
            raise LinkRefused("This address has an account by now. Choose another one.")
        old = user.email
        user.email, user.email_confirmed_at = change.email, clock.now()
        session.add(user)
        _end(session, change)
        owner = Caller(
            user_id=user.id,
            organization_id=user.organization_id,
            session_id="",
            display_name=user.display_name,
            email=user.email,
            roles=(),
            permissions=frozenset(),
            origin=origin,
        )
        audit.append(
            session, owner, AuditAction.EMAIL_CHANGED, object_type="user", object_id=user.id
        )
        # A link to the old mailbox would still give a new password.
        links.withdraw(session, LinkPurpose.RESET_PASSWORD, user_id=user.id)
        self._database.after_commit(session, self._sessions.drop_verdicts)
        for to in (old, user.email):
            letter = Letter(
                to=to,
                subject="Your e-mail address was changed",
                text="Your account in PACScribe has another e-mail address from now on. Sign in with the new one.",
                closing="If it was not you, tell an administrator of your organization at once.",
            )
            send_later(session, user.organization_id, letter)

    def _require_password(self, caller: Caller, password: str) -> None:
        account = f"proof:{caller.user_id}"
        address = caller.origin.ip_address
        self._attempts.begin(account, address, is_known_place=True)
        with self._database.read(caller.organization_id) as session:
            kept = _own(session, caller).password_hash
        if not passwords.verify_password(password, kept):
            raise ProofRefused("The password is not right. Check it and try again.")
        self._attempts.succeeded(account, address, is_known_place=True)


def _own(session: Session, caller: Caller) -> User:
    user = people.user_by_id(session, caller.user_id)
    if user is None or not user.is_active or user.is_service or caller.is_token:
        raise NotSignedIn
    return user


def _end(session: Session, change: EmailChange) -> None:
    change.ended_at = clock.now()
    session.add(change)
    for which in (_OLD, _NEW):
        links.withdraw(session, LinkPurpose.CHANGE_EMAIL, about=f"{change.id} {which}")


def _letter(to: str, change: EmailChange, which: str) -> Letter:
    said = {
        _OLD: "Your account in PACScribe is to have another e-mail address. This link agrees to that; the new address is asked "
        "as well. It works once, for a day:",
        _NEW: "An account in PACScribe is to have this e-mail address. This link agrees to that. It works once, for a day:",
    }
    warning = {
        _OLD: "If it was not you, do not open it, and choose a new password: somebody knows the one you have.",
        _NEW: "If it was not you, do nothing.",
    }
    return Letter(
        to=to,
        subject="Confirm the change of your e-mail address",
        text=said[which],
        page=_PAGE,
        link=LinkWanted(LinkPurpose.CHANGE_EMAIL, _CHANGE_LASTS, about=f"{change.id} {which}"),
        closing=warning[which],
        useful_for=_CHANGE_LASTS,
    )


def _taken_letter(to: str) -> Letter:
    return Letter(
        to=to,
        subject="You have an account already",
        text="Somebody, we hope you, wants to give this e-mail address to another account in PACScribe. It has an account of its "
        "own already, so nothing was changed.",
        useful_for=_CHANGE_LASTS,
    )


def _view(session: Session, user: User) -> ProfileView:
    change = queries.open_email_change(session, user.id, clock.now())
    organization = organizations.organization_by_id(session, user.organization_id)
    return ProfileView(
        display_name=user.display_name,
        email=user.email,
        phone=user.phone,
        specialty=user.specialty,
        organization=organization.name if organization else "",
        roles=people.role_names_of(session, user.id),
        email_wanted=change.email if change else "",
        is_old_confirmed=change is not None and change.old_confirmed_at is not None,
        is_new_confirmed=change is not None and change.new_confirmed_at is not None,
        least_characters=least_characters(session, user.organization_id, user.id),
    )
