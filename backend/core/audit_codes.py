"""What DICOM calls the events of the audit trail (PS3.15 A.5.3), for collectors that know its messages."""

from typing import NamedTuple

from backend.core.vocabulary import AuditAction


class EventCode(NamedTuple):
    """An event in DICOM's words.

    Attributes:
        event: Code of the event, scheme DCM.
        act: `C`reate, `R`ead, `U`pdate, `D`elete or `E`xecute.
        kind: Code of the kind of event; empty where the event has none.
    """

    event: str
    act: str
    kind: str = ""


MEANINGS: dict[str, str] = {
    "110100": "Application Activity",
    "110101": "Audit Log Used",
    "110103": "DICOM Instances Accessed",
    "110105": "DICOM Study Deleted",
    "110106": "Export",
    "110107": "Import",
    "110110": "Patient Record",
    "110112": "Query",
    "110113": "Security Alert",
    "110114": "User Authentication",
    "110120": "Application Start",
    "110121": "Application Stop",
    "110122": "Login",
    "110123": "Logout",
    "110127": "Emergency Override Started",
    "110129": "Security Configuration",
    "110132": "Use of Restricted Function",
    "110135": "Object Security Attributes Changed",
    "110136": "Security Roles Changed",
    "110137": "User Security Attributes Changed",
    "110138": "Emergency Override Stopped",
    "110139": "Remote Service Operation Started",
    "110140": "Remote Service Operation Stopped",
    "110141": "Local Service Operation Started",
    "110142": "Local Service Operation Stopped",
}

_ALERT, _ACCESSED, _SIGNING_IN = "110113", "110103", "110114"
_LOG, _EXPORT, _IMPORT, _PATIENT, _QUERY = "110101", "110106", "110107", "110110", "110112"
_PERSON, _ROLE, _OBJECT, _CONFIGURATION = "110137", "110136", "110135", "110129"

_CODES: dict[str, EventCode] = {
    "system:start": EventCode("110100", "E", "110120"),
    "system:stop": EventCode("110100", "E", "110121"),
    "organization:create": EventCode(_ALERT, "C", _CONFIGURATION),
    "organization:change": EventCode(_ALERT, "U", _CONFIGURATION),
    "session:start": EventCode(_SIGNING_IN, "E", "110122"),
    "session:refuse": EventCode(_SIGNING_IN, "E", "110122"),
    "session:step-up": EventCode(_SIGNING_IN, "E", "110122"),
    "session:end": EventCode(_SIGNING_IN, "E", "110123"),
    "factor:refuse": EventCode(_SIGNING_IN, "E", "110122"),
    "token:use": EventCode(_SIGNING_IN, "E", "110122"),
    "access:refuse": EventCode(_ALERT, "E", "110132"),
    "study:import": EventCode(_IMPORT, "C"),
    "study:attach": EventCode(_IMPORT, "C"),
    "conflict:hold": EventCode(_IMPORT, "C"),
    "study:open": EventCode(_ACCESSED, "R"),
    "study:serve": EventCode(_ACCESSED, "R"),
    "conflict:open": EventCode(_ACCESSED, "R"),
    "study:export": EventCode(_EXPORT, "R"),
    "worklist:export": EventCode(_EXPORT, "R"),
    "report:export": EventCode(_EXPORT, "R"),
    "worklist:search": EventCode(_QUERY, "E"),
    "patient:change": EventCode(_PATIENT, "U"),
    "patient:undo": EventCode(_PATIENT, "U"),
    "study:delete": EventCode("110105", "D"),
    "report:open": EventCode(_ACCESSED, "R"),
    "report:create": EventCode(_ACCESSED, "C"),
    "note:write": EventCode(_ACCESSED, "C"),
    "note:delete": EventCode(_ACCESSED, "D"),
    "audit:view": EventCode(_LOG, "R"),
    "audit:export": EventCode(_LOG, "R"),
    "audit:seal": EventCode(_LOG, "U"),
    "audit:checkpoint": EventCode(_LOG, "E"),
    "audit:prune": EventCode(_LOG, "D"),
    "object:damage": EventCode(_ALERT, "E", _OBJECT),
    "object:recover": EventCode(_ALERT, "E", _OBJECT),
    "archive:check": EventCode(_ALERT, "E", "110141"),
    "job:retry": EventCode(_ALERT, "E", "110141"),
    "job:cancel": EventCode(_ALERT, "E", "110142"),
    "emergency:start": EventCode(_ALERT, "E", "110127"),
    "emergency:end": EventCode(_ALERT, "E", "110138"),
    "emergency:review": EventCode(_ALERT, "U", "110138"),
    "support:allow": EventCode(_ALERT, "C", "110139"),
    "support:use": EventCode(_ALERT, "R", "110139"),
    "support:end": EventCode(_ALERT, "D", "110140"),
    "role:create": EventCode(_ALERT, "C", _ROLE),
    "role:change": EventCode(_ALERT, "U", _ROLE),
    "role:delete": EventCode(_ALERT, "D", _ROLE),
    "user:roles": EventCode(_ALERT, "U", _ROLE),
    "grant:create": EventCode(_ALERT, "C", _OBJECT),
    "grant:revoke": EventCode(_ALERT, "D", _OBJECT),
}
# What is not listed changes a study, a report or a note, or somebody's account.
_OF_STUDIES = EventCode(_ACCESSED, "U")
_OF_PEOPLE = EventCode(_ALERT, "U", _PERSON)
_STUDY_WORDS = ("study", "report", "note")


def event_code(action: AuditAction | str) -> EventCode:
    """What DICOM calls an event."""
    name = str(action)
    found = _CODES.get(name)
    if found is not None:
        return found
    return _OF_STUDIES if name.partition(":")[0] in _STUDY_WORDS else _OF_PEOPLE
