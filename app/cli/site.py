"""Commands that run the site: serve, worker, database, organisations, a secret."""

import secrets
import socket

import click

import config
from app import clock
from app.cli import support
from app.cli.server import run
from app.people import queries, service


@click.command()
def secret() -> None:
    """Print a fresh value for FLUENCE_SECRET_KEY."""
    click.echo(secrets.token_urlsafe(48))


@click.group("db")
def database() -> None:
    """Look after the database."""


@database.command("upgrade")
def upgrade_database() -> None:
    """Migrate the database to the newest revision; a missing one is created."""
    support.migrate(support.settings())
    click.echo("The database stands at the newest revision.")


@click.group()
def orgs() -> None:
    """Look after organisations."""


@orgs.command("create")
@click.argument("name")
@click.option("--admin", required=True, metavar="EMAIL", help="Who administrates it; gets a link to set a password.")
@click.option("--admin-name", default="Administrator", show_default=True)
@click.option("--time-zone", default="UTC", show_default=True, help="Decides what today is, such as Europe/Zurich.")
def create_organisation(name: str, admin: str, admin_name: str, time_zone: str) -> None:
    """Create an organisation and print its administrator's link."""
    chosen = support.settings()
    with support.ready_database(chosen).transaction() as session:
        organisation, account, token = service.create_organisation(
            session,
            name=name,
            admin_email=admin,
            admin_name=admin_name,
            time_zone=time_zone,
            now=clock.now(),
            is_demo=False,
        )
    click.echo(f"{organisation.name} is created. {account.email} sets a password here, within 7 days:")
    click.echo(f"{chosen.base_url}/links/{token}")


@click.command()
def serve() -> None:
    """Serve the site for real: several workers, reload with SIGHUP."""
    chosen = support.settings()
    if chosen.secret_key is None:
        raise click.ClickException("FLUENCE_SECRET_KEY is not set; make one with `fluence secret` and keep it")
    opened = support.ready_database(chosen)
    with opened.session() as session:
        if queries.holds_demo(session):
            raise click.ClickException("this database holds the demo; serve another one (FLUENCE_DATABASE_URL)")
    opened.engine.dispose()  # the workers are forked: a connection that is open would be carried into each
    check_port(chosen)
    run(chosen)


@click.command()
def worker() -> None:
    """Run the jobs: every minute, record the attempts that ran out."""
    from app.worker import consume  # noqa: PLC0415  the queue's file is opened by this command only

    chosen = support.settings()
    support.ready_database(chosen)
    consume(chosen)


def check_port(chosen: config.Settings) -> None:
    """Refuse to start on a port that somebody else holds."""
    with socket.socket(socket.AF_INET6 if ":" in chosen.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((chosen.host, chosen.port))
        except OSError as error:
            raise click.ClickException(
                f"{chosen.host}:{chosen.port} cannot be used ({error.strerror}); "
                f"stop the other program, or choose another port: PORT={chosen.port + 1}"
            ) from error
