"""What the pages of cases say: the list, a question to open one about, a case with its dry run."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import url_for
from markupsafe import Markup

from app.certification.cases import Resting
from app.content.values import ItemType
from app.exams.case_models import DISMISSED, FALLS, SIGNED, STANDS, CaseProposal
from app.exams.case_queries import CaseLine, Contested, PassReview, Variant, WholeCase
from app.exams.cases import MEANING
from app.exams.regrading import NEEDS_KEY, Policy
from app.exams.scoring import percent_of
from app.people.permissions import Action
from app.releases.models import ItemContent
from app.reports.cases import MOST_SHOWN, CaseRead
from app.web.access import Visitor
from app.web.exam_words import key_lines
from app.web.words import Context, counted, moment

POLICIES: dict[str, str] = {
    Policy.FULL_CREDIT: "Full credit for everybody",
    Policy.ACCEPT_BOTH: "Accept the old key and a new one",
    Policy.ACCEPT_NEW: "Accept only a new key",
    Policy.DROP: "Drop the question: it counts for nobody",
}
# What each says of the responses, told where one is chosen.
MEANINGS: dict[str, str] = {
    Policy.FULL_CREDIT: "Who was asked it gets the point, whatever they answered, and who left it out, too.",
    Policy.ACCEPT_BOTH: "Who answered by either key gets the point. Nobody loses by it.",
    Policy.ACCEPT_NEW: "Who answered by the old key loses the point. A pass may be lost; each one is reviewed.",
    Policy.DROP: "The score is counted over the other questions. A pass may be lost; each one is reviewed.",
}
REVIEWS = {
    STANDS: "The pass stands, as it was given",
    FALLS: "The pass falls; a certification that rests on it is to be suspended by hand",
}
KINDS = {
    ItemType.SINGLE.value: "One answer",
    ItemType.MULTIPLE.value: "Several answers",
    ItemType.NUMERIC.value: "A number",
    ItemType.ORDERING.value: "An order",
    ItemType.MATCHING.value: "Pairs",
}


def list_page(
    lines: Sequence[CaseLine], waiting: Sequence[PassReview], contested: Sequence[Contested], who: Visitor
) -> Context:
    """Return the list of cases, and what waits: appeals for an answer or a case, passes for a review."""
    zone = who.person.time_zone
    return {
        "new_url": url_for("cases.find") if who.actor.can(Action.OPEN_CASE) else "",
        "asked": [_contested(one, zone) for one in contested if one.answer is None],
        "upheld": [_contested(one, zone) for one in contested if one.answer is not None],
        "cases": [
            {
                "href": url_for("cases.case", case_id=line.case.id),
                "title": _plain(line.stem),
                "key": line.case.item_id,
                "opened": f"{line.opener}, {moment(line.case.opened_at, who.person.time_zone)}",
                "policy": POLICIES[Policy(line.policy)] if line.policy else "Not chosen yet",
                **_state(line),
            }
            for line in lines
        ],
        "waiting": [
            {
                "href": url_for("cases.case", case_id=one.regrade.case_id, _anchor=f"review-{one.regrade.id}"),
                "title": one.name,
                "sub": f"{_before(one)} before, {_after(one)} as counted again",
                "note": f"Case {one.regrade.case_id}",
                "status": None,
            }
            for one in waiting
        ],
    }


def _contested(one: Contested, zone: str) -> Context:
    given = one.answer
    return {
        "href": url_for("appeals.appeal", appeal_id=one.appeal.id),
        "title": _plain(one.content.shown["stem"]) if one.content else "The result as a whole",
        "sub": f"Appeal of {one.name}, upheld by {one.by}" if given else f"Appeal of {one.name}",
        "note": moment(given.decided_at if given else one.appeal.appealed_at, zone),
        "status": None,
    }


def _state(line: CaseLine) -> Context:
    if line.decision is None:
        word = "Waits for a signature" if line.policy else "Open"
        return {"state": word, "icon": "hourglass"}
    if line.decision.kind == DISMISSED:
        return {"state": "Ended without a change", "icon": "ban"}
    return {"state": "Signed", "icon": "signature"}


def new_page(content: ItemContent | None, text: str, variants: Iterable[Variant]) -> Context:
    """Return the search for a question, or the one that a case is opened about."""
    return {
        "item": item_context(content.shown, content.keyed) if content else None,
        "text": text,
        "found": [
            {
                "href": url_for("cases.find", item=one.item_hash),
                "title": _plain(one.shown["stem"]),
                "sub": f"{one.item_id} · {one.item_hash[:8]}",
                "note": f"asked {counted(one.asked, 'time')}",
                "status": None,
            }
            for one in variants
        ],
    }


def item_context(shown: Mapping[str, Any], keyed: Mapping[str, Any]) -> Context:
    """Return an item as it was asked, with its key."""
    return {
        "stem": shown["stem"],
        "notice": shown["notice"] or "",
        "kind": KINDS[shown["type"]],
        "critical": keyed["critical"],
        "id": keyed["id"],
        "options": [option["html"] for option in shown["options"]],
        "rights": [option["html"] for option in shown["rights"]],
        "unit": shown["unit"] or "",
        "key": key_lines(shown, keyed),
        "sources": keyed["citations"],
        "facts": keyed["facts"],
    }


def case_page(read: CaseRead, who: Visitor, typed: Mapping[str, Sequence[str]]) -> Context:
    """Return a case whole; `typed` is what a form of a new key held that came back."""
    whole, zone, actor = read.whole, who.person.time_zone, who.actor
    shown, keyed, case = whole.content.shown, whole.content.keyed, whole.case
    url = f"/cases/{case.id}"
    is_open = whole.decision is None
    return {
        "id": case.id,
        "title": _plain(shown["stem"]),
        "item": item_context(shown, keyed),
        "facts": [
            {"term": "Opened", "value": f"By {whole.opener} on {moment(case.opened_at, zone)}"},
            {"term": "What is wrong", "value": case.reason},
            {"term": "Evidence", "value": case.evidence},
        ],
        "appeal_url": url_for("appeals.appeal", appeal_id=case.appeal_id) if case.appeal_id else "",
        "others": [
            {
                "href": url_for("cases.find", item=item_hash),
                "title": f"Form {item_hash[:8]}",
                "sub": "",
                "note": f"asked {counted(asked, 'time')}",
                "status": None,
            }
            for item_hash, asked in read.siblings.items()
        ]
        if actor.can(Action.OPEN_CASE)
        else [],
        "decision": _decision(whole, zone),
        "proposal": _proposal(read, zone) if whole.proposal else None,
        "key_form": _key_form(shown, typed) if is_open and actor.can(Action.OPEN_CASE) else None,
        "propose_url": f"{url}/proposal" if is_open and actor.can(Action.OPEN_CASE) else "",
        "count_url": f"{url}/count" if is_open and whole.proposal and _may_act(who) else "",
        "dismiss_url": f"{url}/dismissal" if is_open and _may_act(who) else "",
        **_signing(read, who, f"{url}/signature"),
        "outcomes": REVIEWS,
        "reviews": [_review(one, zone, url, may=actor.can(Action.SIGN_CASE)) for one in read.reviews],
    }


def _may_act(who: Visitor) -> bool:
    return who.actor.can(Action.OPEN_CASE) or who.actor.can(Action.SIGN_CASE)


def _signing(read: CaseRead, who: Visitor, url: str) -> Context:
    whole, actor = read.whole, who.actor
    blank = {"sign_url": "", "sign_as": "", "why_not": "", "meaning": MEANING, "seen": "", "proposal_id": ""}
    if whole.decision is not None:
        return blank
    if whole.proposal is None:
        return {**blank, "why_not": "Its author chooses first what becomes of the responses."}
    if not actor.can(Action.SIGN_CASE):
        return {**blank, "why_not": "A medical director who neither opened it nor chose the policy signs it."}
    if actor.account_id in (whole.case.opened_by, whole.proposal.proposed_by):
        return {**blank, "why_not": "You opened this case or chose its policy; another medical director signs it."}
    return {
        **blank,
        "sign_url": url,
        "sign_as": who.person.name,
        "seen": read.seen,
        "proposal_id": str(whole.proposal.id),
    }


def _decision(whole: WholeCase, zone: str) -> Context | None:
    found = whole.decision
    if found is None:
        return None
    ended = found.kind == DISMISSED
    return {
        "title": "Ended without a change" if ended else "Signed",
        "facts": [
            {"term": "By", "value": whole.decider},
            {"term": "On", "value": moment(found.decided_at, zone)},
            {"term": "Reason", "value": found.reason} if ended else {"term": "Meaning", "value": found.meaning},
        ],
        "digest": found.digest or "",
    }


def _proposal(read: CaseRead, zone: str) -> Context:
    proposal, decision = read.whole.proposal, read.whole.decision
    assert proposal is not None  # noqa: S101  the caller asked
    shown, done = read.whole.content.shown, decision is not None and decision.kind == SIGNED
    gained = [flip for flip in proposal.flips if flip[2]]
    lost = [flip for flip in proposal.flips if not flip[2]]
    return {
        "policy": POLICIES[Policy(proposal.policy)],
        "by": f"Chosen by {read.whole.proposer}, counted on {moment(proposal.proposed_at, zone)}",
        "key": key_lines(shown, {"key": proposal.key}) if Policy(proposal.policy) in NEEDS_KEY else [],
        "tiles": _tiles(proposal, len(gained), len(lost), len(read.resting), done=done),
        "rows": [_flip(flip, read, zone) for flip in proposal.flips[:MOST_SHOWN]],
        "more": max(0, len(proposal.flips) - MOST_SHOWN),
    }


def _tiles(proposal: CaseProposal, gained: int, lost: int, resting: int, *, done: bool) -> list[Context]:
    opens = "each opened a review" if done else "each opens a review"
    return [
        {"figure": proposal.attempts, "unit": _unit(proposal.attempts, "exam"), "text": "closed, that asked it"},
        {
            "figure": proposal.changed,
            "unit": _unit(proposal.changed, "score"),
            "text": "changed" if done else "would change",
        },
        {"figure": gained, "unit": "to pass", "text": "failed before"},
        {"figure": lost, "unit": "to fail", "text": f"passed before; {opens}"},
        {
            "figure": resting,
            "unit": _unit(resting, "certification"),
            "text": f"{_rest(resting)} on these; none {'was' if done else 'is'} touched",
        },
    ]


def _unit(number: int, noun: str) -> str:
    return counted(number, noun).split(" ", 1)[1]


def _rest(number: int) -> str:
    return "rests" if number == 1 else "rest"


def _flip(flip: Sequence[Any], read: CaseRead, zone: str) -> Context:
    attempt_id, account_id, passes, *scores = flip
    sat = read.exams.get(attempt_id)
    when = f", {moment(sat.closed_at, zone)}" if sat and sat.closed_at else ""
    return {
        "name": sat.name if sat else f"Account {account_id}",
        "attempt": f"{sat.course}, attempt {sat.number}{when}" if sat else f"Exam {attempt_id}",
        "word": "From failed to passed" if passes else "From passed to failed",
        "icon": "circle-check" if passes else "circle-x",
        "scores": f"{scores[0]}% before, {scores[1]}% as counted again" if scores else "",
        "rests": _numbers(one for one in read.resting if one.attempt_id == attempt_id),
    }


def _numbers(resting: Iterable[Resting]) -> list[Context]:
    return [{"number": one.number, "href": url_for("verify.answer", number=one.number)} for one in resting]


def _key_form(shown: Mapping[str, Any], typed: Mapping[str, Sequence[str]]) -> Context:
    """Return the controls of a new key, as they were filled in when the form came back."""
    options = [{"id": one["id"], "text": _plain(one["html"])} for one in shown["options"]]
    rights = [{"id": one["id"], "text": _plain(one["html"])} for one in shown["rights"]]
    return {
        "type": shown["type"],
        "unit": shown["unit"] or "",
        "options": [{**one, "ticked": one["id"] in typed.get("key", ())} for one in options],
        "low": (typed.get("min") or [""])[0],
        "high": (typed.get("max") or [""])[0],
        "steps": [
            {
                **step,
                "others": [
                    {**one, "ticked": one["id"] in typed.get(f"after-{step['id']}", ())}
                    for one in options
                    if one is not step
                ],
            }
            for step in options
        ],
        "lefts": [
            {
                **left,
                "rights": [{**one, "ticked": one["id"] in typed.get(f"match-{left['id']}", ())} for one in rights],
            }
            for left in options
        ],
    }


def _review(one: PassReview, zone: str, url: str, *, may: bool) -> Context:
    done = one.review
    told = f"{REVIEWS[done.outcome]}. {done.reason}" if done else ""
    return {
        "id": one.regrade.id,
        "name": one.name,
        "scores": f"{_before(one)} before, {_after(one)} as counted again",
        "told": told,
        "by": f"{one.by}, {moment(done.decided_at, zone)}" if done else "",
        "url": f"{url}/reviews/{one.regrade.id}" if done is None and one.latest and may else "",
        "waits": done is None and one.latest,
        "technician_url": url_for("technicians.show", account_id=one.account_id) if may else "",
    }


def _before(one: PassReview) -> str:
    return f"{percent_of(one.regrade.was_numerator, one.regrade.was_denominator)}%"


def _after(one: PassReview) -> str:
    return f"{percent_of(one.regrade.score_numerator, one.regrade.score_denominator)}%"


def _plain(html: str) -> str:
    return Markup(html.replace("<br>", " ")).striptags()  # noqa: S704  rendered when its release was published
