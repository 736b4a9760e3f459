"""What a signed version consists of, as canonical JSON, and how typed text is taken in. Stores and decides nothing."""

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from backend.core.caller import Caller
from backend.core.errors import Malformed, ObjectDamaged
from backend.core.vocabulary import SigningMethod
from backend.models.reports import Report, ReportVersion
from backend.models.studies import Patient, Study
from backend.schemas.reporting import ReportSections

CONTENT_FORMAT = "pacscribe-report/1"
SECTION_NAMES: tuple[str, ...] = tuple(field.name for field in fields(ReportSections))
MAX_SECTION_CHARACTERS = 100_000


def clean_sections(sections: ReportSections) -> ReportSections:
    """The text as it is kept: line ends as line feeds, invisible control characters gone, every visible character as typed.

    Raises:
        Malformed: If a section is not text, is too long, or holds half a character.
    """
    return ReportSections(**{name: _clean(name, getattr(sections, name)) for name in SECTION_NAMES})


def _clean(name: str, text: object) -> str:
    if not isinstance(text, str):
        raise Malformed(f"The section {name} is not text.")
    if len(text) > MAX_SECTION_CHARACTERS:
        raise Malformed(
            f"The section {name} is longer than {MAX_SECTION_CHARACTERS} characters. Shorten it to save."
        )
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise Malformed(
            f"The section {name} holds a broken character. Remove it to save."
        ) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    # Vertical tabs and form feeds come from pasted documents, where they end a line.
    text = (
        text.replace("\v", "\n").replace("\f", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    )
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc")


def sections_of(report: Report) -> ReportSections:
    """The text of the draft."""
    return ReportSections(**{name: getattr(report, name) for name in SECTION_NAMES})


def are_blank(sections: ReportSections) -> bool:
    """Whether nothing at all is written."""
    return not any(getattr(sections, name).strip() for name in SECTION_NAMES)


def signed_content(
    *,
    report: Report,
    study: Study,
    patient: Patient,
    organization_name: str,
    signer: Caller,
    signed_at: datetime,
    version_number: int,
    previous_sha256: str,
) -> str:
    """Everything a signature covers, as canonical JSON: keys in order, no spaces, no escapes beyond JSON's own."""
    content: dict[str, Any] = {
        "format": CONTENT_FORMAT,
        "report_id": report.id,
        "version_number": version_number,
        "previous_sha256": previous_sha256,
        "organization": {"organization_id": report.organization_id, "name": organization_name},
        "patient": {
            "patient_name": patient.patient_name,
            "patient_id": patient.patient_id,
            "issuer_of_patient_id": patient.issuer_of_patient_id,
            "patient_birth_date": patient.patient_birth_date,
            "patient_sex": patient.patient_sex,
        },
        "study": {
            "study_instance_uid": study.study_instance_uid,
            "study_date": study.study_date,
            "study_time": study.study_time,
            "accession_number": study.accession_number,
            "study_description": study.study_description,
            "modalities": [part for part in study.modalities.split("\\") if part],
            "referring_physician_name": study.referring_physician_name,
            "institution_name": study.institution_name,
        },
        "sections": asdict(sections_of(report)),
        "signer": {"user_id": signer.user_id, "display_name": signer.display_name},
        "signing_method": SigningMethod.PASSWORD.value,
        "signed_at": signed_at.isoformat(),
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256_of(content: str) -> str:
    """Lower-case hexadecimal SHA-256 of the content in UTF-8."""
    return hashlib.sha256(content.encode("utf-8")).hexdigest()


def content_of(version: ReportVersion) -> Mapping[str, Any]:
    """What was signed, after its hash has been checked.

    Raises:
        ObjectDamaged: If the stored content is not what was signed.
    """
    if sha256_of(version.content) != version.content_sha256:
        raise ObjectDamaged(
            "The signed report does not match its seal and is not shown. Tell an administrator."
        )
    content: Mapping[str, Any] = json.loads(version.content)
    return content


def sections_of_version(version: ReportVersion) -> ReportSections:
    """The text of a signed version.

    Raises:
        ObjectDamaged: If the stored content is not what was signed.
    """
    return ReportSections(**content_of(version)["sections"])
