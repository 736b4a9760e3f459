"""One index tells of a study's key all that the worklist asks of its columns; it replaces the one that told dates and numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_BETWEEN = ["study_date", "patient_sort_birth_date", "instance_count", "arrived_at"]
_STATES = ["progress", "urgency", "assigned_to", "patient_sort_sex", "body_part_examined"]
_FURTHER = ["modalities", "report_progress", "has_prior"]
_KNOWN = (
    ("report_progress", 1, "=report:draft"),
    ("report_progress", 2, "=report:final"),
    ("has_prior", True, "=prior:yes"),
)


def upgrade() -> None:
    op.add_column(
        "studies", sa.Column("report_progress", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column(
        "studies", sa.Column("has_prior", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    studies = sa.table(
        "studies",
        sa.column("id", sa.String()),
        sa.column("report_progress", sa.Integer()),
        sa.column("has_prior", sa.Boolean()),
    )
    words = sa.table("search_words", sa.column("study_key"), sa.column("word"))
    for name, value, word in _KNOWN:
        having = sa.select(words.c.study_key).where(words.c.word == word)
        op.execute(studies.update().where(studies.c.id.in_(having)).values({name: value}))
    op.create_index(
        "ix_studies_told_by_key",
        "studies",
        ["organization_id", "id", *_BETWEEN, *_STATES, *_FURTHER],
    )
    op.drop_index("ix_studies_between", table_name="studies")


def downgrade() -> None:
    op.create_index("ix_studies_between", "studies", ["organization_id", "id", *_BETWEEN])
    op.drop_index("ix_studies_told_by_key", table_name="studies")
    with op.batch_alter_table("studies") as batch:
        batch.drop_column("has_prior")
        batch.drop_column("report_progress")
