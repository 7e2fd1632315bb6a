"""The wrong answers to a client with conditions: what a technician would do who overlooks or mixes up a row."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, count, islice

from app.content.generate import wording
from app.content.generate.case_wording import is_of_sun, one_line
from app.content.generate.clients import Client, strictness
from app.content.generate.contested import days_said
from app.content.generate.contraindication_action import USUAL_DAYS, Answer
from app.content.generate.seeded import shuffled
from app.content.values import ContraindicationRow, Course, Decision, Standing

DISTRACTORS = 3
# Intervals to offer beside those of the table.
MISTAKEN_DAYS = (*USUAL_DAYS, 10, 21)
TAN = re.compile(r"\b(?:sun)?tan(?:s|ned|ning)?\b|\bsunb(?:athing|ed)", re.IGNORECASE)
LOWER = re.compile(r"\b(?:lower|less|half|low)\b.*\b(?:fluence|energy|setting)", re.IGNORECASE)


def wrong_answers(course: Course, client: Client, *name: str | int) -> list[Answer]:
    """Return three answers that are false whatever else is true of the rows that apply; `name` decides which.

    With the key, two answers treat today and two do not, so that their number gives nothing away.
    """
    number = 2 if _action(client) == "treat_with_precautions" else 1
    tanned: list[Answer] = [("lower", None)] if _of_sun(client) else []
    # Who overlooks everything treats as usual: that is one mistake among others.
    first = [*tanned, *(answer for answer in overlooked(client) if answer[0] != "plain")]
    return [
        *_chosen(_waiting(course, client, number, *name), first, number, *name, "waits"),
        *_chosen(_treating(client), first, DISTRACTORS - number, *name, "treats"),
    ]


def overlooked(client: Client) -> list[Answer]:
    """Return what the other rows say, safest first: the answers of somebody who overlooks the decisive condition."""
    said = sorted({one.answer for one in client.stated[1:]}, key=strictness)
    if client.cell.decision is not Decision.WITH_SIGN_OFF:
        return [*said, ("plain", None)]
    stops = [answer for answer in said if answer[0] != "treat_with_precautions"]
    return [*stops, ("signed", None)]


def why_wrong(client: Client, answer: Answer) -> str | None:
    """Return what is wrong with an answer, where it is a mistake with a name."""
    if answer[0] == "lower":
        return "A lower fluence lifts no stop: no row allows it."
    if answer[0] == "darker":
        return "Skin type and today's tone are two things: a tan makes nobody a darker type."
    if answer in overlooked(client):
        return wording.sentence(f"This leaves out: {one_line(client.stated[0].row.condition)}")
    return None


def _action(client: Client) -> str:
    return client.stated[0].answer[0]


def _rows(client: Client) -> list[ContraindicationRow]:
    """Return all rows that apply to what is stated, drafts too."""
    return [row for one in client.stated for row in one.rows]


def _of_sun(client: Client) -> bool:
    """Say whether the sun's mark is among what is stated: nobody may take it for a matter of fluence."""
    return _tanned(client) or any(is_of_sun(one.row) for one in client.stated)


def _tanned(client: Client) -> bool:
    """Say whether a tan is stated, so that some would take the client for a darker type."""
    return any(TAN.search(one.row.condition) for one in client.stated)


def _clinician_decides(client: Client) -> bool:
    """Say whether a clinician decides something of what is stated, whatever the action."""
    return any(row.decided_by == "clinician" or row.action == "refer" for row in _rows(client))


def _chosen(candidates: Sequence[Answer], wanted: Sequence[Answer], most: int, *name: str | int) -> list[Answer]:
    first = [answer for answer in wanted if answer in candidates]
    others = [answer for answer in shuffled(candidates, *name) if answer not in first]
    return [*first, *others][:most]


def _waiting(course: Course, client: Client, least: int, *name: str | int) -> list[Answer]:
    """Return at least so many false answers that treat nobody today."""
    action, rows = _action(client), _rows(client)
    answers: list[Answer] = [("defer", day) for day in _missed_days(client)]
    if action != "do_not_treat" and not any(row.strength == "absolute" for row in rows):
        answers.append(("do_not_treat", None))
    if not _clinician_decides(client):
        answers.append(("refer", None))
    # What is stopped for good or sent to a clinician may have a reason that passes all the same.
    if action == "treat_with_precautions" and not any(row.strength == "temporary" for row in rows):
        answers.append(("defer", 0))
    # Two intervals look alike, so a second one only fills up.
    days = islice(_false_days(course, client, *name), max(1, least - len(answers)))
    return [*answers, *(("defer", one) for one in days)]


def _treating(client: Client) -> list[Answer]:
    """Return the false answers that treat the client today."""
    if _action(client) == "treat_with_precautions":
        return [("plain", None)]
    answers: list[Answer] = [("plain", None), ("treat_with_precautions", None)]
    if _of_sun(client) or not any(LOWER.search(f"{row.conflict} {row.why}") for row in _rows(client)):
        answers.append(("lower", None))
    if client.cell.decision is Decision.WITH_SIGN_OFF or not _clinician_decides(client):
        answers.append(("signed", None))  # where a clinician decides, some would take the signature for it
    if _tanned(client) and client.cell.skin_type < 6:
        answers.append(("darker", None))
    return answers


def _missed_days(client: Client) -> list[int]:
    """Return the deferrals that the decisive rows overrule, without those that they speak of themselves."""
    return [days for _, days in overlooked(client) if days and not _is_spoken_of(client, days)]


def _false_days(course: Course, client: Client, *name: str | int) -> Iterator[int]:
    """Yield intervals in days that no row that applies gives and no decisive row speaks of, without end."""
    action, key = client.stated[0].answer
    taken = {row.defer_days for row in _rows(client)}
    asked = {row.defer_days for row in course.contraindications if row.standing is not Standing.DRAFT}
    likely = shuffled(sorted({days for days in asked if days} | {*MISTAKEN_DAYS}), *name, "days")
    if action == "defer" and key:
        # Too long a wait harms nobody, so a shorter one is the mistake to offer.
        likely.sort(key=lambda days: days > key)
    further = (days for days in count(35, 7) if days not in likely)
    for days in chain(likely, further):
        if days not in taken and not _is_spoken_of(client, days):
            yield days


def _is_spoken_of(client: Client, days: int) -> bool:
    """Say whether a wait lies among those of which the decisive rows speak: another authority's, or a usual one."""
    decisive = (row for one in client.stated if one.answer == client.stated[0].answer for row in one.rows)
    spoken = days_said(text for row in decisive for text in (row.condition, row.conflict, row.ask, row.why))
    return bool(spoken) and min(low for low, _ in spoken) <= days <= max(high for _, high in spoken)
