"""Forms that are signed: whoever sends one types their password again, and who tries too often waits."""

from collections.abc import Mapping
from typing import Any

from wtforms import PasswordField
from wtforms.validators import InputRequired, Length

from app.people.passwords import LONGEST
from app.web.access import limits, visitor
from app.web.forms import HouseForm, refuse

PER_PERSON = "10 per 5 minutes"  # whoever found an open browser must not try passwords out
TOO_OFTEN = "Too many tries. Wait five minutes, then try again."


def password_field(asks: str = "Enter your password: it is your signature.") -> PasswordField:
    """Return the field of the password that signs a form."""
    return PasswordField("Your password", [InputRequired(asks), Length(max=LONGEST)])


class SignedForm(HouseForm):
    """A form with a `password` that a service checks; each filled-in one is a try, counted over all such forms."""

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        """Judge the fields, and whether there may be one more try."""
        if not super().validate(extra_validators):
            return False
        if limits().too_many(PER_PERSON, "signature", visitor().actor.account_id):
            refuse(self, TOO_OFTEN)
        return not self.errors
