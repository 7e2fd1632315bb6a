"""The `fluence` command: thin, over the same services as the pages."""

import sys

import click

import config
from app.cli import courses, demo, editions, exams, interchange, preview, site
from app.errors import NotFoundError, RefusedError


class Fluence(click.Group):
    """A command group that says what is wrong in one line, and exits with 1."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; a refusal or a wrong setting ends it without a stack trace."""
        try:
            return super().invoke(ctx)
        except (RefusedError, NotFoundError, config.SettingsError) as error:
            raise click.ClickException(str(error) or "there is no such thing") from error


@click.group(cls=Fluence)
def main() -> None:
    """Train and certify the technicians who treat people with cosmetic lasers."""


main.add_command(courses.courses)
courses.courses.add_command(preview.preview)
courses.courses.add_command(editions.publish)
courses.courses.add_command(editions.changes)
courses.courses.add_command(editions.sign_release)
courses.courses.add_command(interchange.import_items)
courses.courses.add_command(interchange.export_items)
main.add_command(exams.exams)
main.add_command(site.orgs)
main.add_command(site.database)
main.add_command(site.serve)
main.add_command(site.worker)
main.add_command(site.secret)
main.add_command(demo.demo)

if __name__ == "__main__":
    sys.exit(main())
