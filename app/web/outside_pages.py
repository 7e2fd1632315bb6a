"""The pages of evidence from outside: lists with what was decided, the file as it came, the director's decision."""

from pathlib import Path
from typing import Any

from flask import Response, current_app, render_template, url_for
from sqlalchemy.orm import Session

from app.certification import evidence, rules
from app.certification.evidence import DECLINED, Certificate, Told
from app.errors import NotFoundError
from app.learning import queries as learning
from app.learning import shelf
from app.learning.sniffing import MEDIA_TYPES, FileKind, sniffed
from app.people import queries as people
from app.people.permissions import Action
from app.releases import queries as releases
from app.releases.manifest import scheme_of
from app.web import access
from app.web.access import now, reading, transaction, visitor
from app.web.forms import refusals_in, refuse
from app.web.life_words import stands_for
from app.web.words import Context, counted, day, moment

UPLOADS = "30 per hour"
TOO_MANY = "You uploaded many files in this hour. Wait a while, and go on then."
# Whatever a file holds, a browser that opens it runs nothing of it here.
SANDBOX = "default-src 'none'; sandbox"


def list_page(account_id: int, form: Any) -> Any:
    """Return the page of a person's certificates."""
    actor = visitor().actor
    own = account_id == actor.account_id and actor.can(Action.LEARN)
    with reading() as found:
        name = visitor().person.name if own else _member(found, account_id)
        told = evidence.told(found, organisation_id=actor.organisation_id, account_id=account_id)
        titles = _titles(found)
    shown = {
        "name": name,
        "own": own,
        "action": url_for("outside.own") if own else url_for("outside.of", account_id=account_id),
        "back": url_for("account.show") if own else url_for("technicians.show", account_id=account_id),
        "certificates": [_certificate(one, titles) for one in told],
    }
    return render_template("outside/list.html", form=form, page=shown)


def waiting_page() -> Any:
    """Return the page of what waits for a decision, and of what was decided lately."""
    organisation_id, zone = visitor().actor.organisation_id, visitor().person.time_zone
    with reading() as found:
        waiting = evidence.told(found, organisation_id=organisation_id)
        decided = evidence.decided_lately(found, organisation_id=organisation_id)
    page = {
        "waiting": [_row(one, f"Uploaded {moment(one.evidence.uploaded_at, zone)}") for one in waiting],
        "summary": f"{counted(len(waiting), 'certificate')} to decide" if waiting else "Nothing waits",
        "decided": [_row(one, _lately(one, zone)) for one in decided],
    }
    return render_template("outside/waiting.html", page=page)


def _row(one: Told, note: str) -> Context:
    return {
        "title": one.evidence.title,
        "sub": f"{one.person}, from {one.evidence.issuer}",
        "note": note,
        "href": url_for("outside.judge", evidence_id=one.evidence.id),
        "status": None,
    }


def _lately(one: Told, zone: str) -> str:
    decision, by = one.decisions[0]
    what = "Declined" if decision.course_id == DECLINED else "Accepted"
    return f"{what} by {by}, {moment(decision.decided_at, zone)}"


def judge_page(evidence_id: int, accept: Any, decline: Any) -> Any:
    """Return the page on which a director decides."""
    with reading() as found:
        one, choices, titles = _to_judge(found, evidence_id)
    accept.stands_for.choices = choices
    mine = visitor().actor.account_id in (one.evidence.account_id, one.evidence.uploaded_by)
    shown = {
        **_certificate(one, titles),
        "person": one.person,
        "mine": mine,
        "may_accept": bool(choices) and not mine,
        "may_decline": not one.decisions and not mine,
        "accept_title": "Accept it for more" if one.decisions else "Accept it",
        "accept_url": url_for("outside.accept", evidence_id=evidence_id),
        "decline_url": url_for("outside.decline", evidence_id=evidence_id),
    }
    return render_template("outside/judge.html", accept=accept, decline=decline, certificate=shown)


def add_it(account_id: int, form: Any) -> bool:
    """Keep what a form brings; False where it shows why not."""
    actor = visitor().actor
    if form.validate() and access.limits().too_many(UPLOADS, "upload", actor.account_id):
        refuse(form, TOO_MANY)
    if form.errors:
        return False
    certificate = Certificate(
        issuer=form.issuer.data,
        number=form.number.data,
        title=form.title.data,
        issued_on=form.issued_on.data,
        expires_on=form.expires_on.data,
    )
    folder = Path(current_app.config["EVIDENCE_PATH"])
    with refusals_in(form):
        file = sniffed(form.file.data.read())
        with transaction() as changed:
            evidence.add(
                changed,
                actor=actor,
                account_id=account_id,
                certificate=certificate,
                file=file,
                folder=folder,
                now=now(),
            )
    return not form.errors


def accept_it(evidence_id: int, form: Any) -> str:
    """Accept evidence for what a form names; return what to tell, or nothing where the form shows why not."""
    with reading() as found:
        form.stands_for.choices = _to_judge(found, evidence_id)[1]
    if not form.validate():
        return ""
    by_course: dict[str, list[str]] = {}
    for chosen in form.stands_for.data:
        course_id, requirement = chosen.split("|", maxsplit=1)
        by_course.setdefault(course_id, []).append(requirement)
    earned = []
    with refusals_in(form), transaction() as changed:
        for course_id, requirements in by_course.items():
            certification = evidence.accept(
                changed,
                actor=visitor().actor,
                evidence_id=evidence_id,
                course_id=course_id,
                requirements=requirements,
                reason=form.reason.data,
                password=form.password.data,
                now=now(),
            )
            earned += [certification.scheme["title"]] if certification else []
    if form.errors:
        return ""
    return "The certificate is accepted." + "".join(f" That completed the certification {one}." for one in earned)


def decline_it(evidence_id: int, form: Any) -> bool:
    """Decline evidence with the reason of a form; False where it shows why not."""
    if form.validate():
        with refusals_in(form), transaction() as changed:
            evidence.decline(
                changed,
                actor=visitor().actor,
                evidence_id=evidence_id,
                reason=form.reason.data,
                password=form.password.data,
                now=now(),
            )
    return not form.errors


def send_file(evidence_id: int) -> Response:
    """Return the file of evidence as it came, as an attachment that no page of ours can be."""
    with reading() as found:
        one = evidence.readable(found, actor=visitor().actor, evidence_id=evidence_id)
    kind = FileKind(one.file_kind)
    return Response(
        shelf.get(Path(current_app.config["EVIDENCE_PATH"]), one.file_name),
        content_type=MEDIA_TYPES[kind],
        headers={
            "Content-Disposition": f'attachment; filename="certificate-{one.id}.{kind.value}"',
            "Content-Security-Policy": SANDBOX,
        },
    )


def _member(session: Session, account_id: int) -> str:
    actor = visitor().actor
    return people.member(session, actor.organisation_id, account_id, actor.clinics(Action.ADD_EVIDENCE)).name


def _titles(session: Session) -> dict[str, str]:
    found = releases.all_in_force(session, visitor().actor.organisation_id)
    return {course_id: one.release.title for course_id, one in found.items()}


def _to_judge(session: Session, evidence_id: int) -> tuple[Told, list[tuple[str, str]], dict[str, str]]:
    """Return evidence, what it can still be accepted for (value, label), and the titles of courses."""
    actor = visitor().actor
    told = evidence.told(session, organisation_id=actor.organisation_id, evidence_id=evidence_id)
    if not told:
        raise NotFoundError
    one = told[0]
    in_force = releases.all_in_force(session, actor.organisation_id)
    titles = {course_id: each.release.title for course_id, each in in_force.items()}
    assigned = learning.assigned(session, actor.organisation_id, [one.evidence.account_id])
    decided = {decision.course_id for decision, _ in one.decisions}
    open_courses = [
        course for _, course in assigned if course in in_force and course not in decided and DECLINED not in decided
    ]
    choices = [
        (f"{course}|{key}", f"{titles[course]}: {_stands_for(key, titles)}")
        for course in open_courses
        for key in rules.acceptable(scheme_of(in_force[course].release.manifest))
    ]
    return one, choices, titles


def _stands_for(key: str, titles: dict[str, str]) -> str:
    return stands_for(key, lambda course: titles.get(course, course))


def _certificate(one: Told, titles: dict[str, str]) -> Context:
    kept, zone = one.evidence, visitor().person.time_zone
    return {
        "title": kept.title,
        "facts": [
            {"term": "Issuer", "value": kept.issuer},
            {"term": "Number", "value": kept.number},
            {"term": "Issued on", "value": day(kept.issued_on)},
            {"term": "Valid to", "value": day(kept.expires_on) if kept.expires_on else "No end is named"},
            {"term": "Uploaded", "value": f"{moment(kept.uploaded_at, zone)} by {one.uploaded_by}"},
        ],
        "file_url": url_for("outside.file", evidence_id=kept.id),
        "file": f"{kept.file_kind.upper()}, {max(1, kept.file_size // 1024)} KB",
        "decisions": [
            {
                "text": _decided(decision, titles),
                "sub": f"{by}, {moment(decision.decided_at, zone)}: {decision.reason}",
                "accepted": decision.course_id != DECLINED,
            }
            for decision, by in one.decisions
        ],
    }


def _decided(decision: Any, titles: dict[str, str]) -> str:
    if decision.course_id == DECLINED:
        return "Declined"
    stands_for = ", ".join(_stands_for(key, titles) for key in decision.requirements)
    return f"Accepted in {titles.get(decision.course_id, decision.course_id)} for {stands_for}"
