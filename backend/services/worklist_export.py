"""The worklist as a spreadsheet: CSV or XLSX, in which no cell is a formula. What leaves is audited."""

import csv
import importlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, TypeAlias

from backend.access import audit, policy
from backend.access.step_up import require_recent
from backend.core import clock
from backend.core.caller import Caller
from backend.core.errors import Malformed
from backend.core.permissions import Permission
from backend.core.vocabulary import AuditAction
from backend.core.worklist_query import WorklistColumn, WorklistQuery, require_sensible
from backend.models import worklist as queries
from backend.models.session import Database, Session
from backend.models.worklist_conditions import understand
from backend.models.worklist_finding import find
from backend.models.worklist_sizes import KnownSizes
from backend.schemas.worklist import StudyRow
from backend.services.worklist import study_rows

MOST_ROWS = 10_000
FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# Spreadsheets take a cell that begins so for a formula, whatever the file says it is.
_FORMULA_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_ROWS_AT_ONCE = 500
_WIDTH = 18
_FIRST_YEAR = 1900  # of the calendar in a workbook; what is older stays a text

Cell: TypeAlias = str | int | date

# What can stand in a column of the file, by its heading, in the order of a file with every column.
_CELLS: dict[str, Callable[[StudyRow], Cell]] = {
    "Patient": lambda row: row.patient_name,
    "Patient ID": lambda row: row.patient_id,
    "Birth date": lambda row: _day(row.patient_birth_date),
    "Sex": lambda row: row.patient_sex,
    "Study date": lambda row: _day(row.study_date),
    "Study time": lambda row: row.study_time,
    "Modality": lambda row: " ".join(row.modalities),
    "Body part": lambda row: row.body_part_examined,
    "Description": lambda row: row.study_description,
    "Accession number": lambda row: row.accession_number,
    "Referred by": lambda row: row.referring_physician_name,
    "Institution": lambda row: row.institution_name,
    "Status": lambda row: row.reading_status,
    "Priority": lambda row: row.priority,
    "Assigned to": lambda row: row.assigned_to_name,
    "Tags": lambda row: ", ".join(row.tags),
    "Series": lambda row: row.series_count,
    "Objects": lambda row: row.instance_count,
    "Arrived (UTC)": lambda row: _moment(row.arrived_at),
    "Study Instance UID": lambda row: row.study_instance_uid,
}
# What a column of the list is in the file: first what it is there for, then what stands beside it in the list.
_HEADINGS: dict[WorklistColumn, tuple[str, ...]] = {
    WorklistColumn.STATUS: ("Status", "Priority"),
    WorklistColumn.PRIORITY: ("Priority",),
    WorklistColumn.PATIENT_NAME: ("Patient", "Patient ID", "Sex"),
    WorklistColumn.PATIENT_ID: ("Patient ID",),
    WorklistColumn.BIRTH_DATE: ("Birth date",),
    WorklistColumn.SEX: ("Sex",),
    WorklistColumn.STUDY_DATE: ("Study date", "Study time"),
    WorklistColumn.MODALITY: ("Modality",),
    WorklistColumn.BODY_PART: ("Body part",),
    WorklistColumn.DESCRIPTION: ("Description", "Accession number", "Tags"),
    WorklistColumn.ACCESSION: ("Accession number",),
    WorklistColumn.REFERRER: ("Referred by",),
    WorklistColumn.INSTITUTION: ("Institution",),
    WorklistColumn.ASSIGNED: ("Assigned to",),
    WorklistColumn.TAGS: ("Tags",),
    WorklistColumn.SERIES: ("Series",),
    WorklistColumn.IMAGES: ("Objects",),
    WorklistColumn.ARRIVED: ("Arrived (UTC)",),
}


@dataclass(frozen=True, slots=True)
class ExportedList:
    """A spreadsheet, ready to be sent."""

    octets: bytes
    media_type: str
    file_name: str


class WorklistExports:
    """Use cases of taking a list of studies out.

    Args:
        database: Where studies are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def require(self, caller: Caller) -> None:
        """Whether the caller may take a list out at this moment.

        Raises:
            NotAllowed: Without `study:export`.
            StepUpNeeded: If they have not lately proved who they are.
        """
        with self._database.read(caller.organization_id) as session:
            _require(session, caller)

    def export(
        self, caller: Caller, query: WorklistQuery, file_format: str, columns: Sequence[str] = ()
    ) -> ExportedList:
        """All studies that answer the question, in its order, as a spreadsheet.

        Args:
            caller: Who takes it out.
            query: The question.
            file_format: One of `FORMATS`.
            columns: `WorklistColumn`s in the order wanted, with all that a list shows in them; none for everything.

        Raises:
            NotAllowed: Without `study:export`.
            StepUpNeeded: If the caller has not lately proved who they are.
            Malformed: If the question, the format or a column is not known, or there are more than `MOST_ROWS` studies.
        """
        if file_format not in FORMATS:
            raise Malformed("A list is exported as csv or xlsx.")
        require_sensible(query)
        headings = _headings(columns)
        with self._database.write(caller.organization_id) as session:
            _require(session, caller)
            # What somebody may look at they need not be allowed to take out.
            reach = policy.reach(caller, Permission.STUDY_EXPORT)
            understood = understand(session, query, caller.user_id, clock.now(), reach)
            whole = replace(query, page=1, shift=0, page_size=MOST_ROWS + 1)
            sizes = KnownSizes(caller.organization_id)
            found = find(session, whole, understood.conditions, sizes)
            if len(found.keys) > MOST_ROWS:
                raise Malformed(f"Narrow the list to at most {MOST_ROWS} studies to export it.")
            rows = [
                [_CELLS[heading](row) for heading in headings]
                for keys in _parts(found.keys)
                for row in study_rows(caller, queries.studies_by_key(session, keys))
            ]
            audit.append(
                session,
                caller,
                AuditAction.WORKLIST_EXPORTED,
                object_type="worklist",
                details={"format": file_format, "rows": len(rows)},
            )
        written = _as_csv if file_format == "csv" else _as_xlsx
        name = f"worklist-{clock.now():%Y%m%d-%H%M}.{file_format}"
        return ExportedList(written(headings, rows), FORMATS[file_format], name)


def _require(session: Session, caller: Caller) -> None:
    policy.require(session, caller, Permission.STUDY_EXPORT)
    # The token of a program was made for this, after a proof; there is nobody to ask for another.
    if not caller.is_token:
        require_recent(caller)


def _parts(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(keys), _ROWS_AT_ONCE):
        yield keys[first : first + _ROWS_AT_ONCE]


def _headings(columns: Sequence[str]) -> tuple[str, ...]:
    """The headings for columns of the list; what has a column of its own stands there alone."""
    if not columns:
        return tuple(_CELLS)
    try:
        chosen = [_HEADINGS[WorklistColumn(name)] for name in columns]
    except ValueError:
        raise Malformed("The worklist has no such column.") from None
    own = {first for first, *_ in chosen}
    named = (
        heading
        for first, *beside in chosen
        for heading in (first, *(each for each in beside if each not in own))
    )
    return tuple(dict.fromkeys(named))


def _day(shown: str) -> date | str:
    """A day that spreadsheets reckon with, if it is one: files say what they like."""
    try:
        return date.fromisoformat(shown)
    except ValueError:
        return shown


def _moment(shown: str) -> datetime:
    return datetime.fromisoformat(shown).astimezone(UTC).replace(tzinfo=None)


def _as_csv(headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    # The mark tells spreadsheets that it is UTF-8.
    return b"\xef\xbb\xbf" + target.getvalue().encode("utf-8")


def harmless(cell: Cell) -> Cell:
    """A text with an apostrophe before what would make it a formula."""
    if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA_BEGINNINGS):
        return f"'{cell}"
    return cell


def _as_xlsx(headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
    # Imported where it is used: few requests need it.
    xlsxwriter: Any = importlib.import_module("xlsxwriter")
    target = io.BytesIO()
    options = {
        "in_memory": True,  # nothing of a patient goes into a temporary file in clear
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(target, options) as book:
        sheet = book.add_worksheet("Worklist")
        heading = book.add_format({"bold": True, "bottom": 1})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(headings) - 1, _WIDTH)
        for column, word in enumerate(headings):
            sheet.write_string(0, column, word, heading)
        for line, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                if isinstance(cell, int):
                    sheet.write_number(line, column, cell)
                elif isinstance(cell, date) and cell.year >= _FIRST_YEAR:
                    form = moment if isinstance(cell, datetime) else day
                    sheet.write_datetime(line, column, cell, form)
                else:
                    sheet.write_string(line, column, str(cell))
        sheet.autofilter(0, 0, max(1, len(rows)), len(headings) - 1)
    return target.getvalue()
