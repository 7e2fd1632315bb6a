"""Commands about exams: a paper as it was drawn, for an administrator or auditor."""

import json

import click

from app import clock
from app.cli import support
from app.exams import disclosure
from app.people import queries as people


@click.group()
def exams() -> None:
    """Look into exams."""


@exams.command()
@click.argument("attempt", type=click.IntRange(1, 2**53))
@click.option("--as", "email", required=True, metavar="EMAIL", help="Who reads it: an administrator or auditor.")
@click.option("--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def paper(attempt: int, email: str, output: str) -> None:
    """Print the paper of a closed ATTEMPT as drawn, with keys, facts and responses."""
    with support.ready_database(support.settings()).transaction() as session:
        reader = people.person_by_email(session, email)
        found = disclosure.read_paper(session, actor=reader, attempt_id=attempt, now=clock.now())
    click.echo(json.dumps(found, indent=2, ensure_ascii=False) if output == "json" else disclosure.as_text(found))
