"""Brings the schema up to date, in one transaction, while nobody else writes.

The steps themselves are in ``backend.models.migrations.versions``.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import Connection, Engine

import backend.models.migrations as steps
from backend.core.errors import CannotStart
from backend.models.base import ONLY_ON, Record

_FOLDER = Path(steps.__file__).parent


def upgrade(engine: Engine) -> None:
    """Apply every step that is missing.

    Args:
        engine: Its transactions must begin by taking the one writer's place, so that two
            programs that start at the same moment migrate one after the other.

    Raises:
        CannotStart: If the database knows a step that this program does not.
    """
    _in_one_transaction(engine, lambda config: command.upgrade(config, "head"))


def downgrade(engine: Engine, revision: str) -> None:
    """Undo every step after ``revision``; ``base`` undoes all."""
    _in_one_transaction(engine, lambda config: command.downgrade(config, revision))


def differences(engine: Engine) -> list[Any]:
    """What the tables in code and the tables in the database disagree about."""

    def is_of_this_kind(element: Any, *_name_and_kind: Any) -> bool:
        return bool(element.info.get(ONLY_ON, engine.dialect.name) == engine.dialect.name)

    with engine.connect() as connection:
        options = {"compare_type": True, "include_object": is_of_this_kind}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, Record.metadata))


def _in_one_transaction(engine: Engine, run: Callable[[Config], None]) -> None:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        try:
            run(config)
        except CommandError as error:
            if "Can't locate revision" not in str(error):
                raise
            raise CannotStart(
                "The database was made by a later version of PACScribe. Start that version."
            ) from error
        _require_sound_references(connection)


def _require_sound_references(connection: Connection) -> None:
    """SQLite rebuilds tables with foreign keys off; what they would have refused is looked for here."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise CannotStart(f"A migration would leave broken references in {broken[0]}.")
