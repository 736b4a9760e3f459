"""How long a password must be, for whom: it may be shorter where it is not all that stands before an account.

What else is asked of a password is in `access.passwords`.
"""

from backend.access import policies
from backend.access.held_factors import holds_any
from backend.models.session import Session

WITH_SECOND_FACTOR = 12
ALONE = 15


def least_characters(session: Session, organization_id: str, user_id: str = "") -> int:
    """The least length of a new password.

    Args:
        session: An open session that sees the organization.
        organization_id: The person's.
        user_id: The person, if they have an account: who holds a second factor has one whatever is demanded.
    """
    if policies.read(session, organization_id).requires_second_factor:
        return WITH_SECOND_FACTOR
    return WITH_SECOND_FACTOR if user_id and holds_any(session, user_id) else ALONE
