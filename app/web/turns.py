"""Whose turn it is in a process: a save goes first; everything else waits a moment for it, and comes one by one.

Python runs one thread at a time. Pages that are made side by side make each other late, and the saves between them
most of all: who has chosen an answer waits to see that it is kept.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Condition
from time import monotonic
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

SAVE = re.compile(r"/attempts/[0-9]+/items/[0-9]+")
PATIENCE_SECONDS = 0.05  # a page waits no longer: behind a slow one, or many saves, it comes along with them
LASTS_SECONDS = 0.25  # a turn is over after this: who takes long, as to send a form, holds up nobody who comes later


class Turns:
    """A WSGI application in which saves go first; what is streamed afterwards holds nobody up."""

    def __init__(
        self, application: WSGIApplication, *, patience: float = PATIENCE_SECONDS, lasts: float = LASTS_SECONDS
    ) -> None:
        """Wrap an application; a page waits `patience` seconds for its turn, and a turn `lasts` so many."""
        self._application, self._patience, self._lasts = application, patience, lasts
        self._free = Condition()
        self._begun: dict[object, float] = {}

    def __call__(self, asked: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request when it is its turn."""
        saves = asked["REQUEST_METHOD"] == "POST" and SAVE.fullmatch(asked.get("PATH_INFO", ""))
        with self._turn(waits=not saves):
            return self._application(asked, start_response)

    @contextmanager
    def _turn(self, *, waits: bool) -> Iterator[None]:
        mine = object()
        with self._free:
            if waits:
                self._free.wait_for(self._is_free, self._patience)
            self._begun[mine] = monotonic()
        try:
            yield
        finally:
            with self._free:
                del self._begun[mine]
                self._free.notify()

    def _is_free(self) -> bool:
        return all(began < monotonic() - self._lasts for began in self._begun.values())
