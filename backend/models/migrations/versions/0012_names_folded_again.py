"""Names and descriptions are folded for the search anew: strokes, kana, and names that are written without spaces.

What is folded must fit how questions are folded today, so that this step uses the very functions that the program uses.
The index of words, which is made of what is folded, comes after it.
"""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

from backend.core.search_text import fold, fold_name

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_BATCH = 1000


def upgrade() -> None:
    _fold("patients", "patient_name", "search_name", fold_name)
    _fold("studies", "study_description", "search_description", fold)


def _fold(name: str, source: str, target: str, folded: Callable[[str], str]) -> None:
    connection = op.get_bind()
    table = sa.table(name, sa.column("id"), sa.column(source), sa.column(target))
    key, text, kept = table.c["id"], table.c[source], table.c[target]
    change = sa.update(table).where(key == sa.bindparam("row"))
    change = change.values({target: sa.bindparam("folded")})
    last = ""
    while True:
        page = sa.select(key, text, kept).where(key > last).order_by(key).limit(_BATCH)
        rows = connection.execute(page).all()
        if not rows:
            return
        pairs = [(row, folded(said), was) for row, said, was in rows]
        changed = [{"row": row, "folded": now} for row, now, was in pairs if now != was]
        if changed:
            connection.execute(change, changed)
        last = rows[-1][0]


def downgrade() -> None:
    """What is folded in the new way is found in the old way as well, but for the letters that are new."""
