"""An edition of a course for everybody: who signed it, what it rests on, what changed; old ones stay readable."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, render_template, url_for

from app.content.compare import Change
from app.content.pieces import Piece, PieceKind
from app.content.values import Decision
from app.errors import NotFoundError
from app.people.permissions import Action
from app.releases import comparing, queries
from app.releases.comparing import Edition
from app.releases.manifest import DECISIONS, procedure_name
from app.releases.models import Release
from app.reports.releases import EditionRead, read_edition
from app.web import access
from app.web.access import reading, requires, visitor
from app.web.change_pages import change_cards
from app.web.recalls_pages import recall_url
from app.web.releases_pages import content_of, lesson_page, lesson_urls
from app.web.withdrawals import lesson_without, told, withdrawal_alerts
from app.web.words import Context, counted, day, moment

bp = Blueprint("editions", __name__)

TABLES = {
    "settings": "Settings",
    "contraindications": "Contraindications",
    "procedure": "Steps of the procedures",
    "statements": "Statements",
}


@bp.get("/courses")
@requires()
def courses() -> Any:
    """List the courses that are in force, each with its edition."""
    who = visitor()
    with reading() as found:
        in_force = queries.all_in_force(found, who.actor.organisation_id)
    return render_template("editions/courses.html", courses=[_course(one) for one in in_force.values()])


@bp.get("/courses/<string:course_id>/editions")
@requires()
def show(course_id: str) -> Any:
    """Go to the newest signed edition of a course."""
    with reading() as found:
        editions = comparing.editions(found, visitor().actor.organisation_id, course_id)
    if not editions:
        raise NotFoundError
    return access.go("editions.edition", release_id=editions[0].release_id)


@bp.get("/editions/<id:release_id>")
@requires()
def edition(release_id: int) -> Any:
    """Show a signed edition: its facts with standing and sources, what changed, its lessons, and the other editions."""
    with reading() as found:
        read = read_edition(found, visitor().actor.organisation_id, release_id)
    return render_template("editions/edition.html", edition=_edition(read))


@bp.get("/editions/<id:release_id>/lessons/<string:lesson_id>")
@requires()
def lesson(release_id: int, lesson_id: str) -> Any:
    """Show a lesson of a signed edition, as it was when people learned from it."""
    with reading() as found:
        whole = queries.whole(found, visitor().actor.organisation_id, release_id)
        if not whole.signatures:
            raise NotFoundError
        html = queries.lesson_html(found, whole.release.id, lesson_id).html
        editions = comparing.editions(found, whole.release.organisation_id, whole.release.course_id)
    text, alerts = lesson_without(html, whole.withdrawn, visitor().person.time_zone)
    shown = lesson_page(whole.release, lesson_id, text, endpoint="editions.lesson")
    return render_template(
        "releases/lesson.html", lesson={**shown, "alerts": [*_newer(whole.release, editions), *alerts]}
    )


def _course(one: queries.InForce) -> Context:
    zone, manifest = visitor().person.time_zone, one.release.manifest
    return {
        "title": one.release.title,
        "summary": manifest["summary"],
        "meta": [
            f"Edition {one.release.edition}, signed by {one.signer} on {day(one.signed_at.date())}",
            counted(len(manifest["lessons"]), "lesson"),
            f"about {counted(manifest['study_minutes'], 'minute')}",
        ],
        "alerts": withdrawal_alerts(one, zone),
        "href": url_for("editions.edition", release_id=one.release.id),
    }


def _edition(read: EditionRead) -> Context:
    release, zone = read.whole.release, visitor().person.time_zone
    before = read.whole.compared_with
    first = read.whole.signatures[0]
    return {
        "title": release.title,
        "edition": release.edition,
        "sub": f"In force from {moment(first.signed_at, zone)}, signed by {first.name}.",
        "alerts": [
            *_newer(release, read.editions),
            *withdrawal_alerts(
                queries.InForce(release=release, signed_at=first.signed_at, signer="", withdrawn=read.whole.withdrawn),
                zone,
            ),
        ],
        "signatures": [
            {"name": one.name, "at": moment(one.signed_at, zone), "meaning": one.meaning, "hash": one.content_hash}
            for one in read.whole.signatures
        ],
        "before": f"Edition {before.edition}" if before else "",
        "change_count": counted(len(read.changes), "change"),
        "recall_url": recall_url(release, read.changes, read.confirmed, visitor()),
        "changes": change_cards(
            [_without_stopped(read, one) for one in read.changes], read.confirmed, None, zone, keys=False
        ),
        "content": content_of(release, lesson_urls("editions.lesson", release)),
        "tables": list(_tables(read)),
        "sources": [
            {"id": one.key.partition("/")[2], "citation": one.title, "url": _page(one), "read": one.values.get("read")}
            for one in read.pieces
            if one.key.startswith("sources/")
        ],
        "others": [
            {
                "label": f"Edition {one.edition}",
                "note": f"signed on {day(one.signed_at.date())}",
                "href": url_for("editions.edition", release_id=one.release_id),
                "current": one.release_id == release.id,
            }
            for one in read.editions
        ],
        "hash": release.content_hash,
    }


def _tables(read: EditionRead) -> Iterable[Context]:
    """Yield each fact table with its rows: what it says, its standing, its sources, and whether it was withdrawn."""
    may_withdraw = visitor().actor.can(Action.SIGN_RELEASE) and not read.whole.withdrawn.whole
    for table, title in TABLES.items():
        rows = [one for one in read.pieces if one.kind is PieceKind.FACT and one.key.startswith(f"{table}/")]
        if rows:
            yield {"id": table, "title": title, "rows": [_row(read, one, may_withdraw=may_withdraw) for one in rows]}


def _row(read: EditionRead, piece: Piece, *, may_withdraw: bool) -> Context:
    stopped = _stopped(read, piece.key)
    zone = visitor().person.time_zone
    ask = url_for("release_changes.ask_withdraw", release_id=read.whole.release.id, fact=piece.key)
    return {
        "key": piece.key,
        "title": piece.title,
        "text": "" if stopped else _figures(piece),
        "standing": piece.values["standing"],
        "sources": [one for one in piece.values.get("sources", "").split("; ") if one],
        "conflict": piece.values.get("conflict", ""),
        "withdrawn": told(stopped, zone) if stopped else "",
        "withdraw_url": ask if may_withdraw and not stopped else "",
    }


def _stopped(read: EditionRead, key: str) -> queries.Withdrawn | None:
    """Return what stopped a fact: its own withdrawal, or that of the whole edition."""
    return read.whole.withdrawn.facts.get(key) or read.whole.withdrawn.whole


def _without_stopped(read: EditionRead, change: Change) -> Change:
    """Return a change without what it says, where that was withdrawn: nobody works by it."""
    return replace(change, fields=()) if _stopped(read, change.key) else change


def _newer(release: Release, editions: Sequence[Edition]) -> list[Context]:
    """Return the banner of an edition that another one followed; `editions` starts with the newest."""
    newest = editions[0]
    if newest.release_id == release.id:
        return []
    href = url_for("editions.edition", release_id=newest.release_id)
    text = f"Edition {newest.edition} counts since {day(newest.signed_at.date())}. Do not work by this one."
    action = {"label": "Open the newest", "href": href}
    return [{"tone": "warning", "title": "This is an earlier edition", "text": text, "action": action}]


def _figures(piece: Piece) -> str:
    """Return what a row says beyond its title, in a line."""
    values = piece.values
    table = piece.key.partition("/")[0]
    if table == "settings":
        names = ("fluence", "pulse", "spot", "pulse_energy")
        decided = DECISIONS[Decision(values["decision"])].capitalize()
        return ", ".join([decided, *(values[name] for name in names if name in values)])
    if table == "contraindications":
        action = values["action"].replace("_", " ").capitalize()
        return f"{action}, {values['defer_days']}" if "defer_days" in values else action
    if table == "procedure":
        critical = ", safety-critical" if values.get("safety_critical") == "yes" else ""
        return f"{procedure_name(values['procedure'])}, {procedure_name(values['phase']).lower()}{critical}"
    return ""  # a statement is its own sentence; what an exam asks of it is nobody's before the end


def _page(source: Piece) -> str:
    url = source.values.get("url", "")
    return url if url.startswith(("https://", "http://")) else ""
