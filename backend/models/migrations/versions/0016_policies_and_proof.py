"""What organizations demand of signing in, and when somebody last proved who they are."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_PREVIOUS = "ix_sessions_previous_token_hash"


def upgrade() -> None:
    op.create_table(
        "organization_policies",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("second_factor", sa.String(length=16), nullable=False),
        sa.Column("idle_minutes", sa.Integer(), nullable=False),
        sa.Column("session_hours", sa.Integer(), nullable=False),
        sa.Column("override_reason", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name="fk_organization_policies_organization_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_organization_policies"),
        sa.UniqueConstraint("organization_id", name="uq_organization_policies_organization_id"),
    )
    op.create_index(
        "ix_organization_policies_organization_id", "organization_policies", ["organization_id"]
    )
    with op.batch_alter_table("sessions") as sessions:
        sessions.add_column(
            sa.Column("method", sa.String(length=32), nullable=False, server_default="")
        )
        sessions.add_column(sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True))
        sessions.add_column(
            sa.Column(
                "previous_token_hash", sa.String(length=64), nullable=False, server_default=""
            )
        )
        sessions.add_column(sa.Column("renewed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(_PREVIOUS, "sessions", ["previous_token_hash"])


def downgrade() -> None:
    op.drop_index(_PREVIOUS, table_name="sessions")
    with op.batch_alter_table("sessions") as sessions:
        for name in ("renewed_at", "previous_token_hash", "proved_at", "method"):
            sessions.drop_column(name)
    op.drop_index("ix_organization_policies_organization_id", table_name="organization_policies")
    op.drop_table("organization_policies")
