"""Videos of instances, which are played and not drawn."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "videos",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("instance_key", sa.String(), nullable=False),
        sa.Column("study_key", sa.String(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("codec_name", sa.String(length=64), nullable=False),
        sa.Column("trouble", sa.String(), nullable=False),
        sa.Column("header", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["instance_key"], ["instances.id"], name="fk_videos_instance_key"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_videos_organization_id"
        ),
        sa.ForeignKeyConstraint(["study_key"], ["studies.id"], name="fk_videos_study_key"),
        sa.PrimaryKeyConstraint("id", name="pk_videos"),
        sa.UniqueConstraint("instance_key", name="uq_videos_instance_key"),
    )
    op.create_index("ix_videos_organization_id", "videos", ["organization_id"], unique=False)
    op.create_index("ix_videos_study_key", "videos", ["study_key"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_videos_study_key", table_name="videos")
    op.drop_index("ix_videos_organization_id", table_name="videos")
    op.drop_table("videos")
