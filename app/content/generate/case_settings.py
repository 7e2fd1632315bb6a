"""The answers to a client against whom nothing speaks: a decision with the ranges that it holds for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from app.content.generate import spans, wording
from app.content.generate.case_wording import ANSWERS, answer_words, figure_words, settings_words
from app.content.generate.clients import Cell, Figures, figures_of
from app.content.generate.contested import figures_said
from app.content.generate.contraindication_action import USUAL_DAYS
from app.content.generate.seeded import pick
from app.content.generate.settings_range import QUANTITIES
from app.content.generate.wording import Span
from app.content.values import Course, Decision, SettingsRow, Standing

# A computed range is drawn from this many likeliest slips on each side.
SLIPS = 2


def options_of(
    course: Course, cell: Cell, beside: Sequence[SettingsRow], *name: str | int
) -> list[tuple[str, str | None]]:
    """Return four answers with what is wrong with each, the key first; `beside` are all rows for the treatment."""
    if cell.decision is Decision.NOT_ALLOWED:
        return _forbidden(cell, beside)
    other = Decision.ALLOWED if cell.decision is Decision.WITH_SIGN_OFF else Decision.WITH_SIGN_OFF
    key = figures_of(cell.rows[0])
    found = _false_sets(cell, key, beside)
    told = "The row asks for a sign-off." if other is Decision.ALLOWED else "The row asks for no sign-off."
    if not found:
        wait = answer_words(course, cell, ("defer", pick(USUAL_DAYS, *name, "days")))
        texts = (settings_words(cell.decision, key), settings_words(other, key), ANSWERS["not_allowed"], wait)
        return list(zip(texts, (None, told, None, None), strict=True))
    wrong, off = pick(found, *name, "figures")
    # Every decision with every set of figures: none stands out by how often it appears.
    return [
        (settings_words(cell.decision, key), None),
        (settings_words(cell.decision, wrong), off),
        (settings_words(other, key), told),
        (settings_words(other, wrong), f"{told} {off}"),
    ]


def _forbidden(cell: Cell, beside: Sequence[SettingsRow]) -> list[tuple[str, str | None]]:
    """Return the answers where no technician treats: the nearest skin types' settings are the mistake."""
    near = next((row for row in _neighbours(cell, beside) if figures_of(row)), None)
    figures = figures_of(near) if near else {}
    off = _figures_for(near) if near else None
    return [
        (ANSWERS["not_allowed"], None),
        (settings_words(Decision.ALLOWED, figures), off),
        (settings_words(Decision.WITH_SIGN_OFF, figures), off),
        (ANSWERS["test_spot"], "A test spot opens no closed cell."),
    ]


def _false_sets(cell: Cell, key: Figures, beside: Sequence[SettingsRow]) -> list[tuple[Figures, str]]:
    """Return sets of figures that no row gives for the cell, each with what they are: neighbours', else computed."""
    said = {quantity: set(_of_authorities(cell.rows, quantity)) for quantity in key}
    near = [(figures_of(row), row) for row in _neighbours(cell, beside)]
    taken = [(figures, _figures_for(row)) for figures, row in near if _is_mistake(figures, key, said)]
    return taken or list(_computed(key, said))


def _neighbours(cell: Cell, beside: Sequence[SettingsRow]) -> list[SettingsRow]:
    """Return the confirmed rows that let other skin types be treated, the nearest first."""
    apart = {
        row.id: max(row.skin_type_min - cell.skin_type, cell.skin_type - row.skin_type_max)
        for row in beside
        if row.standing is not Standing.DRAFT and row.decision is not Decision.NOT_ALLOWED
    }
    return sorted((row for row in beside if apart.get(row.id, 0) > 0), key=lambda row: apart[row.id])


def _is_mistake(figures: Figures, key: Figures, said: Mapping[str, set[Decimal]]) -> bool:
    """Say whether another row's figures speak of the same quantities, are false here, and do not hold the key's."""
    if figures.keys() != key.keys():
        return False
    holds = all(spans.inside(key[quantity], span) for quantity, span in figures.items())
    return not holds and any(_is_false(span, key[quantity], said[quantity]) for quantity, span in figures.items())


def _computed(key: Figures, said: Mapping[str, set[Decimal]]) -> Iterator[tuple[Figures, str]]:
    """Yield the key's figures with one of them moved up or down."""
    for quantity, span in key.items():
        for side in spans.computed(span):
            for moved in [one for one in side if _is_false(one, span, said[quantity])][:SLIPS]:
                yield {**key, quantity: moved}, f"The row gives {figure_words({quantity: span})}."


def _is_false(span: Span, key: Span, said: Iterable[Decimal]) -> bool:
    """Say whether a range is outside the row's, and holds no figure that another authority gives."""
    return not spans.inside(span, key) and not any(span[0] <= figure <= span[1] for figure in said)


def _of_authorities(rows: Iterable[SettingsRow], quantity: str) -> Iterator[Decimal]:
    """Yield the figures of a quantity in the rows' `conflict`: they are contested, not wrong."""
    for row in rows:
        yield from figures_said(row.conflict or "", QUANTITIES[quantity][1])


def _figures_for(row: SettingsRow) -> str:
    return f"These are the figures for {wording.skin_types(row)}."
