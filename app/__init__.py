"""Fluence: the rooms are wired together here, and nothing else happens."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from config import Settings


def create_app(settings: "Settings") -> "Flask":
    """Return the application for these settings; the database is opened at the first request."""
    # Imported here, so that `fluence courses check` and every other room load without Flask.
    from app import web  # noqa: PLC0415
    from app.db import Database  # noqa: PLC0415

    return web.create(settings, Database(settings.database_url))
