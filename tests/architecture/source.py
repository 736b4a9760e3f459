"""What tests of the architecture read: the modules of the program as syntax trees."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """A module of the program."""

    name: str
    tree: ast.Module

    def classes(self) -> Iterator[ast.ClassDef]:
        return (each for each in self.tree.body if isinstance(each, ast.ClassDef))


def modules(folder: str) -> list[Module]:
    """All modules below a folder of the checkout, in order."""
    return [
        Module(path.relative_to(ROOT).with_suffix("").as_posix().replace("/", "."), ast.parse(path.read_text("utf-8")))
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "__pycache__" not in path.parts
    ]  # fmt: skip


def methods(of: ast.ClassDef) -> Iterator[Function]:
    return (each for each in of.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))


def decorators(function: Function) -> list[str]:
    return [ast.unparse(each) for each in function.decorator_list]


def statements(function: Function) -> int:
    """How many statements a function has, its docstring not counted."""
    found = sum(isinstance(each, ast.stmt) for each in ast.walk(function)) - 1
    return found - (ast.get_docstring(function) is not None)


def calls(node: ast.AST) -> Iterator[str]:
    """What is called within a node, as it is written there."""
    for each in ast.walk(node):
        if isinstance(each, ast.Call):
            yield ast.unparse(each.func)


def declared(of: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """Names and types of a class's annotated attributes."""
    for each in of.body:
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            yield each.target.id, ast.unparse(each.annotation)
