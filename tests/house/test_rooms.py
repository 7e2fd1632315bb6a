"""Who may commit, read the clock, throw dice, read the environment, and call whose use cases."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.house.source import APP, PROJECT, called, imported, place, python_of, short, tree

DOORS = ("web", "api", "cli", "worker")
ROOMS = ("audit", "certification", "exams", "learning", "people", "releases")
STORING = ("__init__", "models", "queries", "service")
NOT_PURE = {
    "accommodations": "what is granted to a person: it writes, beside exams' service",
    "breaks": "the part of exams' service that stops the clock",
    "exposure": "reads the latest papers for exams' service",
    "acting": "the part of certification's service that is a medical director's acts",
    "bulk": "the part of certification's service that takes two people",
    "interlocks": "the part of certification's service that holds cells of many at once",
    "aftermath": "reads a closed paper with what came after it",
    "case_news": "reads whom cases and appeals concern",
    "appeals": "the part of certification's service that answers appeals",
    "appointments": "the part of certification's service that appoints evaluators",
    "practice": "the part of certification's service in which treatments are signed",
    "practice_queries": "reads sign-offs and appointments",
    "steps": "reads the safety-critical steps of releases",
    "case_models": "tables",
    "case_queries": "reads cases and appeals",
    "cases": "the part of a room's service that is about cases",
    "renewing": "reads what a renewal asks first, for exams' service",
    "disclosure": "reads a paper and leaves a trail entry",
    "equipment": "reads and writes the devices of a clinic",
    "coaching": "writes down what is to be talked over, and that it was",
    "leaving": "ends a role, but not that of somebody who sits by it",
    "outside": "tells what of a decision rests on evidence, of what was read",
    "limits": "counts in a table, by the real clock",
    "places": "sets the networks of a clinic",
    "proctoring": "makes codes, which takes chance, and reads the networks of clinics",
    "recall_ends": "the part of certification's service that ends recalls",
    "recall_models": "tables",
    "recall_queries": "reads recalls",
    "recall_quiz": "the part of certification's service that draws a recall's questions",
    "recalls": "the part of certification's service that is about recalls",
    "saving": "the part of exams' service that adds revisions",
    "tokens": "makes tokens, which takes chance, and reads them",
    "watching": "writes down what a browser told of a sitting",
    "deciding": "the part of certification's service that decides what an event is worth",
    "issuing": "the part of certification's service that issues, renews and extends",
    "changing": "the part of certification's service that changes what was issued",
    "events": "writes what happens to a certification",
    "recall_joins": "the part of certification's service that lets the later certified into a recall",
    "cards": "reads what a person remembers, and keeps what was made of published content",
    "evidence": "the part of certification's service that keeps and judges certificates of other bodies",
    "evidence_models": "tables",
    "shelf": "reads and writes the folder of evidence",
    "readings": "writes down who reads a training record",
    "record_models": "tables",
    "refresher": "the use cases of the refresher",
    "refresher_models": "tables",
    "showing": "reads published content itself",
    "comparing": "reads releases side by side for the service and the reviews",
    "shaken": "reads the papers of passes that a withdrawn row touches",
    "history": "reads what people sat, beside queries",
    "storing": "the part of releases' service that writes frozen content",
    "replay": "reads stored papers and scores them",
    "standing": "reads across rooms for certification's service and pages",
    "passwords": "a hash takes salt, and a sign-in takes chance",
}
COMMITTING = {"begin", "begin_nested", "commit"}
# file → why it may: its own transaction, or the real clock.
OWN_TRANSACTION = {
    "app/db.py": "the one place",
    "app/people/limits.py": "a hit counts also when the request is refused and rolled back",
}
WALL_CLOCK = {
    "app/clock.py": "the one place",
    "app/people/limits.py": "the limits library counts in seconds since 1970",
}
CLOCK_CALLS = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "datetime.datetime.now",
    "datetime.datetime.utcnow", "datetime.date.today", "time.time", "time.time_ns", "time.localtime",
    "time.gmtime",
}  # fmt: skip
CLOCK_WORDS = {name.rsplit(".", 1)[-1] for name in CLOCK_CALLS}
OWNED_BY_CERTIFICATION = ("app.exams.service", "app.exams.saving", "app.learning.service")
# Dependencies that no line of ours imports.
NOT_IMPORTED = {
    "psycopg": "SQLAlchemy's driver for PostgreSQL",
    "tzdata": "the zones of zoneinfo where the system has none",
}


def test_only_db_commits() -> None:
    assert [
        place(path, call)
        for path in python_of(APP)
        if short(path) not in OWN_TRANSACTION
        for call, name in called(tree(path))
        if name in COMMITTING
    ] == []


def test_only_pages_commands_and_jobs_open_a_transaction() -> None:
    assert [
        place(path, call)
        for path in python_of(APP)
        if room(path) not in (*DOORS, "db")
        for call, name in called(tree(path))
        if name == "transaction"
    ] == []


def test_only_the_clock_reads_the_clock() -> None:
    assert [
        f"{place(path, call)} {ast.unparse(call.func)}"
        for path in python_of(APP)
        if short(path) not in WALL_CLOCK
        for call, name in called(tree(path))
        if name in CLOCK_WORDS and ast.unparse(call.func) in CLOCK_CALLS
    ] == []


def test_only_pages_commands_and_jobs_ask_for_the_time() -> None:
    assert [
        place(path, statement)
        for path in python_of(APP)
        if room(path) not in (*DOORS, "__init__")
        for statement, name in imported(path)
        if name in ("app.clock", "app.clock.now")
        and any(ast.unparse(call.func) in ("clock.now", "now") for call, _ in called(tree(path)))
    ] == []


def test_chance_comes_from_a_seed_or_from_secrets() -> None:
    assert [
        f"{place(path, call)} {ast.unparse(call.func)}"
        for path in python_of(APP)
        for call, _ in called(tree(path))
        if ast.unparse(call.func).startswith("random.") and ast.unparse(call.func) != "random.Random"
    ] == []


def test_nobody_goes_past_certification_to_exams_or_learning() -> None:
    certification = (used for path in python_of(APP / "certification") for used in uses(path))
    owned = {(module, name) for module, name, _ in certification}
    # Without these the rule above holds nothing, and this test would say nothing.
    assert {name for _, name in owned} >= {"create_attempt", "close_attempt", "complete_lesson"}
    assert [
        f"{place(path, node)} {module}.{name}"
        for path in python_of(APP)
        if room(path) in (*DOORS, "reports", "credentials", "notices")
        for module, name, node in uses(path)
        if (module, name) in owned
    ] == []


def test_what_decides_is_held_pure() -> None:
    decisions = {
        ".".join(path.relative_to(PROJECT).with_suffix("").parts)
        for path in python_of(APP)
        if room(path) in ROOMS and path.stem not in STORING and path.stem not in NOT_PURE
    }
    contracts = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [pure] = [set(contract["source_modules"]) for contract in contracts if contract["name"] == "Decisions are pure"]
    assert decisions == pure - {"app.content"}


def test_no_row_holds_the_time_or_chance_of_its_own_making() -> None:
    assert [
        place(path, keyword.value)
        for path in python_of(APP)
        if path.name == "models.py"
        for call, name in called(tree(path))
        if name in ("mapped_column", "Column")
        for keyword in call.keywords
        if keyword.arg in ("default", "default_factory", "onupdate", "server_default")
        and not isinstance(keyword.value, ast.Constant)
    ] == []


def test_every_dependency_is_used_and_every_import_is_declared() -> None:
    packages = packages_distributions()
    ours = {path.stem for path in (*APP.parent.glob("*.py"), APP)}
    used = {
        packages[top][0].lower().replace("_", "-")
        for path in (*python_of(APP), *PROJECT.glob("*.py"), *python_of(PROJECT / "migrations"))
        for _, name in imported(path)
        if (top := name.split(".")[0]) not in sys.stdlib_module_names and top not in ours
    }
    # Parts of Flask and of pydantic, in the versions that these ask for.
    used -= {"werkzeug", "jinja2", "markupsafe", "pydantic-core"}
    assert used == declared() - set(NOT_IMPORTED)


def uses(path: Path) -> Iterator[tuple[str, str, ast.expr]]:
    """Yield (module, function, place) for every call into the services of exams and learning."""
    aliases = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    for call, _ in called(tree(path)):
        first, _, rest = ast.unparse(call.func).partition(".")
        module, _, name = ".".join([aliases.get(first, first), *([rest] if rest else [])]).rpartition(".")
        if module in OWNED_BY_CERTIFICATION:
            yield module, name, call


def declared() -> set[str]:
    """Return the names of what the site needs to run."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["postgres"]
    return {line.replace("[", ">").replace("=", ">").split(">")[0] for line in wanted}


def room(path: Path) -> str:
    """Return the room that a file of app/ belongs to."""
    return path.relative_to(APP).parts[0].removesuffix(".py")
