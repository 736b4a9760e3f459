"""The words under which studies are found: one inverted index for searching and for filtering, on either database.

The index follows the rows by itself: before each flush the words of every study that is added or changed, of the
studies of a changed patient, and of a study whose report comes or goes, are brought up to date. Which words a study
has is in `core.search_words`; how they answer a question in `models.worklist_finding`.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, String, false, func, inspect, or_
from sqlalchemy import select as select_columns
from sqlalchemy.event import listens_for
from sqlmodel import Field, Index, Session, UniqueConstraint, col, select

from backend.core.search_words import (
    Facet,
    beginning_with,
    facet,
    facet_value,
    is_facet,
    is_identifier,
    words_of,
)
from backend.core.vocabulary import Priority, ReadingStatus, ReportStatus
from backend.core.worklist_query import REPORT_STATES
from backend.models.among import is_among_given
from backend.models.base import Tenant
from backend.models.reports import Report
from backend.models.studies import Patient, Study
from backend.models.verdicts import Reach, reach_to_be_given

# Compared octet by octet on both databases: a range of words is a range of beginnings.
Word = String(160).with_variant(String(160, collation="C"), "postgresql")

URGENCY = {Priority.ROUTINE: 0, Priority.URGENT: 1, Priority.STAT: 2}
PROGRESS = {each: place for place, each in enumerate(ReadingStatus)}
REPORT_PROGRESS = {each: place for place, each in enumerate(REPORT_STATES)}
"""Their places in the order of lists: `urgency`, `progress` and `report_progress` of a study."""
_OF_STUDY = (
    "patient_key",
    "accession_number",
    "search_description",
    "modalities",
    "reading_status",
    "priority",
    "assigned_to",
    "claimed_by",
    "study_date",
    "study_time",
    "body_part_examined",
    "referring_physician_name",
    "institution_name",
    "tags",
)
FEW = 200
"""So few studies within reach are asked for their words one by one."""
_OF_SUCCESSION = ("patient_key", "study_date", "study_time")
_OF_REPORT = ("study_key", "status", "draft_version")
_NOTED = "pacscribe.search_words.noted"
_OF_PATIENT = ("search_name", "patient_id", "patient_birth_date", "patient_sex")


class SearchWord(Tenant, table=True):
    """A word of a study."""

    __tablename__ = "search_words"
    __table_args__ = (
        Index("ix_search_words_by_word", "organization_id", "word", "study_key"),
        Index("ix_search_words_by_study", "study_key", "word", "organization_id"),
    )

    # Without an index of its own: `ix_search_words_by_word` begins with it.
    organization_id: str = Field(
        default="", foreign_key="organizations.id", nullable=False, max_length=36
    )
    study_key: str = Field(foreign_key="studies.id", ondelete="CASCADE")
    word: str = Field(sa_type=Word)


class VocabularyWord(Tenant, table=True):
    """Every word that some study of the organization has, once.

    How many `studies` have it the database itself keeps, with every row of `search_words` that comes or goes. It is an
    identifier if it looks like a number and has never been a word of a name or a description, or is a filter's value: the others
    are looked through for parts of words.
    """

    __tablename__ = "search_vocabulary"
    __table_args__ = (
        UniqueConstraint("organization_id", "word"),
        Index("ix_search_vocabulary_reversed", "organization_id", "reversed_word"),
        Index("ix_search_vocabulary_by_kind", "organization_id", "is_identifier", "word"),
    )

    organization_id: str = Field(
        default="", foreign_key="organizations.id", nullable=False, max_length=36
    )
    word: str = Field(sa_type=Word)
    reversed_word: str = Field(sa_type=Word)
    is_identifier: bool
    studies: int = 0


def facet_values(
    session: Session, kind: Facet, limit: int, reach: Reach | None = None
) -> tuple[str, ...]:
    """Every value of a filter that occurs in the studies within reach, in order."""
    if reach is None:
        found = session.exec(facet_words(kind, limit))
    elif reach.named is not None:
        asked = _facet_words_of if len(reach.named.study_keys) <= FEW else _facet_words_among
        statement = asked(kind, limit, session.get_bind().dialect.name)
        found = session.exec(statement, params={"keys": reach.named.study_keys})
    else:
        found = session.exec(facet_words_within(kind, limit, reach.asked), params=reach.given)
    return tuple(facet_value(word) for (word,) in found.all())


@cache
def facet_words(kind: Facet, limit: int) -> Any:
    """Rows of the words of a filter's values."""
    first, end = beginning_with(facet(kind, ""))
    word = col(VocabularyWord.word)
    return select_columns(word).where(word > first, word < end).order_by(word).limit(limit)


@cache
def facet_words_within(kind: Facet, limit: int, asked: tuple[str, bool]) -> Any:
    """The same of the studies within reach, as `Reach.asked` says; to be run with `Reach.given`."""
    is_reached = col(SearchWord.study_key).in_(reach_to_be_given(*asked).keys())
    return _facet_words_that_have(kind, limit, is_reached)


@cache
def _facet_words_among(kind: Facet, limit: int, dialect_name: str) -> Any:
    """The same of studies that are named: word by word, until one of them has it."""
    return _facet_words_that_have(kind, limit, _is_named(dialect_name))


@cache
def _facet_words_of(kind: Facet, limit: int, dialect_name: str) -> Any:
    """The same of few: study by study."""
    first, end = beginning_with(facet(kind, ""))
    word = col(SearchWord.word)
    within = _is_named(dialect_name), word > first, word < end
    return select_columns(word).where(*within).distinct().order_by(word).limit(limit)


def _is_named(dialect_name: str) -> ColumnElement[bool]:
    return is_among_given(col(SearchWord.study_key), "keys", dialect_name)


def _facet_words_that_have(kind: Facet, limit: int, is_met: ColumnElement[bool]) -> Any:
    having = select(SearchWord.study_key).where(
        col(SearchWord.word) == col(VocabularyWord.word),
        # A database would rather begin at the studies that meet it; so it stops at the first of the word that does.
        func.coalesce(is_met, false()),
    )
    return facet_words(kind, limit).where(having.exists())


def study_words(study: Study, patient: Patient, *, report_state: str, has_prior: bool) -> set[str]:
    """All words of a study."""
    words = words_of(
        patient.search_name,
        patient.patient_id.casefold(),
        study.accession_number.casefold(),
        study.search_description,
    )
    facets: list[tuple[Facet, str]] = [
        *((Facet.MODALITY, each) for each in study.modalities.split("\\")),
        *((Facet.TAG, each) for each in study.tags.split("\\")),
        (Facet.STATUS, study.reading_status),
        (Facet.PRIORITY, study.priority),
        (Facet.ASSIGNED, study.assigned_to or "nobody"),
        (Facet.CLAIMED, study.claimed_by or ""),
        (Facet.STUDY_DATE, study.study_date),
        (Facet.BIRTH_DATE, patient.patient_birth_date),
        (Facet.SEX, patient.patient_sex),
        (Facet.BODY_PART, study.body_part_examined),
        (Facet.REFERRER, study.referring_physician_name),
        (Facet.INSTITUTION, study.institution_name),
        (Facet.REPORT, report_state),
        (Facet.PRIOR, "yes" if has_prior else "no"),
    ]
    return words | {facet(kind, value) for kind, value in facets if value}


def copy_states(study: Study, patient: Patient, *, report_state: str, has_prior: bool) -> None:
    """Put into the study's row what lists are ordered by and asked about; only what differs is set."""
    wanted = {
        "patient_sort_name": patient.search_name,
        "patient_sort_id": patient.patient_id,
        "patient_sort_birth_date": patient.patient_birth_date,
        "patient_sort_sex": patient.patient_sex,
        "urgency": URGENCY.get(Priority(study.priority), 0),
        "progress": PROGRESS.get(ReadingStatus(study.reading_status), 0),
        "report_progress": REPORT_PROGRESS[report_state],
        "has_prior": has_prior,
    }
    for name, value in wanted.items():
        if getattr(study, name) != value:
            setattr(study, name, value)


def report_state_of(reports: Iterable[Report]) -> str:
    """`final` if a report of the study is signed, `draft` if one is begun, else `none`."""
    states = {
        report.status if report.status != ReportStatus.DRAFT or report.draft_version > 1 else "none"
        for report in reports
    }
    return next((state for state in ("final", "draft") if state in states), "none")


def spoken_words(study: Study, patient: Patient) -> set[str]:
    """The words of a study's patient's name and of its description."""
    return words_of(patient.search_name, study.search_description)


def vocabulary_word(organization_id: str, word: str, *, is_spoken: bool) -> VocabularyWord:
    """The row of a word in the vocabulary."""
    told = told_of_word(word, is_spoken=is_spoken)
    return VocabularyWord(organization_id=organization_id, word=word, **told)


def told_of_word(word: str, *, is_spoken: bool) -> dict[str, Any]:
    """What the vocabulary tells of a word by the word alone, and by whether it is one of `spoken_words`."""
    return {
        "reversed_word": "" if is_facet(word) else word[::-1],
        "is_identifier": is_facet(word) or (is_identifier(word) and not is_spoken),
    }


@listens_for(Session, "before_flush")
def _note_changes(session: Session, _context: Any, _instances: Any) -> None:
    """Remember which studies' words may differ from what is kept, while what has changed can still be told."""
    studies, patients = session.info.setdefault(_NOTED, (set(), set()))
    # By type, not isinstance: this is asked for every row of every flush, and SQLModel's isinstance is slow.
    for row in [*session.new, *session.dirty]:
        if type(row) is Study and _has_changed(row, _OF_STUDY):
            studies.add(row.id)
            if _has_changed(row, _OF_SUCCESSION):
                history: Any = inspect(row).attrs["patient_key"].history
                patients.update({row.patient_key, *history.deleted} - {None})
        elif type(row) is Patient and _has_changed(row, _OF_PATIENT):
            patients.add(row.id)
        elif type(row) is Report and _has_changed(row, _OF_REPORT):
            studies.add(row.study_key)
    for row in session.deleted:
        if type(row) is Report:
            studies.add(row.study_key)
        elif type(row) is Study:
            patients.add(row.patient_key)


@listens_for(Session, "after_flush_postexec")
def _follow(session: Session, _context: Any) -> None:
    """Bring the words of the noted studies up to date; a commit flushes again until nothing is left to do."""
    studies, patients = session.info.pop(_NOTED, (set(), set()))
    if not studies and not patients:
        return
    found = select(Study).where(
        or_(col(Study.id).in_(studies), col(Study.patient_key).in_(patients))
    )
    for study in session.exec(found).all():
        _bring_up_to_date(session, study)


def refresh_patient(session: Session, patient_key: str) -> None:
    """Bring the words of a patient's studies up to date, after one of them went past the session."""
    for study in session.exec(select(Study).where(col(Study.patient_key) == patient_key)).all():
        _bring_up_to_date(session, study)


def _has_changed(row: Any, names: Sequence[str]) -> bool:
    state: Any = inspect(row)
    return not state.persistent or any(state.attrs[name].history.has_changes() for name in names)


def _bring_up_to_date(session: Session, study: Study) -> None:
    patient = session.get_one(Patient, study.patient_key)
    reports = session.exec(select(Report).where(col(Report.study_key) == study.id)).all()
    report_state, has_prior = report_state_of(reports), _has_prior(session, study)
    copy_states(study, patient, report_state=report_state, has_prior=has_prior)
    wanted = study_words(study, patient, report_state=report_state, has_prior=has_prior)
    kept = {
        row.word: row
        for row in session.exec(select(SearchWord).where(col(SearchWord.study_key) == study.id))
    }
    missing, gone = wanted - kept.keys(), sorted(kept.keys() - wanted)
    for word in sorted(missing):
        session.add(
            SearchWord(organization_id=study.organization_id, study_key=study.id, word=word)
        )
    for word in gone:
        session.delete(kept[word])
    _add_to_vocabulary(session, study.organization_id, missing, spoken_words(study, patient))
    forget_unused(session, study.organization_id, gone, study.id)


def _has_prior(session: Session, study: Study) -> bool:
    """Whether the patient has an earlier study."""
    others = session.exec(
        select(Study.study_date, Study.study_time, Study.id).where(
            col(Study.patient_key) == study.patient_key
        )
    )
    return min(others) < (study.study_date, study.study_time, study.id)


def _add_to_vocabulary(
    session: Session, organization_id: str, words: set[str], spoken: set[str]
) -> None:
    """Put words into the vocabulary that are not there yet; numbers that are `spoken` are looked through for parts of words from now on."""
    asked = words | {word for word in spoken if is_identifier(word)}
    if not asked:
        return
    kept = select(VocabularyWord.word, VocabularyWord.is_identifier).where(
        col(VocabularyWord.organization_id) == organization_id, col(VocabularyWord.word).in_(asked)
    )
    known = dict(session.exec(kept).all())
    coming = {
        row.word: row
        for row in session.new
        if type(row) is VocabularyWord and row.organization_id == organization_id
    }
    _let_be_looked_through(session, organization_id, {each for each in spoken if known.get(each)})
    for word in spoken & coming.keys():
        coming[word].is_identifier = False
    session.add_all(
        vocabulary_word(organization_id, word, is_spoken=word in spoken)
        for word in sorted(words - known.keys() - coming.keys())
    )


def _let_be_looked_through(session: Session, organization_id: str, words: set[str]) -> None:
    if not words:
        return
    found = select(VocabularyWord).where(
        col(VocabularyWord.organization_id) == organization_id, col(VocabularyWord.word).in_(words)
    )
    for row in session.exec(found).all():
        row.is_identifier = False


def forget_unused(
    session: Session, organization_id: str, words: Sequence[str], study_key: str
) -> None:
    """Take words out of the vocabulary that only this study had."""
    coming = {row.word for row in session.new if type(row) is SearchWord}
    for word in words:
        others = select(SearchWord.id).where(
            col(SearchWord.organization_id) == organization_id,
            col(SearchWord.word) == word,
            col(SearchWord.study_key) != study_key,
        )
        if word in coming or session.exec(others.limit(1)).first() is not None:
            continue
        unused = select(VocabularyWord).where(
            col(VocabularyWord.organization_id) == organization_id,
            col(VocabularyWord.word) == word,
        )
        for row in session.exec(unused).all():
            session.delete(row)
