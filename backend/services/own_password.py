"""What follows from somebody's choosing a password for themselves, signed in or by a mailed link: the trace, and the letter."""

from backend.access import audit
from backend.core import clock
from backend.core.caller import Caller
from backend.core.vocabulary import AuditAction
from backend.models import factors
from backend.models.people import User
from backend.models.session import Session
from backend.services import links
from backend.services.letters import Letter, send_later
from backend.services.links import LinkPurpose


def set_own_password(
    session: Session, caller: Caller, user: User, password_hash: str, *, by: str
) -> None:
    """Keep a new password, in the caller's transaction, and tell its owner by mail. Which sessions end is the caller's.

    Args:
        session: A writing session that sees the person.
        caller: The person.
        user: Their account.
        password_hash: What is kept of the new password.
        by: How they proved who they are, for the trail.
    """
    user.password_hash = password_hash
    user.password_changed_at = clock.now()
    session.add(user)
    # A browser that is spared the code would make of the mailbox alone a way in.
    factors.drop_devices(session, user.id)
    links.withdraw(session, LinkPurpose.RESET_PASSWORD, user_id=user.id)
    audit.append(
        session,
        caller,
        AuditAction.PASSWORD_CHANGED,
        object_type="user",
        object_id=user.id,
        details={"by": by},
    )
    letter = Letter(
        to=user.email,
        subject="Your password was changed",
        text="The password of your account in PACScribe was changed.",
        page="/forgotten",
        closing="If it was not you, choose a new password there at once, and tell an administrator of your organization.",
    )
    send_later(session, user.organization_id, letter)
