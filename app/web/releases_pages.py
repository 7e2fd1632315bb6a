"""What the pages say of a release: its line in the list, the whole of it for a review, a lesson of it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
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
from app.web.change_pages import (
    TILES,
    change_cards,
    class_choices,
    class_filter,
    class_of,
    counted_noun,
    impact_tiles,
)
from app.web.exam_words import drawn_from, renewal_rules, rules_of
from app.web.protocol_pages import protocol_parts
from app.web.recalls_pages import recall_url
from app.web.withdrawals import coming_back_alerts, withdrawal_alerts
from app.web.words import Context, counted, grace_words, moment, scope_rows

WAITS = "Waits for a signature"
STANDINGS = {
    Standing.CITED: "Its sources were read. It is taught and asked.",
    Standing.PROTOCOL: "Who signs this release vouches for it, row by row. It is taught and asked.",
    Standing.DRAFT: (
        "Nobody has confirmed it (in the course's files: draft). Lessons show it as unconfirmed; it is never asked and "
        "grants nothing."
    ),
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


LessonUrl = Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the address and a form that came back ask the review to show: one class, ticks, and what was typed."""

    chosen: str = ""
    ticked: Collection[str] = ()
    typed: Mapping[str, str] = field(default_factory=dict)


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


def waiting_alerts(waiting: Sequence[Release]) -> list[Context]:
    """Return a banner for each release that waits for the visitor's signature."""
    return [
        {
            "tone": "info",
            "title": f"{release.title}, edition {release.edition}, waits for your signature",
            "text": "Until it is signed nobody learns from it, and no exam is sat on it.",
            "action": {"label": "Review it", "href": url_for("releases.review", release_id=release.id)},
        }
        for release in waiting
    ]


def review_page(read: Review, who: Visitor, asked: Asked) -> Context:
    """Return a release as its review shows it."""
    release, zone = read.release, who.person.time_zone
    url = url_for("releases.review", release_id=release.id)
    shown = [one for one in read.changes if asked.chosen in ("", class_of(one, read.confirmed))]
    touched = read.counted.impact.by_change if read.counted else None
    first_open = next((change for change in read.changes if change.digest not in read.confirmed), None)
    return {
        "title": release.title,
        "edition": release.edition,
        "sub": f"Published by {read.whole.publisher} on {moment(release.published_at, zone)}. {_where(read)}.",
        "url": url,
        "alerts": [
            *withdrawal_alerts(
                InForce(release=release, signed_at=release.published_at, signer="", withdrawn=read.whole.withdrawn),
                zone,
            ),
            *coming_back_alerts(read.coming_back, zone),
        ],
        "compared": f"Edition {read.base.edition}" if read.base else "",
        "changes": change_cards(shown, read.confirmed, touched, zone, typed=asked.typed),
        "change_count": f"{len(shown)} of {len(read.changes)}, gravest first",
        "filter": class_filter(read.changes, read.confirmed, asked.chosen, url) if len(read.changes) > 1 else [],
        "classes": class_choices(),
        "confirm_url": url_for("release_changes.confirm", release_id=release.id) if _may_confirm(read, who) else "",
        "open": read.unconfirmed,
        "all_reason": asked.typed.get("reason", ""),
        "first_open": first_open.digest if first_open else "",
        "impact": impact_tiles(read.counted, zone),
        "seen": read.seen,
        "count_url": url_for("release_changes.count", release_id=release.id) if _may_count(read, who) else "",
        "files": _files(read),
        "content": content_of(release),
        "protocol": protocol_parts(read, asked.ticked) if release.manifest["protocol"] else [],
        "protocol_count": counted(len(release.manifest["protocol"]), "protocol row"),
        "hash": release.content_hash,
        "meaning": MEANING,
        "signatures": [_signature(one, zone) for one in read.whole.signatures],
        "sign_as": who.person.name if _may_sign(read, who) else "",
        "sign_url": url_for("releases.sign", release_id=release.id),
        "why_not": _why_not(read, who),
        "recall_url": recall_url(release, read.changes, read.confirmed, who) if read.whole.signatures else "",
        "withdraw_url": url_for("release_changes.ask_withdraw", release_id=release.id)
        if _may_withdraw(read, who)
        else "",
        "edition_url": url_for("editions.edition", release_id=release.id) if read.whole.signatures else "",
        "statistics_url": url_for("statistics.course", course_id=release.course_id, release=release.id)
        if read.whole.signatures and who.actor.can(Action.SEE_STATISTICS)
        else "",
    }


def content_of(release: Release, lesson_url: LessonUrl | None = None) -> Context:
    """Return what a release holds: what it teaches, its exam, its scheme, the standing of its facts, its sources.

    `lesson_url` gives a lesson's address by its id; without it lessons lead to the review's preview.
    """
    address = lesson_url or lesson_urls("releases.lesson", release)
    manifest = release.manifest
    return {
        "summary": manifest["summary"],
        "minutes": counted(manifest["study_minutes"], "minute"),
        "objectives": list(manifest["objectives"].values()),
        "lessons": [
            {
                "no": number,
                "title": one["title"],
                "note": f"{one['minutes']} min",
                "href": address(one["id"]),
            }
            for number, one in enumerate(manifest["lessons"], start=1)
        ],
        "exam": _exam(manifest),
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
    }


def _signature(one: Signed, zone: str) -> Context:
    told = one.impact or {}
    rested = ", ".join(counted_noun(told[name], noun) for name, noun, _ in TILES if told.get(name))
    return {
        "name": one.name,
        "at": moment(one.signed_at, zone),
        "meaning": one.meaning,
        "hash": one.content_hash,
        "rested": rested,
    }


def _files(read: Review) -> list[Context]:
    if not read.counted:
        return []
    return [
        {
            "label": label,
            "href": url_for("release_changes.impact", release_id=read.release.id, format=form),
        }
        for form, label in (("csv", "CSV"), ("jsonl", "JSON Lines"))
    ]


def lesson_page(release: Release, lesson_id: str, html: str, *, endpoint: str = "releases.lesson") -> Context:
    """Return a lesson of a release as its preview, or its edition's page, shows it."""
    review = endpoint == "releases.lesson"
    home = url_for("releases.review" if review else "editions.edition", release_id=release.id)
    return lesson_shown(
        release,
        lesson_id,
        html,
        lesson_url=lesson_urls(endpoint, release),
        eyebrow=f"Preview of edition {release.edition}" if review else f"Edition {release.edition}",
        back={"label": "Back to the review" if review else "Back to the edition", "href": home},
    )


def lesson_urls(endpoint: str, release: Release) -> LessonUrl:
    """Return what gives the address of a release's lesson by its id."""
    return lambda lesson_id: url_for(endpoint, release_id=release.id, lesson_id=lesson_id)


def lesson_shown(
    release: Release, lesson_id: str, html: str, *, lesson_url: LessonUrl, eyebrow: str, back: Context
) -> Context:
    """Return a lesson as templates/releases/lesson.html takes it; `back` leads to where its lessons are listed."""
    lessons = release.manifest["lessons"]
    at = [one["id"] for one in lessons].index(lesson_id)
    places = [{"label": one["title"], "href": lesson_url(one["id"])} for one in lessons]
    return {
        "course": release.title,
        "eyebrow": eyebrow,
        "alerts": [],
        "review_url": back["href"],
        "no": at + 1,
        "total": len(lessons),
        "title": lessons[at]["title"],
        "minutes": counted(lessons[at]["minutes"], "minute"),
        "html": Markup(html),  # noqa: S704  rendered and sanitised from a checked course
        "all": places,
        "previous": places[at - 1] if at else None,
        "next": places[at + 1] if at + 1 < len(places) else back,
    }


def _where(read: Review) -> str:
    if read.whole.withdrawn.whole:
        return "Withdrawn"
    if not read.whole.signatures:
        return f"{WAITS}; compared with edition {read.base.edition}, in force" if read.base else WAITS
    return "In force" if read.in_force else "Signed; a release signed later is in force"


def _may_sign(read: Review, who: Visitor) -> bool:
    free = not (read.whole.signatures or read.coming_back)
    return free and who.actor.can(Action.SIGN_RELEASE) and not _authored(read, who)


def _authored(read: Review, who: Visitor) -> bool:
    """Tell whether somebody published the release, or gave a change of it its class."""
    mine = read.release.published_by == who.actor.account_id
    return mine or any(who.actor.account_id in one.given_by for one in read.confirmed.values())


def _may_confirm(read: Review, who: Visitor) -> bool:
    return bool(read.changes) and who.actor.can(Action.PUBLISH_RELEASE) and not read.whole.signatures


def _may_count(read: Review, who: Visitor) -> bool:
    may = who.actor.can(Action.PUBLISH_RELEASE) or who.actor.can(Action.SIGN_RELEASE)
    return bool(read.changes) and may and not read.whole.signatures


def _may_withdraw(read: Review, who: Visitor) -> bool:
    return bool(read.whole.signatures) and who.actor.can(Action.SIGN_RELEASE) and not read.whole.withdrawn.whole


def _why_not(read: Review, who: Visitor) -> str:
    if read.whole.signatures or _may_sign(read, who):
        return ""
    if read.coming_back:
        return "It cannot be signed while it teaches a withdrawn fact unchanged."
    if who.actor.can(Action.SIGN_RELEASE):
        did = "published this release" if read.release.published_by == who.actor.account_id else "classed its changes"
        return f"You {did}. Another medical director has to sign it before the exam can be sat on it."
    return "A medical director signs it here. Until then nobody can sit the exam on this release."


def _pool(manifest: Mapping[str, Any]) -> list[Context]:
    """Return how many questions there are; releases of the first days did not keep their number."""
    return [{"term": "To draw from", "value": counted(manifest["items"], "question")}] if "items" in manifest else []


def _exam(manifest: Mapping[str, Any]) -> Context:
    exam = manifest["exam"]
    return {
        "rules": [
            *rules_of(manifest),
            *_pool(manifest),
            {"term": "Review", "value": REVIEWS.get(exam["review"], exam["review"])},
        ],
        "sections": [
            {
                "objective": manifest["objectives"][one["objective"]],
                "items": one["items"],
                "from": drawn_from(one["draw_from"]),
                "cut": f"{one['cut_score_percent']}%" if one["cut_score_percent"] else "no cut of its own",
            }
            for one in exam["sections"]
        ],
    }


def _scheme(release: Release) -> Context:
    scheme, cells = release.manifest["scheme"], cells_of(release)
    needs = ["the exam"]
    if scheme["requires_lessons"] == "all":
        needs.insert(0, "all lessons")
    if scheme["requires_sign_offs"]:
        needs.append(counted(scheme["requires_sign_offs"], "observed treatment"))
    needs += [
        f"a current certification in {procedure_name(course).lower()}" for course in scheme["requires_certifications"]
    ]
    return {
        "title": scheme["title"],
        "facts": [
            {"term": "Needs", "value": ", ".join(needs)},
            {"term": "Valid for", "value": counted(scheme["validity_months"], "month")},
            {"term": "A renewal counts", "value": EXPIRY[scheme["expiry_basis"]]},
            {"term": "Renewal", "value": f"in the last {counted(scheme['renewal_window_days'], 'day')}"},
            *renewal_rules(release.manifest),
            {"term": "Days of grace", "value": grace_words(scheme["grace_days"], grants=bool(cells))},
        ],
        "scope": scope_rows(cells, release.manifest["devices"]),
        "disclaimer": scheme["disclaimer"],
    }


def _drafts(manifest: Mapping[str, Any]) -> list[str]:
    return [
        f"{procedure_name(row['procedure'])}, skin types {span(row['skin_type_min'], row['skin_type_max'])}, "
        f"{manifest['devices'][row['device']]['name']}: {DECISIONS[Decision(row['decision'])]}"
        for row in manifest["settings"]
        if row["standing"] == Standing.DRAFT.value
    ]


def _is_page(url: str | None) -> bool:
    return bool(url and url.startswith(("https://", "http://")))
