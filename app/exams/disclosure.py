"""A closed attempt's paper with keys, facts and responses, for who may read it; every reading leaves a trail entry."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.audit import service as trail
from app.errors import NotFoundError, RefusedError
from app.exams import queries
from app.people.permissions import Action, Actor


def read_paper(session: Session, *, actor: Actor, attempt_id: int, now: datetime) -> dict[str, Any]:
    """Return the paper as drawn; refused while the attempt is open, and to who is no administrator or auditor."""
    if not actor.can(Action.READ_PAPER):
        raise RefusedError("Only an administrator or auditor reads papers.")
    try:
        attempt = queries.get_attempt(session, actor.organisation_id, attempt_id)
    except NotFoundError as error:
        raise NotFoundError(f"there is no attempt {attempt_id}") from error
    if attempt.closed_at is None:
        raise RefusedError("This attempt is not closed yet; its keys are shown to nobody before.")
    paper = {
        "attempt": attempt.id,
        "account": attempt.account_id,
        "course": attempt.course_id,
        "release": attempt.release_id,
        "number": attempt.number,
        "seed": str(attempt.seed),
        "started_at": attempt.started_at.isoformat(),
        "deadline_at": attempt.deadline_at.isoformat(),
        "closed_at": attempt.closed_at.isoformat(),
        "closed_by": attempt.closed_by,
        "score": f"{attempt.score_numerator}/{attempt.score_denominator}",
        "passed": attempt.passed,
        "result": attempt.result,
        "proof": attempt.proof,
        "responses_hash": attempt.responses_hash,
        "items": [_item(asked) for asked in queries.paper(session, attempt.id)],
        "revisions": [list(one) for one in queries.revisions(session, attempt.id)],
        "networks": attempt.networks,
        "told": [[kind, position, at.isoformat()] for kind, position, at in queries.told(session, attempt)],
    }
    trail.record(
        session,
        organisation_id=actor.organisation_id,
        kind="paper.read",
        subject=f"attempt:{attempt.id}",
        actor_id=actor.account_id,
        account_id=attempt.account_id,
        now=now,
    )
    return paper


def as_text(paper: dict[str, Any]) -> str:
    """Return a paper as lines to read."""
    head = [
        f"Attempt {paper['attempt']}, release {paper['release']}, seed {paper['seed']}",
        f"Started {paper['started_at']}, closed {paper['closed_at']} ({paper['closed_by']})",
        f"Score {paper['score']}, {'passed' if paper['passed'] else 'not passed'}",
        f"Responses {paper['responses_hash']}",
        *(f"{at}: the browser told {kind}, item {position or 'none'}" for kind, position, at in paper["told"]),
    ]
    return "\n".join([*head, *(line for item in paper["items"] for line in _lines(item))])


def _item(asked: queries.Asked) -> dict[str, Any]:
    key = asked.keyed
    return {
        "position": asked.position,
        "section": asked.section,
        "id": asked.item_id,
        "variant": asked.variant,
        "hash": asked.item_hash,
        "type": key["type"],
        "critical": asked.critical,
        "stem": key["stem"],
        "options": key["options"],
        "rights": key["rights"],
        "key": key["key"],
        "facts": key["facts"],
        "sources": key["sources"],
        "why": key["why"],
        "chosen": asked.chosen,
        "revision": asked.revision,
        "certainty": asked.certainty,
    }


def _lines(item: dict[str, Any]) -> list[str]:
    options = [f"   {option['id']}) {option['text']}" for option in (*item["options"], *item["rights"])]
    return [
        "",
        f"{item['position']}. {item['id']} (variant {item['variant']}){' critical' if item['critical'] else ''}",
        f"   {item['stem']}",
        *options,
        f"   Key: {item['key']}. Chosen: {item['chosen']} (revision {item['revision']})",
        f"   Facts: {', '.join(item['facts']) or 'none'}",
    ]
