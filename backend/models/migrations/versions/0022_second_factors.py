"""Second factors, remembered browsers, and what is begun at a sign-in."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_TABLES = ("ceremonies", "remembered_devices", "recovery_codes", "passkeys", "authenticator_apps")


def upgrade() -> None:
    _create(
        "authenticator_apps",
        sa.Column("sealed_secret", sa.String(length=200), nullable=False),
        sa.Column("last_time_code", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("user_id", name="uq_authenticator_apps_user_id"),
        is_single=True,
    )
    _create(
        "passkeys",
        sa.Column("site", sa.String(length=255), nullable=False),
        sa.Column("credential_id", sa.String(length=1400), nullable=False),
        sa.Column("public_key", sa.String(length=4000), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("transports", sa.String(length=100), nullable=False),
        sa.Column("is_synced", sa.Boolean(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("credential_id", name="uq_passkeys_credential_id"),
    )
    _create(
        "recovery_codes",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("code_hash", name="uq_recovery_codes_code_hash"),
    )
    _create(
        "remembered_devices",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("ip_address", sa.String(length=64), nullable=False),
        sa.Column("user_agent", sa.String(length=400), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("token_hash", name="uq_remembered_devices_token_hash"),
    )
    op.create_table(
        "ceremonies",
        *_usual("ceremonies"),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("challenge", sa.String(length=128), nullable=False),
        sa.Column("sealed_secret", sa.String(length=200), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("token_hash", name="uq_ceremonies_token_hash"),
    )
    op.create_index("ix_ceremonies_organization_id", "ceremonies", ["organization_id"])
    op.create_index("ix_ceremonies_user_id", "ceremonies", ["user_id"])


def downgrade() -> None:
    for name in _TABLES:
        if name != "authenticator_apps":
            op.drop_index(f"ix_{name}_user_id", table_name=name)
        op.drop_index(f"ix_{name}_organization_id", table_name=name)
        op.drop_table(name)


def _usual(name: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=f"fk_{name}_organization_id"
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
    )


def _create(name: str, *columns: sa.schema.SchemaItem, is_single: bool = False) -> None:
    """A table of things that belong to a person."""
    op.create_table(
        name,
        *_usual(name),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=f"fk_{name}_user_id"),
        *columns,
    )
    op.create_index(f"ix_{name}_organization_id", name, ["organization_id"])
    if not is_single:
        op.create_index(f"ix_{name}_user_id", name, ["user_id"])
