"""Appeals: a trainee contests a question or a result, and somebody who is not partial answers."""

from typing import Any

from flask import Blueprint, flash, render_template
from wtforms import RadioField, SelectField
from wtforms.validators import InputRequired

from app.certification import appeals as certification
from app.exams import case_queries, cases, queries
from app.people.permissions import Action
from app.web import access
from app.web.access import now, reading, requires, transaction, visitor
from app.web.appeals_pages import ANSWERS, appeal_page, contest_page, list_page, offered
from app.web.forms import HouseForm, refusals_in, words_field

bp = Blueprint("appeals", __name__)


class ContestForm(HouseForm):
    """What is contested, by its number, and why."""

    position = SelectField("What you contest", [InputRequired("Choose the question, or the result as a whole.")])
    words = words_field("What is wrong", "Write what is wrong", 3, 2000)


class AnswerForm(HouseForm):
    """Whether an appeal is upheld, and the reason that the trainee reads."""

    upheld = RadioField("Your answer", [InputRequired("Choose whether the appeal is upheld.")], choices=ANSWERS)
    answer = words_field("Reason", "Write the reason", 3, 2000)


@bp.get("/appeals")
@requires(Action.SEE_CASES)
def show() -> Any:
    """List the appeals, those that wait first."""
    with reading() as found:
        contested = case_queries.appeals(found, visitor().actor.organisation_id)
    return render_template("appeals/appeals.html", appeals=list_page(contested, visitor().person.time_zone))


@bp.get("/appeals/<id:appeal_id>")
@requires(Action.SEE_CASES)
def appeal(appeal_id: int) -> Any:
    """Show an appeal with what it contests, and the form for who may answer."""
    return _page(appeal_id, AnswerForm(formdata=None))


@bp.post("/appeals/<id:appeal_id>/answer")
@requires(Action.DECIDE_APPEAL)
def answer(appeal_id: int) -> Any:
    """Answer an appeal, once."""
    form = AnswerForm()
    if form.validate():
        with refusals_in(form), transaction() as changed:
            certification.answer_appeal(
                changed,
                actor=visitor().actor,
                appeal_id=appeal_id,
                upheld=form.upheld.data == "yes",
                answer=form.answer.data or "",
                now=now(),
            )
    if form.errors:
        return _page(appeal_id, form), 422
    flash("Answered. The trainee reads it beside the result.", "success")
    return access.go("appeals.appeal", appeal_id=appeal_id)


def _page(appeal_id: int, form: AnswerForm) -> str:
    who = visitor()
    with reading() as found:
        contested = certification.get_contested(found, who.actor.organisation_id, appeal_id)
        asks = contested.answer is None and who.actor.can(Action.DECIDE_APPEAL)
        why_not = certification.why_not_decider(found, who.actor, contested) if asks else ""
        item_hash = contested.item.item_hash if contested.item else ""
        running = case_queries.open_case_of(found, who.actor.organisation_id, item_hash) if item_hash else None
    shown = appeal_page(contested, who, asks=asks, why_not=why_not, running=running)
    return render_template("appeals/appeal.html", appeal=shown, form=form)


@bp.get("/attempts/<id:attempt_id>/appeal")
@requires(Action.LEARN)
def ask(attempt_id: int) -> Any:
    """Ask what a trainee contests of their own result, and why."""
    return _contest(attempt_id, ContestForm(formdata=None))


@bp.post("/attempts/<id:attempt_id>/appeal")
@requires(Action.LEARN)
def contest(attempt_id: int) -> Any:
    """Contest a question of one's own paper, or the result."""
    form = ContestForm()
    shown = _contest_page(attempt_id, form)
    if form.validate():
        with refusals_in(form), transaction() as changed:
            position, words = int(form.position.data), form.words.data or ""
            cases.contest(
                changed, actor=visitor().actor, attempt_id=attempt_id, position=position, words=words, now=now()
            )
    if form.errors:
        return render_template("appeals/contest.html", contest=shown, form=form), 422
    flash("Your appeal is on record. The answer will stand here.", "success")
    return access.go("results.show", attempt_id=attempt_id)


def _contest(attempt_id: int, form: ContestForm) -> str:
    shown = _contest_page(attempt_id, form)
    return render_template("appeals/contest.html", contest=shown, form=form)


def _contest_page(attempt_id: int, form: ContestForm) -> Any:
    who = visitor().actor
    with reading() as found:
        attempt = queries.get_attempt(found, who.organisation_id, attempt_id, who.account_id)
        taken = case_queries.contested(found, who.organisation_id, attempt.id)
        # While an exam runs, not a word of an earlier one is told.
        sits = queries.is_sitting(found, who.account_id, now())
        stems = () if sits else queries.stems_of(found, attempt.id)
    form.position.choices = offered(attempt, taken, stems)
    return contest_page(attempt, taken, now(), visitor().person.time_zone, sits=sits)
