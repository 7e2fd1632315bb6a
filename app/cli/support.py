"""What every command needs: the settings of the environment, and a database that is ready."""

import os

import click
from sqlalchemy.exc import OperationalError

import config
from app.db import Database, is_migrated


def settings() -> config.Settings:
    """Return the settings of the environment."""
    return config.load(os.environ)


def ready_database(chosen: config.Settings) -> Database:
    """Return the database of the settings; refuse one that does not answer or is not migrated."""
    database = Database(chosen.database_url)
    try:
        migrated = is_migrated(database.engine)
    except OperationalError as error:
        raise click.ClickException(
            f"the database does not answer ({type(error.orig).__name__}); check FLUENCE_DATABASE_URL"
        ) from error
    if not migrated:
        raise click.ClickException("the database is not migrated; run `fluence db upgrade` first")
    return database
