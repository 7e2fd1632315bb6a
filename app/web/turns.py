"""Whose turn it is in a process: a save goes first; everything else waits a moment for it, and comes one by one.

Python runs one thread at a time. Pages that are made side by side make each other late, and the saves between them
most of all: who has chosen an answer waits to see that it is kept.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Condition
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

SAVE = re.compile(r"/attempts/[0-9]+/items/[0-9]+")
PATIENCE_SECONDS = 0.05  # a page waits no longer: behind a slow one, or many saves, it comes along with them


class Turns:
    """A WSGI application in which saves go first; what is streamed afterwards holds nobody up."""

    def __init__(self, application: WSGIApplication, *, patience: float = PATIENCE_SECONDS) -> None:
        """Wrap an application; `patience` is how many seconds a page waits for its turn."""
        self._application, self._patience = application, patience
        self._free = Condition()
        self._saves = self._pages = 0

    def __call__(self, asked: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request when it is its turn."""
        saves = asked["REQUEST_METHOD"] == "POST" and SAVE.fullmatch(asked["PATH_INFO"])
        with self._save() if saves else self._page():
            return self._application(asked, start_response)

    @contextmanager
    def _save(self) -> Iterator[None]:
        with self._free:
            self._saves += 1
        try:
            yield
        finally:
            with self._free:
                self._saves -= 1
                self._free.notify()

    @contextmanager
    def _page(self) -> Iterator[None]:
        with self._free:
            self._free.wait_for(lambda: not (self._saves or self._pages), self._patience)
            self._pages += 1
        try:
            yield
        finally:
            with self._free:
                self._pages -= 1
                self._free.notify()
