"""SQLModel tables with their queries, a module per noun, and the migrations. The only home of SQL beside the adapter."""

from backend.models.access import CareRelation, EmergencyAccess, NameInStudies, SupportAccess
from backend.models.audit import AuditCursor, AuditEntry
from backend.models.conflicts import Conflict, HeldInstance
from backend.models.damages import Damage
from backend.models.factors import (
    AuthenticatorApp,
    Ceremony,
    Passkey,
    RecoveryCode,
    RememberedDevice,
)
from backend.models.integrity import CheckRun
from backend.models.joining import Application, EmailChange, Invitation, JoinRequest
from backend.models.organizations import Organization
from backend.models.partial_uploads import PartialUpload, UploadOutcomes, UploadPiece
from backend.models.patients import PatientChange, PatientClaim
from backend.models.people import (
    OneTimeLink,
    Role,
    RolePermission,
    SignInSession,
    User,
    UserPermission,
    UserRole,
)
from backend.models.policies import OrganizationPolicy
from backend.models.preferences import Preferences
from backend.models.reading_copies import ReadingCopy
from backend.models.reports import Report, ReportVersion
from backend.models.saved_views import SavedView
from backend.models.search_words import SearchWord, VocabularyWord
from backend.models.sharing import SharingGrant
from backend.models.studies import Frame, Instance, Patient, Series, Study
from backend.models.study_changes import StudyChange
from backend.models.study_notes import StudyNote
from backend.models.tokens import AccessToken
from backend.models.videos import Video
from backend.models.work import Job, OutboxMessage

__all__ = [
    "AccessToken",
    "Application",
    "AuditCursor",
    "AuditEntry",
    "AuthenticatorApp",
    "CareRelation",
    "Ceremony",
    "CheckRun",
    "Conflict",
    "Damage",
    "EmailChange",
    "EmergencyAccess",
    "Frame",
    "HeldInstance",
    "Instance",
    "Invitation",
    "Job",
    "JoinRequest",
    "NameInStudies",
    "OneTimeLink",
    "Organization",
    "OrganizationPolicy",
    "OutboxMessage",
    "PartialUpload",
    "Passkey",
    "Patient",
    "PatientChange",
    "PatientClaim",
    "Preferences",
    "ReadingCopy",
    "RecoveryCode",
    "RememberedDevice",
    "Report",
    "ReportVersion",
    "Role",
    "RolePermission",
    "SavedView",
    "SearchWord",
    "Series",
    "SharingGrant",
    "SignInSession",
    "Study",
    "StudyChange",
    "StudyNote",
    "SupportAccess",
    "UploadOutcomes",
    "UploadPiece",
    "User",
    "UserPermission",
    "UserRole",
    "Video",
    "VocabularyWord",
]
