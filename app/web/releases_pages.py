"""What the pages say of a release: its line in the list, the whole of it for a review, a lesson of it."""

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from typing import Any

from flask import url_for
from markupsafe import Markup

from app.certification.queries import cells_of
from app.content.values import Decision, Standing
from app.people.permissions import Action
from app.releases.manifest import DECISIONS, procedure_name, span
from app.releases.models import Release
from app.releases.queries import InForce, Signed
from app.releases.service import MEANING
from app.reports.releases import Review
from app.web.access import Visitor
from app.web.exam_words import rules_of
from app.web.words import Context, counted, moment, scope_rows

WAITS = "Waits for a signature"
STANDINGS = {
    Standing.CITED: "Its sources were read. It is taught and asked.",
    Standing.PROTOCOL: "Who signs this release vouches for it, row by row. It is taught and asked.",
    Standing.DRAFT: "Nobody has confirmed it. Lessons show it as unconfirmed; it is never asked and grants nothing.",
}
TABLES = {
    "settings": "Settings",
    "contraindications": "Contraindications",
    "procedure": "Steps of the procedure",
    "statements": "Statements",
}
REVIEWS = {
    "never": "Keys and whys are never shown",
    "after_pass": "Keys and whys are shown after a pass or the last attempt",
    "after_last_attempt": "Keys and whys are shown after the last attempt",
}
EXPIRY = {
    "completion": "from the day of the exam",
    "previous_expiry": "from the end of the period before",
    "fixed": "to the anniversary of the first issue",
}


def list_page(
    releases: Sequence[tuple[Release, str]],
    signatures: Mapping[int, Sequence[Signed]],
    in_force: Mapping[str, InForce],
    who: Visitor,
) -> list[Context]:
    """Return the lines of the list of releases."""
    zone = who.person.time_zone
    current = {one.release.id for one in in_force.values()}
    return [
        {
            "title": release.title,
            "edition": release.edition,
            "href": url_for("releases.review", release_id=release.id),
            "published": f"{moment(release.published_at, zone)}, by {publisher}",
            "signed": [f"{moment(one.signed_at, zone)}, by {one.name}" for one in signatures.get(release.id, ())],
            "in_force": release.id in current,
        }
        for release, publisher in releases
    ]


def review_page(read: Review, who: Visitor, *, ticked: Collection[str]) -> Context:
    """Return a release as its review shows it; `ticked` are the protocol rows that stay confirmed."""
    release, manifest, zone = read.release, read.release.manifest, who.person.time_zone
    return {
        "title": release.title,
        "edition": release.edition,
        "sub": f"Published by {read.publisher} on {moment(release.published_at, zone)}. {_where(read)}.",
        "summary": manifest["summary"],
        "minutes": counted(manifest["study_minutes"], "minute"),
        "objectives": list(manifest["objectives"].values()),
        "lessons": [
            {"no": number, "title": one["title"], "note": f"{one['minutes']} min", "href": _lesson_url(release, one)}
            for number, one in enumerate(manifest["lessons"], start=1)
        ],
        "exam": _exam(manifest, read.items),
        "scheme": _scheme(release),
        "standings": [
            {"standing": one.value, "count": manifest["standings"][one.value], "text": text}
            for one, text in STANDINGS.items()
        ],
        "drafts": _drafts(manifest),
        "sources": [
            {"citation": one["citation"], "url": one["url"] if _is_page(one["url"]) else ""}
            for one in manifest["sources"]
        ],
        "protocol": _protocol(manifest, ticked),
        "protocol_count": counted(len(manifest["protocol"]), "protocol row"),
        "hash": release.content_hash,
        "meaning": MEANING,
        "signatures": [
            {"name": one.name, "at": moment(one.signed_at, zone), "meaning": one.meaning, "hash": one.content_hash}
            for one in read.signatures
        ],
        "sign_as": who.person.name if _may_sign(read, who) else "",
        "sign_url": url_for("releases.sign", release_id=release.id),
        "why_not": _why_not(read, who),
    }


def lesson_page(release: Release, lesson_id: str, html: str) -> Context:
    """Return a lesson of a release as its preview shows it."""
    lessons = release.manifest["lessons"]
    at = [one["id"] for one in lessons].index(lesson_id)
    places = [{"label": one["title"], "href": _lesson_url(release, one)} for one in lessons]
    back = {"label": "Back to the review", "href": url_for("releases.review", release_id=release.id)}
    return {
        "course": release.title,
        "edition": release.edition,
        "review_url": back["href"],
        "no": at + 1,
        "total": len(lessons),
        "title": lessons[at]["title"],
        "minutes": counted(lessons[at]["minutes"], "minute"),
        "html": Markup(html),  # noqa: S704  rendered and sanitised when the release was published
        "all": places,
        "previous": places[at - 1] if at else None,
        "next": places[at + 1] if at + 1 < len(places) else back,
    }


def _where(read: Review) -> str:
    if not read.signatures:
        return WAITS
    return "In force" if read.in_force else "Signed; a release signed later is in force"


def _may_sign(read: Review, who: Visitor) -> bool:
    mine = read.release.published_by == who.actor.account_id
    return who.actor.can(Action.SIGN_RELEASE) and not mine and not read.signatures


def _why_not(read: Review, who: Visitor) -> str:
    if read.signatures or _may_sign(read, who):
        return ""
    if who.actor.can(Action.SIGN_RELEASE):
        return "You published this release. Another medical director has to sign it before the exam can be sat on it."
    return "A medical director signs it here. Until then nobody can sit the exam on this release."


def _exam(manifest: Mapping[str, Any], items: int) -> Context:
    exam = manifest["exam"]
    return {
        "rules": [
            *rules_of(manifest),
            {"term": "To draw from", "value": counted(items, "question")},
            {"term": "Review", "value": REVIEWS.get(exam["review"], exam["review"])},
        ],
        "sections": [
            {
                "objective": manifest["objectives"][one["objective"]],
                "items": one["items"],
                "from": ", ".join(one["draw_from"]),
                "cut": f"{one['cut_score_percent']}%" if one["cut_score_percent"] else "no cut of its own",
            }
            for one in exam["sections"]
        ],
    }


def _scheme(release: Release) -> Context:
    scheme = release.manifest["scheme"]
    needs = ["the exam"]
    if scheme["requires_lessons"] == "all":
        needs.insert(0, "all lessons")
    if scheme["requires_sign_offs"]:
        needs.append(counted(scheme["requires_sign_offs"], "observed treatment"))
    needs += [f"a current certification in {course}" for course in scheme["requires_certifications"]]
    return {
        "title": scheme["title"],
        "facts": [
            {"term": "Needs", "value": ", ".join(needs)},
            {"term": "Valid for", "value": counted(scheme["validity_months"], "month")},
            {"term": "A renewal counts", "value": EXPIRY[scheme["expiry_basis"]]},
            {"term": "Renewal", "value": f"in the last {counted(scheme['renewal_window_days'], 'day')}"},
            {"term": "Days of grace", "value": f"{scheme['grace_days']}, only with a second person's sign-off"},
        ],
        "scope": scope_rows(cells_of(release), release.manifest["devices"]),
        "disclaimer": scheme["disclaimer"],
    }


def _protocol(manifest: Mapping[str, Any], ticked: Collection[str]) -> list[Context]:
    """Return the rows that a signature vouches for, by fact table."""
    return [
        {
            "title": TABLES.get(table, table.capitalize()),
            "rows": [{**one, "ticked": one["row"] in ticked} for one in rows],
        }
        for table, rows in groupby(manifest["protocol"], key=lambda one: one["row"].partition("/")[0])
    ]


def _drafts(manifest: Mapping[str, Any]) -> list[str]:
    return [
        f"{procedure_name(row['procedure'])}, skin types {span(row['skin_type_min'], row['skin_type_max'])}, "
        f"{manifest['devices'][row['device']]['name']}: {DECISIONS[Decision(row['decision'])]}"
        for row in manifest["settings"]
        if row["standing"] == Standing.DRAFT.value
    ]


def _lesson_url(release: Release, lesson: Mapping[str, Any]) -> str:
    return url_for("releases.lesson", release_id=release.id, lesson_id=lesson["id"])


def _is_page(url: str | None) -> bool:
    return bool(url and url.startswith(("https://", "http://")))
