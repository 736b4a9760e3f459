"""Documents for outside: the PDF of a signed report. Drafts have none; how a page looks is the typesetter's."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from backend.access import audit, policy
from backend.core.caller import Caller
from backend.core.errors import NotFound
from backend.core.permissions import Permission
from backend.core.shown import age_at, shown_date, shown_name, shown_time
from backend.core.vocabulary import AuditAction
from backend.models import reports as queries
from backend.models.reports import ReportVersion
from backend.models.session import Database
from backend.schemas.reporting import SignedDocument
from backend.services.report_content import SECTION_NAMES, content_of

_TITLE = "Radiology report"
_TEMPLATE = "report"
_LONGEST_UNBROKEN = 36
_ZERO_WIDTH_SPACE = "\u200b"
_NO_BREAK_SPACE = "\u00a0"
_SEXES = {"M": "male", "F": "female", "O": "other"}


class Typesetter(Protocol):
    """Turns data into a PDF; see `backend.adapters.typesetter_typst`."""

    def typeset(self, template: str, data: Mapping[str, object], made_at: datetime) -> bytes:
        """A PDF, or `DocumentNotPossible` where text would be lost."""
        ...


class Documents:
    """Use cases of documents."""

    def __init__(self, database: Database, typesetter: Typesetter) -> None:
        self._database = database
        self._typesetter = typesetter

    def report_pdf(
        self, caller: Caller, report_id: str, version_number: int | None = None
    ) -> SignedDocument:
        """A signed version as PDF/A, as it was signed. That it left PACScribe is kept in the audit trail.

        Args:
            caller: Who asks.
            report_id: The report.
            version_number: From 1; the newest if not given.

        Raises:
            NotFound: If the report does not exist for this caller or has no such signed version.
            NotAllowed: Without `report:view`, and to support.
            ObjectDamaged: If the stored version is not what was signed.
            DocumentNotPossible: If a character cannot be shown with the fonts at hand.
        """
        with self._database.read(caller.organization_id) as session:
            report = queries.report_by_id(session, report_id)
            policy.require(
                session, caller, Permission.REPORT_VIEW, report.study_key if report else None
            )
            if report is None:
                raise NotFound
            policy.require_taking_out(session, caller)
            versions = queries.versions_of_report(session, report_id)
            version = _chosen(versions, version_number)
            data = _page_data(version)
            number, signed_at = version.version_number, version.signed_at
            content_sha256 = version.content_sha256
            study_instance_uid = content_of(version)["study"]["study_instance_uid"]
        octets = self._typesetter.typeset(_TEMPLATE, data, signed_at)
        with self._database.write(caller.organization_id) as session:
            audit.append(
                session,
                caller,
                AuditAction.REPORT_EXPORTED,
                object_type="report",
                object_id=report_id,
                details={
                    "version_number": number,
                    "content_sha256": content_sha256,
                    "study_instance_uid": study_instance_uid,
                },
            )
        return SignedDocument(f"report-{report_id}-v{number}.pdf", "application/pdf", octets)


def _chosen(versions: Sequence[ReportVersion], version_number: int | None) -> ReportVersion:
    for version in versions:
        if version_number is None or version.version_number == version_number:
            return version
    raise NotFound("There is no such signed report, or you have no access to it.")


def _page_data(version: ReportVersion) -> dict[str, object]:
    """What the template shows, in words, from what was signed and from nothing else."""
    content = content_of(version)
    patient, study = content["patient"], content["study"]
    name = shown_name(patient["patient_name"]) or "No patient name"
    patient_id = patient["patient_id"] or "none"
    signer = content["signer"]["display_name"]
    number = content["version_number"]
    signed_at = _moment(content["signed_at"])
    return {
        "title": _TITLE,
        "author": signer,
        "organization": _breakable(content["organization"]["name"]),
        "patient_name": _breakable(name),
        "patient_facts": _pairs(_patient_facts(patient, study["study_date"])),
        "study_facts": _pairs(_study_facts(study, content["organization"]["name"])),
        "sections": [
            {"heading": section.capitalize(), "paragraphs": _paragraphs(text)}
            for section in SECTION_NAMES
            if (text := content["sections"][section]).strip()
        ],
        "signature": {
            "heading": "Electronically signed",
            "signer": _breakable(signer),
            "facts": _pairs(
                [
                    ("Signed at", signed_at),
                    ("Confirmed by", content["signing_method"]),
                    ("Version", str(number)),
                    ("SHA-256", version.content_sha256),
                ]
            ),
        },
        "running_patient": _breakable(f"{name} · ID {patient_id}"),
        "running_document": f"{_TITLE} · version {number}",
        "running_seal": f"Signed {signed_at} · SHA-256 {version.content_sha256[:16]}…",
        "page_word": "Page",
    }


def _patient_facts(patient: Mapping[str, Any], study_date: str) -> list[tuple[str, str]]:
    born = shown_date(patient["patient_birth_date"])
    age = age_at(patient["patient_birth_date"], study_date)
    sex = patient["patient_sex"]
    return [
        ("Patient ID", patient["patient_id"] or "none"),
        ("Issued by", patient["issuer_of_patient_id"]),
        ("Born", f"{born} ({age} at the study)" if born and age else born),
        ("Sex", _SEXES.get(sex, sex)),
    ]


def _study_facts(study: Mapping[str, Any], organization_name: str) -> list[tuple[str, str]]:
    institution = study["institution_name"]
    return [
        ("Study", study["study_description"]),
        ("Modality", ", ".join(study["modalities"])),
        (
            "Study date",
            f"{shown_date(study['study_date'])} {shown_time(study['study_time'])}".strip(),
        ),
        ("Accession", study["accession_number"]),
        ("Referred by", shown_name(study["referring_physician_name"])),
        ("Performed at", institution if institution != organization_name else ""),
    ]


def _pairs(facts: Sequence[tuple[str, str]]) -> list[list[str]]:
    return [[label, _breakable(value)] for label, value in facts if value]


def _paragraphs(text: str) -> list[dict[str, object]]:
    """Blank lines part paragraphs; lines stay lines, and what was indented stays indented."""
    blocks = re.split(r"\n(?:[ \t]*\n)+", text.strip("\n").rstrip())
    return [
        {
            "right_to_left": _is_right_to_left(block),
            "lines": [_breakable(_kept_spaces(line)) for line in block.split("\n")],
        }
        for block in blocks
    ]


def _is_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction runs from right to left (Unicode TR 9, P2 and P3)."""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in {"L", "R", "AL"}:
            return direction != "L"
    return False


def _kept_spaces(line: str) -> str:
    """Typesetters join runs of spaces; those that a person typed to indent or align are kept."""
    return re.sub(
        r"^ +| {2,}", lambda run: _NO_BREAK_SPACE * len(run[0]), line.expandtabs(4).rstrip()
    )


def _breakable(text: str) -> str:
    """The text with places to break inside words that are longer than a line, so that nothing runs off the page."""
    return re.sub(rf"\S{{{_LONGEST_UNBROKEN},}}", lambda word: _with_breaks(word[0]), text)


def _with_breaks(word: str) -> str:
    pieces, length = [], 0
    for character in word:
        if length >= _LONGEST_UNBROKEN // 2 and not unicodedata.combining(character):
            pieces.append(_ZERO_WIDTH_SPACE)
            length = 0
        pieces.append(character)
        length += 1
    return "".join(pieces)


def _moment(iso: str) -> str:
    return datetime.fromisoformat(iso).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
