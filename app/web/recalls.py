"""Recalls after a fact changed: started, followed, ended early or closed with a signed report."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, render_template, request
from wtforms import DateField, HiddenField, RadioField, SelectMultipleField
from wtforms.validators import InputRequired

from app.certification import recall_ends
from app.certification.recalling import Consequence, Task, digest_of
from app.errors import NotFoundError
from app.people.permissions import Action
from app.reports import formats, recall_starts
from app.reports import recalls as reports
from app.reports.formats import Format
from app.web import access
from app.web.access import now, reading, requires, transaction, visitor
from app.web.forms import HouseForm, refusals_in, words_field
from app.web.recalls_pages import CONSEQUENCES, TASKS, list_page, recall_page, report_page, start_page
from app.web.signing import SignedForm, password_field

bp = Blueprint("recalls", __name__)
DIGEST = 64  # characters of a SHA-256


class PasswordForm(SignedForm):
    """The password that makes it a director's act."""

    password = password_field("Enter your password to confirm.")


class StartForm(PasswordForm):
    """Which changes, what is asked, by when, what follows, why; and what its starter was shown."""

    change = SelectMultipleField("Changes", validate_choice=False, choices=(), default=())
    seen = HiddenField(default="")
    task = RadioField("What has to be done", [InputRequired("Choose what has to be done.")], choices=TASKS)
    due_on = DateField("Last day", [InputRequired("Choose the last day.")])
    consequence = RadioField(
        "Where it is not done by then",
        [InputRequired("Choose what follows where it is not done.")],
        choices=CONSEQUENCES,
    )
    reason = words_field("Why")


class EndForm(PasswordForm):
    """Why nobody has to do anything more."""

    reason = words_field("Reason")


class CloseForm(PasswordForm):
    """The hash of the report that its signer saw."""

    seen = HiddenField(default="")


@bp.get("/recalls")
@requires(Action.SEE_BOARD)
def show() -> Any:
    """List the recalls, the latest first."""
    who = visitor()
    with reading() as found:
        lines = reports.list_recalls(found, who.actor.organisation_id, who.actor.clinics(Action.SEE_BOARD))
    return render_template("recalls/recalls.html", recalls=list_page(lines, who))


@bp.get("/releases/<id:release_id>/recall")
@requires(Action.RECALL)
def ask(release_id: int) -> Any:
    """Show the changes of a release that can be recalled, and whom a recall of the chosen ones would reach."""
    return _start_page(release_id, StartForm(formdata=None), request.args.getlist("change"))


@bp.post("/releases/<id:release_id>/recall")
@requires(Action.RECALL)
def start(release_id: int) -> Any:
    """Start a recall."""
    form, started = StartForm(), 0
    if form.validate():
        with refusals_in(form), transaction() as changed:
            started = _started(changed, release_id, form)
    if form.errors:
        return _start_page(release_id, form, form.change.data or ()), 422
    flash("The recall is started. Whom it concerns sees it on their start page.", "success")
    return access.go("recalls.recall", recall_id=started)


def _started(changed: Any, release_id: int, form: StartForm) -> int:
    """Start the recall that a form describes; return its id."""
    return recall_starts.start(
        changed,
        actor=visitor().actor,
        release_id=release_id,
        digests=form.change.data or (),
        day=visitor().today,
        task=Task(form.task.data),
        consequence=Consequence(form.consequence.data),
        due_on=form.due_on.data or date.min,
        reason=form.reason.data or "",
        password=form.password.data or "",
        seen=form.seen.data or "",
        now=now(),
    ).id


def _start_page(release_id: int, form: StartForm, chosen: Any) -> str:
    digests = {one for one in chosen if len(one) <= DIGEST}
    with reading() as found:
        preview = recall_starts.read_preview(
            found, visitor().actor.organisation_id, release_id, digests, visitor().today
        )
    form.change.data = [one.digest for one in preview.chosen]
    form.seen.data = preview.seen
    return render_template("recalls/start.html", start=start_page(preview, visitor()), form=form)


@bp.get("/recalls/<id:recall_id>")
@requires(Action.SEE_BOARD)
def recall(recall_id: int) -> Any:
    """Show how far a recall is, clinic by clinic."""
    return _page(recall_id)


def _read(found: Any, recall_id: int) -> reports.RecallRead:
    who = visitor()
    within = who.actor.clinics(Action.SEE_BOARD)
    return reports.read_recall(found, who.actor.organisation_id, recall_id, within=within, day=who.today, now=now())


def _page(recall_id: int, refused: HouseForm | None = None) -> str:
    with reading() as found:
        read = _read(found, recall_id)
    form = refused if isinstance(refused, EndForm) else EndForm(formdata=None)
    return render_template("recalls/recall.html", recall=recall_page(read, visitor()), form=form)


@bp.get("/recalls/<id:recall_id>/people")
@requires(Action.SEE_BOARD)
def people(recall_id: int) -> Any:
    """Send who is concerned and how far each is, as a file."""
    form = request.args.get("format", "")
    if form not in set(Format):
        raise NotFoundError
    with reading() as found:
        rows = list(reports.rows_of(_read(found, recall_id)))
    name = formats.file_name(f"fluence-recall-{recall_id}", Format(form))
    return Response(
        formats.written(rows, list(reports.COLUMNS), Format(form)),
        content_type=formats.MEDIA_TYPES[Format(form)],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@bp.post("/recalls/<id:recall_id>/end")
@requires(Action.RECALL)
def end(recall_id: int) -> Any:
    """End a recall early, with a reason."""
    form = EndForm()
    if form.validate():
        typed = {"reason": form.reason.data or "", "password": form.password.data or ""}
        with refusals_in(form), transaction() as changed:
            recall_ends.end(changed, actor=visitor().actor, recall_id=recall_id, now=now(), **typed)
    if form.errors:
        return _page(recall_id, form), 422
    flash("Ended. Nobody has to do anything more. Its report can be signed.", "success")
    return access.go("recalls.recall", recall_id=recall_id)


@bp.get("/recalls/<id:recall_id>/report")
@requires(Action.SEE_BOARD)
def report(recall_id: int) -> Any:
    """Show the report of a recall to print: as it was signed, or as it stands now."""
    return _report(recall_id, CloseForm(formdata=None))


@bp.post("/recalls/<id:recall_id>/report")
@requires(Action.RECALL)
def close(recall_id: int) -> Any:
    """Sign the report of a recall that is over."""
    form = CloseForm()
    if form.validate():
        typed = {"seen": form.seen.data or "", "password": form.password.data or ""}
        with refusals_in(form), transaction() as changed:
            reports.close(changed, actor=visitor().actor, recall_id=recall_id, day=visitor().today, now=now(), **typed)
    if form.errors:
        return _report(recall_id, form), 422
    flash("Signed. The recall is closed.", "success")
    return access.go("recalls.report", recall_id=recall_id)


def _report(recall_id: int, form: CloseForm) -> str:
    with reading() as found:
        read = _read(found, recall_id)
    told = reports.shown_report(read, visitor().actor.clinics(Action.SEE_BOARD))
    form.seen.data = digest_of(told)
    return render_template("recalls/report.html", report=report_page(read, told, visitor()), form=form)
