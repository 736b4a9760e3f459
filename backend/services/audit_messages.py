"""Entries of the audit trail as the audit messages of DICOM (PS3.15 A.5), and those as syslog messages (RFC 5424)."""

import base64
import json
import re
from datetime import UTC
from xml.etree import ElementTree as ET

from backend.core.audit_codes import Code, EventCode
from backend.core.vocabulary import AuditAction, AuditOutcome
from backend.models.audit import AuditEntry

SOURCE = "PACScribe"
# Facility 10 (security and authorization), severity 5 (notice).
_PRIORITY = "<85>1"
_MESSAGE_ID = "DICOM+RFC3881"
_OUTCOMES = {AuditOutcome.SUCCESS: "0", AuditOutcome.REFUSED: "4", AuditOutcome.FAILED: "8"}
_NOT_PRINTABLE = re.compile(r"[^\x21-\x7e]")
_LONGEST_HOST = 255
# Kind of object: type, role (RFC 3881 5.5.1 and 5.5.2), and what its identifier is.
_OBJECTS = {
    "study": ("2", "3", ("110180", "DCM", "Study Instance UID")),
    "report": ("2", "3", ("9", "RFC-3881", "Report Number")),
    "user": ("2", "11", ("11", "RFC-3881", "User Identifier")),
    "job": ("2", "20", ("12", "RFC-3881", "URI")),
    "audit": ("2", "13", ("12", "RFC-3881", "URI")),
}
_CODES = {action.value: action.code for action in AuditAction}
# An entry that is called what only another release knows is sent all the same.
_OF_ANOTHER_RELEASE = EventCode(Code.ALERT, "E", Code.RESTRICTED)
_OTHER = ("2", "4", ("12", "RFC-3881", "URI"))


def dicom_message(entry: AuditEntry) -> bytes:
    """An entry as one `AuditMessage` in UTF-8, without an XML declaration."""
    message = ET.Element("AuditMessage")
    _event(message, entry)
    _participant(message, entry)
    source = ET.SubElement(
        message,
        "AuditSourceIdentification",
        {"AuditEnterpriseSiteID": entry.organization_id, "AuditSourceID": SOURCE},
    )
    ET.SubElement(source, "AuditSourceTypeCode", {"csd-code": "4"})
    if entry.object_type:
        _object(message, entry)
    return ET.tostring(message, encoding="unicode").encode("utf-8")


def syslog_message(entry: AuditEntry, host: str) -> bytes:
    """An entry as one syslog message with the DICOM message in it; the frame around it is the transport's.

    Args:
        entry: The entry.
        host: Name of this machine.
    """
    at = entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    shown_host = _NOT_PRINTABLE.sub("", host)[:_LONGEST_HOST] or "-"
    header = f"{_PRIORITY} {at} {shown_host} {SOURCE} - {_MESSAGE_ID} -"
    return header.encode("ascii") + b" \xef\xbb\xbf" + dicom_message(entry)


def _event(message: ET.Element, entry: AuditEntry) -> None:
    code = _CODES.get(entry.action, _OF_ANOTHER_RELEASE)
    event = ET.SubElement(
        message,
        "EventIdentification",
        {
            "EventActionCode": code.act,
            "EventDateTime": entry.at.astimezone(UTC).isoformat(timespec="milliseconds"),
            "EventOutcomeIndicator": _OUTCOMES[AuditOutcome(entry.outcome)],
        },
    )
    _code(event, "EventID", code.event, "DCM", code.event.meaning)
    if code.kind:
        _code(event, "EventTypeCode", code.kind, "DCM", code.kind.meaning)
    _code(event, "EventTypeCode", entry.action, "99PACSCRIBE", entry.action)
    if entry.reason:
        ET.SubElement(event, "EventOutcomeDescription").text = entry.reason


def _participant(message: ET.Element, entry: AuditEntry) -> None:
    person = {
        "UserID": entry.actor_user_id or "anonymous",
        "UserName": entry.actor_name or "anonymous",
        "UserIsRequestor": "true",
    }
    if entry.session_id:
        person["AlternativeUserID"] = entry.session_id
    if entry.ip_address:
        person |= {"NetworkAccessPointID": entry.ip_address, "NetworkAccessPointTypeCode": "2"}
    ET.SubElement(message, "ActiveParticipant", person)


def _object(message: ET.Element, entry: AuditEntry) -> None:
    type_code, role, identifier_type = _OBJECTS.get(entry.object_type, _OTHER)
    about = ET.SubElement(
        message,
        "ParticipantObjectIdentification",
        {
            "ParticipantObjectID": entry.object_id or entry.object_type,
            "ParticipantObjectTypeCode": type_code,
            "ParticipantObjectTypeCodeRole": role,
        },
    )
    _code(about, "ParticipantObjectIDTypeCode", *identifier_type)
    ET.SubElement(about, "ParticipantObjectName").text = entry.object_type
    details = {
        **json.loads(entry.details),
        "user_agent": entry.user_agent,
        "sequence": entry.sequence,
        "hash": entry.hash,
    }
    for name, value in details.items():
        if value in ("", []):
            continue
        text = value if isinstance(value, str) else json.dumps(value)
        ET.SubElement(
            about,
            "ParticipantObjectDetail",
            {"type": name, "value": base64.b64encode(text.encode()).decode()},
        )
    # Where no study is meant, it says so by an empty element: some readers insist on it (docs/decisions/0007).
    description = ET.SubElement(about, "ParticipantObjectDescription")
    contains = ET.SubElement(description, "ParticipantObjectContainsStudy")
    study = _study(entry)
    if study:
        ET.SubElement(contains, "StudyIDs", {"UID": study})


def _study(entry: AuditEntry) -> str:
    if entry.object_type == "study":
        return entry.object_id
    return str(json.loads(entry.details).get("study_instance_uid", ""))


def _code(parent: ET.Element, name: str, code: str, scheme: str, meaning: str) -> None:
    ET.SubElement(
        parent, name, {"csd-code": code, "codeSystemName": scheme, "originalText": meaning}
    )
