"""Uploads that arrive in pieces, and what became of them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "partial_uploads",
        *_shared("partial_uploads"),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("source_name", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("received_bytes", sa.BigInteger(), nullable=False),
        sa.Column("wrapped_data_key", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome_count", sa.Integer(), nullable=False),
        sa.Column("taken_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_partial_uploads_user_id"),
    )
    op.create_table(
        "upload_pieces",
        *_shared("upload_pieces"),
        sa.Column("upload_key", sa.String(), nullable=False),
        sa.Column("offset_bytes", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("object_id", sa.String(length=64), nullable=False),
        sa.Column("wrapped_object_key", sa.LargeBinary(), nullable=False),
        _upload_key("upload_pieces"),
        sa.UniqueConstraint("object_id", name="uq_upload_pieces_object_id"),
        sa.UniqueConstraint(
            "upload_key", "offset_bytes", name="uq_upload_pieces_upload_key_offset_bytes"
        ),
    )
    op.create_table(
        "upload_outcomes",
        *_shared("upload_outcomes"),
        sa.Column("upload_key", sa.String(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("outcomes", sa.String(), nullable=False),
        _upload_key("upload_outcomes"),
        sa.UniqueConstraint("upload_key", "first", name="uq_upload_outcomes_upload_key_first"),
    )
    for table, column in _INDEXES:
        op.create_index(f"ix_{table}_{column}", table, [column], unique=False)


def downgrade() -> None:
    for table, column in reversed(_INDEXES):
        op.drop_index(f"ix_{table}_{column}", table_name=table)
    for table in ("upload_outcomes", "upload_pieces", "partial_uploads"):
        op.drop_table(table)


_INDEXES = (
    ("partial_uploads", "organization_id"),
    ("partial_uploads", "user_id"),
    ("partial_uploads", "expires_at"),
    ("upload_pieces", "organization_id"),
    ("upload_pieces", "upload_key"),
    ("upload_outcomes", "organization_id"),
    ("upload_outcomes", "upload_key"),
)


def _shared(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=f"fk_{table}_organization_id"
        ),
    ]


def _upload_key(table: str) -> sa.schema.SchemaItem:
    return sa.ForeignKeyConstraint(
        ["upload_key"], ["partial_uploads.id"], name=f"fk_{table}_upload_key"
    )
