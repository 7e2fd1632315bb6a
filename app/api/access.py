"""Who asks: the program behind a token, how often it may, and how it is told no."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Blueprint, Response, current_app, g, jsonify, request
from werkzeug.exceptions import HTTPException

from app import clock
from app.db import Database
from app.errors import NotFoundError, problem
from app.people import tokens
from app.people.limits import Limits
from app.people.tokens import Caller

View = TypeVar("View", bound=Callable[..., Any])
TOKEN = "token"  # noqa: S105  the name of what a view requires
# A front desk that asks at every click stays far below; a loop that went wild is slowed.
PER_TOKEN = "300 per minute"  # noqa: S105
WAIT_SECONDS = 60
NOT_FOUND = "There is no such clinic or technician, or this token may not read it. Check the ids."
SEND = "Send a token: Authorization: Bearer fluence_… An administrator makes one on the page /tokens."
WRONG = "This token is not known, or was revoked. Ask an administrator for a new one."


class RefusalError(Exception):
    """The request gets no answer; `detail` says what to change in it."""

    def __init__(self, status: int, title: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        """Keep what the program is told."""
        super().__init__(detail)
        self.status, self.title, self.detail, self.headers = status, title, detail, dict(headers or {})


def database() -> Database:
    """Return the application's database."""
    return cast("Database", current_app.extensions["fluence.database"])


def now() -> datetime:
    """Return the instant of this request: one for everything that it does."""
    if "now" not in g:
        g.now = clock.now()
    return cast("datetime", g.now)


def caller() -> Caller:
    """Return who asks; only for views that require a token."""
    return cast("Caller", g.caller)


def today() -> date:
    """Return the calendar day where the caller's organisation is."""
    return clock.day_in(caller().time_zone, now())


def with_token(view: View) -> View:
    """Answer only who sends a token that stands, and not more often than it may."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        g.caller = _caller()
        if cast("Limits", current_app.extensions["fluence.limits"]).too_many(PER_TOKEN, "api", caller().token_id):
            detail = f"This token may ask {PER_TOKEN}. Wait a minute, and use If-None-Match."
            raise RefusalError(429, "Too many requests", detail, {"Retry-After": str(WAIT_SECONDS)})
        if caller().last_used_on != today():
            with database().transaction() as changed:
                tokens.note_use(changed, token_id=caller().token_id, day=today())
        return view(*args, **kwargs)

    guarded.access = TOKEN  # type: ignore[attr-defined]  # what the house test reads
    return cast("View", guarded)


def _caller() -> Caller:
    sent = request.authorization
    if sent is None or sent.type != "bearer" or not sent.token:
        raise RefusalError(401, "A token is missing", SEND, {"WWW-Authenticate": 'Bearer realm="Fluence"'})
    with database().session() as found:
        known = tokens.caller(found, sent.token)
    if known is None:
        challenge = 'Bearer realm="Fluence", error="invalid_token"'
        raise RefusalError(401, "This token does not count", WRONG, {"WWW-Authenticate": challenge})
    return known


def _refused(error: RefusalError) -> Response:
    told = jsonify(problem(error.status, error.title, error.detail))
    told.status_code, told.mimetype = error.status, "application/problem+json"
    told.headers.update(error.headers)
    return told


def _not_found(_error: NotFoundError) -> Response:
    return _refused(RefusalError(404, "Not found", NOT_FOUND))


def _http(error: HTTPException) -> Response:
    return _refused(RefusalError(error.code or 500, error.name, error.description or error.name))


def new_blueprint(name: str) -> Blueprint:
    """Return a blueprint of the first version that says no to programs as these read it."""
    bp = Blueprint(name, __name__, url_prefix="/api/v1")
    bp.register_error_handler(RefusalError, _refused)
    bp.register_error_handler(NotFoundError, _not_found)
    bp.register_error_handler(HTTPException, _http)
    return bp
