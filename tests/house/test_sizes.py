"""Files stop at 400 lines, functions at 50, views at 15, and nothing waits to be written."""

import ast
import re

from tests.house.source import APP, files, functions, place, python_of, short, tree

FILE_LINES = 400
FUNCTION_LINES = 50
VIEW_LINES = 15
# Spelled in pieces, so that this file may name what no file may hold.
UNFINISHED = re.compile(rf"\b({'|'.join(['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'])})\b")


def test_no_file_is_longer_than_a_person_reads() -> None:
    # A migration is a list of tables: it reads from top to bottom, and never changes again.
    lengths = {
        short(path): len(path.read_text().splitlines())
        for path in files(".py", ".html", ".css", ".js")
        if path.parent.name != "versions"
    }
    assert {name: lines for name, lines in lengths.items() if lines > FILE_LINES} == {}


def test_no_function_is_longer_than_a_page() -> None:
    # A migration is a list of tables: it reads from top to bottom, and never changes again.
    assert {
        f"{place(path, node)} {node.name}": lines
        for path in files(".py")
        if path.parent.name != "versions"
        for node in functions(tree(path))
        if (lines := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES
    } == {}


def test_a_view_only_reads_calls_and_answers() -> None:
    assert {
        f"{place(path, node)} {node.name}": lines
        for path in (*python_of(APP / "web"), *python_of(APP / "api"))
        for node in functions(tree(path))
        if is_view(node) and (lines := body_lines(node)) > VIEW_LINES
    } == {}


def test_nothing_waits_to_be_written() -> None:
    assert [
        f"{short(path)}:{number}"
        for path in files(".py", ".html", ".css", ".js", ".sh")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if UNFINISHED.search(line)
    ] == []


def is_view(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether a function answers a URL: `@bp.get("/…")`, `@bp.post("/…")`."""
    return any(
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Attribute)
        and decorator.func.attr in ("get", "post", "route")
        for decorator in node.decorator_list
    )


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function's body without its docstring."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1 if body else 0
