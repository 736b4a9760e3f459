"""Runs the steps on the connection that the caller has opened, inside the caller's transaction."""

from alembic import context

import backend.models  # noqa: F401 - every table registers itself in the metadata
from backend.models.base import Record
from backend.models.migrations.row_walls import WALLED_SINCE, raise_walls, say_every_organization

connection = context.config.attributes["connection"]
say_every_organization(connection)
context.configure(
    connection=connection,
    target_metadata=Record.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    transactional_ddl=True,  # SQLite can, and the caller has begun with BEGIN IMMEDIATE
)
with context.begin_transaction():
    context.run_migrations()
    if (context.get_context().get_current_revision() or "") >= WALLED_SINCE:
        raise_walls(connection)
