"""What draws pixels knows arithmetic and codecs, and nothing of files, people or networks."""

import ast
import sys

import pytest

from tests.architecture.source import Module, modules

ALLOWED = {"numpy", "PIL", "imagecodecs", "backend.core", "backend.imaging"}


def imported(module: Module) -> set[str]:
    """Packages that a module imports; of our own, the room."""
    names = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or ".")
    return {".".join(name.split(".")[: 2 if name.startswith("backend") else 1]) for name in names}


@pytest.mark.parametrize("module", modules("backend/imaging"), ids=lambda module: module.name)
def test_imaging_imports_arithmetic_and_codecs_only(module: Module) -> None:
    assert imported(module) - set(sys.stdlib_module_names) <= ALLOWED
