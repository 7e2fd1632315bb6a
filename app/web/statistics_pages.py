"""What the statistics pages say of courses, an exam and its items, and the file of all figures."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from flask import Response, url_for

from app.audit import service as trail
from app.errors import NotFoundError
from app.exams.item_analysis import EASIEST, HARDEST, Flag, GroupFigures, ItemFigures, group_figures
from app.exams.statistics import SMALLEST
from app.reports import formats, statistics_export
from app.reports.exports import DEMO
from app.reports.formats import Format
from app.reports.item_statistics import CourseStatistics, SatRelease, course_statistics
from app.web import access, charts, errors
from app.web.access import now, transaction, visitor
from app.web.forms import asked_id, asked_page
from app.web.statistics_words import (
    FLAGS,
    decimal,
    family_name,
    flags_shown,
    n_of,
    percent,
    plain,
    points,
    seconds,
)
from app.web.words import Context, counted

PER_PERSON = "60 per hour"
PAGE_SIZE = 25
NEVER = 9.0  # sorts what has no figure behind everything that has one
BY = (("items", "Questions"), ("families", "Families"), ("facts", "Facts"))
FORMATS = {Format.CSV: "CSV", Format.JSONL: "JSON Lines"}


def _gravest(one: ItemFigures) -> tuple[Any, ...]:
    order = list(Flag)
    return (not one.flags, [order.index(flag) for flag in one.flags], _low(one.discrimination), one.id)


def _low(value: float | None) -> float:
    return NEVER if value is None else value


def _high(value: float | None) -> float:
    return NEVER if value is None else -value


SORTS: dict[str, tuple[str, Callable[[ItemFigures], Any]]] = {
    "flagged": ("Flagged first", _gravest),
    "facility": ("Hardest first", lambda one: (_low(one.facility), one.id)),
    "discrimination": ("Lowest discrimination first", lambda one: (_low(one.discrimination), one.id)),
    "time": ("Longest first", lambda one: (_high(one.seconds), one.id)),
    "exposure": ("Most asked first", lambda one: (-one.n, one.id)),
    "item": ("By name", lambda one: one.id),
}


def courses_page(found: Sequence[SatRelease]) -> list[Context]:
    """Return the courses with their newest edition and how many papers count."""
    shown = []
    for course_id, of_course in groupby(found, key=lambda one: one.course_id):
        releases = list(of_course)
        papers, sat = sum(one.papers for one in releases), sum(bool(one.papers) for one in releases)
        on = f" on {counted(sat, 'edition')}" if sat > 1 else ""
        shown.append(
            {
                "title": releases[0].title,
                "sub": f"{counted(len(releases), 'signed edition')}, the newest is {releases[0].edition}",
                "note": f"{counted(papers, 'paper')}{on}" if papers else "Nobody sat it yet",
                "href": url_for("statistics.course", course_id=course_id),
                "status": None,
            }
        )
    return shown


def read_course(course_id: str) -> CourseStatistics:
    """Read the figures of the release that the address asks for."""
    with access.database().snapshot() as found:
        return course_statistics(
            found,
            organisation_id=visitor().actor.organisation_id,
            course_id=course_id,
            release_id=asked_id("release"),
        )


def course_page(read: CourseStatistics, asked: Mapping[str, str]) -> Context:
    """Return the page of a course at one release, as filtered and sorted."""
    by = asked["by"] if asked.get("by") in dict(BY) else "items"
    sort = asked["sort"] if asked.get("sort") in SORTS else "flagged"
    flag = asked["flag"] if asked.get("flag") in ("any", *Flag) else ""
    items = sorted(read.figures.items, key=SORTS[sort][1])
    shown = [one for one in items if not flag or (one.flags if flag == "any" else flag in one.flags)]
    flagged = sum(bool(one.flags) for one in items)
    told = read.release.papers >= SMALLEST
    return {
        "title": read.release.title,
        "url": url_for("statistics.course", course_id=read.release.course_id),
        "release": str(read.release.id),
        "releases": [{"value": str(one.id), "label": _edition(one)} for one in read.releases],
        "by": by,
        "bys": [{"value": value, "label": label} for value, label in BY],
        "flag": flag,
        "flags": _flag_choices(items, flagged),
        "sort": sort,
        "sorts": [{"value": value, "label": label} for value, (label, _) in SORTS.items()],
        "summary": _summary(read, flagged),
        "empty": _empty(read),
        "tiles": _tiles(read) if told else [],
        "scores": _scores(read) if told else None,
        "scatter": _scatter(read) if told else None,
        "items": _items(read, shown, asked) if by == "items" else None,
        "groups": [] if by == "items" else _groups(read, by),
        "groups_title": dict(BY)[by],
        "files": _files(read.release),
        "limits": {"smallest": SMALLEST},
    }


def _edition(one: SatRelease) -> str:
    return f"Edition {one.edition} ({'withdrawn' if one.withdrawn else counted(one.papers, 'paper')})"


def _summary(read: CourseStatistics, flagged: int) -> str:
    asked = f"{len(read.figures.items)} of {counted(read.pool, 'question')} asked" if read.pool else ""
    parts = [f"Edition {read.release.edition}: {counted(read.release.papers, 'paper')}", asked, f"{flagged} flagged"]
    return ", ".join(part for part in parts if part)


def _empty(read: CourseStatistics) -> Context | None:
    """Return why there is nothing to tell, where there is not."""
    if read.release.withdrawn:
        return {"title": "This edition was withdrawn.", "text": "Papers of a withdrawn edition do not count."}
    if not read.release.papers:
        text = "Figures stand here as soon as ten papers are submitted or have run out."
        return {"title": "Nobody has sat this edition yet.", "text": text}
    if read.release.papers < SMALLEST:
        text = f"Figures of fewer than ten say little, and may say too much of somebody. So far: {read.release.papers}."
        return {"title": "Fewer than 10 sittings: figures are not shown yet.", "text": text}
    return None


def _flag_choices(items: Sequence[ItemFigures], flagged: int) -> list[Context]:
    several = [("", "All questions", len(items)), ("any", "Flagged", flagged)]
    several += [(one.value, FLAGS[one][0], sum(one in item.flags for item in items)) for one in Flag]
    return [{"value": value, "label": f"{label} ({count})"} for value, label, count in several]


def _with(rest: str, figure: float | None, text: str) -> str:
    """Return a caption with what there is a figure for, and without it where there is none."""
    return rest if figure is None else f"{text}, {rest}"


def _tiles(read: CourseStatistics) -> list[Context]:
    exam = read.figures.exam
    reliable, same, n = exam.reliability, exam.consistency, n_of(exam.papers)
    alpha, phi = (reliable.alpha, reliable.dependability) if reliable else (None, None)
    sem, sem_papers = (reliable.sem, reliable.sem_papers) if reliable else (None, None)
    agreement, kappa = (same.agreement, same.kappa) if same else (None, None)
    return [
        {"figure": percent(exam.pass_rate), "unit": "passed", "text": f"by every rule of the exam, {n}"},
        {
            "figure": percent(exam.mean),
            "unit": "mean score",
            "text": _with(
                f"{float(read.cut):.0%} is needed, {n}", exam.deviation, f"SD {points(exam.deviation)} points"
            ),
        },
        {"figure": decimal(alpha), "unit": "alpha", "text": _with(n, phi, f"dependability {decimal(phi)}")},
        {
            "figure": points(sem),
            "unit": "standard error",
            "text": f"in points; {_with(n, sem_papers, f'{points(sem_papers)} where papers differ')}",
        },
        {
            "figure": percent(agreement),
            "unit": "same decision",
            "text": f"on a second paper; {_with(n, kappa, f'kappa {decimal(kappa)}')}",
        },
    ]


def _scores(read: CourseStatistics) -> Context:
    exam = read.figures.exam
    plot = charts.histogram(exam.scores, exam.items, read.cut)
    return {
        "plot": plot,
        "n": n_of(exam.papers),
        "description": f"Bars: how many of {exam.papers} papers had so many of {exam.items} questions right. "
        f"A line stands where {plot.needed} right reach the cut score.",
        "rows": [
            {"score": f"{score} of {exam.items}", "papers": count, "reached": score >= plot.needed}
            for score, count in exam.scores
        ],
    }


def _scatter(read: CourseStatistics) -> Context | None:
    found = [
        (
            one.facility,
            one.discrimination,
            bool(one.flags),
            f"{one.id}: {percent(one.facility)}, {decimal(one.discrimination)}",
        )
        for one in read.figures.items
        if one.facility is not None and one.discrimination is not None
    ]
    if not found:
        return None
    return {
        "plot": charts.scatter(found, limits=(HARDEST, EASIEST)),
        "n": n_of(len(found)),
        "description": f"{counted(len(found), 'question')}, each a mark: to the right the easier, upwards the better "
        "it tells people apart. Triangles are flagged. The list of questions holds the same figures.",
    }


def _items(read: CourseStatistics, shown: Sequence[ItemFigures], asked: Mapping[str, str]) -> Context:
    page, last = asked_page(), max(1, (len(shown) + PAGE_SIZE - 1) // PAGE_SIZE)
    if page > last:
        raise NotFoundError
    kept = {name: asked[name] for name in ("release", "by", "flag", "sort") if asked.get(name)}

    def turn(to: int) -> str | None:
        if not 1 <= to <= last:
            return None
        address = url_for("statistics.course", course_id=read.release.course_id)
        return f"{address}?{urlencode({**kept, 'page': str(to)})}"

    first = (page - 1) * PAGE_SIZE
    rows = shown[first : first + PAGE_SIZE]
    several = {
        "summary": f"{first + 1}–{first + len(rows)} of {len(shown)}",
        "previous": turn(page - 1),
        "next": turn(page + 1),
    }
    return {"rows": [item_row(read, one) for one in rows], "count": len(shown), "pages": several if last > 1 else None}


def item_row(read: CourseStatistics, one: ItemFigures) -> Context:
    """Return an item's line in the list."""
    return {
        "title": plain(one.variant.stem),
        "id": one.id,
        "href": url_for("statistics.item", course_id=read.release.course_id, item_id=one.id, release=read.release.id),
        "critical": one.variant.critical,
        "facility": percent(one.facility),
        "discrimination": decimal(one.discrimination),
        "n": n_of(one.n),
        "time": seconds(one.seconds),
        "time_n": n_of(one.seconds_n),
        "exposure": percent(one.exposure),
        "papers": n_of(one.papers),
        "flags": flags_shown(one.flags),
    }


def _groups(read: CourseStatistics, by: str) -> list[Context]:
    groups = group_figures(read.figures.items, by_row=by == "facts")
    return [_group(one, by) for one in sorted(groups, key=lambda one: (-bool(one.flags), -one.flagged, one.name))]


def _group(one: GroupFigures, by: str) -> Context:
    test = one.variants_test
    return {
        "title": one.name if by == "facts" else family_name(one.name),
        "id": "" if by == "facts" else one.name,
        "items": one.items,
        "n": n_of(one.n),
        "facility": percent(one.facility),
        "discrimination": decimal(one.discrimination),
        "discrimination_n": n_of(one.discrimination_n),
        "flagged": one.flagged,
        "variants": "too few answers to tell" if test is None else f"p {_p(test.p)}",
        "flags": flags_shown(one.flags),
    }


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def _files(release: SatRelease) -> list[Context]:
    return [
        {
            "label": label,
            "href": url_for("statistics.figures", course_id=release.course_id, release=release.id, format=form.value),
        }
        for form, label in FORMATS.items()
    ]


def download(course_id: str, form: str) -> Any:
    """Record that the figures are taken away, then send them."""
    if form not in set(Format):
        raise NotFoundError
    who, read = visitor(), read_course(course_id)
    if access.limits().too_many(PER_PERSON, "export", who.actor.account_id):
        return errors.answer(429)
    with transaction() as changed:
        trail.record(
            changed,
            organisation_id=who.actor.organisation_id,
            kind="export.made",
            subject="export:statistics",
            actor_id=who.actor.account_id,
            now=now(),
            detail={"what": "statistics", "release": read.release.id, "format": form},
        )
    demo = DEMO if who.person.is_demo else ""
    stem = f"{f'{DEMO}-' if demo else ''}fluence-statistics-{course_id}-{read.release.edition}"
    return Response(
        _written(read, demo, Format(form)),
        content_type=formats.MEDIA_TYPES[Format(form)],
        headers={"Content-Disposition": f'attachment; filename="{formats.file_name(stem, Format(form))}"'},
    )


def _written(read: CourseStatistics, demo: str, form: Format) -> Iterator[bytes]:
    return formats.written(statistics_export.rows(read, demo), list(statistics_export.COLUMNS), form)
