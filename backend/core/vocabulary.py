"""The words that several floors share: states a study and a report go through, what the audit trail calls things."""

from enum import StrEnum

from backend.core.audit_codes import Code, EventCode


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
    """What happened, in the words of the audit trail and in DICOM's. Every one is described in docs/audit-events.md."""

    _value_: str
    code: EventCode

    def __new__(cls, name: str, code: EventCode) -> "AuditAction":
        """A member of this name; knows what DICOM calls it."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.code = code
        return member

    SYSTEM_STARTED = "system:start", EventCode(Code.APPLICATION, "E", Code.STARTED)
    SYSTEM_STOPPED = "system:stop", EventCode(Code.APPLICATION, "E", Code.STOPPED)
    ORGANIZATION_CREATED = "organization:create", EventCode(Code.ALERT, "C", Code.CONFIGURATION)
    ORGANIZATION_CHANGED = "organization:change", EventCode(Code.ALERT, "U", Code.CONFIGURATION)
    USER_CREATED = "user:create", EventCode(Code.ALERT, "U", Code.PERSON)
    USER_CHANGED = "user:change", EventCode(Code.ALERT, "U", Code.PERSON)
    PASSWORD_FORGOTTEN = "password:forget", EventCode(Code.ALERT, "U", Code.PERSON)
    PASSWORD_CHANGED = "password:change", EventCode(Code.ALERT, "U", Code.PERSON)
    EMAIL_CHANGED = "email:change", EventCode(Code.ALERT, "U", Code.PERSON)
    ACCOUNT_REQUESTED = "account:request", EventCode(Code.ALERT, "U", Code.PERSON)
    EMAIL_CONFIRMED = "email:confirm", EventCode(Code.ALERT, "U", Code.PERSON)
    USER_INVITED = "user:invite", EventCode(Code.ALERT, "U", Code.PERSON)
    INVITATION_WITHDRAWN = "user:uninvite", EventCode(Code.ALERT, "U", Code.PERSON)
    USER_APPROVED = "user:approve", EventCode(Code.ALERT, "U", Code.PERSON)
    USER_DECLINED = "user:decline", EventCode(Code.ALERT, "U", Code.PERSON)
    USER_DISABLED = "user:disable", EventCode(Code.ALERT, "U", Code.PERSON)
    USER_ENABLED = "user:enable", EventCode(Code.ALERT, "U", Code.PERSON)
    USER_ROLES_CHANGED = "user:roles", EventCode(Code.ALERT, "U", Code.ROLES)
    ROLE_CREATED = "role:create", EventCode(Code.ALERT, "C", Code.ROLES)
    ROLE_CHANGED = "role:change", EventCode(Code.ALERT, "U", Code.ROLES)
    ROLE_DELETED = "role:delete", EventCode(Code.ALERT, "D", Code.ROLES)
    USER_PASSWORD_RESET = "user:reset-password", EventCode(Code.ALERT, "U", Code.PERSON)
    SESSION_STARTED = "session:start", EventCode(Code.AUTHENTICATION, "E", Code.LOGIN)
    SESSION_REFUSED = "session:refuse", EventCode(Code.AUTHENTICATION, "E", Code.LOGIN)
    SESSION_ENDED = "session:end", EventCode(Code.AUTHENTICATION, "E", Code.LOGOUT)
    SESSION_STEPPED_UP = "session:step-up", EventCode(Code.AUTHENTICATION, "E", Code.LOGIN)
    FACTOR_ADDED = "factor:add", EventCode(Code.ALERT, "U", Code.PERSON)
    FACTOR_REMOVED = "factor:remove", EventCode(Code.ALERT, "U", Code.PERSON)
    FACTOR_REFUSED = "factor:refuse", EventCode(Code.AUTHENTICATION, "E", Code.LOGIN)
    FACTORS_RESET = "factor:reset", EventCode(Code.ALERT, "U", Code.PERSON)
    DEVICE_REMEMBERED = "device:remember", EventCode(Code.ALERT, "U", Code.PERSON)
    DEVICE_FORGOTTEN = "device:forget", EventCode(Code.ALERT, "U", Code.PERSON)
    ACCESS_REFUSED = "access:refuse", EventCode(Code.ALERT, "E", Code.RESTRICTED)
    TOKEN_CREATED = "token:create", EventCode(Code.ALERT, "U", Code.PERSON)
    TOKEN_REVOKED = "token:revoke", EventCode(Code.ALERT, "U", Code.PERSON)
    TOKEN_USED = "token:use", EventCode(Code.AUTHENTICATION, "E", Code.LOGIN)
    GRANT_CREATED = "grant:create", EventCode(Code.ALERT, "C", Code.OBJECT)
    GRANT_REVOKED = "grant:revoke", EventCode(Code.ALERT, "D", Code.OBJECT)
    EMERGENCY_STARTED = "emergency:start", EventCode(Code.ALERT, "E", Code.EMERGENCY_STARTED)
    EMERGENCY_ENDED = "emergency:end", EventCode(Code.ALERT, "E", Code.EMERGENCY_STOPPED)
    EMERGENCY_REVIEWED = "emergency:review", EventCode(Code.ALERT, "U", Code.EMERGENCY_STOPPED)
    SUPPORT_ALLOWED = "support:allow", EventCode(Code.ALERT, "C", Code.REMOTE_STARTED)
    SUPPORT_ENDED = "support:end", EventCode(Code.ALERT, "D", Code.REMOTE_STOPPED)
    SUPPORT_USED = "support:use", EventCode(Code.ALERT, "R", Code.REMOTE_STARTED)
    STUDY_IMPORTED = "study:import", EventCode(Code.IMPORT, "C")
    STUDY_ATTACHED = "study:attach", EventCode(Code.IMPORT, "C")
    STUDY_OPENED = "study:open", EventCode(Code.ACCESSED, "R")
    STUDY_SERVED = "study:serve", EventCode(Code.ACCESSED, "R")
    STUDY_EXPORTED = "study:export", EventCode(Code.EXPORT, "R")
    CONFLICT_HELD = "conflict:hold", EventCode(Code.IMPORT, "C")
    CONFLICT_OPENED = "conflict:open", EventCode(Code.ACCESSED, "R")
    CONFLICT_ERASED = "conflict:erase", EventCode(Code.ALERT, "U", Code.PERSON)
    PATIENT_CHANGED = "patient:change", EventCode(Code.PATIENT_RECORD, "U")
    PATIENT_SEARCHED = "patient:search", EventCode(Code.QUERY, "E")
    PATIENT_CHANGE_UNDONE = "patient:undo", EventCode(Code.PATIENT_RECORD, "U")
    STUDY_ASSIGNED = "study:assign", EventCode(Code.ACCESSED, "U")
    STUDY_PRIORITISED = "study:prioritise", EventCode(Code.ACCESSED, "U")
    STUDY_TAGGED = "study:tag", EventCode(Code.ACCESSED, "U")
    STUDY_MARKED = "study:mark", EventCode(Code.ACCESSED, "U")
    STUDY_CLAIMED = "study:claim", EventCode(Code.ACCESSED, "U")
    STUDY_RELEASED = "study:release", EventCode(Code.ACCESSED, "U")
    STUDY_DELETED = "study:delete", EventCode(Code.STUDY_DELETED, "D")
    NOTE_WRITTEN = "note:write", EventCode(Code.ACCESSED, "C")
    NOTE_CHANGED = "note:change", EventCode(Code.ACCESSED, "U")
    NOTE_DELETED = "note:delete", EventCode(Code.ACCESSED, "D")
    WORKLIST_EXPORTED = "worklist:export", EventCode(Code.EXPORT, "R")
    WORKLIST_SEARCHED = "worklist:search", EventCode(Code.QUERY, "E")
    REPORT_OPENED = "report:open", EventCode(Code.ACCESSED, "R")
    REPORT_CREATED = "report:create", EventCode(Code.ACCESSED, "C")
    REPORT_CHANGED = "report:edit", EventCode(Code.ACCESSED, "U")
    REPORT_SIGNED = "report:sign", EventCode(Code.ACCESSED, "U")
    REPORT_EXPORTED = "report:export", EventCode(Code.EXPORT, "R")
    AUDIT_VIEWED = "audit:view", EventCode(Code.AUDIT_LOG, "R")
    AUDIT_SEALED = "audit:seal", EventCode(Code.AUDIT_LOG, "U")
    AUDIT_CHECKPOINT = "audit:checkpoint", EventCode(Code.AUDIT_LOG, "E")
    AUDIT_PRUNED = "audit:prune", EventCode(Code.AUDIT_LOG, "D")
    AUDIT_EXPORTED = "audit:export", EventCode(Code.AUDIT_LOG, "R")
    OBJECT_DAMAGED = "object:damage", EventCode(Code.ALERT, "E", Code.OBJECT)
    OBJECT_RECOVERED = "object:recover", EventCode(Code.ALERT, "E", Code.OBJECT)
    ARCHIVE_CHECKED = "archive:check", EventCode(Code.ALERT, "E", Code.LOCAL_STARTED)
    JOB_RETRIED = "job:retry", EventCode(Code.ALERT, "E", Code.LOCAL_STARTED)
    JOB_CANCELLED = "job:cancel", EventCode(Code.ALERT, "E", Code.LOCAL_STOPPED)


class AuditOutcome(StrEnum):
    """How it ended."""

    SUCCESS = "success"
    REFUSED = "refused"
    FAILED = "failed"
