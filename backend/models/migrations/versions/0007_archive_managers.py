"""Administrators of organizations that exist already may see storage, jobs and checks."""

from backend.models.migrations.granting import grant, withdraw

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    grant("archive:manage", "administrator")


def downgrade() -> None:
    withdraw("archive:manage")
