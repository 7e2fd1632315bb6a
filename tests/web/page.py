"""A page as the tests read it: its words, links and forms, and the house style that every page keeps."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

# These speak to the person before they name the page; the title names it.
GREETED = ("Hello, ", "Welcome, ")
SELF_CLOSING = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "use"})
BLOCKS = frozenset({"dt", "dd", "p", "li", "td", "th", "div", "h1", "h2", "h3", "option", "label", "button"})
WORD = re.compile(r"\w+")
TOKEN = re.compile(r'(name=(\\?")csrf_token\2 value=\2)[^"\\]*')  # in a page, or in a page within JSON


@dataclass
class Form:
    """A form of a page: where it goes, how, and what it sends as it stands."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)


class Page(HTMLParser):
    """A parsed page: `title`, `lang`, `h1` (one text a heading), `links`, `forms`, and `text` without marks."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.title = ""
        self.lang: str | None = None
        self.h1: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.faults: list[str] = []
        self._open: list[str] = []
        self._text: list[str] = []
        self._select: tuple[str, bool] | None = None
        self.feed(source)
        self.close()
        self.text = " ".join("".join(self._text).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in SELF_CLOSING:
            self._open.append(tag)
        if tag == "html":
            self.lang = given.get("lang")
        if tag == "h1":
            self.h1.append("")
        if "id" in given:
            self.ids.append(given["id"])
        if "href" in given and tag == "a":
            self.links.append(given["href"])
        self._judge(tag, given)
        self._note_form(tag, given)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in SELF_CLOSING:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in SELF_CLOSING:
            return
        if tag in BLOCKS:
            self._text.append(" ")
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}> closes what is not open")

    def handle_data(self, data: str) -> None:
        if "title" in self._open and "svg" not in self._open:
            self.title += data
        if "h1" in self._open:
            self.h1[-1] += data
        if "head" not in self._open:
            self._text.append(data)

    def form(self, action: str) -> Form:
        """Return the page's form that goes somewhere."""
        return next(form for form in self.forms if form.action == action)

    def _judge(self, tag: str, given: dict[str, str]) -> None:
        if tag == "style" or "style" in given:
            self.faults.append(f"<{tag}> has a style of its own")
        if tag == "script" and not given.get("src"):
            self.faults.append("a script stands in the page")
        self.faults += [f"<{tag}> has {name}" for name in given if name.startswith("on")]
        self.faults += [f"{value} in <{tag}>" for value in given.values() if value.startswith("javascript:")]

    def _note_form(self, tag: str, given: dict[str, str]) -> None:
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get")))
        if "form" not in self._open:
            return
        sent = self.forms[-1].fields
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "select":
            self._select = (name, False)
        elif tag == "option" and self._select and ("selected" in given or not self._select[1]):
            sent[self._select[0]] = [value]
            self._select = (self._select[0], "selected" in given)
        elif tag == "textarea" and name:
            sent[name] = [""]
        elif tag == "input" and name and (given.get("type") not in ("radio", "checkbox") or "checked" in given):
            sent.setdefault(name, []).append(value)


def faults_of(page: Page) -> list[str]:
    """Return what a page does against the house style."""
    faults = list(page.faults)
    if page.lang != "en":
        faults.append(f"the page's language is {page.lang}")
    if len(page.h1) != 1:
        faults.append(f"{len(page.h1)} headings of the first rank: {page.h1}")
    elif not page.title.endswith(" – Fluence") or not _begins(page):
        faults.append(f"the title is {page.title!r} and the heading {page.h1[0]!r}")
    faults += [f"the id {one} stands twice" for one in set(page.ids) if page.ids.count(one) > 1]
    faults += [
        f"the form to {form.action or 'itself'} has no token"
        for form in page.forms
        if form.method == "post" and "csrf_token" not in form.fields
    ]
    return faults


def scrubbed(text: str) -> str:
    """Return a page without what differs each time: its forms' tokens."""
    return TOKEN.sub(r"\1", text)


def _begins(page: Page) -> bool:
    """Tell whether the title begins as the heading does; an item's heading is its stem, and its title the number."""
    title, heading = WORD.findall(page.title), WORD.findall(page.h1[0])
    return title[:1] in (heading[:1], ["Question"]) or page.h1[0].strip().startswith(GREETED)
