"""Support as a caller: an account of the operator that looks at an organization by its leave. Giving leave is in `services.support`."""

from dataclasses import replace
from datetime import datetime

from backend.core import clock
from backend.core.caller import SYSTEM_ORGANIZATION_ID, Caller, LookedAt
from backend.core.permissions import SUPPORT_LOOKS, SUPPORT_ROLE, Permission
from backend.models import access as queries
from backend.models.session import Session


def visiting(
    session: Session, caller: Caller, support_access_id: str
) -> tuple[Caller, datetime | None]:
    """The caller where they look, and until when; unchanged, and None, if they look nowhere or the leave has ended.

    Args:
        session: An open system session.
        caller: A signed-in person in their own organization.
        support_access_id: By whose leave their session looks; empty for none.
    """
    if (
        not support_access_id
        or caller.organization_id != SYSTEM_ORGANIZATION_ID
        or not caller.may(Permission.SUPPORT_USE)
    ):
        return caller, None
    leave = queries.support_access_by_id(session, support_access_id)
    if leave is None or leave.ended_at is not None or leave.expires_at <= clock.now():
        return caller, None
    there = replace(
        caller,
        organization_id=LookedAt(leave.organization_id),
        roles=(SUPPORT_ROLE,),
        permissions=SUPPORT_LOOKS,
        support_access_id=leave.id,
    )
    return there, leave.expires_at
