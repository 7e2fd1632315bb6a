"""Releases: the list, the review that a medical director signs, and a preview of the lessons as they were frozen."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, render_template, request
from wtforms import HiddenField, SelectMultipleField

from app.content.compare import ChangeClass
from app.people.permissions import Action
from app.releases import queries
from app.reports import releases as reports
from app.reports.releases import read_review, unsigned
from app.web import access
from app.web.access import now, reading, requires, transaction, visitor
from app.web.forms import HouseForm, refusals_in
from app.web.releases_pages import Asked, lesson_page, list_page, review_page, waiting_alerts
from app.web.signing import SignedForm, password_field

bp = Blueprint("releases", __name__)

# A signature asks for the password again; whoever found an open browser must not try it out.


class SignForm(SignedForm):
    """The protocol rows that were compared, what the signer saw to rest on the changes, and the password."""

    seen = HiddenField(default="")
    confirmed = SelectMultipleField("Protocol rows", validate_choice=False, choices=(), default=())
    password = password_field("Enter your password to sign.")


@bp.get("/releases")
@requires(Action.SEE_RELEASES)
def show() -> Any:
    """List all releases, the newest first."""
    who = visitor()
    with reading() as found:
        releases = queries.releases(found, who.actor.organisation_id)
        signatures = queries.signatures(found, [release.id for release, _ in releases])
        in_force = queries.all_in_force(found, who.actor.organisation_id)
        waiting = unsigned(found, who.actor) if who.actor.can(Action.SIGN_RELEASE) else []
    shown = list_page(releases, signatures, in_force, who)
    return render_template("releases/releases.html", releases=shown, alerts=waiting_alerts(waiting))


@bp.get("/releases/<id:release_id>")
@requires(Action.SEE_RELEASES)
def review(release_id: int) -> Any:
    """Show a release whole, what changed in it, and the forms for who confirms and who signs it."""
    return page(release_id, SignForm(formdata=None))


@bp.post("/releases/<id:release_id>/signature")
@requires(Action.SIGN_RELEASE)
def sign(release_id: int) -> Any:
    """Sign a release; where that is refused, the ticks stay."""
    form = SignForm()
    if form.validate():
        with refusals_in(form), transaction() as changed:
            reports.sign(
                changed,
                actor=visitor().actor,
                release_id=release_id,
                password=form.password.data or "",
                confirmed_rows=form.confirmed.data or (),
                seen=form.seen.data,
                day=visitor().today,
                now=now(),
            )
    return _signed(release_id, form)


def _signed(release_id: int, form: SignForm) -> Any:
    if form.errors:
        return page(release_id, form), 422
    flash("Signed. From now on the exam can be sat on this release.", "success")
    return access.go("releases.review", release_id=release_id)


@bp.get("/releases/<id:release_id>/lessons/<string:lesson_id>")
@requires(Action.SEE_RELEASES)
def lesson(release_id: int, lesson_id: str) -> Any:
    """Show a lesson as it was frozen, before anybody learns from it."""
    with reading() as found:
        release = queries.get_release(found, visitor().actor.organisation_id, release_id)
        html = queries.lesson_html(found, release.id, lesson_id).html
    return render_template("releases/lesson.html", lesson=lesson_page(release, lesson_id, html))


def page(
    release_id: int,
    form: SignForm,
    *,
    refused: HouseForm | None = None,
    typed: Mapping[str, str] | None = None,
) -> str:
    """Return the review of a release; `refused` is a form of changes that came back, `typed` what it held."""
    who, chosen = visitor(), request.args.get("class", "")
    with reading() as found:
        read = read_review(found, who.actor.organisation_id, release_id)
    asked = Asked(
        chosen=chosen if chosen in set(ChangeClass) else "", ticked=form.confirmed.data or (), typed=typed or {}
    )
    return render_template(
        "releases/review.html", release=review_page(read, who, asked), form=form, refused=refused or form
    )
