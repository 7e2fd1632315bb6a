"""The project's own files, read and parsed once, for the tests that hold the rules of the house."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
FOLDERS = (".ci", "app", "migrations", "templates", "tests")
APP = PROJECT / "app"
TEMPLATES = PROJECT / "templates"
STATIC = APP / "static"


def vendored(path: Path) -> bool:
    """Tell whether others wrote this file and we only carry it."""
    return "vendor" in path.parts


@cache
def files(*endings: str) -> tuple[Path, ...]:
    """Return our own files with these endings, in order."""
    found = [path for folder in FOLDERS for path in (PROJECT / folder).rglob("*")]
    found += PROJECT.glob("*")
    return tuple(sorted(path for path in found if path.suffix in endings and not vendored(path)))


@cache
def python_of(folder: Path) -> tuple[Path, ...]:
    """Return the Python files of a folder of ours, or the one file that it is."""
    if folder.is_file():
        return (folder,)
    return tuple(path for path in files(".py") if folder in path.parents)


@cache
def tree(path: Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def short(path: Path) -> str:
    """Return a path as people write it: from the project's folder."""
    return path.relative_to(PROJECT).as_posix()


def place(path: Path, node: ast.stmt | ast.expr) -> str:
    """Return where a piece of code stands: file:line."""
    return f"{short(path)}:{node.lineno}"


def functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method of a module, nested ones too."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def called(node: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Yield every call below a node with its last name: `a.b.commit()` is `commit`."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call):
            yield call, call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def imported(path: Path) -> Iterator[tuple[ast.stmt, str]]:
    """Yield every module, or name of one, that a file imports, in full: `from app.exams import service`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node, node.module
            yield from ((node, f"{node.module}.{name.name}") for name in node.names)
