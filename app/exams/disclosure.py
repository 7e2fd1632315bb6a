"""A closed attempt's paper with keys, facts and responses, for who may read it; every reading leaves a trail entry."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.audit import service as trail
from app.errors import NotFoundError, RefusedError
from app.exams import case_queries, queries
from app.exams.case_models import Regrade
from app.exams.regrading import Correction
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
        "original": {
            "score": f"{attempt.original_numerator}/{attempt.original_denominator}",
            "passed": attempt.original_passed,
            "result": attempt.original_result,
        },
        "regrades": [_regrade(*one) for one in case_queries.regrades(session, actor.organisation_id, attempt.id)],
        "proof": attempt.proof,
        "responses_hash": attempt.responses_hash,
        "items": [_item(asked) for asked in queries.paper(session, attempt.id)],
        "revisions": [list(one) for one in queries.revisions(session, attempt.id)],
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
        f"Score {paper['score']}, {_decision(paper['passed'])}",
        f"As it closed {paper['original']['score']}, {_decision(paper['original']['passed'])}",
        *(_regraded(one) for one in paper["regrades"]),
        f"Responses {paper['responses_hash']}",
    ]
    return "\n".join([*head, *(line for item in paper["items"] for line in _lines(item))])


def _regrade(regrade: Regrade, correction: Correction, item_hash: str, outcome: str | None) -> dict[str, Any]:
    return {
        "case": regrade.case_id,
        "hash": item_hash,
        "policy": correction.policy.value,
        "key": correction.key,
        "recorded_at": regrade.recorded_at.isoformat(),
        "score": f"{regrade.score_numerator}/{regrade.score_denominator}",
        "passed": regrade.passed,
        "result": regrade.result,
        "review": outcome,
    }


def _regraded(one: dict[str, Any]) -> str:
    told = f"Scored again {one['recorded_at']} by case {one['case']} ({one['policy']}): {one['score']}"
    return f"{told}, {_decision(one['passed'])}{', the pass ' + one['review'] if one['review'] else ''}"


def _decision(passed: object) -> str:
    return "passed" if passed else "not passed"


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
