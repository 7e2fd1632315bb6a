"""Forms: their base in the house's words, what every field refuses, and where a service's refusal is shown."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import abort, request
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length, StopValidation

from app.errors import NotFoundError, RefusedError

ID = re.compile(r"[1-9][0-9]{0,17}")
PAGE = re.compile(r"[1-9][0-9]{0,5}")
FROM_THE_LIST = "Choose from the list."
CHOOSE = ("", "Choose the reason")  # first in a list of reasons, so that none is given by a slip
ODD_TEXT = "This holds a character that cannot be shown. Type it anew instead of pasting it."
# An address as a phone's keyboard types it: with @ at hand, no capital letter, nothing corrected.
EMAIL_KEYS = {"inputmode": "email", "autocapitalize": "none", "spellcheck": "false"}
# What WTForms says by itself, as we say it.
WORDS = {
    "Not a valid choice.": FROM_THE_LIST,
    "Invalid Choice: could not coerce.": FROM_THE_LIST,
    "Invalid choice(s): one or more data inputs could not be coerced.": FROM_THE_LIST,
    "'%(value)s' is not a valid choice for this field.": FROM_THE_LIST,
    "'%(value)s' are not valid choices for this field.": FROM_THE_LIST,
    "Not a valid date value.": "Enter a day such as 2026-11-22.",
}


class HouseWords:
    """WTForms' own sentences, told so that a person knows what to enter."""

    def gettext(self, sentence: str) -> str:
        """Return the house's sentence, or WTForms' where the house has none."""
        return WORDS.get(sentence, sentence)

    def ngettext(self, one: str, several: str, number: int) -> str:
        """Return the sentence for a number of things."""
        return self.gettext(one if number == 1 else several)


class HouseForm(FlaskForm):
    """A form whose every error says what to enter."""

    class Meta:
        """How WTForms finds its words."""

        def get_translations(self, _form: Any) -> HouseWords:
            """Return the house's words."""
            return HouseWords()


def tidy(text: str | None) -> str:
    """Return a text with single spaces and none at its ends; a filter of text fields."""
    return " ".join((text or "").split())


def plain(_form: Any, field: Any) -> None:
    """Refuse a tidied text with a character that cannot be shown: control characters, marks that turn the reading."""
    if not (field.data or "").isprintable():
        raise StopValidation(ODD_TEXT)


def words_field(
    label: str, asks: str = "Give the reason", least: int = 3, most: int = 500, *, one_line: bool = False
) -> StringField:
    """Return a field for words of one's own; empty, too short or too long it says what it `asks`, and how much."""
    told = f"{asks} in {least} to {most} characters."
    kind = StringField if one_line else TextAreaField
    return kind(label, [InputRequired(told), plain, Length(min=least, max=most, message=told)], filters=[tidy])


def judged_by(rule: Callable[[str], object]) -> Callable[[Any, Any], None]:
    """Return a validator that asks the service's own rule, so that its sentence stands beside the field."""

    def judge(_form: Any, field: Any) -> None:
        try:
            rule(field.data or "")
        except RefusedError as refusal:
            raise StopValidation(str(refusal)) from refusal

    return judge


def row_id(value: Any) -> int:
    """Return a row's id from a form; ValueError for anything that no database would hold."""
    if not ID.fullmatch(str(value)):
        raise ValueError("an id is a whole number from 1 on")
    return int(value)


def asked_id(name: str) -> int | None:
    """Return a row's id from the address, None where it is left out; what is no id is not found."""
    value = request.args.get(name, "")
    if value and not ID.fullmatch(value):
        raise NotFoundError
    return int(value) if value else None


def asked_page() -> int:
    """Return which page of a list the address asks for, from 1; what is no page is not found."""
    value = request.args.get("page") or "1"
    if not PAGE.fullmatch(value):
        raise NotFoundError
    return int(value)


def asked_text(name: str, *, longest: int = 120) -> str:
    """Return a search text from the address; one that nobody can type is a bad request."""
    text = tidy(request.args.get(name))
    if len(text) > longest or not text.isprintable():
        abort(400)
    return text


def refuse(form: FlaskForm, sentence: str) -> None:
    """Add a sentence to the errors of a whole form."""
    form.form_errors.append(sentence)


@contextmanager
def refusals_in(form: FlaskForm) -> Iterator[None]:
    """Show what a service refuses as an error of the form; the transaction inside is rolled back."""
    try:
        yield
    except RefusedError as refusal:
        refuse(form, str(refusal))
