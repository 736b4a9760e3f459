"""Who may ask to join an organization. Until an organization says otherwise, whoever knows its name, as before."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_TABLE = "organization_policies"


def upgrade() -> None:
    with op.batch_alter_table(_TABLE) as policies:
        policies.add_column(
            sa.Column("joining", sa.String(length=16), nullable=False, server_default="anybody")
        )
        policies.add_column(
            sa.Column("mail_domains", sa.String(length=2000), nullable=False, server_default="")
        )


def downgrade() -> None:
    with op.batch_alter_table(_TABLE) as policies:
        for name in ("mail_domains", "joining"):
            policies.drop_column(name)
