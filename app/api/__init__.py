"""JSON for other programs: thin, over the same reports as the pages; a token instead of a sign-in, no cookie."""

from flask import Flask

from app.api import scope


def init(app: Flask) -> None:
    """Add what other programs ask to an application that is wired already."""
    app.register_blueprint(scope.bp)
