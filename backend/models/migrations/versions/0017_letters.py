"""What the outbox must know of letters that were given up or sent to somebody lately, and what a one-time link is about."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("given_up_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "outbox", sa.Column("error", sa.String(length=200), nullable=False, server_default="")
    )
    op.add_column(
        "outbox",
        sa.Column("recipient_hash", sa.String(length=64), nullable=False, server_default=""),
    )
    op.create_index("ix_outbox_recipient", "outbox", ["recipient_hash", "created_at"])
    op.add_column(
        "one_time_links",
        sa.Column("about", sa.String(length=64), nullable=False, server_default=""),
    )


def downgrade() -> None:
    op.drop_column("one_time_links", "about")
    op.drop_index("ix_outbox_recipient", table_name="outbox")
    for name in ("recipient_hash", "error", "given_up_at"):
        op.drop_column("outbox", name)
