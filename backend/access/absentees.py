"""The caller for work that a person began and that goes on without them, after a restart of the program."""

from backend.core.caller import Caller
from backend.core.permissions import Permission
from backend.models import people
from backend.models.session import Session


def absent_caller(session: Session, user_id: str) -> Caller | None:
    """A person with the rights they hold now, without a session; None if they may not sign in any more.

    Args:
        session: An open session that sees the person.
        user_id: Who.
    """
    user = people.user_by_id(session, user_id)
    if user is None or not user.is_active:
        return None
    known = {permission.value for permission in Permission}
    held = people.permissions_of(session, user.id) & known
    return Caller(
        user_id=user.id,
        organization_id=user.organization_id,
        session_id="",
        display_name=user.display_name,
        email=user.email,
        roles=people.role_names_of(session, user.id),
        permissions=frozenset(Permission(name) for name in held),
    )
