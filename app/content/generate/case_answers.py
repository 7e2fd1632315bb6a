"""The wrong answers to a client with conditions: what a technician would do who overlooks or mixes up a row."""

import re
from collections.abc import Iterable, Sequence
from itertools import chain, count, islice

from app.content.generate import wording
from app.content.generate.case_wording import one_line
from app.content.generate.clients import Client, strictness
from app.content.generate.contraindication_action import USUAL_DAYS, Answer
from app.content.generate.seeded import shuffled
from app.content.values import ContraindicationRow, Course, Decision, Standing

DISTRACTORS = 3
TAN = re.compile(r"\b(?:sun)?tan(?:s|ned|ning)?\b|\bsunb(?:athing|ed)", re.IGNORECASE)
FIGURE = re.compile(r"(?<!\d)\d{1,4}(?!\d)")
# A figure in a text may count days, weeks, months or years.
UNITS = (1, 7, 30, 365)


def overlooked(client: Client) -> Answer:
    """Return the answer of somebody who overlooks the decisive condition."""
    answers = sorted((one.answer for one in client.stated[1:]), key=strictness)
    signed = client.cell.decision is Decision.WITH_SIGN_OFF
    if answers and not (signed and answers[0][0] == "treat_with_precautions"):
        return answers[0]
    return ("signed", None) if signed else ("plain", None)


def wrong_answers(course: Course, client: Client, *name: str | int) -> list[Answer]:
    """Return three answers that are false whatever else is true of the rows that apply; `name` decides which.

    With the key, two answers treat today and two do not, so that their number gives nothing away.
    """
    waits, treats = _waiting(course, client, *name), _treating(client)
    first = [overlooked(client), *([("lower", None)] if tanned(client) else [])]
    # Who overlooks a lone condition treats as usual: one mistake among others.
    lone = first[0][0] == "plain" and client.stated[0].answer[0] != "treat_with_precautions"
    wanted = first[1:] if lone else first
    number = 2 if client.stated[0].answer[0] == "treat_with_precautions" else 1
    return [
        *_chosen(waits, wanted, number, *name, "waits"),
        *_chosen(treats, wanted, DISTRACTORS - number, *name, "treats"),
    ]


def why_wrong(client: Client, answer: Answer) -> str | None:
    """Return what is wrong with an answer, where it is a mistake with a name."""
    if answer[0] == "lower":
        return "A lower fluence lifts no stop: no row allows it."
    if answer[0] == "darker":
        return "Skin type and today's tone are two things: a tan makes nobody a darker type."
    if answer == overlooked(client):
        return wording.sentence(f"This leaves out: {one_line(client.stated[0].row.condition)}")
    return None


def tanned(client: Client) -> bool:
    """Say whether the sun's mark is among what is stated: nobody may take it for a matter of fluence."""
    return _darker(client) or any(one.row.category == "sun" for one in client.stated)


def _chosen(candidates: Sequence[Answer], wanted: Sequence[Answer], most: int, *name: str | int) -> list[Answer]:
    first = [answer for answer in wanted if answer in candidates]
    others = [answer for answer in shuffled(candidates, *name) if answer not in first]
    return [*first, *others][:most]


def _waiting(course: Course, client: Client, *name: str | int) -> list[Answer]:
    """Return the false answers that treat nobody today."""
    rows = [row for one in client.stated for row in one.rows]
    action = client.stated[0].answer[0]
    answers: list[Answer] = []
    if action != "do_not_treat" and not any(row.strength == "absolute" for row in rows):
        answers.append(("do_not_treat", None))
    if not any(row.decided_by == "clinician" or row.action == "refer" for row in rows):
        answers.append(("refer", None))  # else a clinician does decide, whatever the action
    if action in ("do_not_treat", "treat_with_precautions") and not any(row.strength == "temporary" for row in rows):
        answers.append(("defer", 0))  # what passes is resolved one day, so this would be true as well
    days: list[Answer] = [("defer", day) for day in _false_days(course, client)]
    answers += shuffled(days, *name, "days")[:2]
    missed = overlooked(client)
    return [missed, *answers] if missed[0] == "defer" and missed[1] and missed not in answers else answers


def _treating(client: Client) -> list[Answer]:
    """Return the false answers that treat the client today."""
    action = client.stated[0].answer[0]
    if action == "treat_with_precautions":
        return [("plain", None)]
    answers: list[Answer] = [("plain", None), ("treat_with_precautions", None), ("lower", None)]
    if action != "refer" or client.cell.decision is Decision.WITH_SIGN_OFF:
        answers.append(("signed", None))  # where a clinician decides, some would take the signature for it
    if _darker(client) and client.cell.skin_type < 6:
        answers.append(("darker", None))
    return answers


def _darker(client: Client) -> bool:
    """Say whether a tan is stated, so that some would take the client for a darker type."""
    return any(TAN.search(one.row.condition) for one in client.stated)


def _false_days(course: Course, client: Client) -> list[int]:
    """Return at least three intervals in days that no row that applies gives or speaks of."""
    rows = [row for one in client.stated for row in one.rows]
    taken = {row.defer_days for row in rows} | _spoken_of(rows)
    asked = (row.defer_days for row in course.contraindications if row.standing is not Standing.DRAFT)
    own = sorted({days for days in asked if days} - taken)
    usual = (days for days in chain(USUAL_DAYS, count(35, 7)) if days not in taken and days not in own)
    return [*own, *islice(usual, max(0, DISTRACTORS - len(own)))]


def _spoken_of(rows: Iterable[ContraindicationRow]) -> set[int]:
    """Return the intervals that rows speak of beside their own: another authority's, or a usual one."""
    texts = (text for row in rows for text in (row.condition, row.conflict, row.ask, row.why) if text)
    return {int(figure) * days for text in texts for figure in FIGURE.findall(text) for days in UNITS}
