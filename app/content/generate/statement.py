"""The family statement: a checked statement's own prompt, with its own answers."""

from collections.abc import Iterator, Sequence
from functools import partial

from app.content.generate import wording
from app.content.generate.seeded import shuffled
from app.content.generate.unit import Unit, lettered
from app.content.values import Course, Item, ItemType, Standing, StatementRow

FAMILY = "statement"


def units(course: Course) -> Iterator[Unit]:
    """Yield a unit for every statement."""
    by_prompt: dict[str, list[StatementRow]] = {}
    for row in course.statements:
        by_prompt.setdefault(wording.same(row.prompt), []).append(row)
    for row in course.statements:
        yield _unit(row, by_prompt[wording.same(row.prompt)])


def _unit(row: StatementRow, asking: Sequence[StatementRow]) -> Unit:
    """Return a statement's unit; `asking` are all rows with the same prompt, whatever their standing."""
    wrong = _false(row, asking)
    why = _why_none(row, asking, wrong)
    return Unit(
        id=f"{FAMILY}/statements/{row.id}",
        family=FAMILY,
        row=f"statements/{row.id}",
        objective=row.objective,
        draw_from="statements",
        key_row=f"statements/{row.id}",
        critical=row.critical,
        build=None if why else partial(_item, row, wrong),
        why_none=why,
    )


def _false(row: StatementRow, asking: Sequence[StatementRow]) -> tuple[str, ...]:
    """Return the wrong answers that no row with this prompt calls correct, each once."""
    true = {wording.same(other.correct) for other in asking}
    wrong = {wording.same(text): text for text in reversed(row.wrong) if wording.same(text) not in true}
    return tuple(reversed(wrong.values()))


def _why_none(row: StatementRow, asking: Sequence[StatementRow], wrong: Sequence[str]) -> str | None:
    if row.standing is Standing.DRAFT:
        return wording.DRAFT
    for other in asking:
        if wording.same(row.correct) in {wording.same(text) for text in other.wrong}:
            return f"statements/{other.id} has the same prompt and calls this row's correct answer wrong."
    if not wrong:
        return "Every wrong answer is the correct one of another row with the same prompt."
    return None


def _item(row: StatementRow, wrong: Sequence[str], seed: int) -> Item:
    texts = shuffled((row.correct, *wrong), FAMILY, row.id, seed)
    options = lettered((text, None) for text in texts)
    return Item(
        id=f"{FAMILY}/statements/{row.id}",
        family=FAMILY,
        seed=seed,
        type=ItemType.SINGLE,
        objective=row.objective,
        draw_from="statements",
        key_row=f"statements/{row.id}",
        stem=row.prompt,
        options=options,
        key=(options[texts.index(row.correct)].id,),
        critical=row.critical,
        facts=(f"statements/{row.id}",),
        sources=row.sources,
        why=wording.joined((row.statement, row.why, wording.rows_named([f"statements/{row.id}"]))),
    )
