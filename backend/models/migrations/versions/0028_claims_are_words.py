"""Who is reading a study becomes a word of it, so that lists are narrowed by that like by everything else."""

import sqlalchemy as sa
from alembic import op

from backend.core import clock
from backend.core.identifiers import new_id
from backend.core.search_words import Facet, beginning_with, facet

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    claimed = op.get_bind().execute(
        sa.text("SELECT organization_id, id, claimed_by FROM studies WHERE claimed_by IS NOT NULL")
    )
    words = [
        {"organization_id": organization_id, "study_key": key, "word": facet(Facet.CLAIMED, who)}
        for organization_id, key, who in claimed
    ]
    # The database counts for the vocabulary how many studies have each word (0027).
    _insert("search_words", words)
    known = {(each["organization_id"], each["word"]) for each in words}
    _insert(
        "search_vocabulary",
        [
            {
                "organization_id": organization_id,
                "word": word,
                "reversed_word": "",
                "is_identifier": True,
            }
            for organization_id, word in sorted(known)
        ],
    )


def _insert(table_name: str, rows: list[dict[str, object]]) -> None:
    if rows:
        names = ("id", *rows[0])
        columns = [sa.column(name) for name in names]
        table = sa.table(table_name, *columns, sa.column("created_at", sa.DateTime(timezone=True)))
        made = [{"id": new_id(), "created_at": clock.now(), **row} for row in rows]
        op.get_bind().execute(table.insert(), made)


def downgrade() -> None:
    first, end = beginning_with(facet(Facet.CLAIMED, ""))
    for table_name in ("search_words", "search_vocabulary"):
        word = sa.column("word")
        table = sa.table(table_name, word)
        op.get_bind().execute(table.delete().where(word >= first, word < end))
