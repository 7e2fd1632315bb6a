"""What was withdrawn, as everybody who learns, sits or manages is told."""

from collections.abc import Iterable

from app.content.strike import facts_in, struck
from app.releases.queries import InForce, Withdrawals, Withdrawn
from app.web.words import Context, moment

# A rule that is withdrawn is not a licence: nobody may read it as "then it is allowed".
ASK = "Ask your medical director before you treat where it matters."
STOPPED = "Nobody learns from it or sits its exam until a new edition is signed."


def withdrawal_alerts(in_force: InForce, zone: str) -> list[Context]:
    """Return a banner for a withdrawn release, or for each of its withdrawn rows; nothing where all of it stands."""
    title, whole = in_force.release.title, in_force.withdrawn.whole
    if whole:
        text = f"{told(whole, zone)} {STOPPED}"
        return [{"tone": "danger", "title": f"{title} was withdrawn", "text": text, "action": None}]
    return [
        {
            "tone": "danger",
            "title": f"A fact of {title} was withdrawn",
            "text": f"{one.what}. {told(one, zone)} {ASK} No exam asks it.",
            "action": None,
        }
        for one in in_force.withdrawn.facts.values()
    ]


def coming_back_alerts(back: Iterable[Withdrawn], zone: str) -> list[Context]:
    """Return a banner for each fact that was withdrawn and that a release which waits would teach as it was."""
    return [
        {
            "tone": "danger",
            "title": "A withdrawn fact stands in this release unchanged",
            "text": f"{one.what}. {told(one, zone)} The author changes or removes it before this can be signed.",
            "action": None,
        }
        for one in back
    ]


def told(one: Withdrawn, zone: str) -> str:
    """Return who withdrew it when and why, in a sentence or two."""
    reason = one.reason if one.reason.endswith((".", "!", "?")) else f"{one.reason}."
    return f"By {one.by} on {moment(one.at, zone)}: {reason}"


def lesson_without(html: str, withdrawn: Withdrawals, zone: str) -> tuple[str, list[Context]]:
    """Return a lesson with a note in place of each withdrawn row, and the banners that it needs.

    Every lesson of the course names what was withdrawn: worked examples and pictures hold figures that no table marks.
    """
    here = {fact: one for fact, one in withdrawn.facts.items() if fact in facts_in(html)} if withdrawn.facts else {}
    notes = {fact: f"{one.what}. {told(one, zone)}" for fact, one in here.items()}
    if withdrawn.whole:
        text = f"{told(withdrawn.whole, zone)} Do not work by anything that it says."
        alerts = [{"tone": "danger", "title": "This edition was withdrawn", "text": text, "action": None}]
    else:
        alerts = [
            {
                "tone": "danger",
                "title": "A fact of this course was withdrawn",
                "text": f"{one.what}. {told(one, zone)} Text or pictures may still show it. {ASK}",
                "action": None,
            }
            for one in withdrawn.facts.values()
        ]
    return struck(html, notes), alerts
