"""Entries of an organization's audit trail as a file: CSV, JSON lines, DICOM audit messages; or who had what, as a table.

That they leave is recorded before the first octet does, and only who has lately proved who they are may take them.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from backend.access import audit, policy, step_up
from backend.access.audit import DetailValue
from backend.core import clock
from backend.core.caller import Caller
from backend.core.errors import Malformed
from backend.core.permissions import Permission
from backend.core.vocabulary import AuditAction
from backend.models import audit as table
from backend.models import audit_search as queries
from backend.models.audit import AuditEntry
from backend.models.audit_search import AuditFilter
from backend.models.session import Database, Session
from backend.schemas.audit import AccessRow, AuditQuery
from backend.services.access_reports import access_rows
from backend.services.audit_messages import dicom_message
from backend.services.audit_offline import exported_line
from backend.services.audit_questions import AuditQuestions
from backend.services.worklist_export import harmless

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "xml": "application/xml",
}
MOST_SUMMED = 1_000_000

_PART = 1000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # tells spreadsheets that it is UTF-8
_HEADINGS = (
    "Number", "Time (UTC)", "Person", "Person ID", "Session", "Address", "Browser", "Event", "Kind", "About", "Outcome",
    "Reason", "Details", "Hash",
)  # fmt: skip
_ACCESS_HEADINGS = (
    "Person", "Person ID", "Study Instance UID", "First (UTC)", "Last (UTC)", "Opened", "Images", "Reports",
    "Taken out", "Refused", "Other", "Sessions", "Addresses",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ExportedTrail:
    """A file that is made as it is sent."""

    media_type: str
    file_name: str
    parts: Iterator[bytes]


class AuditExports:
    """Use cases of taking entries out.

    Args:
        database: Where the trail is.
        questions: Understands what is asked.
    """

    def __init__(self, database: Database, questions: AuditQuestions) -> None:
        self._database = database
        self._questions = questions

    def require(self, caller: Caller) -> None:
        """Whether the caller may take entries out at this moment.

        Raises:
            NotAllowed: Without `audit:export`.
            StepUpNeeded: If they have not lately proved who they are.
        """
        with self._database.read(caller.organization_id) as session:
            self._require(session, caller)

    def export(
        self, caller: Caller, query: AuditQuery, file_format: str, *, is_summed: bool = False
    ) -> ExportedTrail:
        """The entries that answer a question, the oldest first.

        Args:
            caller: Who takes them out.
            query: Which; its place in the pages does not count.
            file_format: Of `FORMATS`.
            is_summed: Who had what, by person and study, in place of the entries; as CSV or JSON lines.

        Raises:
            NotAllowed: Without `audit:export`.
            StepUpNeeded: If the caller has not lately proved who they are.
            Malformed: If the question or the format is not known.
            NotFound: If there is no such patient or study.
        """
        if file_format not in FORMATS or (is_summed and file_format == "xml"):
            raise Malformed("There is no such format.")
        with self._database.write(caller.organization_id) as session:
            self._require(session, caller)
            asked = self._questions.understood(session, caller, query)
            end = table.chain_end(session)
            up_to = end.sequence if end is not None else 0
            found = queries.accesses(session, asked.wanted, MOST_SUMMED) if is_summed else []
            told: dict[str, DetailValue] = {**asked.told, "format": file_format, "up_to": up_to}
            if is_summed:
                told["view"] = "accesses"
            audit.append(
                session, caller, AuditAction.AUDIT_EXPORTED, object_type="audit", details=told
            )
        if is_summed:
            parts = _summed(access_rows(found), file_format)
        else:
            entries = self._entries(caller.organization_id, asked.wanted, up_to)
            parts = _WRITERS[file_format](entries)
        name = f"{'access' if is_summed else 'audit'}-{clock.now():%Y%m%d-%H%M}.{file_format}"
        return ExportedTrail(FORMATS[file_format], name, parts)

    def _require(self, session: Session, caller: Caller) -> None:
        policy.require(session, caller, Permission.AUDIT_EXPORT)
        step_up.require_recent(caller)

    def _entries(
        self, organization_id: str, wanted: AuditFilter, up_to: int
    ) -> Iterator[list[AuditEntry]]:
        """Each part in a session of its own: a slow browser must not hold one open."""
        after = 0
        while True:
            with self._database.read(organization_id) as session:
                part = queries.next_entries(session, wanted, after, up_to, _PART)
            if part:
                yield part
                after = part[-1].sequence
            if len(part) < _PART:
                return


def _csv(parts: Iterable[Sequence[AuditEntry]]) -> Iterator[bytes]:
    yield _BYTE_ORDER_MARK + _lines([_HEADINGS])
    for part in parts:
        yield _lines(_cells(entry) for entry in part)


def _jsonl(parts: Iterable[Sequence[AuditEntry]]) -> Iterator[bytes]:
    for part in parts:
        yield b"".join(exported_line(table.record_of(entry)) for entry in part)


def _xml(parts: Iterable[Sequence[AuditEntry]]) -> Iterator[bytes]:
    yield b'<?xml version="1.0" encoding="UTF-8"?>\n<AuditMessages>\n'
    for part in parts:
        yield b"".join(dicom_message(entry) + b"\n" for entry in part)
    yield b"</AuditMessages>\n"


_WRITERS: dict[str, Callable[[Iterable[Sequence[AuditEntry]]], Iterator[bytes]]] = {
    "csv": _csv,
    "jsonl": _jsonl,
    "xml": _xml,
}


def _cells(entry: AuditEntry) -> tuple[str | int, ...]:
    return (
        entry.sequence,
        table.moment_text(entry.at),
        entry.actor_name,
        entry.actor_user_id,
        entry.session_id,
        entry.ip_address,
        entry.user_agent,
        entry.action,
        entry.object_type,
        entry.object_id,
        entry.outcome,
        entry.reason,
        entry.details,
        entry.hash,
    )


def _summed(rows: Sequence[AccessRow], file_format: str) -> Iterator[bytes]:
    if file_format == "jsonl":
        yield b"".join(json.dumps(asdict(row)).encode() + b"\n" for row in rows)
        return
    yield _BYTE_ORDER_MARK + _lines([_ACCESS_HEADINGS])
    yield _lines(
        (
            row.name,
            row.user_id,
            row.study_instance_uid,
            row.first,
            row.last,
            row.opened,
            row.images,
            row.reports,
            row.taken_out,
            row.refused,
            row.other,
            row.sessions,
            " ".join(row.addresses),
        )
        for row in rows
    )


def _lines(rows: Iterable[Sequence[str | int]]) -> bytes:
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return target.getvalue().encode("utf-8")
