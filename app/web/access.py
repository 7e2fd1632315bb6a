"""Who asks: the signed-in visitor, what a view requires, and the database behind the request."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, abort, current_app, flash, g, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.db import Database
from app.errors import RefusedError
from app.exams.case_news import waiting_beside
from app.exams.queries import is_sitting
from app.people import passwords, queries
from app.people.limits import Limits
from app.people.permissions import ROLE_LABELS, Action, Actor, Role

View = TypeVar("View", bound=Callable[..., Any])
# What these let somebody see tells keys. The stop button is not among them: it is never out of reach.
SHOWS_KEYS = frozenset(
    {
        Action.SEE_RELEASES,
        Action.PUBLISH_RELEASE,
        Action.SEE_CASES,
        Action.OPEN_CASE,
        Action.SIGN_CASE,
        Action.DECIDE_APPEAL,
        Action.SEE_STATISTICS,
        Action.EXPORT,
        Action.RECALL,
    }
)
SITTING = (
    "You are sitting an exam, and this page tells keys. Submit the exam first, then come back. "
    "To stop a release at once, open /releases/ followed by its number and /withdraw."
)
SIGNED_IN = "signed in"
PUBLIC = "public"
NO_STAFF = frozenset({PUBLIC, Action.LEARN.value})
SIGNED_OUT = "You were signed out: after some time without use, or everywhere at once. Sign in to go on where you were."


@dataclass(frozen=True, kw_only=True)
class Visitor(UserMixin):
    """A signed-in person as Flask-Login knows them; the id is the random token of this one sign-in."""

    token: str
    person: queries.Person

    def get_id(self) -> str:
        """Return what the session cookie holds."""
        return self.token

    @property
    def actor(self) -> Actor:
        """The person as services know them."""
        return self.person.actor

    @property
    def today(self) -> date:
        """The calendar day where the visitor's organisation is."""
        return clock.day_in(self.person.time_zone, now())

    @property
    def role_label(self) -> str:
        """The visitor's roles in words, the weightiest first."""
        held = {role for role, _ in self.actor.grants}
        return ", ".join(ROLE_LABELS[role] for role in reversed(Role) if role in held) or "No role yet"


def database() -> Database:
    """Return the application's database."""
    return cast("Database", current_app.extensions["fluence.database"])


def reading() -> AbstractContextManager[Session]:
    """Open a session for reading."""
    return database().session()


def transaction() -> AbstractContextManager[Session]:
    """Open the one transaction of a view that writes."""
    return database().transaction()


def single() -> AbstractContextManager[Session]:
    """Open the session of a view that writes one statement."""
    return database().single()


def limits() -> Limits:
    """Return the counters of what is rate-limited."""
    return cast("Limits", current_app.extensions["fluence.limits"])


def now() -> datetime:
    """Return the instant of this request: one for everything that it does."""
    if "now" not in g:
        g.now = clock.now()
    return cast("datetime", g.now)


def visitor() -> Visitor:
    """Return who is signed in; only for views that require somebody."""
    return cast("Visitor", current_user._get_current_object())  # noqa: SLF001  the proxy's documented way out


def signed_in() -> Visitor | None:
    """Return who is signed in, or None."""
    return visitor() if current_user.is_authenticated else None


def sign_in(token: str) -> None:
    """Begin the browser's session anew for a fresh sign-in token."""
    person = _person(token)
    if person is None:
        abort(401)
    session.clear()
    login_user(Visitor(token=token, person=person))


def _person(token: str) -> queries.Person | None:
    view = current_app.view_functions.get(request.endpoint or "")
    # Pages of those who learn, save and sit stay as short as they are; none of them shows what waits for staff.
    beside = () if getattr(view, "access", PUBLIC) in NO_STAFF else waiting_beside()
    with database().connection() as connection:
        return queries.signed_in_person(connection, passwords.token_hash(token), now=now(), beside=beside)


def sign_out() -> None:
    """Forget the browser's session."""
    logout_user()
    session.clear()


def public(view: View) -> View:
    """Let anybody see a page."""
    view.access = PUBLIC  # type: ignore[attr-defined]  # what the house test reads
    return view


def requires(action: Action | None = None) -> Callable[[View], View]:
    """Let only those see a page who may do this (None: whoever is signed in).

    A stranger is asked to sign in; who may not do it is told that there is no such page.
    """

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not current_user.is_authenticated:
                return _ask_to_sign_in()
            if action is not None and not visitor().actor.can(action):
                abort(404)
            if action in SHOWS_KEYS:
                _refuse_who_sits(visitor().actor)
            return view(*args, **kwargs)

        guarded.access = action.value if action else SIGNED_IN  # type: ignore[attr-defined]
        return cast("View", guarded)

    return mark


def _refuse_who_sits(actor: Actor) -> None:
    """Refuse a page that tells keys to somebody who is sitting an exam; only who learns as well is asked for."""
    if not actor.can(Action.LEARN):
        return
    with reading() as found:
        sits = is_sitting(found, actor.account_id, now())
    if sits:
        raise RefusedError(SITTING)


def fragment(template: str, **values: Any) -> str:
    """Return a part of a page for a script: without what only a whole page shows, such as who is signed in."""
    return current_app.jinja_env.get_template(template).render(values)


def is_fetch() -> bool:
    """Tell whether a script asked, and wants JSON."""
    return request.headers.get("X-Fluence") == "fragment"


def _ask_to_sign_in() -> Any:
    if is_fetch():
        return {
            "error": "You were signed out. Sign in again; what was saved is kept.",
            "goto": url_for("account.enter"),
        }, 401
    if session.pop("_user_id", None):  # the browser still holds a sign-in that counts no more
        flash(SIGNED_OUT, "info")
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("account.enter", next=target if target != "/" else None), 303)


def local_path(target: str | None) -> str | None:
    """Return a path of this site to go to, or None for anything that could lead elsewhere."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or "\\" in target:
        return None
    return target if target.isprintable() else None


def init(app: Flask) -> None:
    """Teach an application who its visitors are."""
    manager = LoginManager()
    manager.session_protection = None  # sign-ins are rows that can be ended; a guess by address adds nothing
    manager.init_app(app)

    @manager.user_loader
    def load(token: str) -> Visitor | None:
        try:
            person = _person(token)
        except SQLAlchemyError:
            g._login_user = manager.anonymous_user()  # noqa: SLF001  so that the page of the error asks no more
            raise
        return Visitor(token=token, person=person) if person else None


def go(endpoint: str, **values: Any) -> Response:
    """Redirect after a POST."""
    return redirect(url_for(endpoint, **values), 303)


def go_to(target: str | None) -> Response:
    """Redirect after a POST to a path of this site, or home when it is none."""
    return redirect(local_path(target) or url_for("home.show"), 303)
