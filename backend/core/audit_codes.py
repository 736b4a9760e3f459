"""DICOM's words for the events of the audit trail (PS3.15 A.5.3, scheme DCM), for collectors that know its messages.

Which event is called what stands with the events, in `vocabulary.AuditAction`.
"""

from enum import StrEnum
from typing import NamedTuple


class Code(StrEnum):
    """A code with its meaning."""

    _value_: str
    meaning: str

    def __new__(cls, code: str, meaning: str) -> "Code":
        """A member of this code; says what it means."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    APPLICATION = "110100", "Application Activity"
    AUDIT_LOG = "110101", "Audit Log Used"
    ACCESSED = "110103", "DICOM Instances Accessed"
    STUDY_DELETED = "110105", "DICOM Study Deleted"
    EXPORT = "110106", "Export"
    IMPORT = "110107", "Import"
    PATIENT_RECORD = "110110", "Patient Record"
    QUERY = "110112", "Query"
    ALERT = "110113", "Security Alert"
    AUTHENTICATION = "110114", "User Authentication"
    STARTED = "110120", "Application Start"
    STOPPED = "110121", "Application Stop"
    LOGIN = "110122", "Login"
    LOGOUT = "110123", "Logout"
    EMERGENCY_STARTED = "110127", "Emergency Override Started"
    CONFIGURATION = "110129", "Security Configuration"
    RESTRICTED = "110132", "Use of Restricted Function"
    OBJECT = "110135", "Object Security Attributes Changed"
    ROLES = "110136", "Security Roles Changed"
    PERSON = "110137", "User Security Attributes Changed"
    EMERGENCY_STOPPED = "110138", "Emergency Override Stopped"
    REMOTE_STARTED = "110139", "Remote Service Operation Started"
    REMOTE_STOPPED = "110140", "Remote Service Operation Stopped"
    LOCAL_STARTED = "110141", "Local Service Operation Started"
    LOCAL_STOPPED = "110142", "Local Service Operation Stopped"


class EventCode(NamedTuple):
    """An event in DICOM's words.

    Attributes:
        event: What it is.
        act: `C`reate, `R`ead, `U`pdate, `D`elete or `E`xecute.
        kind: What kind of it; None where the event has none.
    """

    event: Code
    act: str
    kind: Code | None = None
