"""The words that several floors share: states a study and a report go through, what the audit trail calls things."""

from enum import StrEnum


class ReadingStatus(StrEnum):
    """How far the reading of a study has come."""

    UNREAD = "unread"
    READING = "reading"  # somebody has a draft, or has said that they read it
    READ = "read"  # looked at, and needs no report
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


class ConflictKind(StrEnum):
    """What a file that is kept apart contradicts."""

    PATIENT = "patient"  # the same Patient ID and issuer, another name or birth date
    STUDY = "study"  # the same study under another patient
    SERIES = "series"  # the same series in another study
    INSTANCE = "instance"  # other octets under the same SOP Instance UID


class ConflictStatus(StrEnum):
    """Whether somebody still has to decide."""

    WAITING = "waiting"
    RESOLVED = "resolved"


class HeldState(StrEnum):
    """Where a file of a conflict is."""

    WAITING = "waiting"
    FILED = "filed"  # in its study
    DISCARDED = "discarded"  # kept, and shown nowhere
    REPLACED = "replaced"  # was in its study until the file that came took its place
    KNOWN = "known"  # the very same octets are in a study


class PatientChangeKind(StrEnum):
    """What an administrator has decided."""

    MERGE = "merge"
    KEEP_APART = "keep-apart"
    CORRECT = "correct"
    DISCARD = "discard"
    EXCHANGE = "exchange"
    MERGE_PATIENTS = "merge-patients"
    SPLIT = "split"
    CORRECT_PATIENT = "correct-patient"


class JobStatus(StrEnum):
    """How far a background job has come."""

    WAITING = "waiting"  # for its time, or for the next attempt
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # after all its attempts
    CANCELLED = "cancelled"


class DamageKind(StrEnum):
    """What is wrong with a stored object."""

    MISSING = "missing"  # it is not there
    SEAL = "seal"  # its octets fail their tag: changed, cut or exchanged
    CHECKSUM = "checksum"  # well sealed, but not the octets that were taken in
    PIXELS = "pixels"  # the octets are right, but decode to other pixels than at ingest


class CheckScope(StrEnum):
    """What a check looks at."""

    SAMPLE = "sample"  # the next part of the archive, round and round
    ALL = "all"
    OBJECT = "object"  # one that somebody could not read
    ORPHANS = "orphans"  # what belongs to no study, to be removed


class SecondFactorRule(StrEnum):
    """Whether an organization demands a second factor of everybody."""

    REQUIRED = "required"
    OPTIONAL = "optional"


class JoinRule(StrEnum):
    """Who may ask to join an organization; whoever asks is let in by an administrator, or is not."""

    NOBODY = "nobody"
    DOMAINS = "domains"
    ANYBODY = "anybody"


class SignInMethod(StrEnum):
    """How somebody proved who they are, at sign-in or again."""

    PASSWORD = "password"  # noqa: S105 - the name of a method, not a password
    PASSWORD_AND_CODE = "password+code"  # noqa: S105 - likewise
    PASSWORD_AND_RECOVERY_CODE = "password+recovery-code"  # noqa: S105 - likewise
    PASSWORD_AND_PASSKEY = "password+passkey"  # noqa: S105 - likewise
    PASSWORD_ON_DEVICE = "password+device"  # noqa: S105 - likewise
    PASSKEY = "passkey"


class SigningMethod(StrEnum):
    """How a signer proved who they are at the moment of signing."""

    PASSWORD = "password"  # noqa: S105 - the name of a method, not a password
    PASSWORD_AND_CODE = "password+code"  # noqa: S105 - likewise
    PASSWORD_AND_RECOVERY_CODE = "password+recovery-code"  # noqa: S105 - likewise
    PASSKEY = "passkey"


class AuditAction(StrEnum):
    """What happened, in the words of the audit trail. Every one is described in docs/audit-events.md."""

    SYSTEM_STARTED = "system:start"
    SYSTEM_STOPPED = "system:stop"
    ORGANIZATION_CREATED = "organization:create"
    ORGANIZATION_CHANGED = "organization:change"
    USER_CREATED = "user:create"
    USER_CHANGED = "user:change"
    PASSWORD_FORGOTTEN = "password:forget"  # noqa: S105 - the name of an event
    PASSWORD_CHANGED = "password:change"  # noqa: S105 - the name of an event
    EMAIL_CHANGED = "email:change"
    ACCOUNT_REQUESTED = "account:request"
    EMAIL_CONFIRMED = "email:confirm"
    USER_INVITED = "user:invite"
    INVITATION_WITHDRAWN = "user:uninvite"
    USER_APPROVED = "user:approve"
    USER_DECLINED = "user:decline"
    USER_DISABLED = "user:disable"
    USER_ENABLED = "user:enable"
    USER_ROLES_CHANGED = "user:roles"
    ROLE_CREATED = "role:create"
    ROLE_CHANGED = "role:change"
    ROLE_DELETED = "role:delete"
    USER_PASSWORD_RESET = "user:reset-password"  # noqa: S105 - the name of an event
    SESSION_STARTED = "session:start"
    SESSION_REFUSED = "session:refuse"
    SESSION_ENDED = "session:end"
    SESSION_STEPPED_UP = "session:step-up"
    FACTOR_ADDED = "factor:add"
    FACTOR_REMOVED = "factor:remove"
    FACTOR_REFUSED = "factor:refuse"
    FACTORS_RESET = "factor:reset"
    DEVICE_REMEMBERED = "device:remember"
    DEVICE_FORGOTTEN = "device:forget"
    ACCESS_REFUSED = "access:refuse"
    TOKEN_CREATED = "token:create"  # noqa: S105 - the name of an event
    TOKEN_REVOKED = "token:revoke"  # noqa: S105 - the name of an event
    TOKEN_USED = "token:use"  # noqa: S105 - the name of an event
    GRANT_CREATED = "grant:create"
    GRANT_REVOKED = "grant:revoke"
    EMERGENCY_STARTED = "emergency:start"
    EMERGENCY_ENDED = "emergency:end"
    EMERGENCY_REVIEWED = "emergency:review"
    SUPPORT_ALLOWED = "support:allow"
    SUPPORT_ENDED = "support:end"
    SUPPORT_USED = "support:use"
    STUDY_IMPORTED = "study:import"
    STUDY_ATTACHED = "study:attach"
    STUDY_OPENED = "study:open"
    STUDY_SERVED = "study:serve"
    STUDY_EXPORTED = "study:export"
    CONFLICT_HELD = "conflict:hold"
    CONFLICT_OPENED = "conflict:open"
    CONFLICT_ERASED = "conflict:erase"
    PATIENT_CHANGED = "patient:change"
    PATIENT_CHANGE_UNDONE = "patient:undo"
    STUDY_ASSIGNED = "study:assign"
    STUDY_PRIORITISED = "study:prioritise"
    STUDY_TAGGED = "study:tag"
    STUDY_MARKED = "study:mark"
    STUDY_CLAIMED = "study:claim"
    STUDY_RELEASED = "study:release"
    STUDY_DELETED = "study:delete"
    NOTE_WRITTEN = "note:write"
    NOTE_CHANGED = "note:change"
    NOTE_DELETED = "note:delete"
    WORKLIST_EXPORTED = "worklist:export"
    WORKLIST_SEARCHED = "worklist:search"
    REPORT_OPENED = "report:open"
    REPORT_CREATED = "report:create"
    REPORT_CHANGED = "report:edit"
    REPORT_SIGNED = "report:sign"
    REPORT_EXPORTED = "report:export"
    AUDIT_VIEWED = "audit:view"
    AUDIT_SEALED = "audit:seal"
    AUDIT_CHECKPOINT = "audit:checkpoint"
    AUDIT_PRUNED = "audit:prune"
    AUDIT_EXPORTED = "audit:export"
    OBJECT_DAMAGED = "object:damage"
    OBJECT_RECOVERED = "object:recover"
    ARCHIVE_CHECKED = "archive:check"
    JOB_RETRIED = "job:retry"
    JOB_CANCELLED = "job:cancel"


class AuditOutcome(StrEnum):
    """How it ended."""

    SUCCESS = "success"
    REFUSED = "refused"
    FAILED = "failed"
