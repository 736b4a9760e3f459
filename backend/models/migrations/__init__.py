"""The steps by which the schema came to be what it is; run by ``backend.adapters.database_migrations``."""

LATEST_REVISION = "0032"
"""The newest step in ``versions``; a test holds the two together. Known here so that a start need not look."""
