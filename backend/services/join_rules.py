"""Who may ask to join an organization: nobody, people with addresses of some mail domains, or whoever knows its name.

A stranger is answered the same whatever the rule is (`services.sign_up`). Invitations have nothing to do with it.
"""

import re
from dataclasses import dataclass

from backend.core.errors import Malformed
from backend.core.vocabulary import JoinRule
from backend.models.policies import OrganizationPolicy, policy_of
from backend.models.session import Session
from backend.services.people import normal_email

MOST_DOMAINS = 20
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_MAX_DOMAIN_CHARACTERS = 98  # so that the most of them fit


@dataclass(frozen=True, slots=True)
class JoinRules:
    """The rule of one organization.

    Attributes:
        who: Who may ask.
        domains: Whole mail domains, lower case, in alphabetical order; without those below them.
    """

    who: JoinRule = JoinRule.ANYBODY
    domains: tuple[str, ...] = ()

    def let_ask(self, email: str) -> bool:
        """Whether somebody with this confirmed address may ask.

        Args:
            email: In the one spelling that is kept (`services.people.normal_email`).
        """
        if self.who is JoinRule.DOMAINS:
            return email.rpartition("@")[2] in self.domains
        return self.who is JoinRule.ANYBODY


def read(session: Session, organization_id: str) -> JoinRules:
    """The rule of an organization; one that never said anything lets ask whoever knows its name."""
    row = policy_of(session, organization_id)
    if row is None:
        return JoinRules()
    return JoinRules(JoinRule(row.joining), tuple(row.mail_domains.split()))


def write(row: OrganizationPolicy, rules: JoinRules) -> None:
    """Put the rule into an organization's row. Who may change it, and the trace, are the caller's."""
    row.joining = rules.who.value
    row.mail_domains = " ".join(rules.domains)


def usable(who: str, typed: str) -> JoinRules:
    """A rule as it was chosen and typed, in the one spelling that is kept; domains are of one rule only.

    Args:
        who: A `JoinRule`.
        typed: Mail domains, with spaces, commas or semicolons between them, with or without `@`.

    Raises:
        Malformed: Saying what is not usable.
    """
    if who not in set(JoinRule):
        raise Malformed("Say who may ask to join.")
    if who != JoinRule.DOMAINS:
        return JoinRules(JoinRule(who))
    words = re.split(r"[\s,;]+", normal_domains(typed))
    domains = tuple(sorted({word.removeprefix("@") for word in words if word.removeprefix("@")}))
    if not domains:
        raise Malformed("Name at least one mail domain, such as hospital.example.")
    if len(domains) > MOST_DOMAINS:
        raise Malformed(f"Name at most {MOST_DOMAINS} mail domains.")
    for domain in domains:
        if len(domain) > _MAX_DOMAIN_CHARACTERS or not _DOMAIN.fullmatch(domain):
            raise Malformed(
                "Write mail domains as what stands after the @, such as hospital.example."
            )
    return JoinRules(JoinRule.DOMAINS, domains)


def normal_domains(typed: str) -> str:
    """Domains in the spelling of addresses, a piece at a time, for an address is short and a list need not be."""
    return " ".join(normal_email(word) for word in typed[:4000].split())
