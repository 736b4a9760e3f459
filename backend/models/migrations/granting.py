"""Gives a permission that a release brings to the built-in roles of organizations that exist already."""

import sqlalchemy as sa
from alembic import op

from backend.core.identifiers import new_id


def grant(permission: str, *role_names: str) -> None:
    """Let the built-in roles of these names hold a permission, in every organization."""
    connection = op.get_bind()
    roles = connection.execute(
        sa.text(
            "SELECT id, organization_id, created_at FROM roles WHERE is_built_in AND name IN :names"
        ).bindparams(sa.bindparam("names", expanding=True)),
        {"names": list(role_names)},
    ).all()
    for role_id, organization_id, created_at in roles:
        connection.execute(
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


def withdraw(permission: str) -> None:
    """Take a permission from every role."""
    op.get_bind().execute(
        sa.text("DELETE FROM role_permissions WHERE permission = :permission"),
        {"permission": permission},
    )
