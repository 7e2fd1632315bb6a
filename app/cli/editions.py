"""Commands about editions of courses: publish, changes and sign, over the same services as the pages."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import click
from sqlalchemy.orm import Session

from app import clock
from app.cli import support
from app.cli.courses import FORMATS, load
from app.clock import day_in
from app.content.compare import Change
from app.people import queries as people
from app.people.permissions import Actor
from app.releases import comparing, service
from app.releases import queries as releases
from app.releases.comparing import Confirmed
from app.releases.freeze import freeze
from app.releases.impact import Impact
from app.releases.models import Release
from app.reports import releases as reports

AUTHOR = click.option("--as", "email", required=True, metavar="EMAIL", help="Who acts: an author or administrator.")
READER = click.option("--as", "email", required=True, metavar="EMAIL", help="Who reads: anybody who sees releases.")


@click.command()
@click.argument("path")
@AUTHOR
@click.option("--reason", metavar="TEXT", help="Confirm every change as it is classed, with this reason.")
def publish(path: str, email: str, reason: str | None) -> None:
    """Freeze a checked course as a release, unsigned, and tell what changed against the one in force."""
    database = support.ready_database(support.settings())
    with database.session() as session:
        author = people.person_by_email(session, email)
    click.echo("Checking and rendering ...", err=True)
    frozen = freeze(load(path, "text"))
    with database.transaction() as session:
        release = service.publish(session, actor=author, frozen=frozen, now=clock.now())
        signed = releases.signatures(session, [release.id]).get(release.id, ())
        found = comparing.comparison(session, release, signed)
        if reason is not None:
            told = {change.digest: (change.change_class.value, reason) for change in found.changes}
            service.confirm_changes(session, actor=author, release_id=release.id, told=told, now=clock.now())
            _count(session, author, release.id)
    click.echo(f"Release {release.id}: {release.title}, edition {release.edition}, {release.content_hash}")
    if signed:
        click.echo(f"Nothing is new: exactly this content was signed by {signed[0].name}.")
        return
    for change in found.changes:
        click.echo(_as_text(change, None))
    if found.changes and reason is None:
        click.echo(
            f"Confirm the class of each of these {len(found.changes)} changes on the release's page, or --reason."
        )
    click.echo("It is unsigned: a medical director signs it with `fluence courses sign`, or on its page.")


@click.command()
@click.argument("release", type=click.IntRange(1, 2**53))
@READER
@click.option("--format", "output", type=FORMATS, default="text", show_default=True)
def changes(release: int, email: str, output: str) -> None:
    """Print what changed in a RELEASE, each change with its class and reason, and what rests on them now."""
    with support.ready_database(support.settings()).snapshot() as session:
        actor = people.person_by_email(session, email)
        read = reports.read_review(session, actor.organisation_id, release)
        _, impact = _impact(session, actor, release)
    if output == "json":
        told = [_as_json(change, read.confirmed.get(change.digest)) for change in read.changes]
        click.echo(json.dumps({"changes": told, "impact": impact.as_values()}, indent=2, ensure_ascii=False))
        return
    for change in read.changes:
        click.echo(_as_text(change, read.confirmed.get(change.digest)))
    click.echo(_rests(impact) if read.changes else _nothing(read.base))


@click.command("sign")
@click.argument("release", type=click.IntRange(1, 2**53))
@click.option("--as", "email", required=True, metavar="EMAIL", help="The medical director who signs.")
@click.option("--confirm-all", is_flag=True, help="Confirm every protocol row that is listed without being asked.")
def sign_release(release: int, email: str, *, confirm_all: bool) -> None:
    """Sign a RELEASE: each protocol row is asked, then the password is read from standard input."""
    database = support.ready_database(support.settings())
    with database.snapshot() as session:
        director = people.person_by_email(session, email)
        rows = releases.get_release(session, director.organisation_id, release).manifest["protocol"]
        found, impact = _impact(session, director, release)
        confirmed = comparing.confirmed_changes(session, director.organisation_id, release)
    _confirm(rows, asked=not confirm_all)
    if found.changes:
        click.echo(f"It changes {len(found.changes)} pieces of the release in force. {_rests(impact)}")
    click.echo(f"It means: {service.MEANING}. Type your password, or press Ctrl-C to sign nothing.", err=True)
    password = sys.stdin.readline().rstrip("\r\n")
    with database.transaction() as session:
        reports.sign(
            session,
            actor=director,
            release_id=release,
            password=password,
            confirmed_rows=[row["row"] for row in rows],
            seen=comparing.seen_digest(found, confirmed, impact),
            day=_today(session, director),
            now=clock.now(),
        )
    click.echo(f"Release {release} is signed.")


def _confirm(rows: Sequence[Mapping[str, str]], *, asked: bool) -> None:
    """List the protocol rows and have each confirmed; one that is not ends it, and nothing is signed."""
    for number, row in enumerate(rows, start=1):
        title = row["title"].rstrip(".")
        click.echo(f"{number} of {len(rows)}. {row['row']}: {title}. {row['text']}")
        if asked and not click.confirm("Is this your protocol?"):
            raise click.ClickException(f"{row['row']} is not confirmed, so nothing is signed; its author changes it")
    if rows:
        click.echo(f"Your signature confirms each of these {len(rows)} protocol rows.")


def _impact(session: Session, actor: Actor, release_id: int) -> tuple[comparing.Comparison, Impact]:
    return reports.impact_now(
        session,
        organisation_id=actor.organisation_id,
        release_id=release_id,
        day=_today(session, actor),
        now=clock.now(),
    )


def _count(session: Session, actor: Actor, release_id: int) -> None:
    reports.count_impact(session, actor=actor, release_id=release_id, day=_today(session, actor), now=clock.now())


def _today(session: Session, actor: Actor) -> date:
    return day_in(people.get_organisation(session, actor.organisation_id).time_zone, clock.now())


def _nothing(base: Release | None) -> str:
    if base is None:
        return "No release of this course was signed before this one: there is nothing to compare it with."
    return f"Nothing changed since edition {base.edition} (release {base.id})."


def _rests(impact: Impact) -> str:
    told = ", ".join(f"{number} {name}" for name, number in impact.counts.items())
    return f"Rest on the changes: {told}."


def _as_text(change: Change, confirmed: Confirmed | None) -> str:
    what = "new" if change.added else "removed" if change.removed else ", ".join(_fields(change))
    given = f"\n   {confirmed.reason} ({confirmed.name})" if confirmed else ""
    return f"{confirmed.change_class if confirmed else change.change_class} {change.key}: {what}{given}"


def _fields(change: Change) -> list[str]:
    return [
        f"{one.name} {one.before} → {one.after}" if len(f"{one.before}{one.after}") <= 80 else f"{one.name} changed"
        for one in change.fields
        if one.changed
    ]


def _as_json(change: Change, confirmed: Confirmed | None) -> dict[str, Any]:
    return {
        "key": change.key,
        "title": change.title,
        "class": confirmed.change_class if confirmed else change.change_class.value,
        "proposed": change.change_class.value,
        "reason": confirmed.reason if confirmed else None,
        "confirmed_by": confirmed.name if confirmed else None,
        "added": change.added,
        "removed": change.removed,
        "fields": [
            {"name": one.name, "before": one.before, "after": one.after} for one in change.fields if one.changed
        ],
    }
