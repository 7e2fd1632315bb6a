"""What the pages of acts on certifications say: whose, what stands, which cells, and what closes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for

from app.certification.holds import Brake
from app.certification.lifecycle import State, StateAsOf
from app.certification.queries import FINAL, Held
from app.certification.scope import Cell, GrantedCell
from app.content.values import Decision
from app.people.permissions import Action
from app.releases.manifest import procedure_name, span
from app.reports.closing import Closing
from app.web.access import visitor
from app.web.words import Context, cells_in_words, held_notes, sentence, short_day, status_of

CLOSES = ("suspend", "revoke")
HEADS = {"suspend": "Suspend", "reinstate": "Reinstate", "revoke": "Revoke"}
NO_GAP = "Each of its cells is on hold already, or somebody else may treat it at the same clinic."
NO_GAP_WITHOUT_CELLS = "It names no device itself, and what rests on it is covered by somebody else at the same clinic."
LEADS = {
    "suspend": "Nothing may be done under it until somebody reinstates it. It is told at once wherever it is checked.",
    "reinstate": "What is given back counts again from that day. Its dates stay as they were.",
    "revoke": "It never comes back. Who is to treat again is certified anew, under a new number.",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A certification that somebody is about to change: how it stands, and what that would close."""

    held: Held
    act: str
    state: StateAsOf
    standing: tuple[Brake, ...]
    closes: tuple[Closing, ...]

    @property
    def account_id(self) -> int:
        """Whose it is."""
        return self.held.certification.account_id

    @property
    def name(self) -> str:
        """The name on it."""
        return self.held.certification.name

    @property
    def title(self) -> str:
        """What it is called."""
        return str(self.held.certification.scheme["title"])

    @property
    def devices(self) -> Mapping[str, Mapping[str, Any]]:
        """The devices that its scheme names."""
        devices: Mapping[str, Mapping[str, Any]] = self.held.certification.scheme["devices"]
        return devices


def act_page(asked: Asked) -> Context:
    """Return the page that asks before it suspends, reinstates or revokes."""
    certification = asked.held.certification
    possible = asked.state.state not in FINAL and (asked.act != "reinstate" or bool(asked.standing))
    return {
        "act": asked.act,
        "title": f"{HEADS[asked.act]}: {asked.title}",
        "lead": LEADS[asked.act],
        "button": HEADS[asked.act],
        "possible": possible,
        "name": asked.name,
        "number": certification.number,
        "status": status_of(asked.state, visitor().today),
        "notes": held_notes(asked.state, asked.devices),
        "url": url_for("life.do", certification_id=certification.id, act=asked.act),
        "back_url": url_for("technicians.show", account_id=asked.account_id),
        "closes": closes_lines(asked.closes),
        "tells_closing": asked.act in CLOSES,
        "no_gap": NO_GAP if asked.state.cells else NO_GAP_WITHOUT_CELLS,
    }


def closes_lines(closes: Iterable[Closing]) -> list[Context]:
    """Return what nobody may treat any more, by clinic."""
    return [{"clinic": one.clinic, "words": cells_in_words(as_granted(one.cells), one.devices)} for one in closes]


def as_granted(cells: Iterable[Cell]) -> list[GrantedCell]:
    """Return cells as if they were granted: so that they are told in words."""
    return [GrantedCell(cell=cell, decision=Decision.ALLOWED) for cell in cells]


def cell_choices(asked: Asked) -> list[tuple[str, str]]:
    """Return the cells that an act may name; those on hold are what can be given back."""
    back = {one.cell for one in asked.state.back}
    cells = [one.cell for one in asked.state.cells if asked.act != "reinstate" or one.cell in back]
    return [(_key(cell), _cell(cell, asked.devices)) for cell in cells]


def cells_of_form(keys: Iterable[str] | None) -> list[Cell]:
    """Return the cells that a form names."""
    parts = (key.split("|") for key in keys or ())
    return [Cell(procedure=one[0], device=one[1], skin_type=int(one[2])) for one in parts]


def suspension_choices(asked: Asked) -> list[tuple[int, str]]:
    """Return the suspensions that stand, each with what it holds, since when and why."""
    return [(one.event_id, _suspension(one, asked)) for one in asked.standing if one.event_id is not None]


def act_links(certification_id: int, state: StateAsOf, *, on_hold: bool) -> list[Context]:
    """Return the acts that are possible on a certification, for who may do them."""
    if state.state in (*FINAL, State.NONE) or not visitor().actor.can(Action.CHANGE_CERTIFICATION):
        return []
    acts = ["suspend", *(["reinstate"] if on_hold else []), "revoke"]
    return [
        {"label": HEADS[one], "href": url_for("life.ask", certification_id=certification_id, act=one)} for one in acts
    ]


def _suspension(one: Brake, asked: Asked) -> str:
    cells = [each for each in asked.state.cells if one.holds(each.cell)]
    what = "The whole certification" if one.of_all else cells_in_words(cells, asked.devices)
    return f"{what}, since {short_day(one.since_on)}. {sentence(one.reason or '')}"


def _key(cell: Cell) -> str:
    return f"{cell.procedure}|{cell.device}|{cell.skin_type}"


def _cell(cell: Cell, devices: Mapping[str, Mapping[str, Any]]) -> str:
    skin_type = span(cell.skin_type, cell.skin_type)
    return f"{devices[cell.device]['name']}, {procedure_name(cell.procedure).lower()}, type {skin_type}"
