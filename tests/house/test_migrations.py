"""Migrations are numbered in one line, and lead on both engines to exactly the tables of the models."""

import re
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from flask import Flask

from app.db import MIGRATIONS, Base, UtcDateTime, alembic_config, upgrade

PERSON = "a person belongs to one organisation, and is found first"
PARENT = "belongs to one thing of one organisation, which is found first"
# Keys that do not begin with the organisation → why.
OTHER_KEYS = {
    "access_link(account_id)": PERSON,
    "account(email)": "a person signs in before anybody knows the organisation",
    "api_token(token_hash)": "a program is known by its token, before anybody knows the organisation",
    "attempt(account_id, course_id)": PERSON,
    "attempt(deadline_at)": "the worker closes what ran out, wherever it is",
    "certification(number)": "a stranger verifies a number, and knows no organisation",
    "certification_event(certification_id, attempt_id)": PARENT,
    "certification_event(certification_id, effective_on)": PARENT,
    "release_signature(release_id, account_id)": PARENT,
    "role_grant(account_id)": PERSON,
    "role_grant(account_id, clinic_id, role)": PERSON,
    "role_grant(account_id, role)": PERSON,
    "sign_in(account_id)": PERSON,
}
# A column named like an instant that is none → why.
NO_INSTANT = {"rate_window.expires_at": "seconds since 1970, as the limits library counts"}
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
    assert house.blueprints, "wiring the site loads every table"
    columns = [column for table in Base.metadata.sorted_tables for column in table.columns]
    instants = {str(column) for column in columns if isinstance(column.type, UtcDateTime)}
    days = {str(column) for column in columns if isinstance(column.type, sa.Date)}
    assert instants == {str(column) for column in columns if column.name.endswith("_at")} - set(NO_INSTANT)
    assert days == {str(column) for column in columns if column.name.endswith("_on")}


def test_what_belongs_to_an_organisation_is_found_by_it(house: Flask) -> None:
    assert house.blueprints, "wiring the site loads every table"
    keys = {
        f"{table}({', '.join(column.name for column in key.columns)})"
        for table in Base.metadata.sorted_tables
        if "organisation_id" in table.columns
        for key in (*table.indexes, *table.constraints)
        if isinstance(key, sa.Index | sa.UniqueConstraint)
        if next(iter(key.columns)).name != "organisation_id"
    }
    assert keys == set(OTHER_KEYS)
