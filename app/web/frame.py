"""What every page of the house is served with: templates that refuse a missing value, headers, static addresses."""

import hashlib
from pathlib import Path

from flask import Flask
from jinja2 import StrictUndefined

ROOT = Path(__file__).resolve().parent.parent.parent
OURSELVES = ("localhost", "127.0.0.1")  # this machine itself: a health check, an author's preview
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def make_app() -> Flask:
    """Return an application that has the house's templates and static files, and no page yet."""
    app = Flask("app", root_path=str(ROOT / "app"), template_folder=str(ROOT / "templates"), static_folder="static")
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 31_536_000
    addresses: dict[str, str] = {}

    def static_url(path: str) -> str:
        """Return a static file's address with its content's hash, so that browsers may keep it for ever."""
        if path not in addresses:
            digest = hashlib.sha256((ROOT / "app" / "static" / path).read_bytes()).hexdigest()[:12]
            addresses[path] = f"/static/{path}?v={digest}"
        return addresses[path]

    app.jinja_env.globals["static_url"] = static_url
    return app
