"""Every view says what it requires, has a plain URL and one verb, and writes only on POST."""

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from flask import Flask
from werkzeug.routing import Rule

from tests.house.source import APP, called, functions, place, python_of, tree

# One part of a URL: kebab-case words, with an ending where the answer is a file: `trail.csv`.
WORDS = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)?")
PART = re.compile(r"<(?P<type>[a-z_]+)(\([^)]*\))?:(?P<name>[a-z_]+)>(\.[a-z]+)?")


def test_every_view_states_what_it_requires(house: Flask) -> None:
    silent = [rule.rule for rule, view in views(house) if not getattr(view, "access", None)]
    assert silent == []


def test_urls_are_kebab_case_with_typed_parts(house: Flask) -> None:
    odd = [
        rule.rule
        for rule, _ in views(house)
        for part in rule.rule.strip("/").split("/")
        if part and not WORDS.fullmatch(part) and not PART.fullmatch(part)
    ]
    assert odd == []


def test_a_number_in_a_url_fits_a_column(house: Flask) -> None:
    # Flask's own <int:…> takes 2**63, which no database column does: a server error for a stranger's typing.
    assert [rule.rule for rule, _ in views(house) if "<int" in rule.rule or "<float" in rule.rule] == []


def test_each_view_answers_one_verb(house: Flask) -> None:
    verbs = {rule.rule: (rule.methods or set()) - {"HEAD", "OPTIONS"} for rule, _ in views(house)}
    several = {url: methods for url, methods in verbs.items() if methods not in ({"GET"}, {"POST"})}
    assert several == {}


def test_a_page_that_is_only_read_writes_nothing(house: Flask) -> None:
    writing = [
        rule.rule for rule, view in views(house) if "GET" in (rule.methods or set()) and "transaction" in reached(view)
    ]
    assert writing == []


def test_a_password_asked_again_counts_its_tries() -> None:
    odd = [
        place(path, node)
        for path in python_of(APP / "web")
        if path.stem != "account"  # signing in counts by address as well, and a new password is no try
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef)
        and any("PasswordField" in ast.unparse(one) for one in node.body)
        and [ast.unparse(base) for base in node.bases] != ["SignedForm"]
    ]
    assert odd == []


def test_a_post_answers_with_a_page_or_sends_on_with_303() -> None:
    odd = [
        place(path, call)
        for path in python_of(APP / "web")
        for call, name in called(tree(path))
        if name == "redirect" and not sends_on(call)
    ]
    assert odd == []


def test_static_files_are_the_only_view_that_is_not_ours(house: Flask) -> None:
    foreign = {
        rule.endpoint
        for rule in house.url_map.iter_rules()
        if not inspect.unwrap(house.view_functions[rule.endpoint]).__module__.startswith("app.")
    }
    assert foreign <= {"static"}


def views(house: Flask) -> Iterator[tuple[Rule, Callable[..., object]]]:
    """Yield every rule of the site with its view, static files apart."""
    for rule in house.url_map.iter_rules():
        if rule.endpoint != "static":
            yield rule, house.view_functions[rule.endpoint]


def reached(view: Callable[..., object]) -> set[str]:
    """Return the names of everything that a view calls, through the functions of its own module too."""
    function = inspect.unwrap(view)
    own = {node.name: node for node in functions(tree(Path(inspect.getfile(function))))}
    names: set[str] = set()
    waiting = [function.__name__]
    while waiting:
        node = own.get(waiting.pop())
        found = {name for _, name in called(ast.Module([*node.body], []))} - names if node else set()
        names |= found
        waiting += found
    return names


def sends_on(call: ast.Call) -> bool:
    """Tell whether a redirect names 303, or is a shorthand of ours that does."""
    codes = [*call.args[1:], *(keyword.value for keyword in call.keywords if keyword.arg == "code")]
    return any(isinstance(code, ast.Constant) and code.value == 303 for code in codes)
