"""Numbers in names and descriptions are no identifiers, so that parts of them are found where parts of other words are."""

import sqlalchemy as sa
from alembic import op

from backend.core.search_words import is_facet, is_identifier, words_of

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_vocabulary = sa.table(
    "search_vocabulary",
    sa.column("organization_id", sa.String()),
    sa.column("word", sa.String()),
    sa.column("is_identifier", sa.Boolean()),
)
_studies = sa.table(
    "studies",
    sa.column("organization_id", sa.String()),
    sa.column("patient_sort_name", sa.String()),
    sa.column("search_description", sa.String()),
)


def upgrade() -> None:
    spoken = {
        (organization_id, word)
        for organization_id, *texts in op.get_bind().execute(_studies.select())
        for word in words_of(*texts)
        if is_identifier(word)
    }
    _set(spoken, is_number=False)


def downgrade() -> None:
    words = op.get_bind().execute(sa.select(_vocabulary.c.organization_id, _vocabulary.c.word))
    _set({tuple(row) for row in words if is_identifier(row[1]) or is_facet(row[1])}, is_number=True)


def _set(words: set[tuple[str, str]], *, is_number: bool) -> None:
    if not words:
        return
    change = _vocabulary.update().where(
        _vocabulary.c.organization_id == sa.bindparam("whose"),
        _vocabulary.c.word == sa.bindparam("which"),
    )
    given = [{"whose": organization_id, "which": word} for organization_id, word in sorted(words)]
    op.get_bind().execute(change.values(is_identifier=is_number), given)
