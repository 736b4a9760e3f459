"""PostgreSQL, for installations of several machines. It behaves as the embedded database does.

Sessions, transactions and tenancy are in ``database`` and ``database_tenancy``; the database's own wall between
organizations is in ``models.migrations.row_walls``, and each transaction says here on which side of it it stands.
"""

from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from backend.models.migrations.row_walls import EVERY_ORGANIZATION, ORGANIZATION

_CONNECTIONS = 8
_SAY = "SELECT set_config(%s, %s, true)"
# Any number that other programs on the same server are unlikely to have chosen.
WRITER_LOCK = 0x50414353


def create_engines(url: URL, wait_seconds: float) -> tuple[Engine, Engine]:
    """Engines over one pool each: one reads a snapshot and cannot write, one writes alone.

    Every writing transaction takes one advisory lock first. All of them append to the one
    audit chain, so they wait for each other in any case; taken first, the lock also gives
    use cases the same promise as on SQLite: what a writer has read does not change under it.

    Args:
        url: ``postgresql+psycopg://...``.
        wait_seconds: How long a writer waits for the writer before it.
    """
    options: dict[str, Any] = {
        "pool_pre_ping": True,
        "pool_size": _CONNECTIONS,
        "max_overflow": _CONNECTIONS,
        "pool_timeout": wait_seconds,
        "hide_parameters": True,  # parameters are patients' names
        "connect_args": {"connect_timeout": 10},
    }
    reading = create_engine(
        url,
        execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
        **options,
    )
    writing = create_engine(url, execution_options={"isolation_level": "READ COMMITTED"}, **options)
    for engine in (reading, writing):
        event.listen(engine, "connect", _prepare_for_short_questions)
    wait_milliseconds = max(1, int(wait_seconds * 1000))

    @event.listens_for(writing, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {wait_milliseconds}")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")

    return reading, writing


def _prepare_for_short_questions(connection: Any, _record: object) -> None:
    """No question here takes so long that it would pay to compile it to machine code, or to share it among processes of the server.

    Both are begun on a guess, and beginning them takes longer than most questions. Nor does the server keep a plan for
    whatever values come, which it would from the tenth time on that a connection asks the same: a plan that does not know
    how long a page is, or how many studies are between two dates, takes several times as long as finding a fitting one.
    """
    connection.execute("SET jit = off")
    connection.execute("SET max_parallel_workers_per_gather = 0")
    connection.execute("SET plan_cache_mode = force_custom_plan")
    connection.commit()


def say_whose(connection: Connection, organization_id: str | None) -> None:
    """Say, for the transaction in hand, whose rows it is about: the database shows and takes no others.

    Args:
        connection: In a transaction, on either kind of database; on SQLite there is nobody to tell.
        organization_id: None for all organizations.
    """
    if connection.dialect.name == "postgresql":
        whose = EVERY_ORGANIZATION if organization_id is None else str(organization_id)
        connection.exec_driver_sql(_SAY, (ORGANIZATION, whose))
