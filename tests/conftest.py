"""What tests of several floors share."""

from hypothesis import settings

pytest_plugins = ["tests.postgres"]

# How long an example takes says more about the machine than about the code.
settings.register_profile("pacscribe", deadline=None)
settings.load_profile("pacscribe")
