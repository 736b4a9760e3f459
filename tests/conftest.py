"""Fixtures that tests of several floors share."""

pytest_plugins = ["tests.postgres"]
