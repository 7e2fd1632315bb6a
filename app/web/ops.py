"""What a machine asks: is the process alive, and can it serve."""

from typing import Any

from flask import Blueprint
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.db import is_migrated
from app.web.access import database, public

bp = Blueprint("ops", __name__)


@bp.get("/healthz")
@public
def alive() -> Any:
    """Say that the process answers."""
    return {"status": "ok"}


@bp.get("/readyz")
@public
def ready() -> Any:
    """Say whether the database answers and stands at the newest revision."""
    try:
        with database().connection() as connection:
            connection.execute(select(1))
        migrated = is_migrated(database().engine)
    except SQLAlchemyError:
        return {"status": "unready", "why": "the database does not answer"}, 503
    if not migrated:
        return {"status": "unready", "why": "the database is not migrated: run `fluence db upgrade`"}, 503
    return {"status": "ok"}
