"""Where the reading copies of instances are."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reading_copies",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("instance_key", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("object_id", sa.String(length=64), nullable=True),
        sa.Column("wrapped_object_key", sa.LargeBinary(), nullable=False),
        sa.Column("copy_index", sa.LargeBinary(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_key"], ["instances.id"], name="fk_reading_copies_instance_key"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_reading_copies_organization_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_reading_copies"),
        sa.UniqueConstraint("instance_key", name="uq_reading_copies_instance_key"),
        sa.UniqueConstraint("object_id", name="uq_reading_copies_object_id"),
    )
    op.create_index("ix_reading_copies_organization_id", "reading_copies", ["organization_id"])


def downgrade() -> None:
    op.drop_index("ix_reading_copies_organization_id", table_name="reading_copies")
    op.drop_table("reading_copies")
