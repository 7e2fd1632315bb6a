"""Gunicorn, started from the settings: thread workers, graceful stop and reload."""

import gc
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from app import create_app
from app.log import configure
from config import Settings


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """A gunicorn whose every worker builds the application from the same settings."""

    def __init__(self, settings: Settings, *, workers: int) -> None:
        """Keep the settings; gunicorn reads its own from them in `load_config`."""
        self.settings, self.workers = settings, workers
        super().__init__()

    def load_config(self) -> None:
        """Tell gunicorn what the settings say."""
        chosen: dict[str, Any] = {
            "bind": f"{self.settings.host}:{self.settings.port}",
            "workers": self.workers,
            "threads": self.settings.threads,
            "worker_class": "gthread",
            "graceful_timeout": 30,
            "keepalive": 30,
            "loglevel": "warning",
            "control_socket_disable": True,
            "forwarded_allow_ips": "*" if self.settings.trusted_proxies else "127.0.0.1",
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Build the application in a worker."""
        configure(self.settings.log_level)
        site = create_app(self.settings)
        # All that is loaded by now stays for good: the collector need not walk through it between two requests.
        gc.collect()
        gc.freeze()
        return site


def run(settings: Settings, *, workers: int | None = None) -> None:
    """Serve until stopped; SIGHUP reloads, SIGTERM finishes what is under way."""
    Server(settings, workers=workers or settings.workers).run()
