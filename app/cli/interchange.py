"""Commands that bring items in from other systems and take them out again: GIFT, Moodle XML, QTI."""

import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import click

from app.content.check import CourseError, describe, load_course
from app.content.interchange import importing, items_yaml, leaving, moodle_out, qti_out
from app.content.interchange.values import FileRefusedError, Found, Home
from app.content.read import CoursePathError
from app.content.values import Course, Item, Problem

_WRITERS: dict[str, Callable[[Course, Iterable[Item]], leaving.Exported]] = {
    importing.QTI: qti_out.write,
    importing.MOODLE_XML: moodle_out.write,
}
_MEBIBYTE = 1024 * 1024
_LARGEST = 64  # MiB of a file that is read at all


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--from", "kind", type=click.Choice(importing.FORMATS), help="The format; without it the file tells.")
@click.option("--objective", metavar="ID", help="The objective of items that name none.")
@click.option("--unit", help="The unit of numeric items that name none, such as nm.")
@click.option(
    "--course", "home", metavar="PATH", help="The course that they go into: its objectives and ids are known."
)
@click.option("--output", type=click.Path(path_type=Path), help="Write here instead of to standard output.")
@click.option("--force", is_flag=True, help="Replace the file of --output.")
@click.option("--format", "shape", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True)
def import_items(
    *,
    files: tuple[Path, ...],
    kind: str | None,
    objective: str | None,
    unit: str | None,
    home: str | None,
    output: Path | None,
    shape: str,
    force: bool,
) -> None:
    """Turn questions of GIFT, Moodle XML or QTI 2.0 to 3.0 files into items.yaml; name each that cannot be taken."""
    course = _home(home) if home else None
    if objective and (importing.slug(objective) != objective or (course and objective not in course.objectives)):
        raise click.UsageError(f"{objective} is not an objective of the course; give the id of one")
    _refuse_overwriting(output, force=force)
    found, unread = _found(files, kind)
    outcome = importing.settle(found, objective=objective, unit=unit or None, home=course)
    if outcome.without_objective:
        _tell(outcome.without_objective)
        count = len(outcome.without_objective)
        advice = "give --objective ID, or --course PATH where categories or tags are ids of its objectives"
        raise click.UsageError(f"{count} items name no objective; {advice}")
    refused = [*unread, *outcome.refused]
    _tell(refused)
    _tell(outcome.notes, "note: ")
    text = items_yaml.write(outcome.entries) if shape == "yaml" else _as_json(outcome, refused)
    _write(text.encode(), output)
    click.echo(f"{len(outcome.entries)} taken, {len(refused)} not.", err=True)
    if refused:
        sys.exit(1)


@click.command("export")
@click.argument("path")
@click.option("--to", "kind", type=click.Choice(list(_WRITERS)), required=True)
@click.option("--generated", is_flag=True, help="Also the items of fact tables, as seed 0 makes them.")
@click.option("--output", type=click.Path(path_type=Path), help="Write here instead of to standard output.")
@click.option("--force", is_flag=True, help="Replace the file of --output.")
def export_items(path: str, kind: str, output: Path | None, *, generated: bool, force: bool) -> None:
    """Write a course's items as a QTI 3.0 package (zip) or as Moodle XML."""
    course = _course(path)
    _refuse_overwriting(output, force=force)
    if output is None and kind == importing.QTI and sys.stdout.isatty():
        raise click.UsageError("a QTI package is a zip; give --output FILE.zip")
    made = _WRITERS[kind](course, leaving.items_to_export(course, generated=generated))
    _tell(made.refused)
    _tell(made.notes, "note: ")
    _write(made.data, output)
    click.echo(f"{made.count} written, {len(made.refused)} not.", err=True)
    if made.refused:
        sys.exit(1)


def _as_json(outcome: importing.Outcome, refused: Sequence[Problem]) -> str:
    shown = {
        "items": [items_yaml.plain(entry) for entry in outcome.entries],
        "refused": [asdict(one) for one in refused],
        "notes": [asdict(one) for one in outcome.notes],
    }
    return json.dumps(shown, indent=2, ensure_ascii=False) + "\n"


def _course(path: str) -> Course:
    try:
        return load_course(path, exam=False)
    except CoursePathError as error:
        raise click.UsageError(str(error)) from error
    except CourseError as error:
        _tell(error.problems)
        raise click.ClickException("the course has problems; correct them first") from error


def _home(path: str) -> Home:
    """Return what an import must know of the course that items go into."""
    course = _course(path)
    tables = {
        "settings": course.settings,
        "contraindications": course.contraindications,
        "procedure": course.procedure,
        "statements": course.statements,
    }
    return Home(
        objectives=course.objectives,
        sources=frozenset(course.sources),
        rows=frozenset(f"{table}/{row.id}" for table, rows in tables.items() for row in rows),
        item_ids=frozenset(item.id.removeprefix("items/") for item in course.items),
    )


def _found(files: Sequence[Path], kind: str | None) -> tuple[list[Found], list[Problem]]:
    """Return the items of all files, and the files of which nothing can be read."""
    found: list[Found] = []
    unread: list[Problem] = []
    for file in files:
        try:
            found += importing.read(str(file), _bytes(file), kind)
        except FileRefusedError as refusal:
            unread.append(Problem(path=str(file), line=refusal.line, message=str(refusal)))
    return found, unread


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(_LARGEST * _MEBIBYTE + 1)
    except OSError as error:
        raise click.UsageError(f"{file} cannot be read: {error.strerror}") from error
    if len(data) > _LARGEST * _MEBIBYTE:
        raise FileRefusedError(f"the file has more than {_LARGEST} MiB; split it")
    return data


def _tell(problems: Sequence[Problem], before: str = "") -> None:
    for line in _lines(problems, before):
        click.echo(line, err=True)


def _lines(problems: Sequence[Problem], before: str) -> Iterator[str]:
    for one in problems:
        shown = Problem(path=one.path, line=one.line, field=one.field, message=before + one.message)
        # What a stranger's file names must not steer the terminal.
        yield "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in describe(shown))


def _refuse_overwriting(output: Path | None, *, force: bool) -> None:
    if output is None:
        return
    if output.is_dir() or not output.parent.is_dir():
        raise click.UsageError(f"{output} is no place for a file")
    if output.exists() and not force:
        raise click.UsageError(f"{output} is there already; give another name, or --force to replace it")


def _write(data: bytes, output: Path | None) -> None:
    """Write everything or nothing: a file takes its place only when it is whole."""
    if output is None:
        click.echo(data, nl=False)
        return
    try:
        with tempfile.NamedTemporaryFile(dir=output.parent, prefix=f".{output.name}.", delete=False) as made:
            made.write(data)
        Path(made.name).chmod(0o644)
        Path(made.name).replace(output)
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror}") from error
