"""How long a password must be, for whom: it may be shorter where it is not all that stands before an account.

What else is asked of a password is in `access.passwords`.
"""

from backend.access import policies
from backend.models.session import Session

WITH_SECOND_FACTOR = 12
ALONE = 15


def least_characters(session: Session, organization_id: str) -> int:
    """The least length of a new password.

    Args:
        session: An open session that sees the organization.
        organization_id: The person's; empty if it is not known yet.
    """
    if organization_id and policies.read(session, organization_id).requires_second_factor:
        return WITH_SECOND_FACTOR
    return ALONE
