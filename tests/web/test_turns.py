"""Whose turn it is: a save never waits, a page waits for saves and for another page, and never for long."""

from collections.abc import Iterable, Iterator
from threading import Event, Thread
from time import sleep
from typing import Any

import pytest

from app.web.turns import Turns

FOR_EVER, AT_ONCE = 60.0, 0.0
SAVE, PAGE = ("POST", "/attempts/7/items/3"), ("GET", "/attempts/7/items/3")
SOON = 0.2  # long enough for a thread that does not wait to come in


class Answering:
    """An application whose every request stays until it is let go."""

    def __init__(self) -> None:
        self.inside: dict[str, Event] = {}
        self.let_go: dict[str, Event] = {}
        self.threads: list[Thread] = []

    def __call__(self, environ: dict[str, Any], _start: Any) -> Iterable[bytes]:
        name = environ["name"]
        self.inside[name].set()
        assert self.let_go[name].wait(10)
        if environ.get("fails"):
            raise ValueError(name)
        return [name.encode()]

    def ask(self, turns: Turns, name: str, asked: tuple[str, str], **more: Any) -> Event:
        """Send a request in a thread of its own; return what is set once the application has it."""
        self.inside[name], self.let_go[name] = Event(), Event()
        environ = {"REQUEST_METHOD": asked[0], "PATH_INFO": asked[1], "name": name, **more}

        def send() -> None:
            try:
                list(turns(environ, lambda *_: lambda _: None))
            except ValueError:
                assert more["fails"]

        self.threads.append(Thread(target=send))
        self.threads[-1].start()
        return self.inside[name]


@pytest.fixture
def answering() -> Iterator[Answering]:
    """An application, all of whose requests are over in the end."""
    made = Answering()
    yield made
    for event in made.let_go.values():
        event.set()
    for thread in made.threads:
        thread.join(10)
        assert not thread.is_alive()


def test_a_save_waits_for_nothing(answering: Answering) -> None:
    turns = Turns(answering, patience=FOR_EVER, lasts=FOR_EVER)
    assert answering.ask(turns, "page", PAGE).wait(10)
    assert answering.ask(turns, "save", SAVE).wait(10)
    assert answering.ask(turns, "another save", SAVE).wait(10)


@pytest.mark.parametrize("first", [SAVE, PAGE])
def test_a_page_waits_for_a_save_and_for_another_page(answering: Answering, first: tuple[str, str]) -> None:
    turns = Turns(answering, patience=FOR_EVER, lasts=FOR_EVER)
    assert answering.ask(turns, "first", first).wait(10)
    inside = answering.ask(turns, "page", PAGE)
    assert not inside.wait(SOON)
    answering.let_go["first"].set()
    assert inside.wait(10)


def test_a_page_waits_until_the_last_save_is_over(answering: Answering) -> None:
    turns = Turns(answering, patience=FOR_EVER, lasts=FOR_EVER)
    for name in ("one", "two"):
        assert answering.ask(turns, name, SAVE).wait(10)
    inside = answering.ask(turns, "page", PAGE)
    answering.let_go["one"].set()
    assert not inside.wait(SOON)
    answering.let_go["two"].set()
    assert inside.wait(10)


def test_a_request_that_fails_gives_its_turn_on(answering: Answering) -> None:
    turns = Turns(answering, patience=FOR_EVER, lasts=FOR_EVER)
    for name, asked in (("save", SAVE), ("page", PAGE)):
        assert answering.ask(turns, name, asked, fails=True).wait(10)
        inside = answering.ask(turns, f"after the {name}", PAGE)
        answering.let_go[name].set()
        assert inside.wait(10)
        answering.let_go[f"after the {name}"].set()


@pytest.mark.parametrize("first", [SAVE, PAGE])
def test_a_page_does_not_wait_for_long(answering: Answering, first: tuple[str, str]) -> None:
    turns = Turns(answering, patience=AT_ONCE, lasts=FOR_EVER)
    assert answering.ask(turns, "first", first).wait(10)
    assert answering.ask(turns, "page", PAGE).wait(10)
    assert answering.ask(turns, "another page", PAGE).wait(10)


@pytest.mark.parametrize("first", [SAVE, PAGE])
def test_who_takes_long_holds_up_nobody_who_comes_later(answering: Answering, first: tuple[str, str]) -> None:
    turns = Turns(answering, patience=FOR_EVER, lasts=SOON)
    assert answering.ask(turns, "slow", first).wait(10)
    sleep(SOON)
    assert answering.ask(turns, "page", PAGE).wait(10)


@pytest.mark.parametrize("asked", [("POST", "/attempts/7/submit"), ("POST", "/attempts/7/items/3/flag"), PAGE])
def test_only_a_save_goes_first(answering: Answering, asked: tuple[str, str]) -> None:
    turns = Turns(answering, patience=FOR_EVER, lasts=FOR_EVER)
    assert answering.ask(turns, "page", PAGE).wait(10)
    assert not answering.ask(turns, "other", asked).wait(SOON)
