"""An upload may be a file that is to be attached to a study: to which, and what is said of it."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_TABLE = "partial_uploads"


def upgrade() -> None:
    with op.batch_alter_table(_TABLE) as uploads:
        uploads.add_column(sa.Column("attachment", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table(_TABLE) as uploads:
        uploads.drop_column("attachment")
