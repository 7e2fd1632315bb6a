"""Commands about course files: check, items, paper and schema; they need no database."""

import difflib
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from app.content import papers
from app.content.check import CourseError, check_paths, describe, load_course
from app.content.draw import DrawError
from app.content.generate import FAMILIES, counts, items_of, rests_on, row_names
from app.content.read import CoursePathError
from app.content.schema import json_schema
from app.content.values import Course, Problem

FORMATS = click.Choice(["text", "json"])
WRONG_USE = 2


@click.group()
def courses() -> None:
    """Check, look into, publish and sign courses."""


@courses.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--format", "output", type=FORMATS, default="text", show_default=True)
def check(paths: tuple[str, ...], output: str) -> None:
    """Check courses, or folders of courses, and tell every problem at once."""
    try:
        problems = check_paths(paths)
    except CoursePathError as error:
        raise click.UsageError(str(error)) from error
    _tell(problems, output)
    if problems:
        sys.exit(1)
    if output == "text":
        click.echo("No problems.", err=True)


@courses.command()
@click.argument("path")
@click.option("--family", help="Only items of this family.")
@click.option("--row", metavar="TABLE/ROW", help="Only items that ask this row.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--counts", "count", is_flag=True, help="How many items each family makes of each row, and why none.")
@click.option("--format", "output", type=FORMATS, default="text", show_default=True)
def items(path: str, family: str | None, row: str | None, seed: int, output: str, *, count: bool) -> None:
    """Print the items that a course can ask."""
    if family is not None and family not in FAMILIES:
        raise click.UsageError(f"{family} is not a family made here; choose one of {', '.join(FAMILIES)}")
    course, families = load(path, output, exam=False), [family] if family else None
    if row is not None:
        _check_row(course, row)
    if count:
        told = [one for one in counts(course, families) if row in (None, one["row"])]
        _print(told, output) if output == "json" else _print_counts(told)
        return
    found = items_of(course, seed=seed, families=families)
    chosen = [papers.item_json(one) for one in found if row is None or rests_on(one, row)]
    _print(chosen, output)
    if not chosen:
        click.echo("No item asks that; --counts says why.", err=True)


@courses.command()
@click.argument("path")
@click.option("--seed", type=click.IntRange(0), required=True)
@click.option("--format", "output", type=FORMATS, default="text", show_default=True)
def paper(path: str, seed: int, output: str) -> None:
    """Print a paper as it would be drawn by a seed, with its proof."""
    try:
        drawn = papers.paper(load(path, output), seed)
    except DrawError as error:
        raise click.ClickException(str(error)) from error
    _print(drawn, output)


@courses.command()
def schema() -> None:
    """Print the JSON Schema of the YAML files, from the models that the checker uses."""
    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))


def load(path: str, output: str, *, exam: bool = True) -> Course:
    """Return the one course at a path; tell its problems and exit with 1 where it has any."""
    try:
        return load_course(Path(path), exam=exam)
    except CoursePathError as error:
        raise click.UsageError(str(error)) from error
    except CourseError as error:
        _tell(error.problems, output)
        sys.exit(1)


def _check_row(course: Course, row: str) -> None:
    """Refuse a row that the course does not have."""
    known = row_names(course)
    if row in known:
        return
    near = difflib.get_close_matches(row, known, 1) or sorted(one for one in known if one.endswith(f"/{row}"))
    advice = f"write {near[0]}" if near else "write table/row, such as settings/set-001, as `--counts` lists them"
    raise click.ClickException(f"{course.id} has no row {row}; {advice}")


def _print_counts(told: list[dict[str, Any]]) -> None:
    """Print counts as a table, a line for each family and row, and their sum."""
    lines = [("ITEMS", "FAMILY", "ROW", "OBJECTIVE", "WHY NONE")]
    lines += [(str(one["items"]), one["family"], one["row"], one["objective"], one["why_none"] or "") for one in told]
    widths = [max(len(line[place]) for line in lines) for place in range(4)]
    for items_, *texts, why in lines:
        cells = [items_.rjust(widths[0]), *(text.ljust(width) for text, width in zip(texts, widths[1:], strict=True))]
        click.echo("  ".join([*cells, why]).rstrip())
    click.echo(f"{sum(one['items'] for one in told)} items of {len(told)} families and rows.", err=True)


def _tell(problems: list[Problem], output: str) -> None:
    if output == "json":
        click.echo(json.dumps([asdict(problem) for problem in problems], indent=2, ensure_ascii=False))
        return
    for problem in problems:
        click.echo(describe(problem))
    if problems:
        click.echo(f"{len(problems)} problem{'' if len(problems) == 1 else 's'}.", err=True)


def _print(found: Any, output: str) -> None:
    if output == "json":
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for one in found if isinstance(found, list) else found["items"]:
        click.echo(_as_text(one))
    if isinstance(found, dict):
        click.echo(f"Proof: {json.dumps(found['proof'], ensure_ascii=False)}")


def _as_text(one: dict[str, Any]) -> str:
    options = "".join(f"\n   {option['id']}) {option['text']}" for option in one["options"])
    return f"{one['id']}{' critical' if one['critical'] else ''}\n   {one['stem']}{options}\n   Key: {one['key']}\n"
