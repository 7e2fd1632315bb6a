"""What the statistics say of one item: as it is asked, with its key, how often each option was chosen, its variants."""

from typing import Any

from flask import request, url_for
from markupsafe import Markup

from app.errors import NotFoundError
from app.exams.item_analysis import ItemFigures, VariantFigures
from app.exams.statistics import SMALLEST
from app.people.permissions import Action
from app.reports.item_statistics import CourseStatistics, content_of, course_statistics
from app.web import access
from app.web.access import visitor
from app.web.exam_words import key_lines
from app.web.forms import asked_id
from app.web.statistics_words import decimal, family_name, flags_shown, n_of, percent, seconds
from app.web.words import Context, counted

TYPES = {
    "single-choice": "One right answer",
    "multiple-choice": "Several right answers",
    "numeric": "A number",
    "ordering": "Steps to put in order",
    "matching": "Pairs to match",
}


def item_page(course_id: str, item_id: str) -> Context:
    """Return an item's page at the release that the address asks for; one that no paper asked is not found."""
    organisation_id = visitor().actor.organisation_id
    with access.database().snapshot() as found:
        read = course_statistics(
            found, organisation_id=organisation_id, course_id=course_id, release_id=asked_id("release")
        )
        one = next((each for each in read.figures.items if each.id == item_id), None)
        if one is None:
            raise NotFoundError
        shown_variant = _asked_variant(one)
        shown, keyed = content_of(found, shown_variant.hash)
    return {**_about(read, one), **_asked_as(read, one, shown_variant, shown, keyed), **_answered(read, one)}


def _asked_variant(one: ItemFigures) -> VariantFigures:
    """Return the variant that the address names, else the one that was asked most."""
    named = request.args.get("variant", "")
    for each in one.variants:
        if str(each.number) == named:
            return each
    return max(one.variants, key=lambda each: each.n)


def _about(read: CourseStatistics, one: ItemFigures) -> Context:
    release, about = read.release, one.variant
    course_url = url_for("statistics.course", course_id=release.course_id, release=release.id)
    return {
        "title": f"Question {one.id}",
        "course": release.title,
        "course_url": course_url,
        "edition": release.edition,
        "flags": flags_shown(one.flags),
        "facts": [
            {"term": "Family", "value": family_name(about.family)},
            {"term": "Rests on", "value": _rests_on(about.row)},
            {"term": "Objective", "value": read.objectives.get(about.objective, about.objective)},
            {"term": "Answered by", "value": TYPES[about.type.value]},
            {"term": "Critical", "value": "yes" if about.critical else "no"},
        ],
    }


def _rests_on(row: str) -> str:
    """Return the row that an item rests on; one written by hand has its own sources."""
    return "its own sources; written by hand, on no row of facts" if row.startswith("items/") else row


def _asked_as(
    read: CourseStatistics, one: ItemFigures, variant: VariantFigures, shown: dict[str, Any], keyed: dict[str, Any]
) -> Context:
    return {
        "stem": Markup(shown["stem"]),  # noqa: S704  rendered and sanitised when the release was published
        "key": [Markup(line) for line in key_lines(shown, keyed)],  # noqa: S704  the same
        "variant": variant.number,
        "case_url": url_for("cases.find", item=variant.hash) if visitor().actor.can(Action.OPEN_CASE) else "",
        "variants": [
            {
                "number": each.number,
                "href": url_for(
                    "statistics.item",
                    course_id=read.release.course_id,
                    item_id=one.id,
                    release=read.release.id,
                    variant=each.number,
                ),
                "current": each is variant,
                "facility": percent(each.facility),
                "n": n_of(each.n),
            }
            for each in one.variants
        ],
        "variants_text": _variants_text(one),
    }


def _variants_text(one: ItemFigures) -> str:
    if one.variants_test is None:
        return f"Too few answers to tell whether they are equally hard: two variants of {SMALLEST} or more are needed."
    chi, free = one.variants_test.chi_squared, one.variants_test.freedom
    return f"Equally hard? χ² = {chi:.1f}, {counted(free, 'degree')} of freedom, p = {one.variants_test.p:.3f}."


def _answered(read: CourseStatistics, one: ItemFigures) -> Context:
    before = one.before
    return {
        "told": one.n >= SMALLEST,
        "n_words": counted(one.n, "paper"),
        "tiles": [
            {"figure": percent(one.facility), "unit": "right", "text": n_of(one.n)},
            {"figure": decimal(one.discrimination), "unit": "discrimination", "text": n_of(one.n)},
            {"figure": seconds(one.seconds), "unit": "median", "text": f"between two saves, {n_of(one.seconds_n)}"},
            {"figure": percent(one.exposure), "unit": "of papers", "text": f"asked it, {n_of(one.papers)}"},
            {
                "figure": percent(before[0] if before else None),
                "unit": "before",
                "text": f"edition {read.before.edition}, {n_of(before[1])}"
                if before and read.before
                else "no edition before with 10 answers",
            },
        ],
        "empty": f"{percent(one.empty)} left it empty." if one.empty else "",
        "options": [
            {
                "text": option.text,
                "right": option.right,
                "rate": percent(option.rate),
                "width": 0 if option.rate is None else round(option.rate * 100, 1),
                "n": n_of(option.offered),
                "unused": option.unused,
            }
            for option in one.options
        ],
    }
