"""Each word of the vocabulary tells how many studies have it: the database itself counts what comes and goes, in the same transaction."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_COUNTED = (
    "(SELECT count(*) FROM search_words w"
    " WHERE w.organization_id = {row}.organization_id AND w.word = {row}.word)"
)
_SET = "UPDATE search_vocabulary SET studies = "
_ROW_BY_ROW = (
    _SET + "studies {sign} 1 WHERE organization_id = {row}.organization_id AND word = {row}.word"
)
_TOGETHER = (
    "UPDATE search_vocabulary v SET studies = v.studies {sign} c.counted"
    " FROM (SELECT organization_id, word, count(*) AS counted FROM changed"
    " GROUP BY organization_id, word) c"
    " WHERE v.organization_id = c.organization_id AND v.word = c.word; RETURN NULL;"
)
_ON_WORDS = (
    ("search_words_counted", "INSERT", "NEW", "+"),
    ("search_words_gone", "DELETE", "OLD", "-"),
)
_ON_VOCABULARY = "search_vocabulary_counted"


def upgrade() -> None:
    op.add_column(
        "search_vocabulary", sa.Column("studies", sa.Integer(), nullable=False, server_default="0")
    )
    op.execute(_SET + _COUNTED.format(row="search_vocabulary"))
    if op.get_bind().dialect.name == "postgresql":
        _count_on_postgresql()
    else:
        _count_on_sqlite()


def _count_on_sqlite() -> None:
    for name, event, row, sign in _ON_WORDS:
        change = _ROW_BY_ROW.format(row=row, sign=sign)
        op.execute(f"CREATE TRIGGER {name} AFTER {event} ON search_words BEGIN {change}; END")
    count = _SET + _COUNTED.format(row="NEW")
    op.execute(
        f"CREATE TRIGGER {_ON_VOCABULARY} AFTER INSERT ON search_vocabulary"
        f" BEGIN {count} WHERE id = NEW.id; END"
    )


def _count_on_postgresql() -> None:
    """All rows of a statement together: one that brings many would change the row of a common word as many times."""
    for name, event, row, sign in _ON_WORDS:
        _create_function(name, _TOGETHER.format(sign=sign))
        op.execute(
            f"CREATE TRIGGER {name} AFTER {event} ON search_words REFERENCING {row} TABLE AS changed"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
    _create_function(_ON_VOCABULARY, f"NEW.studies := {_COUNTED.format(row='NEW')}; RETURN NEW;")
    op.execute(
        f"CREATE TRIGGER {_ON_VOCABULARY} BEFORE INSERT ON search_vocabulary"
        f" FOR EACH ROW EXECUTE FUNCTION {_ON_VOCABULARY}()"
    )


def _create_function(name: str, body: str) -> None:
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"
    )


def downgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    tables = {name: "search_words" for name, *_ in _ON_WORDS}
    for name, table in (tables | {_ON_VOCABULARY: "search_vocabulary"}).items():
        op.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if is_postgresql else ""))
        if is_postgresql:
            op.execute(f"DROP FUNCTION {name}()")
    with op.batch_alter_table("search_vocabulary") as batch:
        batch.drop_column("studies")
