"""Fluence: the rooms are wired together here, and nothing else happens."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

    from config import Settings


def create_app(settings: "Settings") -> "Flask":
    """Return the application for these settings; the database is opened at the first request."""
    # Imported here, so that `fluence courses check` and every other room load without Flask.
    from app import api, web  # noqa: PLC0415
    from app.db import Database  # noqa: PLC0415

    made = web.create(settings, Database(settings.database_url))
    api.init(made)
    return made


def create_preview(path: "Path") -> "Flask":
    """Return the preview of the course, or folder of courses, at a path; it needs no settings and no database."""
    from app.web import preview  # noqa: PLC0415

    return preview.create(path)
