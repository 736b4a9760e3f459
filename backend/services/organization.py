"""The organization itself: its name, what it demands of signing in, who may ask to join. Each change is said before it is done.

What the policies mean is in `access.policies`; people and roles are in `services.members` and `services.roles`.
"""

from dataclasses import fields, replace
from datetime import timedelta

from backend.access import audit, policies, policy, step_up
from backend.access.policies import SignInPolicy
from backend.access.sessions import Sessions
from backend.core import clock
from backend.core.caller import Caller
from backend.core.errors import Malformed, NotFound, Refusal
from backend.core.permissions import Permission
from backend.core.vocabulary import AuditAction, SecondFactorRule
from backend.models import organizations, rosters
from backend.models.organizations import Organization
from backend.models.session import Database, Session
from backend.schemas.organization import (
    OrganizationBounds,
    OrganizationPolicies,
    OrganizationPreview,
    OrganizationState,
    PolicyChange,
)
from backend.services import join_rules
from backend.services.people import required_text
from backend.services.rosters import fingerprint as fingerprint_of

AUDIT_YEARS = 6
"""So long is the audit trail kept at least (45 CFR 164.316(b)(2)(i)); no setting lowers it."""

_CHANGED = "Somebody has changed the organization meanwhile. Look again at what this would do."
_BOUNDS = OrganizationBounds(
    usual_idle_minutes=policies.USUAL_IDLE_MINUTES,
    longest_idle_minutes=policies.LONGEST_IDLE_MINUTES,
    usual_session_hours=policies.USUAL_SESSION_HOURS,
    longest_session_hours=policies.LONGEST_SESSION_HOURS,
    audit_years=AUDIT_YEARS,
)


class OrganizationSettings:
    """Use cases of an organization's name and policies; every one needs `organization:manage`.

    Args:
        database: Where they are kept.
        sessions: Told that they have changed.
    """

    def __init__(self, database: Database, sessions: Sessions) -> None:
        self._database = database
        self._sessions = sessions

    def view(self, caller: Caller) -> OrganizationState:
        """The organization as it is."""
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.ORGANIZATION_MANAGE)
            return OrganizationState(_now(session, caller), _BOUNDS)

    def preview(self, caller: Caller, wanted: OrganizationPolicies) -> OrganizationPreview:
        """What a change will do, without doing it.

        Raises:
            Malformed: If the name is not usable, a time is out of bounds or needs a reason, or nothing would change.
        """
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.ORGANIZATION_MANAGE)
            return _preview(session, caller, _usable(wanted))

    def carry_out(
        self, caller: Caller, wanted: OrganizationPolicies, fingerprint: str
    ) -> OrganizationState:
        """Do what was previewed, and nothing else. Sessions follow at their next look.

        Raises:
            Refusal: As for `preview`, or if it would do something else than what was shown.
            StepUpNeeded: If the caller has not proved lately who they are.
        """
        wanted = _usable(wanted)
        with self._database.write(caller.organization_id) as session:
            policy.require(session, caller, Permission.ORGANIZATION_MANAGE)
            preview = _preview(session, caller, wanted)
            if preview.fingerprint != fingerprint:
                raise Refusal(_CHANGED)
            step_up.require_recent(caller)
            organization = _organization(session, caller)
            organization.name = wanted.name
            session.add(organization)
            row = policies.write(session, caller.organization_id, _sign_in_policy(wanted))
            join_rules.write(row, join_rules.usable(wanted.joining, wanted.mail_domains))
            session.add(row)
            audit.append(
                session,
                caller,
                AuditAction.ORGANIZATION_CHANGED,
                object_type="organization",
                object_id=caller.organization_id,
                reason=wanted.override_reason,
                details={
                    key: value
                    for change in preview.changes
                    for key, value in (
                        (change.what, change.after),
                        (f"{change.what}_before", change.before),
                    )
                },
            )
            self._database.after_commit(session, self._sessions.drop_verdicts)
        return OrganizationState(wanted, _BOUNDS)


def _usable(wanted: OrganizationPolicies) -> OrganizationPolicies:
    """What was entered in the one spelling that is kept.

    Raises:
        Malformed: If it is not usable.
    """
    if wanted.second_factor not in {each.value for each in SecondFactorRule}:
        raise Malformed("Say whether a second factor is required.")
    is_usual = (
        wanted.idle_minutes <= policies.USUAL_IDLE_MINUTES
        and wanted.session_hours <= policies.USUAL_SESSION_HOURS
    )
    reason = "" if is_usual else wanted.override_reason.strip()
    rules = join_rules.usable(wanted.joining, wanted.mail_domains)
    usable = replace(
        wanted,
        name=required_text(wanted.name, "the organization's name"),
        override_reason=reason,
        mail_domains=" ".join(rules.domains),
    )
    policies.require_sound(_sign_in_policy(usable))
    return usable


def _preview(session: Session, caller: Caller, wanted: OrganizationPolicies) -> OrganizationPreview:
    before = _now(session, caller)
    names = [each.name for each in fields(OrganizationPolicies)]
    changes = tuple(
        PolicyChange(name, str(getattr(before, name)), str(getattr(wanted, name)))
        for name in names
        if getattr(before, name) != getattr(wanted, name)
    )
    if not changes:
        raise Malformed("Nothing would change.")
    now = clock.now()
    ending = rosters.sessions_older_than(
        session,
        now,
        unused_since=now - timedelta(minutes=wanted.idle_minutes),
        begun_before=now - timedelta(hours=wanted.session_hours),
    )
    return OrganizationPreview(
        changes,
        ending,
        fingerprint_of([(each.what, each.before, each.after) for each in changes]),
    )


def _now(session: Session, caller: Caller) -> OrganizationPolicies:
    kept = policies.read(session, caller.organization_id)
    rules = join_rules.read(session, caller.organization_id)
    return OrganizationPolicies(
        name=_organization(session, caller).name,
        second_factor=kept.second_factor.value,
        idle_minutes=kept.idle_minutes,
        session_hours=kept.session_hours,
        override_reason=kept.override_reason,
        joining=rules.who.value,
        mail_domains=" ".join(rules.domains),
    )


def _sign_in_policy(wanted: OrganizationPolicies) -> SignInPolicy:
    return SignInPolicy(
        SecondFactorRule(wanted.second_factor),
        wanted.idle_minutes,
        wanted.session_hours,
        wanted.override_reason,
    )


def _organization(session: Session, caller: Caller) -> Organization:
    found = organizations.organization_by_id(session, caller.organization_id)
    if found is None:
        raise NotFound
    return found
