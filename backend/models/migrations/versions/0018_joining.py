"""People on their way in, invitations, changes of address, and what people say of themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def _said() -> tuple[sa.Column[str], ...]:
    return (
        sa.Column("wished_role", sa.String(length=64), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("specialty", sa.String(length=100), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
    )


def upgrade() -> None:
    _create(
        "applications",
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("organization_name", sa.String(length=200), nullable=False),
        sa.Column("is_founding", sa.Boolean(), nullable=False),
        *_said(),
        sa.Column("confirmed_at", _MOMENT, nullable=True),
    )
    _create(
        "join_requests",
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        *_said(),
        sa.Column("confirmed_at", _MOMENT, nullable=False),
        sa.UniqueConstraint(
            "organization_id", "email", name="uq_join_requests_organization_id_email"
        ),
    )
    _create(
        "invitations",
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("role_ids", sa.String(length=2000), nullable=False),
        sa.Column("invited_by_user_id", sa.String(), nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("accepted_at", _MOMENT, nullable=True),
        sa.Column("withdrawn_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["invited_by_user_id"], ["users.id"], name="fk_invitations_invited_by_user_id"
        ),
    )
    _create(
        "email_changes",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("old_confirmed_at", _MOMENT, nullable=True),
        sa.Column("new_confirmed_at", _MOMENT, nullable=True),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_email_changes_user_id"),
    )
    op.create_index("ix_email_changes_user_id", "email_changes", ["user_id"])
    op.add_column(
        "users", sa.Column("phone", sa.String(length=40), nullable=False, server_default="")
    )
    op.add_column(
        "users", sa.Column("specialty", sa.String(length=100), nullable=False, server_default="")
    )
    op.add_column("users", sa.Column("email_confirmed_at", _MOMENT, nullable=True))


def _create(name: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=f"fk_{name}_organization_id"
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
    )
    op.create_index(f"ix_{name}_organization_id", name, ["organization_id"])


def downgrade() -> None:
    for name in ("email_confirmed_at", "specialty", "phone"):
        op.drop_column("users", name)
    for name in ("email_changes", "invitations", "join_requests", "applications"):
        op.drop_table(name)
