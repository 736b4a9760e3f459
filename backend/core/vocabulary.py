"""The words that several floors share: states a study and a report go through, what the audit trail calls things."""

from enum import StrEnum


class ReadingStatus(StrEnum):
    """How far the reading of a study has come."""

    UNREAD = "unread"
    READING = "reading"  # somebody has a draft
    REPORTED = "reported"  # a signed report exists


class Priority(StrEnum):
    """How soon a study should be read."""

    STAT = "stat"
    URGENT = "urgent"
    ROUTINE = "routine"


class ReportStatus(StrEnum):
    """The life of a report (FHIR DiagnosticReport.status in brackets)."""

    DRAFT = "draft"  # registered
    FINAL = "final"  # final


class IngestOutcomeKind(StrEnum):
    """What became of one instance that was handed in."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    REFUSED = "refused"
    SKIPPED = "skipped"  # not an image object at all: a DICOMDIR, a folder entry, a system file


class SigningMethod(StrEnum):
    """How a signer proved who they are at the moment of signing."""

    PASSWORD = "password"  # noqa: S105 - the name of a method, not a password


class AuditAction(StrEnum):
    """What happened, in the words of the audit trail. Every one is described in docs/audit-events.md."""

    SYSTEM_STARTED = "system:start"
    SYSTEM_STOPPED = "system:stop"
    ORGANIZATION_CREATED = "organization:create"
    USER_CREATED = "user:create"
    USER_DISABLED = "user:disable"
    USER_PASSWORD_RESET = "user:reset-password"  # noqa: S105 - the name of an event
    SESSION_STARTED = "session:start"
    SESSION_REFUSED = "session:refuse"
    SESSION_ENDED = "session:end"
    ACCESS_REFUSED = "access:refuse"
    STUDY_IMPORTED = "study:import"
    STUDY_OPENED = "study:open"
    STUDY_EXPORTED = "study:export"
    WORKLIST_SEARCHED = "worklist:search"
    REPORT_OPENED = "report:open"
    REPORT_CREATED = "report:create"
    REPORT_CHANGED = "report:edit"
    REPORT_SIGNED = "report:sign"
    REPORT_EXPORTED = "report:export"
    AUDIT_VIEWED = "audit:view"
    AUDIT_SEALED = "audit:seal"


class AuditOutcome(StrEnum):
    """How it ended."""

    SUCCESS = "success"
    REFUSED = "refused"
    FAILED = "failed"
