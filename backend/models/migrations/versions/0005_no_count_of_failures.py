"""Refused sign-ins are counted by `access.attempts`, and told by the audit trail; nothing read a count on the account."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("users", "failed_sign_ins")


def downgrade() -> None:
    op.add_column(
        "users", sa.Column("failed_sign_ins", sa.Integer(), nullable=False, server_default="0")
    )
