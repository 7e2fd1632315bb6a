"""What every command needs: the settings of the environment, and a database that is ready."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

import click
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

import config
from app.db import Database, is_migrated, upgrade


def settings() -> config.Settings:
    """Return the settings of the environment."""
    return config.load(os.environ)


def ready_database(chosen: config.Settings) -> Database:
    """Return the database of the settings; refuse one that does not answer or is not migrated."""
    with plainly():
        database = Database(chosen.database_url)
        click.get_current_context().call_on_close(database.engine.dispose)
        migrated = is_migrated(database.engine)
    if not migrated:
        raise click.ClickException("the database is not migrated; run `fluence db upgrade` first")
    return database


def migrate(chosen: config.Settings) -> None:
    """Migrate the database of the settings to the newest revision; a missing one is created."""
    with plainly():
        upgrade(chosen.database_url)


@contextmanager
def plainly() -> Iterator[None]:
    """Tell in one line why a database cannot be used."""
    try:
        yield
    except OSError as error:
        raise click.ClickException(f"{error.filename} cannot be used: {error.strerror}") from error
    except CommandError as error:
        raise click.ClickException(f"this database was made by another version of Fluence ({error})") from error
    except DBAPIError as error:
        why = str(error.orig).strip().splitlines()[0]
        raise click.ClickException(
            f"the database cannot be used ({why}). Check FLUENCE_DATABASE_URL, or restore a backup"
        ) from error


def is_loopback(host: str) -> bool:
    """Say whether an address is one of this machine alone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
