"""An index that tells of a study's key what the worklist asks to lie between, without a look at its row."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_BETWEEN = ["study_date", "patient_sort_birth_date", "instance_count", "arrived_at"]


def upgrade() -> None:
    op.create_index("ix_studies_between", "studies", ["organization_id", "id", *_BETWEEN])


def downgrade() -> None:
    op.drop_index("ix_studies_between", table_name="studies")
