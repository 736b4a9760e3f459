"""The audit trail for those who may read it. How it is written and sealed is in `access.audit`."""

import re
from datetime import UTC, datetime, timedelta

from backend.access import audit, policy
from backend.access.audit import Seal
from backend.access.policy import RefusedAttempt
from backend.access.witness import WitnessedDatabase
from backend.core.caller import (
    SYSTEM_ORGANIZATION_ID,
    SYSTEM_USER_ID,
    Caller,
    system_caller,
)
from backend.core.errors import Malformed
from backend.core.permissions import Permission
from backend.core.vocabulary import AuditAction, AuditOutcome
from backend.models import audit as table
from backend.models import people
from backend.models.audit import AuditEntry, AuditFilter
from backend.models.session import Session
from backend.schemas.audit import AuditPage, AuditPerson, AuditQuery, AuditRow, AuditVerdict
from backend.services.audit_checkpoints import AuditCheckpoints

PAGE_SIZE = 100

_IDENTIFIER = re.compile(r"[A-Za-z0-9-]{0,64}")
_LAST_PAGE = 1_000_000  # beyond it numbers would be too large for the database


class AuditTrail:
    """Reading and verifying the trail, and the few entries that belong to no other use case."""

    def __init__(
        self, database: WitnessedDatabase, seal: Seal, checkpoints: AuditCheckpoints
    ) -> None:
        self._database = database
        self._seal = seal
        self._checkpoints = checkpoints

    def page(self, caller: Caller, query: AuditQuery) -> AuditPage:
        """One page of the organization's entries, newest first. That somebody looked is itself recorded.

        Raises:
            NotAllowed: Without `audit:view`.
            Malformed: If the query cannot be understood.
        """
        wanted = _filter(query)
        with self._database.write(caller.organization_id) as session:
            policy.require(session, caller, Permission.AUDIT_VIEW)
            page = min(max(1, query.page), _LAST_PAGE)
            rows, total = table.find_entries(
                session, wanted, offset=(page - 1) * PAGE_SIZE, limit=PAGE_SIZE
            )
            audit.append(
                session,
                caller,
                AuditAction.AUDIT_VIEWED,
                object_type="audit",
                details={
                    "action": wanted.action,
                    "outcome": wanted.outcome,
                    "person": wanted.person,
                    "from": query.date_from,
                    "to": query.date_to,
                    "page": page,
                },
            )
            return AuditPage(
                rows=tuple(_row(entry) for entry in rows),
                total=total,
                page=page,
                page_count=max(1, -(-total // PAGE_SIZE)),
                people=_people(session),
            )

    def verify(self) -> AuditVerdict:
        """Check the whole chain of all organizations, its seal and its checkpoints; for the command line."""
        return self._checkpoints.verify()

    def seal_again(self) -> AuditVerdict:
        """Accept the chain as it is and seal its end, after data were restored by hand; itself recorded.

        The chain must hold; only its seal and those checkpoints that it does not fit are set aside. For the command line.
        """
        verdict = self._checkpoints.accept()
        if verdict.first_bad_sequence is not None:
            return verdict
        with self._database.system_write() as session:
            audit.append(
                session,
                system_caller(SYSTEM_ORGANIZATION_ID, frozenset()),
                AuditAction.AUDIT_SEALED,
                object_type="audit",
            )
            appended = audit.appended_in(session)
        if appended is not None:
            self._seal.write(appended.newest)
        return self.verify()

    def record_refused(self, caller: Caller, permission: Permission | None, what: str) -> None:
        """Record what was refused before any use case was asked, such as an event of a page.

        Args:
            caller: Who tried.
            permission: What they lacked; None for what nobody may do at all.
            what: Name of the event or route; never anything that was sent.
        """
        self._database.record_refusal(RefusedAttempt(caller, permission, "event", what))

    def record_start(self) -> None:
        """The server begins to serve."""
        self._record_system(AuditAction.SYSTEM_STARTED)

    def record_stop(self) -> None:
        """The server stops in an orderly way."""
        self._record_system(AuditAction.SYSTEM_STOPPED)

    def _record_system(self, action: AuditAction) -> None:
        with self._database.system_write() as session:
            audit.append(session, system_caller(SYSTEM_ORGANIZATION_ID, frozenset()), action)


def _filter(query: AuditQuery) -> AuditFilter:
    if query.action and query.action not in {action.value for action in AuditAction}:
        raise Malformed("There is no such event.")
    if query.outcome and query.outcome not in {outcome.value for outcome in AuditOutcome}:
        raise Malformed("There is no such outcome.")
    if not _IDENTIFIER.fullmatch(query.person):
        raise Malformed("There is no such person.")
    until = _day(query.date_to)
    return AuditFilter(
        action=query.action,
        outcome=query.outcome,
        person=query.person,
        since=_day(query.date_from),
        before=until + timedelta(days=1) if until is not None else None,
    )


def _day(text: str) -> datetime | None:
    """The beginning of a day in UTC, YYYY-MM-DD."""
    if not text:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise Malformed("Write a day as year-month-day, for example 2026-01-31.") from None
    if day.year > 9000:
        raise Malformed("Write a day as year-month-day, for example 2026-01-31.")
    return day


def _people(session: Session) -> tuple[AuditPerson, ...]:
    """Everybody of the organization, and the program itself, which works for it too."""
    everybody = [AuditPerson(user.id, user.display_name) for user in people.all_users(session)]
    return (*everybody, AuditPerson(SYSTEM_USER_ID, "PACScribe"))


def _row(entry: AuditEntry) -> AuditRow:
    return AuditRow(
        sequence=entry.sequence,
        at=entry.at.isoformat(timespec="seconds"),
        actor_name=entry.actor_name,
        action=entry.action,
        object_type=entry.object_type,
        object_id=entry.object_id,
        outcome=entry.outcome,
        reason=entry.reason,
        ip_address=entry.ip_address,
        user_agent=entry.user_agent,
        details=entry.details,
    )
