"""Every error as a page or as JSON, in words that say what to do; no stack trace leaves the house."""

from traceback import extract_tb
from typing import Any

import structlog
from flask import Flask, current_app, g, jsonify, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from app.errors import NotFoundError, NotHereError, RefusedError, problem
from app.web.access import is_fetch, local_path

log = structlog.get_logger()

WORDS = {
    400: ("This request was not understood", "Something in it was missing or unreadable.", "Go back and try again."),
    401: ("Sign in first", "You are not signed in, or were signed out.", "Sign in and try again."),
    403: ("Not from here", "This is not done from where you are.", "What you saved before is kept."),
    404: ("There is no such page", "The address is wrong, or the page is not for you.", "Check the address."),
    405: (
        "This page cannot do that",
        "It was asked in a way that it does not answer.",
        "Go back and use the page's buttons.",
    ),
    408: ("This took too long", "The connection was too slow.", "Try again."),
    409: ("Not possible now", "", "Nothing was changed."),
    413: ("This is too large", "More was sent than this page takes.", "Send less, or a smaller file."),
    414: ("This address is too long", "The address holds more than this site reads.", "Go back and try again."),
    415: (
        "This kind of content is not read here",
        "It was sent in a form that this page does not read.",
        "Use the page's own form.",
    ),
    422: ("Something is missing", "A field was left empty or cannot be read.", "Go back and fill it in."),
    429: ("Too many tries", "You asked more often than this page allows.", "Wait a few minutes and try again."),
    500: (
        "Something went wrong on our side",
        "It is logged, and nothing of yours was half saved.",
        "Try again in a moment.",
    ),
    503: ("Not possible just now", "The database does not answer; nothing was changed.", "Try again in a moment."),
}


def answer(code: int, text: str = "", *, goto: str | None = None) -> tuple[Any, int]:
    """Return an error as JSON for a script, or as a page for a person."""
    title, usual, advice = WORDS.get(code, WORDS[400 if code < 500 else 500])
    if request.path.startswith("/api/"):  # what fails before its view, or is no address at all
        told = jsonify(problem(code, title, text or (f"{usual} {advice}" if code >= 500 else usual)))
        told.mimetype = "application/problem+json"
        return told, code
    if is_fetch():
        return {"error": text or f"{title}. {advice}", "goto": goto}, code
    back = local_path(_referrer_path()) if code == 409 else None
    error = {
        "code": code,
        "title": title,
        "text": text or usual,
        "advice": advice,
        "action": {"label": "Go back", "href": back} if back else {"label": "Go to the start page", "href": "/"},
        "request_id": g.get("request_id", "") if code >= 500 else "",
    }
    return render_template("errors/error.html", error=error), code


def _referrer_path() -> str | None:
    referrer = request.referrer or ""
    return referrer.removeprefix(request.host_url.rstrip("/")) if referrer.startswith(request.host_url) else None


def init(app: Flask) -> None:
    """Teach an application how to say no."""
    for kind, handler in (
        (NotHereError, _not_here),
        (RefusedError, _refused),
        (NotFoundError, _not_found),
        (CSRFError, _forged),
        (HTTPException, _http),
        (IntegrityError, _overtaken),
        (OperationalError, _unable),
        (Exception, _broken),
    ):
        app.register_error_handler(kind, handler)


def _refused(error: RefusedError) -> Any:
    return answer(409, str(error))


def _not_here(error: NotHereError) -> Any:
    return answer(403, str(error))


def _not_found(_error: NotFoundError) -> Any:
    return answer(404)


def _forged(_error: CSRFError) -> Any:
    return answer(400, "This form was open for too long, or in a browser that was signed out meanwhile.")


def _http(error: HTTPException) -> Any:
    body, code = answer(error.code or 500)
    response = current_app.make_response((body, code))
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(error.valid_methods or ())
    return response


def _overtaken(error: IntegrityError) -> Any:
    _log(error)
    return answer(409, "Somebody did the same at this moment. Go back, load the page again, and look first.")


def _unable(error: OperationalError) -> Any:
    _log(error)
    return answer(503)


def _broken(error: Exception) -> Any:
    _log(error)
    if current_app.config["PROPAGATE_EXCEPTIONS"]:
        raise error
    return answer(500)


def _log(error: Exception) -> None:
    """Log type and places, never the message: it may hold what a person typed."""
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in extract_tb(error.__traceback__)]
    log.error("request_failed", error=type(error).__name__, places=places[-12:])
