"""A case for who looks into it: the item, the policy and its dry run, who is touched, and what rests on it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.certification.cases import Resting, resting_on, seen_digest
from app.exams import case_queries
from app.exams.case_models import SIGNED
from app.exams.case_queries import PassReview, Sat, WholeCase

MOST_SHOWN = 500  # people whose decision changes, by name; all of them are counted


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseRead:
    """A case with what stands around it; `siblings` counts the papers that asked another form of its item, by hash."""

    whole: WholeCase
    siblings: Mapping[str, int]
    exams: Mapping[int, Sat]
    resting: tuple[Resting, ...]
    reviews: tuple[PassReview, ...]

    @property
    def seen(self) -> str:
        """The digest of what this shows a signer; empty while there is nothing to sign."""
        proposal = self.whole.proposal
        return seen_digest(proposal, self.resting) if proposal else ""


def read_case(session: Session, organisation_id: int, case_id: int) -> CaseRead:
    """Return a case of this organisation for its page; another's is not found. Five queries at most."""
    whole = case_queries.whole_case(session, organisation_id, case_id)
    flips = whole.proposal.flips if whole.proposal else []
    signed = whole.decision is not None and whole.decision.kind == SIGNED
    return CaseRead(
        whole=whole,
        siblings=case_queries.siblings(session, whole.case),
        exams=case_queries.sat(session, organisation_id, [flip[0] for flip in flips[:MOST_SHOWN]]) if flips else {},
        resting=tuple(resting_on(session, organisation_id, [flip[0] for flip in flips])) if flips else (),
        reviews=tuple(case_queries.pass_reviews(session, organisation_id, case_id)) if signed else (),
    )
