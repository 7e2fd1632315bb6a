"""How facts read in an item: devices, procedures, skin types, figures with units, and when two texts are one."""

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal

from app.content.numerals import number_text
from app.content.values import Course, Range, SettingsRow

ROMAN = ("", "I", "II", "III", "IV", "V", "VI")
NOTICE = "Published range for teaching. The device's manual and your medical director's protocol decide."
DRAFT = "The row is a draft: nobody confirmed it, so it is never asked."
NEW_LINE = "  \n"  # Markdown's; what a stem tells stands above its last line, which asks
FIGURE = re.compile(r"[0-9]+(?:\.[0-9]+)?")

Span = tuple[Decimal, Decimal]


def number(value: Decimal) -> str:
    """Return the plain decimal digits of a number, without an exponent or a needless zero."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def exact_span(values: Range) -> Span:
    """Return a range as the decimals that its row spells."""
    return Decimal(repr(values.low)), Decimal(repr(values.high))


def span_text(values: Span, unit: str) -> str:
    """Return "30–60 J/cm²", or "10 ms" where both ends are the same."""
    low, high = number(values[0]), number(values[1])
    return f"{low} {unit}" if low == high else f"{low}–{high} {unit}"


def skin_types(row: SettingsRow) -> str:
    """Return "skin type III" or "skin types I–II"."""
    low, high = ROMAN[row.skin_type_min], ROMAN[row.skin_type_max]
    return f"skin type {low}" if low == high else f"skin types {low}–{high}"


def procedure_name(procedure: str) -> str:
    """Return a procedure's or phase's id as words; two ids never give the same words."""
    return procedure.replace("-", " ")


def device_name(course: Course, device: str) -> str:
    """Return a device's name with its wavelength in nm, unless the name states it already."""
    known = course.device_register.get(device)
    if known is None:
        return procedure_name(device)
    waves = (known.wavelength_min_nm, known.wavelength_max_nm)
    figures = [number_text(wave) for wave in dict.fromkeys(waves) if wave is not None]
    if set(figures) <= set(FIGURE.findall(known.name)):
        return known.name
    return f"{known.name} ({'–'.join(figures)} nm)"


def device_keys(course: Course) -> dict[str, str]:
    """Return for every device id the text that a reader tells devices apart by.

    Two ids may carry one name; a stem that names the device then speaks of both, and so must what is true.
    """
    used = {row.device for row in course.settings} | set(course.devices) | set(course.device_register)
    used |= {device for row in course.contraindications for device in row.applies_to}
    return {device: same(device_name(course, device)) for device in sorted(used)}


def same(text: str) -> str:
    """Return what two texts share when a reader takes them for the same: without case, space and punctuation."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(letter for letter in folded if unicodedata.category(letter)[0] not in "ZPC")
    return kept or folded


def sentence(text: str) -> str:
    """Return a text that ends as a sentence does."""
    stripped = text.strip()
    return stripped if stripped.endswith((".", "!", "?", "…", ":")) else f"{stripped}."


def joined(parts: Iterable[str | None]) -> str:
    """Return the parts that are given as sentences in a row."""
    return " ".join(sentence(part) for part in parts if part and part.strip())


def rows_named(facts: Iterable[str]) -> str:
    """Return "Fact: settings/set-004." or "Facts: …; …." for the end of a why."""
    names = list(facts)
    return f"{'Fact' if len(names) == 1 else 'Facts'}: {'; '.join(names)}."
