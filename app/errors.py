"""The ways in which a service says no, and how a program is told."""

from typing import Any


class RefusedError(Exception):
    """The act is not possible now; the message tells the person what to do next."""


class NotHereError(RefusedError):
    """The act is not possible from where the person is; elsewhere it is."""


class NotFoundError(Exception):
    """There is no such thing, or it is not yours: nobody learns which."""


def problem(status: int, title: str, detail: str) -> dict[str, Any]:
    """Return what a program is told of a refusal, as RFC 9457 names it: `detail` says what to do."""
    return {"title": title, "status": status, "detail": detail}
