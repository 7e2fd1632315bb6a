"""What the pages of recalls say: the list, a start with whom it reaches, how far one is, and its report."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from flask import url_for

from app.certification.recall_ends import ENDS, SIGNS
from app.certification.recalling import RECALLED, Bond, Consequence, Progress, Task, earliest_due
from app.certification.recalls import STARTS
from app.content.compare import Change
from app.people.permissions import Action
from app.releases.comparing import Confirmed
from app.releases.models import Release
from app.reports.recall_starts import Preview
from app.reports.recalls import Concerned, Line, RecallRead
from app.web.access import Visitor
from app.web.change_pages import change_cards, class_of
from app.web.words import Context, counted, day, moment, short_day

TASKS: dict[str, str] = {
    Task.READ: "Read each change, the old beside the new, and confirm it",
    Task.QUIZ: "Answer a short quiz about the changed facts, every question rightly",
    Task.EXAM: "Sit the whole exam again and pass it",
}
CONSEQUENCES: dict[str, str] = {
    Consequence.NOTHING: "Nothing by itself: you see who is overdue",
    Consequence.SUSPEND: "The cells that rest on it count as suspended until it is done",
}
ASKED = {Task.READ: "Read and confirm", Task.QUIZ: "Quiz about what changed", Task.EXAM: "Exam again"}
FOLLOWS = {
    Consequence.NOTHING: "Nothing by itself",
    Consequence.SUSPEND: "The cells that rest on it count as suspended until it is done",
}
BONDS = {
    Bond.ASKED: "asked in their exam",
    Bond.CELLS: "grants cells of their scope",
    Bond.TAUGHT: "taught in their lessons",
    Bond.WITHOUT: "certified before it was taught",
    Bond.PASSED: "passed before the recall began, on the old facts",
}
STANDS = {
    Progress.OPEN: ("Open", "hourglass"),
    Progress.OVERDUE: ("Overdue", "clock-alert"),
    Progress.DONE: ("Done", "circle-check"),
    Progress.RELEASED: ("Ended before it was done", "ban"),
}
NOWHERE = "No clinic now"
MOST_SHOWN = 300


def list_page(lines: Sequence[Line], who: Visitor) -> Context:
    """Return the list of recalls."""
    return {
        "sub": "When a fact changes, who is certified on the old one is called back.",
        "rows": [
            {
                "href": url_for("recalls.recall", recall_id=one.recall.id),
                "title": one.recall.title,
                "no": f"Recall {one.recall.id}",
                "asked": ASKED[Task(one.recall.task)],
                "due": day(one.recall.due_on),
                "done": f"{one.done} of {counted_people(one.people)} done",
                **_state(one, who.today),
            }
            for one in lines
        ],
    }


def _state(one: Line, today: date) -> Context:
    if one.closed:
        return {"state": "Closed, report signed", "icon": "signature"}
    if one.ended:
        return {"state": "Ended early", "icon": "ban"}
    if one.people and one.done >= one.people:
        return {"state": "All done, report to sign", "icon": "circle-check"}
    if today > one.recall.due_on:
        return {"state": "Overdue", "icon": "clock-alert"}
    return {"state": "Open", "icon": "hourglass"}


def counted_people(number: int) -> str:
    """Return `1 person` or `3 people`."""
    return "1 person" if number == 1 else f"{number} people"


def start_page(preview: Preview, who: Visitor) -> Context:
    """Return what can be recalled, and whom a recall of what is chosen would reach."""
    found, release = preview.recallable, preview.recallable.release
    keys = {one.key: one.title for one in preview.chosen}
    chosen = {one.digest for one in preview.chosen}
    return {
        "title": f"Recall from {release.title}, edition {release.edition}",
        "release_url": url_for("editions.edition", release_id=release.id),
        "url": url_for("recalls.ask", release_id=release.id),
        "before": f"Edition {found.base.edition}",
        "after": f"Edition {release.edition}",
        "choosable": any(change.key not in found.open for change in found.changes),
        "changes": [
            {
                "card": card,
                "chosen": change.digest in chosen,
                "open_url": url_for("recalls.recall", recall_id=found.open[change.key])
                if change.key in found.open
                else "",
            }
            for change, card in zip(
                found.changes,
                change_cards(found.changes, found.confirmed, None, who.person.time_zone),
                strict=True,
            )
        ],
        "chosen": bool(preview.chosen),
        "reach": _reach(preview),
        "people": [_reached(one, preview, keys) for one in preview.resting[:MOST_SHOWN]],
        "more": max(0, len(preview.resting) - MOST_SHOWN),
        "unasked": [keys[key] for key in preview.unasked],
        "first_day": earliest_due(who.today).isoformat(),
        "sign_as": who.person.name,
        "meaning": STARTS,
    }


def recall_url(release: Release, changes: Iterable[Change], confirmed: Mapping[str, Confirmed], who: Visitor) -> str:
    """Return where a director starts a recall from a signed release; empty for others, and where no fact changed."""
    if not who.actor.can(Action.RECALL) or not any(class_of(one, confirmed) in RECALLED for one in changes):
        return ""
    return url_for("recalls.ask", release_id=release.id)


def _reach(preview: Preview) -> list[Context]:
    people = {one.account_id for one in preview.resting}
    clinics = {clinic for one in people for clinic in preview.clinics.get(one, ())}
    of_all = sum(one.cells is None for one in preview.resting)
    some = sum(bool(one.cells) for one in preview.resting)
    return [
        {
            "figure": len(preview.resting),
            "unit": _unit(len(preview.resting), "certification"),
            "text": "earned on the old side",
        },
        {"figure": len(people), "unit": counted_people(len(people)).partition(" ")[2], "text": "would be recalled"},
        {"figure": len(clinics), "unit": _unit(len(clinics), "clinic"), "text": "where they treat"},
        {"figure": of_all + some, "unit": "could be held", "text": f"{some} of them in some cells only"},
    ]


def _unit(number: int, noun: str) -> str:
    return counted(number, noun).split(" ", 1)[1]


def _reached(one: Any, preview: Preview, titles: Mapping[str, str]) -> Context:
    return {
        "name": preview.names.get(one.account_id, ""),
        "clinics": ", ".join(preview.clinics.get(one.account_id, ())) or NOWHERE,
        "number": one.number,
        "number_url": url_for("verify.answer", number=one.number),
        "rests": rests_lines({key: [bond.value for bond in bonds] for key, bonds in one.bonds.items()}, titles),
        "held": cells_words(one.cells),
    }


def rests_lines(bonds: Mapping[str, Iterable[str]], titles: Mapping[str, str]) -> list[str]:
    """Return how a certification rests on each change, in words."""
    return [f"{titles.get(key, key)}: {', '.join(BONDS[Bond(bond)] for bond in found)}" for key, found in bonds.items()]


def cells_words(cells: Collection[Any] | None) -> str:
    """Return which cells of a certification rest on the changes, in words."""
    if cells is None:
        return "The whole certification"
    return counted(len(cells), "cell") if cells else "No cell of it"


def recall_page(read: RecallRead, who: Visitor) -> Context:
    """Return how far a recall is, clinic by clinic, with what may be done about it."""
    whole, recall, zone = read.whole, read.whole.recall, who.person.time_zone
    titles = {one.key: one.title for one in whole.changes}
    waiting = sum(one.progress in (Progress.OPEN, Progress.OVERDUE) for one in read.people)
    director = who.actor.can(Action.RECALL)
    return {
        "id": recall.id,
        "title": recall.title,
        "sub": f"{ASKED[Task(recall.task)]}, by {day(recall.due_on)}",
        "facts": [
            {"term": "Asked", "value": TASKS[Task(recall.task)]},
            {"term": "Last day", "value": day(recall.due_on)},
            {"term": "If it is not done", "value": FOLLOWS[Consequence(recall.consequence)]},
            {"term": "Why", "value": recall.reason},
            {"term": "Started by", "value": f"{whole.starter}, {moment(recall.started_at, zone)}"},
            {"term": "Meaning", "value": recall.meaning},
        ],
        "changes": [
            {"title": one.title, "key": one.key, "href": _change_url(recall.release_id, one.digest)}
            for one in whole.changes
        ],
        "tiles": [
            {
                "figure": sum(one.progress is each for one in read.people),
                "label": STANDS[each][0],
                "icon": STANDS[each][1],
            }
            for each in Progress
            if each is not Progress.RELEASED or whole.ended
        ],
        "groups": _groups(read.people, titles, who),
        "files": [
            {"label": label, "href": url_for("recalls.people", recall_id=recall.id, format=form)}
            for form, label in (("csv", "CSV"), ("jsonl", "JSON Lines"))
        ],
        "report_url": url_for("recalls.report", recall_id=recall.id),
        "report_label": "Signed report"
        if whole.closed
        else "Check and sign the report"
        if director and not waiting
        else "Report so far",
        "ended": _ended(read, zone),
        "end_url": url_for("recalls.end", recall_id=recall.id)
        if director and waiting and not (whole.ended or whole.closed)
        else "",
        "end_meaning": ENDS,
        "mine": who.actor.clinics(Action.SEE_BOARD) is not None,
    }


def _change_url(release_id: int, digest: str) -> str:
    return url_for("editions.edition", release_id=release_id, _anchor=f"c-{digest}")


def _ended(read: RecallRead, zone: str) -> str:
    if read.whole.ended is None:
        return ""
    decision, name = read.whole.ended
    return f"{name} ended it on {moment(decision.decided_at, zone)}: {decision.reason}"


def _groups(people: Sequence[Concerned], titles: Mapping[str, str], who: Visitor) -> list[Context]:
    clinics = sorted({clinic for one in people for clinic in one.clinics or (NOWHERE,)})
    groups = []
    for clinic in clinics:
        of = [one for one in people if clinic in (one.clinics or (NOWHERE,))]
        done = sum(one.progress is Progress.DONE for one in of)
        order = [Progress.OVERDUE, Progress.OPEN, Progress.RELEASED, Progress.DONE]
        groups.append(
            {
                "name": clinic,
                "sub": f"{done} of {len(of)} done",
                "rows": [
                    _row(one, titles, who) for one in sorted(of, key=lambda one: (order.index(one.progress), one.name))
                ],
            }
        )
    return groups


def _row(one: Concerned, titles: Mapping[str, str], who: Visitor) -> Context:
    word, icon = STANDS[one.progress]
    note = f"on {short_day(one.done.done_on)}" if one.done else ""
    return {
        "name": one.name,
        "href": url_for("technicians.show", account_id=one.target.account_id),
        "number": one.number,
        "number_url": url_for("verify.answer", number=one.number),
        "rests": rests_lines(one.target.bonds, titles),
        "held": cells_words(one.target.cells),
        "state": word,
        "icon": icon,
        "tone": one.progress.value,
        "note": note,
        "tries": counted(one.tries, "answer") if one.tries and who.actor.can(Action.SEE_BOARD) else "",
    }


def report_page(read: RecallRead, told: Mapping[str, Any], who: Visitor) -> Context:
    """Return the report of a recall to print, from its values as they were signed or stand."""
    zone, closed = who.person.time_zone, read.whole.closed
    titles = {one["key"]: one["title"] for one in told["changes"]}
    return {
        "id": told["recall"],
        "title": told["title"],
        "recall_url": url_for("recalls.recall", recall_id=read.whole.recall.id),
        "sub": "Signed" if closed else "Not signed yet: this is how it stands now",
        "facts": [
            {"term": "From", "value": f"Edition {told['base'][0]} to edition {told['release'][0]}"},
            {"term": "Asked", "value": TASKS[Task(told["task"])]},
            {"term": "Last day", "value": day(date.fromisoformat(told["due_on"]))},
            {"term": "If it was not done", "value": FOLLOWS[Consequence(told["consequence"])]},
            {"term": "Why", "value": told["reason"]},
            {"term": "Started", "value": f"{told['started'][0]}, {moment(read.whole.recall.started_at, zone)}"},
            *([{"term": "Ended early", "value": _ended(read, zone)}] if told["ended"] else []),
        ],
        "changes": [{"title": one["title"], "key": one["key"]} for one in told["changes"]],
        "rows": [_reported(one, titles) for one in told["people"]],
        "signed": {
            "facts": [
                {"term": "By", "value": closed[1]},
                {"term": "On", "value": moment(closed[0].decided_at, zone)},
                {"term": "Meaning", "value": closed[0].meaning},
            ],
            "digest": closed[0].digest,
        }
        if closed
        else None,
        "waiting": counted(told["waiting"], "certification") if told["waiting"] else "",
        "sign_url": url_for("recalls.close", recall_id=read.whole.recall.id)
        if who.actor.can(Action.RECALL) and not closed and not told["waiting"]
        else "",
        "sign_as": who.person.name,
        "meaning": SIGNS,
        "mine": who.actor.clinics(Action.SEE_BOARD) is not None,
    }


def _reported(one: Mapping[str, Any], titles: Mapping[str, str]) -> Context:
    word, icon = STANDS[Progress(one["progress"])]
    late = ", after the last day" if one["late"] else ""
    note = f"{day(date.fromisoformat(one['done_on']))}{late}" if one["done_on"] else ""
    return {
        "name": one["name"],
        "clinics": ", ".join(one["clinics"]) or NOWHERE,
        "number": one["number"],
        "rests": rests_lines(one["rests"], titles),
        "state": word,
        "icon": icon,
        "note": note,
        "tries": counted(one["tries"], "answer") if one["tries"] else "",
        "meaning": one["meaning"] or "",
    }
