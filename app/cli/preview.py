"""`fluence courses preview`: a course as its trainees will see it, served to its author on this machine only."""

import logging
import socket
from contextlib import suppress
from pathlib import Path

import click
from werkzeug.serving import make_server

import config
from app import create_preview
from app.cli.site import check_port
from app.cli.support import is_loopback


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--host", envvar="HOST", default="127.0.0.1", show_default=True, help="An address of this machine.")
@click.option("--port", envvar="PORT", type=click.IntRange(1, 65_535), default=8010, show_default=True)
def preview(path: Path, host: str, port: int) -> None:
    """Show a course, or a folder of courses, in the browser; pages reload as files are saved."""
    if not is_loopback(host):
        raise click.ClickException(f"a preview is served on this machine only, on 127.0.0.1; leave out HOST {host}")
    named = f"[{host}]" if ":" in host else host  # as addresses write it
    site = create_preview(path)
    state = site.extensions["fluence.shelf"].state()
    if state.failure:
        raise click.UsageError(state.failure)
    check_port(config.Settings(host=host, port=port))
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    site.extensions["fluence.names"].add(host)
    # A socket of our own: werkzeug's would first ask the name server for the machine's name, and may wait for it long.
    taken = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    server = make_server(host, port, site, threaded=True, fd=taken.fileno())
    problems = len(state.problems)
    if problems:
        click.echo(f"{problems} problem{'' if problems == 1 else 's'}; the pages show them.", err=True)
    with suppress(KeyboardInterrupt):
        click.echo(f"Open http://{named}:{port} – it reloads as you save; stop with Ctrl-C.")
        server.serve_forever()
    click.echo("\nThe preview is stopped.")
