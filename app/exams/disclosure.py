"""A closed attempt's paper with keys, facts and responses, for who may read it; every reading leaves a trail entry."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.audit import service as trail
from app.content.redraw import OtherPoolError, redraw
from app.errors import NotFoundError, RefusedError
from app.exams import case_queries, queries
from app.exams.breaks import breaks_of
from app.exams.case_models import Regrade
from app.exams.models import Attempt
from app.exams.regrading import Correction
from app.people.permissions import Action, Actor
from app.releases import queries as releases
from app.releases.manifest import exam_of


def read_paper(session: Session, *, actor: Actor, attempt_id: int, now: datetime) -> dict[str, Any]:
    """Return the paper as drawn; refused while the attempt is open, and to who is no administrator or auditor."""
    if not actor.can(Action.READ_PAPER):
        raise RefusedError("Only an administrator or auditor reads papers.")
    if queries.is_sitting(session, actor.account_id, now):
        raise RefusedError("You are sitting an exam, and papers tell keys. Submit the exam first.")
    try:
        attempt = queries.get_attempt(session, actor.organisation_id, attempt_id)
    except NotFoundError as error:
        raise NotFoundError(f"there is no attempt {attempt_id}") from error
    if attempt.closed_at is None:
        raise RefusedError("This attempt is not closed yet; its keys are shown to nobody before.")
    paper = _paper(session, attempt)
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


def _paper(session: Session, attempt: Attempt) -> dict[str, Any]:
    closed_at = attempt.closed_at
    return {
        "attempt": attempt.id,
        "account": attempt.account_id,
        "course": attempt.course_id,
        "release": attempt.release_id,
        "number": attempt.number,
        "seed": str(attempt.seed),
        "started_at": attempt.started_at.isoformat(),
        "deadline_at": attempt.deadline_at.isoformat(),
        "closed_at": closed_at.isoformat() if closed_at else None,
        "closed_by": attempt.closed_by,
        "score": f"{attempt.score_numerator}/{attempt.score_denominator}",
        "passed": attempt.passed,
        "result": attempt.result,
        "original": {
            "score": f"{attempt.original_numerator}/{attempt.original_denominator}",
            "passed": attempt.original_passed,
            "result": attempt.original_result,
        },
        "regrades": [_regrade(*one) for one in case_queries.regrades(session, attempt.organisation_id, attempt.id)],
        "proof": attempt.proof,
        "drawn_from": attempt.draw_inputs,
        "drawn_again": _drawn_again(session, attempt),
        "terms": attempt.terms,
        "breaks": list(breaks_of(session, attempt)),
        "responses_hash": attempt.responses_hash,
        "items": [_item(asked) for asked in queries.paper(session, attempt.id)],
        "revisions": [list(one) for one in queries.revisions(session, attempt.id)],
        "networks": attempt.networks,
        "told": [[kind, position, at.isoformat()] for kind, position, at in queries.told(session, attempt)],
    }


def _drawn_again(session: Session, attempt: Attempt) -> bool | None:
    """Draw the paper once more and tell whether it is the same; None for one that was sat before inputs were kept."""
    if attempt.draw_inputs is None:
        return None
    release = releases.get_release(session, attempt.organisation_id, attempt.release_id)
    pool = releases.pool_of(session, release).items
    try:
        drawn = redraw(exam_of(release.manifest).sections, pool, seed=attempt.seed, inputs=attempt.draw_inputs)
    except OtherPoolError:
        return False
    picks = [(pick.section_index, pick.item_id, pick.variant_seed) for pick in drawn.picks]
    return picks == [(one.section, one.item_id, one.variant) for one in queries.paper(session, attempt.id)]


def as_text(paper: dict[str, Any]) -> str:
    """Return a paper as lines to read."""
    head = [
        f"Attempt {paper['attempt']}, release {paper['release']}, seed {paper['seed']}",
        f"Started {paper['started_at']}, closed {paper['closed_at']} ({paper['closed_by']})",
        f"Score {paper['score']}, {_decision(paper['passed'])}",
        f"As it closed {paper['original']['score']}, {_decision(paper['original']['passed'])}",
        *(_regraded(one) for one in paper["regrades"]),
        f"Responses {paper['responses_hash']}",
        *_proof_lines(paper),
        *(f"{at}: the browser told {kind}, item {position or 'none'}" for kind, position, at in paper["told"]),
    ]
    return "\n".join([*head, *(line for item in paper["items"] for line in _lines(item))])


def _proof_lines(paper: dict[str, Any]) -> list[str]:
    proof, again = paper["proof"], {None: "not kept", True: "yes", False: "NO"}[paper["drawn_again"]]
    drawn = f"Drawn: {proof['items']} items of {proof['key_rows']} key rows, {proof['critical']} critical"
    lines = [drawn, f"   Drawn from the same once more, it is the same paper: {again}", *_renewal_lines(proof)]
    lines += [
        f"   {one['objective']}: {one['drawn']} of {one['pool']} items, critical {one['critical']} of "
        f"{one['pool_critical']}, seen before {one['seen_before']}"
        for one in proof["sections"]
    ]
    if paper["terms"]:
        terms = paper["terms"]
        lines.append(
            f"Accommodation: time times {terms['time_factor']}, {terms['extra_attempts']} more attempts, "
            f"{terms['breaks']} breaks of {terms['break_minutes']} minutes"
        )
    lines += [f"Break {one['number']}: {one['started_at']} to {one['ended_at']}" for one in paper["breaks"]]
    return lines


def _renewal_lines(proof: dict[str, Any]) -> list[str]:
    told = proof.get("renewal")
    if told is None:
        return []
    since = f"edition {told['since']['edition']}" if told["since"] else "an edition that is not known"
    line = (
        f"   A renewal: {told['changed']} items rest on what changed since {since} (of {told['pool_changed']}), "
        f"{told['weak']} on what was not right the last time (of {told['pool_weak']}), {told['core']} on neither"
    )
    return [line]


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
