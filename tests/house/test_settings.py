"""Every setting is read in config.py, every setting and command stands in the README, and locks are whole."""

import ast
import re
import tomllib
from collections.abc import Iterator

import click

from app.cli import main
from tests.house.source import APP, PROJECT, files, place, python_of, short, tree

README = PROJECT / "README.md"
LOCKS = (PROJECT / "requirements.txt", PROJECT / "requirements-dev.txt")
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[a-z,]+\])?==(\S+)", re.MULTILINE)
ENVIRONMENT = ("os.environ", "os.environb", "os.getenv", "environ", "getenv")
# Spelled in pieces, so that this file may name what no file may hold.
REGISTRIES = re.compile("|".join(["pypi" + r"\.org", "pythonhosted" + r"\.org", "npmjs" + r"\.(?:org|com)"]))


def test_the_environment_is_read_in_one_place() -> None:
    elsewhere = [
        place(path, node)
        for path in (*python_of(APP), *PROJECT.glob("*.py"))
        if short(path) != "config.py"
        for node in reads_of_the_environment(tree(path))
    ]
    assert elsewhere == []


def test_every_setting_stands_in_the_readme() -> None:
    text = README.read_text()
    assert [name for name in settings() if f"`{name}`" not in text] == []


def test_the_readme_names_no_setting_that_is_gone() -> None:
    named = set(re.findall(r"\bFLUENCE_[A-Z_]+", README.read_text()))
    assert named - set(settings()) == set()


def test_every_command_stands_in_the_readme() -> None:
    text = README.read_text()
    assert [command for command in commands(main, "fluence") if command not in text] == []


def test_every_package_is_pinned_with_its_hash() -> None:
    for lock in LOCKS:
        requirements = lock.read_text().replace("\\\n", " ").splitlines()
        lines = [line for line in requirements if line and not line.lstrip().startswith("#")]
        assert [line[:60] for line in lines if "--hash=sha256:" not in line or "==" not in line] == []


def test_the_tests_run_on_the_versions_that_the_site_runs_on() -> None:
    runtime, everything = (dict(PINNED.findall(lock.read_text())) for lock in LOCKS)
    assert runtime.items() <= everything.items()


def test_everything_that_the_project_asks_for_is_locked() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    runtime, everything = (set(dict(PINNED.findall(lock.read_text()))) for lock in LOCKS)
    asked = {name_of(line) for line in project["dependencies"] + extras["postgres"] + extras["build"]}
    assert asked - runtime == set()
    assert {name_of(line) for lines in extras.values() for line in lines} - everything == set()


def test_no_file_names_a_registry() -> None:
    texts = files(".py", ".html", ".css", ".js", ".sh", ".md", ".toml", ".txt", ".yaml", ".cfg")
    assert [short(path) for path in texts if REGISTRIES.search(path.read_text())] == []


def settings() -> list[str]:
    """Return the names of the environment variables that config.py reads."""
    return [
        key.value
        for node in ast.walk(tree(PROJECT / "config.py"))
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value.isupper()
    ]


def reads_of_the_environment(module: ast.Module) -> Iterator[ast.expr]:
    """Yield every use of the environment but the one that hands it whole to config.load."""
    handed = [
        argument
        for call in ast.walk(module)
        if isinstance(call, ast.Call) and ast.unparse(call.func) in ("config.load", "load")
        for argument in call.args
    ]
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute | ast.Name) and ast.unparse(node) in ENVIRONMENT and node not in handed:
            yield node


def commands(command: click.Command, name: str) -> Iterator[str]:
    """Yield every command of the project as it is typed."""
    if isinstance(command, click.Group):
        for word, inner in command.commands.items():
            yield from commands(inner, f"{name} {word}")
    else:
        yield name


def name_of(requirement: str) -> str:
    """Return the package that a requirement names."""
    return re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0].lower()
