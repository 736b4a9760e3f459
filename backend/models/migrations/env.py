"""Runs the steps on the connection that the caller has opened, inside the caller's transaction."""

from alembic import context

import backend.models  # noqa: F401 - every table registers itself in the metadata
from backend.models.base import Record

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Record.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    transactional_ddl=True,  # SQLite can, and the caller has begun with BEGIN IMMEDIATE
)
with context.begin_transaction():
    context.run_migrations()
