"""What people may do, as data: `resource:action`. Who holds which is in roles; verdicts are given in `access`."""

from enum import StrEnum


class Permission(StrEnum):
    """One right. The value is what is stored, shown to administrators and written to the audit trail."""

    STUDY_VIEW = "study:view"
    STUDY_ALL = "study:all"
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
    AUDIT_EXPORT = "audit:export"
    PEOPLE_MANAGE = "people:manage"
    ORGANIZATION_MANAGE = "organization:manage"
    TOKEN_MANAGE = "token:manage"  # noqa: S105 - the name of a right
    ACCESS_GRANT = "access:grant"
    EMERGENCY_OPEN = "emergency:open"
    EMERGENCY_REVIEW = "emergency:review"
    SUPPORT_ALLOW = "support:allow"
    SUPPORT_USE = "support:use"
    ARCHIVE_MANAGE = "archive:manage"


DESCRIPTIONS: dict[Permission, str] = {
    Permission.STUDY_VIEW: "See the worklist and open the studies that one can reach.",
    Permission.STUDY_ALL: "Reach every study of the organization, not only those one has to do with.",
    Permission.STUDY_UPLOAD: "Upload and import studies.",
    Permission.STUDY_EDIT: "Correct a study's status, priority and assignment.",
    Permission.STUDY_EXPORT: "Take images and files out of PACScribe.",
    Permission.STUDY_SHARE: "Share a study with somebody else.",
    Permission.STUDY_DELETE: "Delete studies, and for good what was discarded of conflicts.",
    Permission.PATIENT_CORRECT: "Resolve conflicts, and merge, split and correct patients.",
    Permission.REPORT_VIEW: "Read signed reports.",
    Permission.REPORT_WRITE: "Write and change report drafts.",
    Permission.REPORT_SIGN: "Sign reports.",
    Permission.AUDIT_VIEW: "Read the audit trail.",
    Permission.AUDIT_EXPORT: "Take entries of the audit trail out of PACScribe.",
    Permission.PEOPLE_MANAGE: "Create, disable and change people and roles.",
    Permission.ORGANIZATION_MANAGE: "Change the organization's name and policies.",
    Permission.TOKEN_MANAGE: "Make service accounts and their access tokens, and see and revoke everybody's.",
    Permission.ACCESS_GRANT: "Say which patients and which names in studies are a person's.",
    Permission.EMERGENCY_OPEN: "Open a study in an emergency, for an hour and with a reason.",
    Permission.EMERGENCY_REVIEW: "Review what was opened in an emergency.",
    Permission.SUPPORT_ALLOW: "Let support look into the organization for a time.",
    Permission.SUPPORT_USE: "Look into an organization that has let support in.",
    Permission.ARCHIVE_MANAGE: "See the storage, background jobs and checks of stored files, and run them again.",
}


class BuiltInRole(StrEnum):
    """The roles that every organization starts with."""

    ADMINISTRATOR = "administrator"
    RADIOLOGIST = "radiologist"
    TECHNOLOGIST = "technologist"
    CLINICIAN = "clinician"
    CARE_TEAM = "care-team"


ROLE_PERMISSIONS: dict[BuiltInRole, frozenset[Permission]] = {
    # Administrators run the system; reading and signing stay with physicians.
    BuiltInRole.ADMINISTRATOR: frozenset(
        {
            Permission.STUDY_VIEW,
            Permission.STUDY_ALL,
            Permission.STUDY_UPLOAD,
            Permission.STUDY_EDIT,
            Permission.STUDY_EXPORT,
            Permission.STUDY_SHARE,
            Permission.STUDY_DELETE,
            Permission.PATIENT_CORRECT,
            Permission.REPORT_VIEW,
            Permission.AUDIT_VIEW,
            Permission.AUDIT_EXPORT,
            Permission.PEOPLE_MANAGE,
            Permission.ORGANIZATION_MANAGE,
            Permission.TOKEN_MANAGE,
            Permission.ACCESS_GRANT,
            Permission.EMERGENCY_REVIEW,
            Permission.SUPPORT_ALLOW,
            Permission.ARCHIVE_MANAGE,
        }
    ),
    BuiltInRole.RADIOLOGIST: frozenset(
        {
            Permission.STUDY_VIEW,
            Permission.STUDY_ALL,
            Permission.STUDY_UPLOAD,
            Permission.STUDY_EDIT,
            Permission.STUDY_EXPORT,
            Permission.STUDY_SHARE,
            Permission.REPORT_VIEW,
            Permission.REPORT_WRITE,
            Permission.REPORT_SIGN,
            Permission.EMERGENCY_OPEN,
        }
    ),
    BuiltInRole.TECHNOLOGIST: frozenset(
        {
            Permission.STUDY_VIEW,
            Permission.STUDY_ALL,
            Permission.STUDY_UPLOAD,
            Permission.STUDY_EDIT,
            Permission.EMERGENCY_OPEN,
        }
    ),
    BuiltInRole.CLINICIAN: frozenset(
        {
            Permission.STUDY_VIEW,
            Permission.STUDY_ALL,
            Permission.REPORT_VIEW,
            Permission.EMERGENCY_OPEN,
        }
    ),
    # Without `study:all`: studies of their patients, and what is assigned to them or shared with them.
    BuiltInRole.CARE_TEAM: frozenset(
        {Permission.STUDY_VIEW, Permission.REPORT_VIEW, Permission.EMERGENCY_OPEN}
    ),
}

SUPPORT_ROLE = "support"
"""The role of the operator's support accounts; only the organization `system` has it."""

SUPPORT_PERMISSIONS = frozenset({Permission.SUPPORT_USE})
"""What a support account may do in its own organization: see who has let support in."""

SUPPORT_LOOKS = frozenset(
    {
        Permission.STUDY_VIEW,
        Permission.STUDY_ALL,
        Permission.REPORT_VIEW,
        Permission.AUDIT_VIEW,
        Permission.SUPPORT_USE,
    }
)
"""All that support may do in an organization that has let it in. Nothing here changes or takes out anything."""
