"""Cases about questions whose key was wrong: opened, counted, signed, and what follows from a lost pass."""

from typing import Any

from flask import Blueprint, flash, render_template, request
from wtforms import HiddenField, RadioField
from wtforms.validators import InputRequired

from app.certification import cases as certification
from app.errors import NotFoundError
from app.exams import case_news, case_queries, cases
from app.people.permissions import Action
from app.reports.cases import read_case
from app.web import access
from app.web.access import now, reading, requires, transaction, visitor
from app.web.cases_pages import MEANINGS, POLICIES, REVIEWS, case_page, list_page, new_page
from app.web.forms import HouseForm, asked_id, asked_text, refusals_in, row_id, tidy, words_field
from app.web.signing import SignedForm, password_field
from app.web.words import counted

bp = Blueprint("cases", __name__)
HASH = 64  # characters of a SHA-256


def any_id(value: Any) -> int | None:
    """Return a row's id from a hidden field, None where it is left empty."""
    return row_id(value) if value else None


class OpenForm(HouseForm):
    """Which question, why its key may be wrong, and what shows that."""

    item = HiddenField(filters=[tidy], default="")
    appeal = HiddenField(default="")
    reason = words_field("What is wrong", "Write what is wrong")
    evidence = words_field("Evidence", "Write what shows it", 3, 2000)


class ProposeForm(HouseForm):
    """What becomes of the responses; the fields of a new key are read by the kind of the question."""

    policy = RadioField(
        "What becomes of the responses",
        [InputRequired("Choose what becomes of the responses.")],
        choices={policy: f"{label}. {MEANINGS[policy]}" for policy, label in POLICIES.items()},
    )


class SignForm(SignedForm):
    """What the signer saw, and the password that makes it a director's act."""

    proposal = HiddenField(default="")
    seen = HiddenField(default="")
    password = password_field("Enter your password to sign.")


class ReasonForm(HouseForm):
    """Why a case ends without a change."""

    reason = words_field("Reason")


class ReviewForm(ReasonForm):
    """Whether a pass stands that the recount does not bear out, and why."""

    outcome = RadioField("The pass", [InputRequired("Choose whether the pass stands.")], choices=REVIEWS)


@bp.get("/cases")
@requires(Action.SEE_CASES)
def show() -> Any:
    """List the cases, open ones first, and what waits: appeals for an answer or a case, passes for a review."""
    organisation_id = visitor().actor.organisation_id
    with reading() as found:
        contested = case_news.pending(found, organisation_id)
        lines = case_queries.cases(found, organisation_id)
        waiting = case_queries.pass_reviews(found, organisation_id)
    return render_template("cases/cases.html", cases=list_page(lines, waiting, contested, visitor()))


@bp.get("/cases/new")
@requires(Action.OPEN_CASE)
def find() -> Any:
    """Find a question that was asked, and ask what is wrong with its key."""
    form = OpenForm(formdata=None, item=asked_text("item", longest=HASH), appeal=str(asked_id("appeal") or ""))
    return _new(form, asked_text("text"))


@bp.post("/cases/new")
@requires(Action.OPEN_CASE)
def open_new() -> Any:
    """Open a case."""
    form, opened = OpenForm(), 0
    if form.validate():
        with refusals_in(form), transaction() as changed:
            opened = cases.open_case(changed, actor=visitor().actor, now=now(), **_typed(form)).id
    if form.errors:
        return _new(form, ""), 422
    flash("The case is open. Choose what becomes of the responses.", "success")
    return access.go("cases.case", case_id=opened)


def _typed(form: OpenForm) -> dict[str, Any]:
    try:
        appeal_id = any_id(form.appeal.data)
    except ValueError as error:
        raise NotFoundError from error
    return {
        "item_hash": form.item.data or "",
        "appeal_id": appeal_id,
        "reason": form.reason.data or "",
        "evidence": form.evidence.data or "",
    }


def _new(form: OpenForm, text: str) -> str:
    who, item_hash = visitor().actor, form.item.data or ""
    with reading() as found:
        if item_hash:
            case_queries.first_asked(found, who.organisation_id, item_hash)
        content = case_queries.content(found, item_hash) if item_hash else None
        variants = case_queries.variants(found, who.organisation_id, text) if text and not item_hash else []
    return render_template("cases/new.html", new=new_page(content, text, variants), form=form)


@bp.get("/cases/<id:case_id>")
@requires(Action.SEE_CASES)
def case(case_id: int) -> Any:
    """Show a case whole, with the forms for who chooses, signs or ends it."""
    return _page(case_id)


@bp.post("/cases/<id:case_id>/proposal")
@requires(Action.OPEN_CASE)
def propose(case_id: int) -> Any:
    """Choose what becomes of the responses, and count what that would change."""
    form, who = ProposeForm(), visitor().actor
    if form.validate():
        with refusals_in(form):
            # Counted before the transaction: it may take long, and nobody who sits an exam waits for it.
            with reading() as found:
                correction, tally = cases.dry_run(
                    found,
                    actor=who,
                    case_id=case_id,
                    policy=form.policy.data or "",
                    form=request.form.to_dict(flat=False),
                )
            with transaction() as changed:
                cases.propose(changed, actor=who, case_id=case_id, correction=correction, tally=tally, now=now())
    return _done(case_id, form, "Counted: this is what it would change. Nothing is changed yet.")


@bp.post("/cases/<id:case_id>/count")
@requires(Action.SEE_CASES)
def count(case_id: int) -> Any:
    """Count anew what the chosen policy would change."""
    who = visitor().actor
    with reading() as found:
        correction, tally = cases.dry_run_again(found, actor=who, case_id=case_id)
    with transaction() as changed:
        cases.propose(changed, actor=who, case_id=case_id, correction=correction, tally=tally, again=True, now=now())
    flash("Counted again: this is what it would change now.", "success")
    return access.go("cases.case", case_id=case_id)


@bp.post("/cases/<id:case_id>/signature")
@requires(Action.SIGN_CASE)
def sign(case_id: int) -> Any:
    """Sign a case: every stored response is scored again."""
    form, told = SignForm(), ""
    if form.validate():
        with refusals_in(form), transaction() as changed:
            issued = certification.sign_case(changed, actor=visitor().actor, now=now(), **_signed(case_id, form))
            followed = f" {counted(len(issued), 'certification')} followed from it." if issued else ""
            told = f"Signed. The exams are scored again.{followed}"
    return _done(case_id, form, told)


def _signed(case_id: int, form: SignForm) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "proposal_id": int(shown) if (shown := form.proposal.data or "").isdecimal() else 0,
        "password": form.password.data or "",
        "seen": form.seen.data or "",
    }


@bp.post("/cases/<id:case_id>/dismissal")
@requires(Action.SEE_CASES)
def dismiss(case_id: int) -> Any:
    """End a case without a change."""
    form = ReasonForm()
    if form.validate():
        with refusals_in(form), transaction() as changed:
            cases.dismiss(changed, actor=visitor().actor, case_id=case_id, reason=form.reason.data or "", now=now())
    return _done(case_id, form, "The case is ended. Nothing was changed.")


@bp.post("/cases/<id:case_id>/reviews/<id:regrade_id>")
@requires(Action.SIGN_CASE)
def review(case_id: int, regrade_id: int) -> Any:
    """Decide whether a pass stands that the recount does not bear out."""
    form = ReviewForm()
    if form.validate():
        with refusals_in(form), transaction() as changed:
            certification.decide_review(
                changed,
                actor=visitor().actor,
                case_id=case_id,
                regrade_id=regrade_id,
                outcome=form.outcome.data or "",
                reason=form.reason.data or "",
                now=now(),
            )
    return _done(case_id, form, "Decided. No certification was changed by it.")


def _done(case_id: int, form: HouseForm, told: str) -> Any:
    if form.errors:
        return _page(case_id, form), 422
    flash(told, "success")
    return access.go("cases.case", case_id=case_id)


def _page(case_id: int, refused: HouseForm | None = None) -> str:
    """Return the page of a case; `refused` is the one of its forms that came back."""
    who = visitor()
    with reading() as found:
        read = read_case(found, who.actor.organisation_id, case_id)
    chosen = read.whole.proposal.policy if read.whole.proposal else None
    forms = {
        "propose": ProposeForm(formdata=None, policy=chosen),
        "sign": SignForm(formdata=None),
        "dismiss": ReasonForm(formdata=None),
    }
    for kind, form in forms.items():
        forms[kind] = refused if refused is not None and type(refused) is type(form) else form
    typed = request.form.to_dict(flat=False) if isinstance(refused, ProposeForm) else {}
    return render_template(
        "cases/case.html", case=case_page(read, who, typed), forms_of=forms, refused=refused or forms["propose"]
    )
