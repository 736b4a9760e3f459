"""What an organization demands of signing in: whether a second factor, and how long sessions last. Rights are in `policy`."""

from dataclasses import dataclass
from datetime import timedelta

from backend.core.errors import Malformed
from backend.core.vocabulary import SecondFactorRule
from backend.models.policies import OrganizationPolicy, policy_of
from backend.models.session import Session

USUAL_IDLE_MINUTES = 15
USUAL_SESSION_HOURS = 12
# Longer than usual needs a reason that is kept; longer than these no reason allows.
LONGEST_IDLE_MINUTES = 60
LONGEST_SESSION_HOURS = 24
MAX_REASON_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class SignInPolicy:
    """An organization's demands.

    Attributes:
        second_factor: Whether everybody needs one.
        idle_minutes: A session that nobody uses ends after this.
        session_hours: A session ends after this, whatever happens.
        override_reason: Why it allows more than is usual; empty if it does not.
    """

    second_factor: SecondFactorRule = SecondFactorRule.REQUIRED
    idle_minutes: int = USUAL_IDLE_MINUTES
    session_hours: int = USUAL_SESSION_HOURS
    override_reason: str = ""

    @property
    def requires_second_factor(self) -> bool:
        """Whether nobody gets in without one."""
        return self.second_factor is SecondFactorRule.REQUIRED

    def idle(self, usual: timedelta) -> timedelta:
        """How long a session may go unused.

        Args:
            usual: What this installation allows; only a reason that is kept allows more.
        """
        own = timedelta(minutes=self.idle_minutes)
        return own if self.override_reason else min(own, usual)

    def longest(self, usual: timedelta) -> timedelta:
        """How long a session may last; `usual` as for `idle`."""
        own = timedelta(hours=self.session_hours)
        return own if self.override_reason else min(own, usual)


def read(session: Session, organization_id: str) -> SignInPolicy:
    """The demands of an organization; one that never said anything demands a second factor."""
    row = policy_of(session, organization_id)
    if row is None:
        return SignInPolicy()
    return SignInPolicy(
        SecondFactorRule(row.second_factor),
        row.idle_minutes,
        row.session_hours,
        row.override_reason,
    )


def is_written(session: Session, organization_id: str) -> bool:
    """Whether the organization ever said anything."""
    return policy_of(session, organization_id) is not None


def write(session: Session, organization_id: str, policy: SignInPolicy) -> OrganizationPolicy:
    """Keep the demands of an organization, in the caller's transaction.

    Returns:
        The row, which holds other rules as well.

    Sessions that are open follow at their next look-up. Who may change it, and the trace, are the caller's.

    Raises:
        Malformed: If a time is out of bounds, or longer than usual without a reason.
    """
    require_sound(policy)
    row = policy_of(session, organization_id) or OrganizationPolicy(
        organization_id=organization_id, second_factor="", idle_minutes=0, session_hours=0
    )
    row.second_factor = policy.second_factor.value
    row.idle_minutes = policy.idle_minutes
    row.session_hours = policy.session_hours
    row.override_reason = policy.override_reason
    session.add(row)
    session.flush()
    return row


def require_sound(policy: SignInPolicy) -> None:
    """Refuse demands that nobody may make.

    Raises:
        Malformed: If a time is out of bounds, or longer than usual without a reason.
    """
    if not 1 <= policy.idle_minutes <= LONGEST_IDLE_MINUTES:
        raise Malformed(f"A session may go unused for 1 to {LONGEST_IDLE_MINUTES} minutes.")
    if not 1 <= policy.session_hours <= LONGEST_SESSION_HOURS:
        raise Malformed(f"A session may last for 1 to {LONGEST_SESSION_HOURS} hours.")
    if len(policy.override_reason) > MAX_REASON_CHARACTERS:
        raise Malformed(f"Give the reason in at most {MAX_REASON_CHARACTERS} characters.")
    is_longer = (
        policy.idle_minutes > USUAL_IDLE_MINUTES or policy.session_hours > USUAL_SESSION_HOURS
    )
    if is_longer and not policy.override_reason.strip():
        raise Malformed(
            f"Sessions longer than {USUAL_IDLE_MINUTES} minutes unused or {USUAL_SESSION_HOURS} hours"
            " need a reason, which is kept."
        )
