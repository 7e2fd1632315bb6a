"""Pages: thin views, forms, access; the only room that knows both Flask and people's tasks."""

import secrets
import time
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, abort, g, request, url_for
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter

from app.db import Database
from app.exams import case_news
from app.learning.sniffing import LARGEST_FILE
from app.people.limits import Limits
from app.people.permissions import Action
from app.web import (
    access,
    accommodations,
    account,
    appeals,
    appointments,
    assignments,
    board,
    breaks,
    bulk_changes,
    cases,
    courses,
    editions,
    errors,
    evidence,
    exams,
    home,
    interlocks,
    life,
    networks,
    ops,
    outside,
    people,
    practice,
    proctoring,
    recall_tasks,
    recalls,
    records,
    refresher,
    release_changes,
    releases,
    results,
    scope,
    sign_offs,
    sittings,
    statistics,
    submitting,
    technician_practice,
    technicians,
    tokens,
    verify,
)
from app.web.frame import HEADERS, OURSELVES, make_app
from app.web.turns import Turns
from config import Settings

LARGEST_REQUEST = 256 * 1024
# Pages that take a file, from who is signed in: the file, and the form around it.
UPLOADS = {"outside.add_own": LARGEST_FILE + LARGEST_REQUEST, "outside.add": LARGEST_FILE + LARGEST_REQUEST}
PLACES: tuple[tuple[str, str, Action | None, str], ...] = (
    ("Home", "home.show", Action.LEARN, "home recall_tasks"),
    ("Refresher", "refresher.show", Action.LEARN, "refresher"),
    (
        "Team",
        "board.show",
        Action.SEE_BOARD,
        "board technicians accommodations sittings life bulk_changes records technician_practice",
    ),
    ("Scope", "scope.show", Action.SEE_BOARD, "scope interlocks"),
    ("Practice", "practice.show", Action.LEARN, "practice"),
    ("Sign-offs", "sign_offs.show", Action.SIGN_OFF, "sign_offs proctoring"),
    ("People", "people.show", Action.MANAGE_PEOPLE, "people networks tokens"),
    ("Assign", "assignments.new", Action.ASSIGN, "assignments"),
    ("Courses", "editions.courses", None, "editions courses exams results"),
    ("Evaluators", "appointments.show", Action.APPOINT_EVALUATOR, "appointments"),
    ("Releases", "releases.show", Action.SEE_RELEASES, "releases release_changes"),
    ("Recalls", "recalls.show", Action.SEE_BOARD, "recalls"),
    ("From outside", "outside.waiting", Action.DECIDE_EVIDENCE, "outside"),
    ("Cases", "cases.show", Action.SEE_CASES, "cases appeals"),
    ("Statistics", "statistics.show", Action.SEE_STATISTICS, "statistics"),
    ("Evidence", "evidence.show", Action.EXPORT, "evidence"),
)
log = structlog.get_logger()


class IdConverter(BaseConverter):
    """A row's id in a URL: ASCII digits that fit every database's integers."""

    regex = r"[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        """Return the number."""
        return int(value)


class PlaceConverter(IdConverter):
    """An item's place in a paper: PostgreSQL's integer columns would fail over more digits, not find nothing."""

    regex = r"[1-9][0-9]{0,3}"


def create(settings: Settings, database: Database) -> Flask:
    """Return the application with its pages over a database."""
    app = make_app()
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="__Host-fluence" if settings.secure_cookies else "fluence",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # a token lives as long as its session: an exam must not outlast it
        WTF_CSRF_SSL_STRICT=False,  # SameSite and the token decide; some proxies strip the referrer
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        BASE_URL=settings.base_url,
        EVIDENCE_PATH=settings.evidence_path,
        TRUSTED_HOSTS=[str(urlsplit(settings.base_url).hostname), *OURSELVES],
    )
    app.extensions["fluence.database"] = database
    app.extensions["fluence.limits"] = Limits(database.engine)
    app.url_map.converters |= {"id": IdConverter, "place": PlaceConverter}
    _take_files(app)
    _watch(app, settings)  # first, so that what is refused before its view has a request id too
    CSRFProtect(app)
    access.init(app)
    errors.init(app)
    _add_globals(app, demo=settings.demo)
    for module in (accommodations, appeals, breaks, cases):
        app.register_blueprint(module.bp)
    for module in (account, assignments, board, courses, editions, evidence, exams, home, ops, people):
        app.register_blueprint(module.bp)
    for module in (outside, records, verify):
        app.register_blueprint(module.bp)
    for module in (networks, proctoring, refresher, release_changes, releases, results, scope, sign_offs, sittings):
        app.register_blueprint(module.bp)
    for module in (appointments, bulk_changes, interlocks, life, practice, recall_tasks, recalls, statistics):
        app.register_blueprint(module.bp)
    for module in (submitting, technician_practice, technicians, tokens):
        app.register_blueprint(module.bp)
    setattr(app.view_functions["static"], "access", access.PUBLIC)  # noqa: B010  Flask's own view, typed without it
    app.wsgi_app = Turns(app.wsgi_app)  # type: ignore[assignment, method-assign]  # WSGI passes both by place
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def _take_files(app: Flask) -> None:
    @app.before_request
    def take() -> None:
        # Before anybody reads the form; a stranger's large request is refused unread.
        if request.endpoint in UPLOADS and access.signed_in():
            request.max_content_length = UPLOADS[request.endpoint]


def _add_globals(app: Flask, *, demo: bool) -> None:
    @app.context_processor
    def everywhere() -> dict[str, Any]:
        visitor = access.signed_in()
        if visitor is None:
            return {"visitor": None, "nav": [], "demo": demo or g.get("demo", False)}
        return {
            "visitor": {
                "name": visitor.person.name,
                "initials": "".join(word[0] for word in visitor.person.name.split()[:2]).upper(),
                "role_label": visitor.role_label,
                "account_url": url_for("account.show"),
                "sign_out_url": url_for("account.leave"),
            },
            "nav": [
                {
                    "label": label,
                    "href": url_for(endpoint),
                    "current": request.blueprint in owners.split(),
                    "count": _waiting(visitor) if endpoint == "cases.show" else 0,
                }
                for label, endpoint, action, owners in PLACES
                if action is None or visitor.actor.can(action)
            ],
            "demo": demo or visitor.person.is_demo or g.get("demo", False),
        }


def _waiting(visitor: access.Visitor) -> int:
    """Return how many cases and appeals wait for somebody; the page of an error does not ask again."""
    if "waiting" not in g:
        g.waiting, counted = 0, visitor.person.beside
        if counted:
            g.waiting = case_news.of_these(visitor.actor, counted)
        else:
            with access.reading() as found:
                g.waiting = case_news.waiting(found, visitor.actor)
    return int(g.waiting)


def _watch(app: Flask, settings: Settings) -> None:
    @app.before_request
    def begin() -> None:
        g.began, g.request_id = time.perf_counter(), secrets.token_hex(8)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.before_request
    def refuse_nul() -> None:
        # PostgreSQL stores no NUL, and nobody types one.
        typed = chain([request.path], request.args.values(), *request.form.listvalues())
        if any("\0" in value for value in typed):
            abort(400)

    @app.after_request
    def finish(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)  # a file that somebody uploaded has a stricter policy
        response.headers["X-Request-Id"] = g.get("request_id", "")
        if settings.secure_cookies:
            response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        if request.endpoint != "static" or response.status_code == 404:
            response.headers.setdefault("Cache-Control", "no-store")
        log.info(
            "request",
            method=request.method,
            route=str(request.url_rule) if request.url_rule else None,
            status=response.status_code,
            ms=round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1),
        )
        return response
