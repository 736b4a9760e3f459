"""What a reader asks the worklist for, and how a question is written as flat text. The answer is in `schemas.worklist`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from backend.core.errors import Malformed
from backend.core.vocabulary import Priority, ReadingStatus

MAX_TEXT = 200
_MAX_CHOICES = 30
_SEPARATOR = "|"  # between several values of one filter; no code of DICOM holds it
_DAY = re.compile(r"\d{8}")
_NUMBER = re.compile(r"\d{1,7}")
_SHIFT = re.compile(r"-?\d{1,7}")


class WorklistColumn(StrEnum):
    """What the worklist can show and be ordered by."""

    STATUS = "status"
    PRIORITY = "priority"
    PATIENT_NAME = "patient"
    PATIENT_ID = "patient-id"
    BIRTH_DATE = "born"
    SEX = "sex"
    STUDY_DATE = "date"
    MODALITY = "modality"
    BODY_PART = "body-part"
    DESCRIPTION = "description"
    ACCESSION = "accession"
    REFERRER = "referrer"
    INSTITUTION = "institution"
    ASSIGNED = "assigned"
    TAGS = "tags"
    SERIES = "series"
    IMAGES = "images"
    ARRIVED = "arrived"


class Span(StrEnum):
    """Days counted back from today, in the reader's own time zone."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    WEEK = "week"


ASSIGNED_TO_ME = "me"
ASSIGNED_TO_NOBODY = "nobody"
CLAIMED_BY_ME = "me"
CLAIMED_BY_ANYBODY = "anybody"
REPORT_STATES = ("none", "draft", "final")
YES_NO = ("yes", "no")


@dataclass(frozen=True, slots=True)
class WorklistQuery:
    """What a reader asks the worklist for. Every field stands in the page's URL.

    Attributes:
        text: Words looked for in name, patient ID, accession number and description; every word must match.
        name: What the patient's name must hold, each word of it somewhere, whatever the accents and capitals.
        patient_id: What the patient ID must hold, whatever the capitals.
        accession: What the accession number must hold, likewise.
        description: What the study description must hold, like `name`.
        modality: Modalities, any of which a study must hold; empty for all.
        status: `ReadingStatus` values, any of which.
        priority: `Priority` values, any of which.
        assigned: `me`, `nobody`, a person's identifier, or empty.
        claimed: Who is reading it now: `me`, `anybody`, a person's identifier, or empty.
        span: Study dates counted back from today, a `Span` or empty; goes before `date_from` and `date_to`.
        date_from: First study date, YYYYMMDD, or empty.
        date_to: Last study date, YYYYMMDD, or empty.
        arrived_from: First day of arrival in the reader's time zone, YYYYMMDD, or empty.
        arrived_to: Last day of arrival, or empty.
        born_from: First birth date, YYYYMMDD, or empty.
        born_to: Last birth date, or empty.
        sex: The patient's sex as the files say it, any of which.
        series_from: Fewest series, or empty.
        series_to: Most series, or empty.
        images_from: Fewest images, or empty.
        images_to: Most images, or empty.
        referrer: Referring physicians, any of which.
        body_part: Body parts, any of which.
        institution: Institutions, any of which.
        report: Any of `none`, `draft`, `final`.
        prior: `yes` if the patient must have an earlier study, `no` if not, or empty.
        tag: Tags, any of which.
        spelling: `similar` to find what is spelled similarly as well, also where something is spelled as asked; or empty.
        order_by: Column to sort by.
        descending: Whether the largest comes first.
        page: From 1.
        page_size: At most 100.
        shift: How many rows fewer come before this page than its number says, because some have left the list since the
            pages before were read; negative where some have come into it.
        as_of: Identifier of the newest study when the list was opened; what arrived later is left out, so that
            no row moves from page to page. Empty for the newest there is.
        time_zone: The reader's time zone (IANA), for days; never in the URL.
    """

    text: str = ""
    name: str = ""
    patient_id: str = ""
    accession: str = ""
    description: str = ""
    modality: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    priority: tuple[str, ...] = ()
    assigned: str = ""
    claimed: str = ""
    span: str = ""
    date_from: str = ""
    date_to: str = ""
    arrived_from: str = ""
    arrived_to: str = ""
    born_from: str = ""
    born_to: str = ""
    sex: tuple[str, ...] = ()
    series_from: str = ""
    series_to: str = ""
    images_from: str = ""
    images_to: str = ""
    referrer: tuple[str, ...] = ()
    body_part: tuple[str, ...] = ()
    institution: tuple[str, ...] = ()
    report: tuple[str, ...] = ()
    prior: str = ""
    tag: tuple[str, ...] = ()
    spelling: str = ""
    order_by: WorklistColumn = WorklistColumn.ARRIVED
    descending: bool = True
    page: int = 1
    page_size: int = 50
    shift: int = 0
    as_of: str = ""
    time_zone: str = ""

    def rows_before(self, page: int) -> int:
        """How many rows come before that page."""
        return max(0, (page - 1) * self.page_size - self.shift)

    def page_count(self, total: int) -> int:
        """How many pages there are of so many rows, at least one."""
        return max(1, -(-(total + self.shift) // self.page_size))

    @property
    def is_filtered(self) -> bool:
        """Whether anything narrows the list."""
        return any(getattr(self, name) for name in FILTERS)

    @property
    def personal(self) -> dict[str, str | tuple[str, ...]]:
        """What is asked for that may name or single out a person: words, birth dates, referring physicians."""
        return {
            name: value
            for name in FILTERS
            if name not in OF_MANY and (value := getattr(self, name))
        }

    def study_dates(self, now: datetime) -> tuple[str, str]:
        """First and last study date asked for, YYYYMMDD or empty.

        Args:
            now: The present moment, aware.
        """
        if not self.span:
            return self.date_from, self.date_to
        today = now.astimezone(zone_of(self.time_zone)).date()
        back = {Span.TODAY: 0, Span.YESTERDAY: 1, Span.WEEK: 6}[Span(self.span)]
        first = today - timedelta(days=back)
        last = first if self.span == Span.YESTERDAY else today
        return f"{first:%Y%m%d}", f"{last:%Y%m%d}"

    def arrival_moments(self) -> tuple[datetime | None, datetime | None]:
        """First moment of arrival asked for, and the first one after the last; aware."""
        zone = zone_of(self.time_zone)
        first = _day(self.arrived_from) if self.arrived_from else None
        last = _day(self.arrived_to) if self.arrived_to else None
        return (
            datetime.combine(first, time(), zone) if first else None,
            datetime.combine(last + timedelta(days=1), time(), zone) if last else None,
        )


SIMILAR = "similar"
# Address name of each filter; `text` is `q` there.
FILTERS: dict[str, str] = {
    "text": "q",
    "name": "name",
    "patient_id": "patient-id",
    "accession": "accession",
    "description": "description",
    "modality": "modality",
    "status": "status",
    "priority": "priority",
    "assigned": "assigned",
    "claimed": "claimed",
    "span": "when",
    "date_from": "from",
    "date_to": "to",
    "arrived_from": "arrived-from",
    "arrived_to": "arrived-to",
    "born_from": "born-from",
    "born_to": "born-to",
    "sex": "sex",
    "series_from": "series-from",
    "series_to": "series-to",
    "images_from": "images-from",
    "images_to": "images-to",
    "referrer": "referrer",
    "body_part": "body-part",
    "institution": "institution",
    "report": "report",
    "prior": "prior",
    "tag": "tag",
    "spelling": "spelling",
}
OF_MANY = frozenset(
    {
        "modality", "status", "priority", "assigned", "claimed", "span", "date_from", "date_to", "arrived_from", "arrived_to",
        "sex", "series_from", "series_to", "images_from", "images_to", "body_part", "institution", "report", "prior", "tag",
        "spelling",
    }
)  # fmt: skip
"""Filters that point at nobody. All others may name or single out a person; so does one that is added and not put here."""

TEXTS = ("text", "name", "patient_id", "accession", "description")
"""Filters of words that somebody types."""

SEALED = (*(FILTERS[name] for name in TEXTS), "referrer")
"""Values of an address that may name a person: they stand in it sealed."""

_DAYS = ("date_from", "date_to", "arrived_from", "arrived_to", "born_from", "born_to")
_KNOWN: dict[str, tuple[str, ...]] = {
    "status": tuple(ReadingStatus),
    "priority": tuple(Priority),
    "span": tuple(Span),
    "report": REPORT_STATES,
    "prior": YES_NO,
    "spelling": (SIMILAR,),
}
_SENTENCES = {
    "status": "There is no such reading status.",
    "priority": "There is no such priority.",
    "span": "There is no such span of days.",
    "report": "There is no such state of a report.",
    "prior": "Whether there is a prior study is asked with yes or no.",
    "spelling": "A search is for what is spelled as it is, or for what is similar as well.",
}
_DESCENDING_FIRST = frozenset(
    {
        WorklistColumn.ARRIVED,
        WorklistColumn.STUDY_DATE,
        WorklistColumn.IMAGES,
        WorklistColumn.PRIORITY,
    }
)


def starts_descending(column: WorklistColumn) -> bool:
    """Whether the first click on a column shows its largest first."""
    return column in _DESCENDING_FIRST


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name; UTC if there is none."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def values_of(query: WorklistQuery) -> dict[str, str]:
    """The question as flat text: what differs from the usual, by its name in an address. Without page and moment."""
    usual = WorklistQuery()
    values: dict[str, str] = {}
    for name, address_name in FILTERS.items():
        value = getattr(query, name)
        text = _SEPARATOR.join(value) if isinstance(value, tuple) else value
        if text:
            values[address_name] = text
    if (query.order_by, query.descending) != (usual.order_by, usual.descending):
        values["sort"] = query.order_by.value
        values["order"] = "desc" if query.descending else "asc"
    return values


def query_from(values: Mapping[str, str]) -> WorklistQuery:
    """The inverse of `values_of`; also reads `page`, `as-of` and `shift`.

    Raises:
        Malformed: If a value cannot be understood.
    """
    usual = WorklistQuery()
    chosen: dict[str, str | tuple[str, ...]] = {}
    for name, address_name in FILTERS.items():
        text = values.get(address_name, "")
        several = isinstance(getattr(usual, name), tuple)
        chosen[name] = tuple(part for part in text.split(_SEPARATOR) if part) if several else text
    page = values.get("page") or "1"
    try:
        column = WorklistColumn(values.get("sort") or usual.order_by)
    except ValueError:
        raise Malformed("The worklist cannot be sorted by that.") from None
    shift = values.get("shift") or "0"
    if not (_NUMBER.fullmatch(page) and _SHIFT.fullmatch(shift)):
        raise Malformed("The number of the page in this address cannot be understood.")
    default_order = "desc" if starts_descending(column) else "asc"
    query = WorklistQuery(
        **chosen,  # type: ignore[arg-type]  # of the kinds that the fields have
        order_by=column,
        descending=values.get("order", default_order) != "asc",
        page=int(page),
        shift=int(shift),
        as_of=values.get("as-of", ""),
    )
    require_sensible(query)
    return query


def require_sensible(query: WorklistQuery) -> None:
    """Refuse what no worklist can answer, in words.

    Raises:
        Malformed: And why.
    """
    for name, known in _KNOWN.items():
        value = getattr(query, name)
        if any(
            each not in known for each in (value if isinstance(value, tuple) else (value,)) if each
        ):
            raise Malformed(_SENTENCES[name])
    for name in _DAYS:
        if getattr(query, name):
            _day(getattr(query, name))
    for name in ("series_from", "series_to", "images_from", "images_to"):
        if getattr(query, name) and not _NUMBER.fullmatch(getattr(query, name)):
            raise Malformed("A number of series or images is written in digits.")
    for field in fields(query):
        value = getattr(query, field.name)
        if isinstance(value, tuple) and len(value) > _MAX_CHOICES:
            raise Malformed(f"A filter takes at most {_MAX_CHOICES} values.")
    if any(len(getattr(query, name)) > MAX_TEXT for name in TEXTS):
        raise Malformed(f"A search has at most {MAX_TEXT} characters.")
    if query.page < 1 or not 1 <= query.page_size <= 100:
        raise Malformed("A page has 1 to 100 rows.")


def without(query: WorklistQuery, name: str, value: str = "") -> WorklistQuery:
    """The question with one value of a filter taken away, or the whole filter if no value is named."""
    if name not in FILTERS:
        raise Malformed("There is no such filter.")
    held = getattr(query, name)
    left: str | tuple[str, ...] = ""
    if isinstance(held, tuple):
        left = tuple(each for each in held if each != value) if value else ()
    return replace(query, **{name: left}, page=1, as_of="", shift=0)  # type: ignore[arg-type]


def _day(text: str) -> date:
    """A day written YYYYMMDD.

    Raises:
        Malformed: If it is no day of the calendar.
    """
    try:
        if not (text.isascii() and _DAY.fullmatch(text)):
            raise ValueError(text)
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise Malformed(
            "A date in this address is not a day of the calendar; write it as YYYYMMDD."
        ) from None
