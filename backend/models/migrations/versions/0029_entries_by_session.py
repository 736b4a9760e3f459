"""Entries of the audit trail are found by the session that they were made in, as by whatever else they can be narrowed by."""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_NAME = "ix_audit_entries_by_session"


def upgrade() -> None:
    op.create_index(_NAME, "audit_entries", ["organization_id", "session_id", "sequence"])


def downgrade() -> None:
    op.drop_index(_NAME, table_name="audit_entries")
