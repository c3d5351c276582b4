"""Imports point one way, down the order of the rooms."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import prvipe

PACKAGE = Path(prvipe.__file__).parent
ROOMS = (
    "errors",
    "files",
    "memory",
    "progress",
    "skeleton",
    "poses",
    "people",
    "detection",
    "geometry",
    "io",
    "data",
    "model",
    "bulk",
    "retrieval",
    "index",
    "stores",
    "comparison",
    "sequences",
    "watch",
    "evaluation",
    "training",
    "report",
    "reproduction",
    "wire",
    "service",
    "web",
    "client",
    "cli",
    "__main__",
)
SOURCES = [path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py"]


def imported_modules(source: str, module: str) -> Iterator[str]:
    """Yield the modules of this package that a source imports, at any depth of its code."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "prvipe")
        elif isinstance(node, ast.ImportFrom) and node.level:
            parents = module.split(".")[: -node.level]
            yield ".".join([*parents, *filter(None, [node.module])])
        elif isinstance(node, ast.ImportFrom) and node.module == "prvipe":
            yield from (f"prvipe.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("prvipe."):
            yield node.module or ""


def wrong_imports(source: str, module: str) -> list[str]:
    """Return the imports that point up the order, or at nothing that is a room."""
    own = ROOMS.index(module.split(".")[1])
    wrong = []
    for name in imported_modules(source, module):
        room = name.split(".")[1] if "." in name else name
        if room == "__version__" or (room in ROOMS and ROOMS.index(room) <= own):
            continue
        wrong.append(name)
    return wrong


def module_name(path: Path) -> str:
    return ".".join(["prvipe", *path.relative_to(PACKAGE).with_suffix("").parts])


@pytest.mark.parametrize("path", SOURCES, ids=[module_name(path) for path in SOURCES])
def test_imports_point_down_the_order(path: Path) -> None:
    assert wrong_imports(path.read_text(), module_name(path)) == []


@pytest.mark.parametrize(
    "source",
    [
        "import prvipe.training.loop",
        "from prvipe.training.loop import train",
        "def late():\n    from prvipe.cli import main",
        "from prvipe import Embedder",
        "import prvipe",
        "from ..training import loop",
        "from prvipe.helpers import anything",
    ],
)
def test_a_wrong_import_is_noticed(source: str) -> None:
    assert wrong_imports(source, "prvipe.geometry.cameras")


def test_right_imports_are_let_through() -> None:
    source = "import numpy\nfrom prvipe.errors import InputError\nfrom . import arrays"
    source += "\nfrom prvipe import __version__"
    assert wrong_imports(source, "prvipe.geometry.cameras") == []
