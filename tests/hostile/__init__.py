"""Files and archives made to hurt whoever reads them, by family; each is made by code when it is asked for."""

from tests.hostile.archives import ARCHIVES
from tests.hostile.disguises import DISGUISES
from tests.hostile.first import HOSTILE, deflate_bomb, plain_file
from tests.hostile.identity import IDENTITY
from tests.hostile.pixels import PIXELS
from tests.hostile.structure import STRUCTURE

FILES = {**HOSTILE, **STRUCTURE, **PIXELS, **IDENTITY, **DISGUISES}
"""Every hostile file, by what it does."""

__all__ = ["ARCHIVES", "FILES", "HOSTILE", "deflate_bomb", "plain_file"]
