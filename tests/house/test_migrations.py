"""Migrations are numbered in one line, and lead on both engines to exactly the tables of the models."""

import re
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from flask import Flask

from app.db import MIGRATIONS, Base, UtcDateTime, alembic_config, upgrade

# Keys that know no organisation → why.
GLOBAL_KEYS: dict[str, str] = {}
VERSIONS = sorted((MIGRATIONS / "versions").glob("*.py"))


def test_migrations_are_numbered_without_a_gap() -> None:
    assert [path.name[:5] for path in VERSIONS] == [f"{number:04}_" for number in range(1, len(VERSIONS) + 1)]
    assert all(re.fullmatch(r"\d{4}_[a-z0-9_]+", path.stem) for path in VERSIONS)


def test_each_migration_follows_the_one_before() -> None:
    scripts = ScriptDirectory.from_config(alembic_config(""))
    line = list(scripts.walk_revisions())[::-1]
    assert scripts.get_heads() == [VERSIONS[-1].name[:4]]
    assert [revision.revision for revision in line] == [path.name[:4] for path in VERSIONS]
    assert [Path(revision.path) for revision in line] == VERSIONS


def test_the_migrated_database_is_what_the_models_say(database_url: str) -> None:
    command.check(alembic_config(database_url))


def test_migrating_again_changes_nothing(database_url: str) -> None:
    upgrade(database_url)
    command.check(alembic_config(database_url))


def test_a_dated_column_says_whether_it_is_an_instant_or_a_day(house: Flask) -> None:
    assert house and Base.metadata.tables, "wiring the site has loaded every table"
    columns = [column for table in Base.metadata.sorted_tables for column in table.columns]
    instants = {str(column) for column in columns if isinstance(column.type, UtcDateTime)}
    days = {str(column) for column in columns if isinstance(column.type, sa.Date)}
    assert instants == {str(column) for column in columns if column.name.endswith("_at")}
    assert days == {str(column) for column in columns if column.name.endswith("_on")}


def test_what_belongs_to_an_organisation_is_found_by_it(house: Flask) -> None:
    assert house
    keys = {
        f"{table}({', '.join(column.name for column in key.columns)})"
        for table in Base.metadata.sorted_tables
        if "organisation_id" in table.columns
        for key in (*table.indexes, *table.constraints)
        if isinstance(key, sa.Index | sa.UniqueConstraint)
        if next(iter(key.columns)).name != "organisation_id"
    }
    assert keys == set(GLOBAL_KEYS)
