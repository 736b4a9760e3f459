"""One index tells of a study's key its texts and what else lists are ordered by; and another the words of a study without their rows.

The first only on the embedded database (see `models.studies`).
"""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_TEXTS = "ix_studies_texts_by_key"
_LOOKED_INTO = ["patient_sort_name", "patient_sort_id", "accession_number", "search_description"]
_ORDERED_BY = ["referring_physician_name", "institution_name", "tags"]
_FURTHER = ["study_date", "study_time", "series_count"]
_WORDS, _OF_STUDY = "ix_search_words_by_study", ["study_key", "word"]


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        names = ["organization_id", "id", *_LOOKED_INTO, *_ORDERED_BY, *_FURTHER]
        op.create_index(_TEXTS, "studies", names)
    op.drop_index(_WORDS, table_name="search_words")
    op.create_index(_WORDS, "search_words", [*_OF_STUDY, "organization_id"])


def downgrade() -> None:
    op.drop_index(_WORDS, table_name="search_words")
    op.create_index(_WORDS, "search_words", _OF_STUDY)
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index(_TEXTS, table_name="studies")
