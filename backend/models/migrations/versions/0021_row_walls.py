"""On PostgreSQL the database itself keeps the rows of organizations apart; tables that come later are walled as they come."""

from alembic import op

from backend.models.migrations.row_walls import raise_walls, take_walls_down

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    raise_walls(op.get_bind())


def downgrade() -> None:
    take_walls_down(op.get_bind())
