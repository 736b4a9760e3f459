"""What people may do, as data: `resource:action`. Who holds which is in roles; verdicts are given in `access`."""

from enum import StrEnum


class Permission(StrEnum):
    """One right. The value is what is stored, shown to administrators and written to the audit trail."""

    STUDY_VIEW = "study:view"
    STUDY_UPLOAD = "study:upload"
    STUDY_EDIT = "study:edit"
    STUDY_EXPORT = "study:export"
    STUDY_SHARE = "study:share"
    STUDY_DELETE = "study:delete"
    PATIENT_CORRECT = "patient:correct"
    REPORT_VIEW = "report:view"
    REPORT_WRITE = "report:write"
    REPORT_SIGN = "report:sign"
    AUDIT_VIEW = "audit:view"
    PEOPLE_MANAGE = "people:manage"
    ARCHIVE_MANAGE = "archive:manage"


DESCRIPTIONS: dict[Permission, str] = {
    Permission.STUDY_VIEW: "See the worklist and open studies of the organization.",
    Permission.STUDY_UPLOAD: "Upload and import studies.",
    Permission.STUDY_EDIT: "Correct a study's status, priority and assignment.",
    Permission.STUDY_EXPORT: "Take images and files out of PACScribe.",
    Permission.STUDY_SHARE: "Share a study with somebody else.",
    Permission.STUDY_DELETE: "Delete studies.",
    Permission.PATIENT_CORRECT: "Resolve conflicts, and merge, split and correct patients.",
    Permission.REPORT_VIEW: "Read signed reports.",
    Permission.REPORT_WRITE: "Write and change report drafts.",
    Permission.REPORT_SIGN: "Sign reports.",
    Permission.AUDIT_VIEW: "Read the audit trail.",
    Permission.PEOPLE_MANAGE: "Create, disable and change people and roles.",
    Permission.ARCHIVE_MANAGE: "See the storage, background jobs and checks of stored files, and run them again.",
}


class BuiltInRole(StrEnum):
    """The roles that every organization starts with."""

    ADMINISTRATOR = "administrator"
    RADIOLOGIST = "radiologist"
    TECHNOLOGIST = "technologist"
    CLINICIAN = "clinician"


ROLE_PERMISSIONS: dict[BuiltInRole, frozenset[Permission]] = {
    # Administrators run the system; reading and signing stay with physicians.
    BuiltInRole.ADMINISTRATOR: frozenset(
        {
            Permission.STUDY_VIEW,
            Permission.STUDY_UPLOAD,
            Permission.STUDY_EDIT,
            Permission.STUDY_EXPORT,
            Permission.STUDY_SHARE,
            Permission.STUDY_DELETE,
            Permission.PATIENT_CORRECT,
            Permission.REPORT_VIEW,
            Permission.AUDIT_VIEW,
            Permission.PEOPLE_MANAGE,
            Permission.ARCHIVE_MANAGE,
        }
    ),
    BuiltInRole.RADIOLOGIST: frozenset(
        {
            Permission.STUDY_VIEW,
            Permission.STUDY_UPLOAD,
            Permission.STUDY_EDIT,
            Permission.STUDY_EXPORT,
            Permission.STUDY_SHARE,
            Permission.REPORT_VIEW,
            Permission.REPORT_WRITE,
            Permission.REPORT_SIGN,
        }
    ),
    BuiltInRole.TECHNOLOGIST: frozenset(
        {Permission.STUDY_VIEW, Permission.STUDY_UPLOAD, Permission.STUDY_EDIT}
    ),
    BuiltInRole.CLINICIAN: frozenset({Permission.STUDY_VIEW, Permission.REPORT_VIEW}),
}
