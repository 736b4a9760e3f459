"""Entries of the audit trail are found among millions, may leave PACScribe, and may be pruned after six years and never before.

How far entries were sent to a collector stands in a table of its own. The floor of six years is in the database itself.
"""

import sqlalchemy as sa
from alembic import op

from backend.models.migrations.granting import grant, withdraw

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_OLD = ("action", "actor_user_id", "at", "object_id", "organization_id")
_NEW = {
    "sequence": ("sequence",),
    "person": ("actor_user_id", "sequence"),
    "action": ("action", "sequence"),
    "object": ("object_id", "sequence"),
    "outcome": ("outcome", "sequence"),
    "time": ("at", "sequence"),
}
_SENTENCE = "an audit entry is never removed before six years have passed"
# The clock of the database's own machine.
_YOUNG = {
    "sqlite": "OLD.at > strftime('%Y-%m-%d %H:%M:%f', 'now', '-6 years')",
    "postgresql": "OLD.at > now() - interval '6 years'",
}


def upgrade() -> None:
    for name in _OLD:
        op.drop_index(f"ix_audit_entries_{name}", table_name="audit_entries")
    for name, columns in _NEW.items():
        op.create_index(
            f"ix_audit_entries_by_{name}", "audit_entries", ["organization_id", *columns]
        )
    _guard(_YOUNG[op.get_bind().dialect.name], _SENTENCE)
    op.create_table(
        "audit_cursors",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("destination", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_cursors"),
        sa.UniqueConstraint("destination", name="uq_audit_cursors_destination"),
    )
    grant("audit:export", "administrator")


def _guard(condition: str, sentence: str) -> None:
    """Put the guard against removing entries up anew."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE OR REPLACE FUNCTION audit_entries_no_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF {condition} THEN"
            f" RAISE EXCEPTION '{sentence}' USING ERRCODE = 'restrict_violation'; END IF;"
            " RETURN OLD; END $$"
        )
        return
    op.execute("DROP TRIGGER audit_entries_no_delete")
    op.execute(
        "CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries BEGIN"
        f" SELECT RAISE(ABORT, '{sentence}') WHERE {condition}; END"
    )


def downgrade() -> None:
    withdraw("audit:export")
    op.drop_table("audit_cursors")
    _guard("true", "an audit entry is never removed")
    for name in _NEW:
        op.drop_index(f"ix_audit_entries_by_{name}", table_name="audit_entries")
    for name in _OLD:
        op.create_index(f"ix_audit_entries_{name}", "audit_entries", [name])
