"""Words of the audit page."""


class Audit:
    """The audit trail."""

    TITLE = "Audit trail"
    LEAD = (
        "Who did what in your organization, newest first. Times and days are in UTC. "
        "Entries cannot be changed or removed; looking at them is recorded as well."
    )
    TABLE = "Entries of the audit trail"
    TIME = "Time (UTC)"
    WHO = "Who"
    WHAT = "What"
    OUTCOME = "Outcome"
    ABOUT = "About"
    FROM_WHERE = "From where"
    ANY = "Any"
    DATE_FROM = "From day"
    DATE_TO = "To day"
    FOUND_ONE = "1 entry"
    FOUND = " entries"
    MORE_THAN = "More than "
    STUDY = "Study"
    FIND_STUDY = "A study"
    STUDY_FIELD = "Accession number or UID of a study"
    SESSION = "Session "
    ABOUT_SESSION = "In the session "
    PATIENT = "Patient"
    PATIENT_HINT = "Name or ID"
    FIND = "Find"
    FOUND_PATIENTS = "Patients found"
    NO_PATIENT = "No patient is found by these words."
    NO_NAME = "No name"
    WHO_SAW = "Who saw this patient"
    EVERY_ENTRY = "Every entry of the audit trail"
    ABOUT_PATIENT = "About the patient "
    ABOUT_STUDY = "About the study "
    ENTRIES_VIEW = "Every entry"
    PEOPLE_VIEW = "Who had what"
    VIEWS = "View"
    ACCESS_TABLE = "Who had what of which study"
    FIRST_TIME = "First (UTC)"
    LAST_TIME = "Last (UTC)"
    HAD = "What they had"
    REFUSED = "Refused"
    SESSIONS = "Sessions"
    OPENED = "opened {number}×"
    IMAGES = "images {number}"
    REPORTS = "report {number}×"
    TAKEN_OUT = "as a file {number}×"
    OTHER = "other acts {number}×"
    EXPORT = "Export"
    EXPORTS: dict[str, str] = {
        "csv": "Spreadsheet (CSV)",
        "jsonl": "JSON lines",
        "xml": "DICOM audit messages (XML)",
    }
    PROBLEM_TITLE = "This address cannot be shown"
    NONE_FOUND_TITLE = "No entry matches"
    NONE_FOUND = "Take a filter away, or look at other days."
    PREVIOUS = "Newer entries"
    NEXT = "Older entries"
    NOBODY = "Nobody signed in"
    NO_ADDRESS = "This server"
    # Keyed by `AuditAction`, `AuditOutcome` and the kinds of objects.
    ACTIONS: dict[str, str] = {
        "session:start": "Signed in",
        "session:refuse": "Sign-in refused",
        "session:end": "Session ended",
        "study:import": "Taken into the archive",
        "study:open": "Study opened",
        "study:serve": "Images shown",
        "study:export": "Taken out as a file",
        "conflict:hold": "Contradicting files kept apart",
        "conflict:open": "Conflict opened",
        "conflict:erase": "Discarded files deleted",
        "patient:change": "Patient set right",
        "patient:search": "Patient searched for",
        "patient:undo": "Patient change undone",
        "study:attach": "Attached to a study",
        "study:assign": "Study assigned",
        "study:prioritise": "Priority set",
        "study:tag": "Tag set",
        "study:mark": "Study marked",
        "study:claim": "Reading begun",
        "study:release": "Reading given up",
        "study:delete": "Study deleted",
        "note:write": "Note written",
        "note:change": "Note changed",
        "note:delete": "Note deleted",
        "worklist:export": "List exported",
        "worklist:search": "Worklist searched",
        "report:open": "Report opened",
        "report:create": "Report begun",
        "report:edit": "Report changed",
        "report:sign": "Report signed",
        "report:export": "Report taken out as PDF",
        "access:refuse": "Attempt refused",
        "account:request": "Account asked for",
        "email:confirm": "E-mail address confirmed",
        "email:change": "E-mail address changed",
        "user:invite": "Person invited",
        "user:uninvite": "Invitation withdrawn",
        "user:approve": "Person let in",
        "user:decline": "Person not let in",
        "user:change": "Own profile changed",
        "user:enable": "Account enabled again",
        "user:roles": "Roles and rights changed",
        "password:forget": "New password asked for",
        "password:change": "Own password changed",
        "factor:add": "Second factor added",
        "factor:remove": "Second factor removed",
        "factor:refuse": "Second factor refused",
        "factor:reset": "Second factors reset",
        "session:step-up": "Proved again who they are",
        "device:remember": "Browser remembered",
        "device:forget": "Browser no longer remembered",
        "role:create": "Role made",
        "role:change": "Role changed",
        "role:delete": "Role deleted",
        "organization:change": "Organization changed",
        "token:create": "Access token made",
        "token:revoke": "Access token revoked",
        "token:use": "Access token used",
        "grant:create": "Access given",
        "grant:revoke": "Access taken back",
        "emergency:start": "Emergency access begun",
        "emergency:end": "Emergency access ended",
        "emergency:review": "Emergency access looked at",
        "support:allow": "Support allowed to look",
        "support:end": "Support no longer allowed to look",
        "support:use": "Support looked",
        "user:create": "Account created",
        "user:disable": "Account disabled",
        "user:reset-password": "New password set",
        "organization:create": "Organization created",
        "audit:view": "Audit trail read",
        "audit:seal": "Audit trail sealed anew",
        "audit:checkpoint": "Audit trail signed",
        "audit:prune": "Old entries removed",
        "audit:export": "Audit trail exported",
        "object:damage": "Stored object found damaged",
        "object:recover": "Damaged object found whole again",
        "archive:check": "Check of stored objects asked for",
        "job:retry": "Background job started by hand",
        "job:cancel": "Background job cancelled",
        "system:start": "PACScribe started",
        "system:stop": "PACScribe stopped",
    }
    OUTCOMES: dict[str, str] = {"success": "Done", "refused": "Refused", "failed": "Failed"}
    OBJECTS: dict[str, str] = {
        "job": "Background job",
        "study": "Study",
        "report": "Report",
        "user": "Account",
        "session": "",
        "organization": "Organization",
        "worklist": "",
        "conflict": "Conflict",
        "patient-change": "Decision",
        "audit": "",
        "event": "Page event",
        "application": "Sign-up",
        "archive": "",
        "emergency": "Emergency access",
        "grant": "Access",
        "invitation": "Invitation",
        "join-request": "Request to join",
        "patient": "",
        "role": "Role",
        "support": "Leave for support",
        "token": "Access token",
    }
    # What access was given to. The last three stand in entries of earlier versions.
    ACCESS_KINDS: dict[str, str] = {
        "care": "a patient in their care",
        "name": "studies with their name",
        "study": "one study",
        "care_relations": "a patient in their care",
        "names_in_studies": "studies with their name",
        "sharing_grants": "one study",
    }
