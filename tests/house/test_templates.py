"""Templates parse, are all used, escape what they show, and hold no code of a page's behaviour or looks."""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest
from flask import Flask
from jinja2 import Environment, StrictUndefined, meta, nodes

from tests.house.source import APP, STATIC, TEMPLATES, files, python_of, short, tree

NAMES = tuple(sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*") if path.is_file()))
# template → why what it shows is already safe HTML.
SAFE = {
    "courses/lesson.html": "the lesson, rendered and sanitised when its release was published",
    "cases/_item.html": "the same, with the key, for authors and directors",
    "exams/_item.html": "stem and options, rendered and sanitised when the release was published",
    "recalls/told.html": "the same as in a result",
    "refresher/told.html": "the same as in a result",
    "exams/result.html": "the same, with the why; what a person typed was checked to be a number",
}
# The content security policy forbids all of it; the browser would drop it without a word.
INLINE = {
    "style attribute": re.compile(r"\sstyle\s*="),
    "style element": re.compile(r"<style\b"),
    "script without a file": re.compile(r"<script(?![^>]*\ssrc=)"),
    "event attribute": re.compile(r"\son[a-z]+\s*="),
    "javascript address": re.compile(r"javascript:", re.IGNORECASE),
    "script in htmx": re.compile(r"hx-on|hx-[a-z]+\s*=\s*[\"']?js:|hx-trigger\s*=\s*\"[^\"]*\["),
    "file of another site": re.compile(r"<(?:script|link|img|source|iframe)\b[^>]*\s(?:src|href)=\"?(?:https?:)?//"),
}
POST_FORM = re.compile(r"<form\b[^>]*method=\"post\".*?</form>", re.DOTALL | re.IGNORECASE)


@pytest.mark.parametrize("name", NAMES)
def test_a_template_parses_and_its_names_are_known(house: Flask, name: str) -> None:
    house.jinja_env.get_template(name)


def test_a_missing_value_is_an_error(house: Flask) -> None:
    assert issubclass(house.jinja_env.undefined, StrictUndefined)


def test_every_template_is_reached(house: Flask) -> None:
    waiting = sorted(named_in_python() & set(NAMES))
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting += [found for found in referenced(house.jinja_env, name) if found not in reached]
    assert set(NAMES) - reached == set()


def test_every_import_is_used(house: Flask) -> None:
    unused = [
        f"{name}: {alias}"
        for name in NAMES
        for alias in imports(syntax(house.jinja_env, name))
        if alias not in {found.name for found in syntax(house.jinja_env, name).find_all(nodes.Name)}
    ]
    assert unused == []


def test_every_macro_is_used(house: Flask) -> None:
    called = {(name, macro) for name in NAMES for name, macro in macros_called(house.jinja_env, name)}
    made = {(name, macro.name) for name in NAMES for macro in syntax(house.jinja_env, name).find_all(nodes.Macro)}
    assert made - called == set()


def test_only_named_templates_show_html_that_is_not_theirs(house: Flask) -> None:
    unescaped = {
        name
        for name in NAMES
        for found in syntax(house.jinja_env, name).find_all((nodes.Filter, nodes.EvalContextModifier))
        if not isinstance(found, nodes.Filter) or found.name == "safe"
    }
    assert unescaped == set(SAFE)


@pytest.mark.parametrize("kind", INLINE)
def test_no_behaviour_or_looks_stand_in_a_page(kind: str) -> None:
    found = [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1}"
        for name in NAMES
        for text in [(TEMPLATES / name).read_text()]
        for match in INLINE[kind].finditer(text)
    ]
    assert found == []


def test_every_form_that_writes_carries_the_token() -> None:
    bare = [name for name in NAMES for form in POST_FORM.findall((TEMPLATES / name).read_text()) if "csrf" not in form]
    assert bare == []


def test_every_static_file_that_a_page_names_is_there(house: Flask) -> None:
    named = {path for name in NAMES for path in static_files(syntax(house.jinja_env, name))}
    assert {path for path in named if not (STATIC / path).is_file()} == set()


def test_every_style_and_script_is_used(house: Flask) -> None:
    named = {path for name in NAMES for path in static_files(syntax(house.jinja_env, name))}
    styles = "".join(path.read_text() for path in files(".css", ".js") if STATIC in path.parents)
    unused = [
        short(path)
        for path in files(".css", ".js")
        if STATIC in path.parents and path.relative_to(STATIC).as_posix() not in named and path.name not in styles
    ]
    assert unused == []


def test_every_icon_that_a_page_names_is_there(house: Flask) -> None:
    drawn = set(re.findall(r'<symbol[^>]*\sid="([^"]+)"', (STATIC / "icons.svg").read_text()))
    named = {
        call.args[0].value
        for name in NAMES
        for call in syntax(house.jinja_env, name).find_all(nodes.Call)
        if last_name(call.node) == "icon" and call.args and isinstance(call.args[0], nodes.Const)
    }
    assert named - drawn == set()


@cache
def syntax(environment: Environment, name: str) -> nodes.Template:
    """Return a template's syntax tree."""
    return environment.parse((TEMPLATES / name).read_text(), name)


def referenced(environment: Environment, name: str) -> list[str]:
    """Return the templates that this one extends, includes or imports; each must be named outright."""
    found = list(meta.find_referenced_templates(syntax(environment, name)))
    assert None not in found, f"{name} computes the name of a template"
    return [other for other in found if other]


def named_in_python() -> set[str]:
    """Return every text in app/ that could name a template."""
    return {
        node.value
        for path in python_of(APP)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def imports(template: nodes.Template) -> Iterator[str]:
    """Yield the names that a template imports: modules of macros, or single macros."""
    for node in template.find_all((nodes.Import, nodes.FromImport)):
        if isinstance(node, nodes.Import):
            yield node.target
        elif isinstance(node, nodes.FromImport):
            yield from (name[1] if isinstance(name, tuple) else name for name in node.names)


def macros_called(environment: Environment, name: str) -> Iterator[tuple[str, str]]:
    """Yield (template, macro) for every macro that a template uses, its own included."""
    template = syntax(environment, name)
    modules = {
        node.target: node.template.value
        for node in template.find_all(nodes.Import)
        if isinstance(node.template, nodes.Const)
    }
    for imported in template.find_all(nodes.FromImport):
        source = imported.template.value if isinstance(imported.template, nodes.Const) else ""
        yield from ((source, item[0] if isinstance(item, tuple) else item) for item in imported.names)
    yield from ((name, used.name) for used in template.find_all(nodes.Name) if used.ctx == "load")
    for part in template.find_all(nodes.Getattr):
        if isinstance(part.node, nodes.Name) and part.node.name in modules:
            yield modules[part.node.name], part.attr


def static_files(template: nodes.Template) -> Iterator[str]:
    """Yield the static files that a template names."""
    for call in template.find_all(nodes.Call):
        if last_name(call.node) == "static_url" and isinstance(call.args[0], nodes.Const):
            yield str(call.args[0].value)


def last_name(node: nodes.Expr) -> str:
    """Return the last name of what is called: `ui.icon(…)` is `icon`."""
    if isinstance(node, nodes.Getattr):
        return node.attr
    return node.name if isinstance(node, nodes.Name) else ""
