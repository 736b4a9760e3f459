"""On PostgreSQL the walls between organizations are asked once for a query, no longer for each row."""

from alembic import op

from backend.models.migrations.row_walls import rebuild_walls

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    rebuild_walls(op.get_bind(), asked_once=True)


def downgrade() -> None:
    rebuild_walls(op.get_bind(), asked_once=False)
