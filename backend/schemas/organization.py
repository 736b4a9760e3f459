"""Answers about an organization's name and policies, and what is to become of them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OrganizationPolicies:
    """What an organization calls itself, demands of signing in, and who may ask to join it.

    Attributes:
        second_factor: A `SecondFactorRule`.
        override_reason: Why sessions last longer than usual; empty if they do not.
        joining: A `JoinRule`: who may ask to join.
        mail_domains: Of whoever may ask, by that rule; with a space between two.
    """

    name: str
    second_factor: str
    idle_minutes: int
    session_hours: int
    override_reason: str = ""
    joining: str = "anybody"
    mail_domains: str = ""


@dataclass(frozen=True, slots=True)
class OrganizationBounds:
    """Between what policies may be chosen, and what no setting changes."""

    usual_idle_minutes: int
    longest_idle_minutes: int
    usual_session_hours: int
    longest_session_hours: int
    audit_years: int


@dataclass(frozen=True, slots=True)
class OrganizationState:
    """An organization as whoever manages it sees it."""

    policies: OrganizationPolicies
    bounds: OrganizationBounds


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """One thing that becomes another: which, what it was, what it becomes."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class OrganizationPreview:
    """What a change of the organization will do.

    Attributes:
        changes: What becomes what.
        sessions: How many open sessions are too old for the new times, and end at their next look.
        fingerprint: To be given back with the act.
    """

    changes: tuple[PolicyChange, ...]
    sessions: int
    fingerprint: str
