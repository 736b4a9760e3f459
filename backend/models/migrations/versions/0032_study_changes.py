"""Which studies have changed is written down by the database itself, for whoever keeps what lists ask of them in memory."""

import sqlalchemy as sa
from alembic import op

from backend.models.base import UtcDateTime

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_TABLE = "study_changes"
_ROW_ON_SQLITE = (
    "INSERT INTO study_changes (created_at, organization_id, study_key)"
    " VALUES (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000', {row}.organization_id, {row}.id);"
)
_ROW_ON_POSTGRESQL = (
    "INSERT INTO study_changes (created_at, organization_id, study_key)"
    " VALUES (clock_timestamp(), NEW.organization_id, NEW.id);"
)
_EVENTS = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}


def upgrade() -> None:
    op.create_table(
        _TABLE,
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            sa.Identity(),
            nullable=False,
        ),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("organization_id", sa.String(36), nullable=False),
        sa.Column("study_key", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_changes")),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_study_changes_organization_id_organizations"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_study_changes_by_organization", _TABLE, ["organization_id", "id"])
    if op.get_bind().dialect.name == "postgresql":
        _write_on_postgresql()
    else:
        _write_on_sqlite()


def _write_on_sqlite() -> None:
    for event, row in _EVENTS.items():
        op.execute(
            f"CREATE TRIGGER {_name(event)} AFTER {event} ON studies"
            f" BEGIN {_ROW_ON_SQLITE.format(row=row)} END"
        )


def _write_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION studies_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF TG_OP = 'DELETE' THEN NEW := OLD; END IF; {_ROW_ON_POSTGRESQL} RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER studies_changed AFTER {' OR '.join(_EVENTS)} ON studies"
        " FOR EACH ROW EXECUTE FUNCTION studies_changed()"
    )


def _name(event: str) -> str:
    return f"studies_changed_by_{event.lower()}"


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER studies_changed ON studies")
        op.execute("DROP FUNCTION studies_changed()")
    else:
        for event in _EVENTS:
            op.execute(f"DROP TRIGGER {_name(event)}")
    op.drop_table(_TABLE)
