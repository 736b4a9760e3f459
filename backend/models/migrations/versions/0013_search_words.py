"""The words under which studies are found, what lists are ordered by, who reads a study, and tags."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session

from backend.core import clock
from backend.core.identifiers import new_id
from backend.core.search_words import Facet, facet, is_facet, is_identifier, words_of

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_WORD = sa.String(length=160).with_variant(sa.String(length=160, collation="C"), "postgresql")
_COLUMNS = (
    ("tags", sa.String()),
    ("patient_sort_name", sa.String()),
    ("patient_sort_id", sa.String(length=64)),
    ("patient_sort_birth_date", sa.String(length=8)),
    ("patient_sort_sex", sa.String(length=16)),
)
_NUMBERS = ("urgency", "progress")
_ORDERS = (
    "progress",
    "urgency",
    "patient_sort_name",
    "patient_sort_id",
    "patient_sort_birth_date",
    "patient_sort_sex",
    "modalities",
    "body_part_examined",
    "search_description",
    "accession_number",
    "referring_physician_name",
    "institution_name",
    "assigned_to",
    "tags",
    "series_count",
    "instance_count",
)
_URGENCY = {"urgent": 1, "stat": 2}
_PROGRESS = {"reading": 1, "read": 2, "reported": 3}
_BATCH = 500


def upgrade() -> None:
    op.create_table(
        "search_words",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("study_key", sa.String(), nullable=False),
        sa.Column("word", _WORD, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_search_words_organization_id"
        ),
        sa.ForeignKeyConstraint(
            ["study_key"],
            ["studies.id"],
            name="fk_search_words_study_key",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_search_words"),
    )
    op.create_index(
        "ix_search_words_by_word", "search_words", ["organization_id", "word", "study_key"]
    )
    op.create_index("ix_search_words_by_study", "search_words", ["study_key", "word"])
    op.create_table(
        "search_vocabulary",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("word", _WORD, nullable=False),
        sa.Column("reversed_word", _WORD, nullable=False),
        sa.Column("is_identifier", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_search_vocabulary_organization_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_search_vocabulary"),
        sa.UniqueConstraint(
            "organization_id", "word", name="uq_search_vocabulary_organization_id_word"
        ),
    )
    op.create_index(
        "ix_search_vocabulary_reversed", "search_vocabulary", ["organization_id", "reversed_word"]
    )
    op.create_index(
        "ix_search_vocabulary_by_kind",
        "search_vocabulary",
        ["organization_id", "is_identifier", "word"],
    )
    op.create_table(
        "worklist_views",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_worklist_views_organization_id"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_worklist_views_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_worklist_views"),
        sa.UniqueConstraint("user_id", "name", name="uq_worklist_views_user_id_name"),
    )
    op.create_index("ix_worklist_views_organization_id", "worklist_views", ["organization_id"])
    op.create_table(
        "study_notes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("study_key", sa.String(), nullable=False),
        sa.Column("author_user_id", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_study_notes_organization_id"
        ),
        sa.ForeignKeyConstraint(["study_key"], ["studies.id"], name="fk_study_notes_study_key"),
        sa.ForeignKeyConstraint(
            ["author_user_id"], ["users.id"], name="fk_study_notes_author_user_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_study_notes"),
    )
    op.create_index("ix_study_notes_organization_id", "study_notes", ["organization_id"])
    op.create_index("ix_study_notes_study_key", "study_notes", ["study_key"])
    with op.batch_alter_table("studies") as batch:
        batch.add_column(sa.Column("claimed_by", sa.String(), nullable=True))
        for name, kind in _COLUMNS:
            batch.add_column(sa.Column(name, kind, nullable=False, server_default=""))
        for name in _NUMBERS:
            batch.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
        batch.create_foreign_key("fk_studies_claimed_by", "users", ["claimed_by"], ["id"])
    op.add_column(
        "preferences", sa.Column("worklist", sa.String(), nullable=False, server_default="{}")
    )
    # The sort indexes serve what these did.
    op.drop_index("ix_studies_by_status", table_name="studies")
    op.drop_index("ix_studies_accession_number", table_name="studies")
    op.drop_index("ix_reports_study_key", table_name="reports")
    op.create_index("ix_reports_by_study", "reports", ["organization_id", "study_key"])
    op.create_index("ix_studies_by_key", "studies", ["organization_id", "id"])
    op.create_index("ix_studies_by_change", "studies", ["organization_id", "updated_at"])
    for name in _ORDERS:
        op.create_index(f"ix_studies_order_{name}", "studies", ["organization_id", name, "id"])
    _fill()


def _fill() -> None:
    """Give the studies that are there already their words."""
    session = Session(bind=op.get_bind())
    studies = session.execute(
        sa.text(
            "SELECT s.id, s.organization_id, s.patient_key, s.study_date, s.study_time,"
            " s.accession_number, s.search_description, s.modalities, s.reading_status, s.priority,"
            " s.assigned_to, s.body_part_examined, s.referring_physician_name, s.institution_name,"
            " p.search_name, p.patient_id, p.patient_birth_date, p.patient_sex"
            " FROM studies s JOIN patients p ON p.id = s.patient_key ORDER BY s.id"
        )
    ).mappings()
    studies = list(studies)
    reports = _report_states(session)
    earliest: dict[str, tuple[str, str, str]] = {}
    for study in studies:
        at = (study["study_date"], study["study_time"], study["id"])
        earliest[study["patient_key"]] = min(earliest.get(study["patient_key"], at), at)
    vocabulary: set[tuple[str, str]] = set()
    rows: list[dict[str, Any]] = []
    for study in studies:
        at = (study["study_date"], study["study_time"], study["id"])
        words = _words(
            study, reports.get(study["id"], "none"), has_prior=at > earliest[study["patient_key"]]
        )
        vocabulary.update((study["organization_id"], word) for word in words)
        rows += [_row(study["organization_id"], word, study_key=study["id"]) for word in words]
        session.execute(
            sa.text(
                "UPDATE studies SET patient_sort_name = :name, patient_sort_id = :number,"
                " patient_sort_birth_date = :born, patient_sort_sex = :sex, urgency = :urgency,"
                " progress = :progress WHERE id = :id"
            ),
            {
                "id": study["id"],
                "name": study["search_name"],
                "number": study["patient_id"],
                "born": study["patient_birth_date"],
                "sex": study["patient_sex"],
                "urgency": _URGENCY.get(study["priority"], 0),
                "progress": _PROGRESS.get(study["reading_status"], 0),
            },
        )
        if len(rows) >= _BATCH:
            _insert("search_words", rows)
            rows = []
    _insert("search_words", rows)
    known = [
        _row(
            organization_id,
            word,
            reversed_word="" if is_facet(word) else word[::-1],
            is_identifier=is_facet(word) or is_identifier(word),
        )
        for organization_id, word in sorted(vocabulary)
    ]
    for first in range(0, len(known), _BATCH):
        _insert("search_vocabulary", known[first : first + _BATCH])


def _report_states(session: Session) -> dict[str, str]:
    states: dict[str, str] = {}
    found = session.execute(sa.text("SELECT study_key, status, draft_version FROM reports"))
    for study_key, status, draft_version in found:
        if status == "final":
            states[study_key] = "final"
        elif draft_version > 1:
            states.setdefault(study_key, "draft")
    return states


def _words(study: Any, report_state: str, *, has_prior: bool) -> set[str]:
    words = words_of(
        study["search_name"],
        study["patient_id"].casefold(),
        study["accession_number"].casefold(),
        study["search_description"],
    )
    facets = [
        *((Facet.MODALITY, each) for each in study["modalities"].split("\\")),
        (Facet.STATUS, study["reading_status"]),
        (Facet.PRIORITY, study["priority"]),
        (Facet.ASSIGNED, study["assigned_to"] or "nobody"),
        (Facet.STUDY_DATE, study["study_date"]),
        (Facet.BIRTH_DATE, study["patient_birth_date"]),
        (Facet.SEX, study["patient_sex"]),
        (Facet.BODY_PART, study["body_part_examined"]),
        (Facet.REFERRER, study["referring_physician_name"]),
        (Facet.INSTITUTION, study["institution_name"]),
        (Facet.REPORT, report_state),
        (Facet.PRIOR, "yes" if has_prior else "no"),
    ]
    return words | {facet(kind, value) for kind, value in facets if value}


def _row(organization_id: str, word: str, **more: Any) -> dict[str, Any]:
    return {
        "id": new_id(),
        "created_at": clock.now(),
        "organization_id": organization_id,
        "word": word,
        **more,
    }


def _insert(table_name: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        columns = [
            sa.column(name, sa.DateTime(timezone=True) if name == "created_at" else None)
            for name in rows[0]
        ]
        op.get_bind().execute(sa.table(table_name, *columns).insert(), rows)


def downgrade() -> None:
    op.drop_column("preferences", "worklist")
    for name in reversed(_ORDERS):
        op.drop_index(f"ix_studies_order_{name}", table_name="studies")
    op.drop_index("ix_studies_by_change", table_name="studies")
    op.drop_index("ix_studies_by_key", table_name="studies")
    with op.batch_alter_table("studies") as batch:
        batch.drop_constraint("fk_studies_claimed_by", type_="foreignkey")
        batch.drop_column("claimed_by")
        for name in (*_NUMBERS, *(name for name, _ in _COLUMNS)):
            batch.drop_column(name)
    op.create_index("ix_studies_accession_number", "studies", ["accession_number"], unique=False)
    op.create_index(
        "ix_studies_by_status", "studies", ["organization_id", "reading_status", "id"], unique=False
    )
    op.drop_index("ix_reports_by_study", table_name="reports")
    op.create_index("ix_reports_study_key", "reports", ["study_key"], unique=False)
    op.drop_table("study_notes")
    op.drop_table("worklist_views")
    op.drop_index("ix_search_vocabulary_by_kind", table_name="search_vocabulary")
    op.drop_index("ix_search_vocabulary_reversed", table_name="search_vocabulary")
    op.drop_table("search_vocabulary")
    op.drop_index("ix_search_words_by_study", table_name="search_words")
    op.drop_index("ix_search_words_by_word", table_name="search_words")
    op.drop_table("search_words")
