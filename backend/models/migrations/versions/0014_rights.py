"""A person's own permissions, who reaches which study, emergencies and support; whoever reached all studies still does.

Every role that may see studies gets `study:all`, so that nobody loses sight of anything. Each organization gets the
role of the care team, which does not have it.
"""

import sqlalchemy as sa
from alembic import op

from backend.core.identifiers import new_id
from backend.models.migrations.granting import grant, withdraw

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_CARE_TEAM = ("study:view", "report:view", "emergency:open")
_NEW = {
    "organization:manage": ("administrator",),
    "token:manage": ("administrator",),
    "access:grant": ("administrator",),
    "emergency:review": ("administrator",),
    "support:allow": ("administrator",),
    "emergency:open": ("radiologist", "technologist", "clinician"),
}


def upgrade() -> None:
    _create_tables()
    with op.batch_alter_table("sessions") as sessions:
        sessions.add_column(
            sa.Column("support_access_id", sa.String(length=36), nullable=False, server_default="")
        )
    _let_everybody_reach_what_they_did()
    for permission, roles in _NEW.items():
        grant(permission, *roles)
    _add_care_teams()


def _create_tables() -> None:
    _create(
        "user_permissions",
        _person("user_permissions", "user_id"),
        sa.Column("permission", sa.String(length=64), nullable=False),
        sa.UniqueConstraint("user_id", "permission", name="uq_user_permissions_user_id_permission"),
        indexed=("user_id",),
    )
    _create(
        "names_in_studies",
        _person("names_in_studies", "user_id"),
        sa.Column("name", sa.String(), nullable=False),
        sa.UniqueConstraint("user_id", "name", name="uq_names_in_studies_user_id_name"),
        indexed=("user_id",),
    )
    _create(
        "care_relations",
        _person("care_relations", "user_id"),
        sa.Column("patient_key", sa.String(), nullable=False),
        _person("care_relations", "granted_by_user_id"),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["patient_key"],
            ["patients.id"],
            name="fk_care_relations_patient_key",
            ondelete="CASCADE",
        ),
        indexed=("user_id", "patient_key"),
    )
    _create(
        "emergency_accesses",
        _person("emergency_accesses", "user_id"),
        sa.Column("study_key", sa.String(length=36), nullable=False),
        sa.Column("patient_key", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        _person("emergency_accesses", "reviewed_by_user_id", is_optional=True),
        sa.Column("review", sa.String(length=400), nullable=False),
        indexed=("user_id", "reviewed_at"),
    )
    _create(
        "support_accesses",
        _person("support_accesses", "allowed_by_user_id"),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        _person("support_accesses", "ended_by_user_id", is_optional=True),
    )


def _person(table: str, column: str, *, is_optional: bool = False) -> sa.Column[str]:
    key = sa.ForeignKey("users.id", name=f"fk_{table}_{column}")
    return sa.Column(column, sa.String(), key, nullable=is_optional)


def _create(table: str, *rest: sa.schema.SchemaItem, indexed: tuple[str, ...] = ()) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        *rest,
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=f"fk_{table}_organization_id"
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
    for column in ("organization_id", *indexed):
        op.create_index(f"ix_{table}_{column}", table, [column])


def _let_everybody_reach_what_they_did() -> None:
    for role_id, organization_id, created_at in _rows(
        "SELECT role_id, organization_id, created_at FROM role_permissions"
        " WHERE permission = 'study:view'"
    ):
        _permit(role_id, organization_id, created_at, "study:all")


def _add_care_teams() -> None:
    """A role of that name that an organization made itself stays as it is, and takes its place."""
    for organization_id, created_at in _rows(
        "SELECT id, created_at FROM organizations WHERE id <> 'system' AND id NOT IN"
        " (SELECT organization_id FROM roles WHERE name = 'care-team')"
    ):
        role_id = new_id()
        op.get_bind().execute(
            sa.text(
                "INSERT INTO roles (id, created_at, organization_id, name, is_built_in)"
                " VALUES (:id, :created_at, :organization_id, 'care-team', :yes)"
            ),
            {
                "id": role_id,
                "created_at": created_at,
                "organization_id": organization_id,
                "yes": True,
            },
        )
        for permission in _CARE_TEAM:
            _permit(role_id, organization_id, created_at, permission)


def _rows(statement: str) -> list[sa.Row[tuple[object, ...]]]:
    return list(op.get_bind().execute(sa.text(statement)).all())


def _permit(role_id: object, organization_id: object, created_at: object, permission: str) -> None:
    op.get_bind().execute(
        sa.text(
            "INSERT INTO role_permissions (id, created_at, organization_id, role_id, permission)"
            " VALUES (:id, :created_at, :organization_id, :role_id, :permission)"
        ),
        {
            "id": new_id(),
            "created_at": created_at,
            "organization_id": organization_id,
            "role_id": role_id,
            "permission": permission,
        },
    )


def downgrade() -> None:
    connection = op.get_bind()
    care_teams = "(SELECT id FROM roles WHERE name = 'care-team' AND is_built_in)"
    for table in ("role_permissions", "user_roles"):
        connection.execute(sa.text(f"DELETE FROM {table} WHERE role_id IN {care_teams}"))  # noqa: S608 - no input in it
    connection.execute(sa.text("DELETE FROM roles WHERE name = 'care-team' AND is_built_in"))
    for permission in (*_NEW, "study:all"):
        withdraw(permission)
    with op.batch_alter_table("sessions") as sessions:
        sessions.drop_column("support_access_id")
    for table in (
        "support_accesses",
        "emergency_accesses",
        "care_relations",
        "names_in_studies",
        "user_permissions",
    ):
        op.drop_table(table)
