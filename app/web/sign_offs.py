"""Sign-offs: an evaluator records at the device what they saw; no field could hold who the client was."""

import secrets
from typing import Any

from flask import Blueprint, flash, render_template, request
from wtforms import BooleanField, DateField, HiddenField, RadioField, SelectField, SelectMultipleField
from wtforms import TextAreaField as Area
from wtforms.validators import InputRequired, Length, Optional, Regexp
from wtforms.widgets import CheckboxInput

from app.certification import attesting, practice
from app.certification.attesting import LONGEST_WORDS, Outcome
from app.certification.scope import Cell
from app.errors import NotFoundError
from app.people.permissions import Action
from app.releases.steps import Step
from app.reports import sign_offs as reports
from app.reports.sign_offs import Choices
from app.web.access import go, now, reading, requires, transaction, visitor
from app.web.forms import FROM_THE_LIST, HouseForm, plain, refusals_in, row_id, tidy
from app.web.practice_pages import OUTCOMES, offered, recorded, sign_offs_page, whole
from app.web.signing import SignedForm, password_field
from app.web.words import Context, day

bp = Blueprint("sign_offs", __name__)
WORDS_RULES = [Optional(), plain, Length(max=LONGEST_WORDS, message=f"Write at most {LONGEST_WORDS} characters.")]
NO_CLIENT = "No client detail: who it was, their age and their history are not in my words"


def person_id(value: Any) -> int | None:
    """Return the id of who was chosen, None while nobody is; ValueError for anything that is no id."""
    return row_id(value) if value else None


class TreatmentForm(HouseForm):
    """One treatment: who treated, with what, which skin type, and when it was observed."""

    class Meta(HouseForm.Meta):
        """It only asks for the next page, so that it carries no token."""

        csrf = False

    technician = SelectField("Technician", [InputRequired("Choose the technician.")], coerce=person_id)
    device = SelectField("Device", [InputRequired("Choose the device.")])
    skin_type = SelectField("Skin type", [InputRequired("Choose the client's skin type.")])
    procedure = SelectField("Procedure", [InputRequired("Choose the procedure.")])
    observed_on = DateField("Day observed", [InputRequired("Enter the day on which you observed the treatment.")])


class SeenForm(SignedForm):
    """What was seen: each step, how it went, remarks, and the signature."""

    # The mark of this page, made with it: a page that is sent twice is signed once.
    page = HiddenField(validators=[Optional(), Regexp(r"[0-9a-f]{32}\Z", message="Load the page again, then sign.")])
    corrects = HiddenField(validators=[Optional()])
    correction = SelectField("What was wrong in the earlier entry", [Optional()])
    steps = SelectMultipleField("Safety-critical steps", [Optional()])
    outcome = RadioField("How the treatment went", [InputRequired("Choose how the treatment went.")])
    remarks = SelectMultipleField("Remarks", [Optional()], option_widget=CheckboxInput())
    words = Area("In your own words", WORDS_RULES, filters=[tidy])
    no_client_detail = BooleanField(NO_CLIENT)
    password = password_field()


class VoidForm(SignedForm):
    """Why an entry is void, and the signature."""

    reason = SelectField("What was wrong", [InputRequired("Choose what was wrong.")])
    words = Area("In your own words", WORDS_RULES, filters=[tidy])
    no_client_detail = BooleanField(NO_CLIENT)
    password = password_field()


@bp.get("/sign-offs")
@requires(Action.SIGN_OFF)
def show() -> Any:
    """Show the form, and what the visitor signed."""
    found = _choices()
    form = _treatment_form(found, fresh=True)
    return _list_page(found, form)


@bp.get("/sign-offs/observe")
@requires(Action.SIGN_OFF)
def observe() -> Any:
    """Show what to look for in a treatment, or why the visitor may not observe it."""
    found = _choices()
    treatment = _treatment_form(found)
    steps = _steps(found, treatment) if _is_sound(treatment) else []
    if treatment.errors:
        return _list_page(found, treatment), 422
    return _observe_page(found, treatment, _seen_form(steps, fresh=True), steps)


@bp.post("/sign-offs/observe")
@requires(Action.SIGN_OFF)
def record() -> Any:
    """Sign what was seen of a treatment."""
    found = _choices()
    treatment = _treatment_form(found)
    steps = _steps(found, treatment) if _is_sound(treatment) else []
    if treatment.errors:
        return _list_page(found, treatment), 422
    form = _seen_form(steps)
    counts = _record(treatment, form) if form.validate() else False
    if form.errors:
        return _observe_page(found, treatment, form, steps), 422
    flash(recorded(found, treatment.technician.data, counts=counts), "success")
    return go("sign_offs.show")


@bp.get("/sign-offs/<id:sign_off_id>")
@requires(Action.SIGN_OFF)
def entry(sign_off_id: int) -> Any:
    """Show an entry of the visitor's, and how it can be corrected."""
    return _entry_page(sign_off_id, _void_form())


@bp.post("/sign-offs/<id:sign_off_id>/void")
@requires(Action.SIGN_OFF)
def void(sign_off_id: int) -> Any:
    """Declare an entry void."""
    form = _void_form()
    if form.validate():
        with refusals_in(form), transaction() as changed:
            correction = _voids(sign_off_id, form)
            practice.void(
                changed, actor=visitor().actor, correction=correction, password=form.password.data or "", now=now()
            )
    if form.errors:
        return _entry_page(sign_off_id, form), 422
    flash("The entry is void. It stays on the record, with your reason.", "success")
    return go("sign_offs.entry", sign_off_id=sign_off_id)


def _choices() -> Choices:
    actor = visitor().actor
    with reading() as found:
        return reports.choices(
            found,
            organisation_id=actor.organisation_id,
            evaluator_id=actor.account_id,
            within=actor.clinics(Action.SIGN_OFF),
        )


def _treatment_form(found: Choices, *, fresh: bool = False) -> TreatmentForm:
    given = None if fresh else request.form if request.method == "POST" else request.args
    form = TreatmentForm(given, observed_on=visitor().today)
    for name, items in offered(found).items():
        form[name].choices = items
    return form


def _is_sound(form: TreatmentForm) -> bool:
    """Tell whether a treatment is chosen well; who treats elsewhere is not found."""
    sound = form.validate()
    if form.technician.data == visitor().actor.account_id:
        form.technician.errors = [practice.OWN]
    elif form.technician.data and FROM_THE_LIST in form.technician.errors:
        raise NotFoundError
    return bool(sound)


def _cell(form: Any) -> Cell:
    return Cell(procedure=form.procedure.data, device=form.device.data, skin_type=int(form.skin_type.data))


def _steps(found: Choices, form: Any) -> list[Step]:
    """Return what to look for; where the visitor may not observe it, the form says why."""
    who, on = visitor(), form.observed_on.data
    steps: list[Step] = []
    with refusals_in(form), reading() as session:
        practice.check_observed(on, who.today)
        steps += reports.to_look_for(session, who.actor, found, _cell(form), on, who.person.time_zone, now())
    return steps


def _seen_form(steps: list[Step], *, fresh: bool = False) -> SeenForm:
    form = SeenForm()
    if fresh:
        form = SeenForm(formdata=None, page=secrets.token_hex(16), corrects=request.args.get("corrects", ""))
    form.outcome.choices = [(one.value, text) for one, text in OUTCOMES.items()]
    form.remarks.choices = list(attesting.REMARKS.items())
    form.steps.choices = [(step.fact, step.text) for step in steps]
    form.correction.choices = [("", "Choose what was wrong"), *attesting.CORRECTED.items()]
    return form


def _record(treatment: Any, form: SeenForm) -> bool:
    """Record a treatment; return whether it counts once the technician has signed."""
    counts: list[bool] = []
    with refusals_in(form), transaction() as changed:
        signed = practice.record(
            changed,
            actor=visitor().actor,
            treatment=practice.Treatment(
                account_id=treatment.technician.data, cell=_cell(treatment), observed_on=treatment.observed_on.data
            ),
            seen=practice.Seen(
                outcome=form.outcome.data,
                done=form.steps.data or (),
                remarks=form.remarks.data or (),
                words=form.words.data or "",
                no_client_detail=form.no_client_detail.data,
                page=form.page.data or None,
            ),
            password=form.password.data or "",
            now=now(),
            correction=_correction(form),
        )
        counts.append(attesting.is_practice(signed.outcome or "", complete=bool(signed.complete)))
    return any(counts)


def _correction(form: SeenForm) -> practice.Correction | None:
    if not form.corrects.data:
        return None
    try:
        sign_off_id = row_id(form.corrects.data)
    except ValueError as error:
        raise NotFoundError from error
    return practice.Correction(sign_off_id=sign_off_id, reason_code=form.correction.data or "")


def _voids(sign_off_id: int, form: Any) -> practice.Correction:
    return practice.Correction(
        sign_off_id=sign_off_id,
        reason_code=form.reason.data,
        words=form.words.data or "",
        no_client_detail=form.no_client_detail.data,
    )


def _void_form() -> VoidForm:
    form = VoidForm()
    form.reason.choices = [("", "Choose what was wrong"), *attesting.CORRECTED.items()]
    return form


def _list_page(choices: Choices, form: TreatmentForm) -> str:
    actor = visitor().actor
    with reading() as found:
        signed = reports.attested_by(
            found, organisation_id=actor.organisation_id, evaluator_id=actor.account_id, named=choices.named
        )
    return render_template("sign_offs/sign_offs.html", form=form, sign_offs=sign_offs_page(choices, signed))


def _observe_page(found: Choices, treatment: Any, form: SeenForm, steps: list[Step]) -> str:
    given = {name: str(field.data) for name, field in treatment._fields.items()}
    words = dict(offered(found)["technician"]), dict(offered(found)["procedure"])
    observed: Context = {
        "given": given,
        "technician": words[0][given["technician"]],
        "what": f"{words[1][given['procedure']]}, {found.devices[given['device']]}",
        "skin_type": dict(offered(found)["skin_type"])[given["skin_type"]],
        "day": day(treatment.observed_on.data),
        "phases": _phases(steps),
        "outcome_safe": Outcome.SAFE.value,
    }
    return render_template("sign_offs/observe.html", form=form, observed=observed)


def _phases(steps: list[Step]) -> list[Context]:
    phases: dict[str, list[Step]] = {}
    for step in steps:
        phases.setdefault(step.phase, []).append(step)
    return [
        {"phase": phase.replace("-", " ").capitalize(), "steps": [{"fact": one.fact, "text": one.text} for one in some]}
        for phase, some in phases.items()
    ]


def _entry_page(sign_off_id: int, form: VoidForm) -> str:
    who = visitor()
    with reading() as found:
        one = reports.entry(found, actor=who.actor, sign_off_id=sign_off_id, as_evaluator=True)
    signed = one.attested.sign_off
    again = {
        "technician": signed.account_id,
        "device": signed.device,
        "skin_type": signed.skin_type,
        "procedure": signed.procedure,
        "observed_on": signed.observed_on.isoformat(),
        "corrects": signed.id,
    }
    return render_template(
        "sign_offs/entry.html",
        entry=whole(one, who.person.time_zone),
        again=again,
        may_correct=one.attested.correction is None,
        form=form,
    )
