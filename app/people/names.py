"""Names, e-mail addresses and reasons that people give, as they are stored."""

import re

from app.errors import RefusedError

EMAIL = re.compile(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f.]+")


def clean_email(email: str) -> str:
    """Return an e-mail address as it is stored; RefusedError when it is none."""
    email = email.strip().lower()
    if len(email) > 254 or not EMAIL.fullmatch(email):
        raise RefusedError("Enter an e-mail address such as ann@clinic.example.")
    return email


def clean_name(name: str) -> str:
    """Return a person's or place's name with single spaces; RefusedError when empty, long or unprintable."""
    name = " ".join(name.split())
    if not name or len(name) > 120 or not name.isprintable():
        raise RefusedError("Enter a name of 1 to 120 letters.")
    return name


def clean_reason(reason: str, *, what: str = "") -> str:
    """Return a reason with single spaces; RefusedError, told after `what`, when short, long or unprintable."""
    reason = " ".join(reason.split())
    if not 3 <= len(reason) <= 500 or not reason.isprintable():
        raise RefusedError(f"{what}Give the reason in 3 to 500 characters.")
    return reason
