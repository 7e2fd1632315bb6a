"""What changed in a release: its author classes each change, somebody counts what rests on it, a director stops it."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, flash, render_template, request, url_for
from wtforms import BooleanField, SelectField
from wtforms.validators import InputRequired

from app.certification import service as certification
from app.content.pieces import Piece
from app.errors import NotFoundError
from app.people.permissions import Action
from app.releases import comparing, service
from app.releases import queries as releases
from app.reports import formats
from app.reports import releases as reports
from app.reports.formats import Format
from app.reports.impact import COLUMNS, rows_of
from app.web import access
from app.web.access import now, reading, requires, transaction, visitor
from app.web.errors import answer
from app.web.forms import HouseForm, refusals_in, refuse, tidy, words_field
from app.web.releases import SignForm, page
from app.web.signing import SignedForm, password_field
from app.web.words import Context, counted

bp = Blueprint("release_changes", __name__)

WHOLE = "whole"
# To count looks through all certifications of the course.
COUNTS_PER_PERSON = "10 per 5 minutes"


class ChangesForm(HouseForm):
    """The classes and reasons of changes; their fields are read by the digests of the changes."""


class WithdrawForm(SignedForm):
    """What is stopped, why, and the password that makes it a director's act."""

    fact = SelectField("What is withdrawn", [InputRequired("Choose what is withdrawn.")], default="")
    everywhere = BooleanField("Withdraw the same fact in every course that teaches it", default=True)
    reason = words_field("Reason")
    password = password_field("Enter your password to withdraw it.")


@bp.post("/releases/<id:release_id>/changes")
@requires(Action.PUBLISH_RELEASE)
def confirm(release_id: int) -> Any:
    """Confirm the class of each change that has a reason, its own or the one for all."""
    form, typed = ChangesForm(), request.form.to_dict()
    told = _told(typed)
    if form.validate() and not told:
        refuse(form, "Write the reason of a change, or one reason for all of them.")
    if not form.errors:
        with refusals_in(form), transaction() as changed:
            service.confirm_changes(changed, actor=visitor().actor, release_id=release_id, told=told, now=now())
            reports.count_impact(changed, actor=visitor().actor, release_id=release_id, day=visitor().today, now=now())
    if form.errors:
        return page(release_id, SignForm(formdata=None), refused=form, typed=typed), 422
    flash(f"{counted(len(told), 'change').capitalize()} confirmed.", "success")
    return access.go("releases.review", release_id=release_id)


def _told(typed: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Return (class, reason) by digest of the changes that have a reason, be it the one for all."""
    for_all = tidy(typed.get("reason"))
    digests = [name.removeprefix("class-") for name in typed if name.startswith("class-")]
    told = {one: (typed[f"class-{one}"], tidy(typed.get(f"reason-{one}")) or for_all) for one in digests}
    return {one: said for one, said in told.items() if said[1]}


@bp.post("/releases/<id:release_id>/impact")
@requires(Action.SEE_RELEASES)
def count(release_id: int) -> Any:
    """Count anew what rests on the changes."""
    with reading() as found:
        releases.get_release(found, visitor().actor.organisation_id, release_id)
    if access.limits().too_many(COUNTS_PER_PERSON, "impact", visitor().actor.account_id):
        return answer(429, "This was counted several times just now. Wait five minutes, then count again.")
    with transaction() as changed:
        reports.count_impact(changed, actor=visitor().actor, release_id=release_id, day=visitor().today, now=now())
    flash("Counted: this is what rests on the changes now.", "success")
    return access.go("releases.review", release_id=release_id)


@bp.get("/releases/<id:release_id>/impact")
@requires(Action.SEE_RELEASES)
def impact(release_id: int) -> Any:
    """Send what was counted last to rest on the changes, by id, as a file."""
    who, form = visitor().actor, request.args.get("format", "")
    if form not in set(Format):
        raise NotFoundError
    with reading() as found:
        read = reports.read_review(found, who.organisation_id, release_id)
        if read.counted is None:
            raise NotFoundError
        rows = list(rows_of(found, who.organisation_id, read.counted.impact, named=who.can(Action.SEE_BOARD)))
    name = formats.file_name(f"fluence-impact-{read.release.course_id}-{read.release.edition}", Format(form))
    return Response(
        formats.written(rows, list(COLUMNS), Format(form)),
        content_type=formats.MEDIA_TYPES[Format(form)],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@bp.get("/releases/<id:release_id>/withdraw")
@requires(Action.SIGN_RELEASE)
def ask_withdraw(release_id: int) -> Any:
    """Ask what is to be withdrawn, and why."""
    form = WithdrawForm(formdata=None, fact=request.args.get("fact", ""))
    return render_template("releases/withdraw.html", withdraw=_withdraw_page(release_id, form), form=form)


@bp.post("/releases/<id:release_id>/withdraw")
@requires(Action.SIGN_RELEASE)
def withdraw(release_id: int) -> Any:
    """Withdraw a release, or one row of it, at once."""
    form = WithdrawForm()
    shown = _withdraw_page(release_id, form)
    if form.validate():
        with refusals_in(form), transaction() as changed:
            ended = certification.withdraw(changed, actor=visitor().actor, now=now(), **_typed(release_id, form))
            flash(f"Withdrawn. {counted(ended, 'open exam').capitalize()} ended and will not count.", "success")
    if form.errors:
        return render_template("releases/withdraw.html", withdraw=shown, form=form), 422
    return access.go("releases.review", release_id=release_id)


def _typed(release_id: int, form: WithdrawForm) -> dict[str, Any]:
    return {
        "release_id": release_id,
        "fact": "" if form.fact.data == WHOLE else form.fact.data,
        "everywhere": bool(form.everywhere.data),
        "password": form.password.data or "",
        "reason": form.reason.data or "",
    }


def _withdraw_page(release_id: int, form: WithdrawForm) -> Context:
    """Return what the page says, and give the form what there is to choose."""
    with reading() as found:
        whole = releases.whole(found, visitor().actor.organisation_id, release_id)
        pieces = comparing.pieces(found, whole.release)
        also = comparing.taught_as_well(found, whole.release)
    release = whole.release
    rows = [one for one in pieces if one.kind == "fact" and "standing" in one.values]
    open_rows = [(one.key, _row(one, also)) for one in rows if one.key not in whole.withdrawn.facts]
    whole_of = (WHOLE, f"The whole of {release.title}, edition {release.edition}")
    form.fact.choices = [("", "Choose the whole edition, or one fact"), whole_of, *open_rows]
    return {
        "title": f"{release.title}, edition {release.edition}",
        "back_url": url_for("releases.review", release_id=release.id),
        "url": url_for("release_changes.withdraw", release_id=release.id),
        "signed": bool(whole.signatures),
        "shared": any(also.values()),
    }


def _row(one: Piece, also: Mapping[str, Sequence[comparing.Taught]]) -> str:
    """Return a row as the list of what can be withdrawn says it: with the other courses that teach the same fact."""
    courses = dict.fromkeys(row.release.title for row in also.get(one.key, ()))
    return f"{one.title} ({one.key}){'; also in: ' + ', '.join(courses) if courses else ''}"
