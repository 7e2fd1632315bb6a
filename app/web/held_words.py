"""What somebody reads whose certification is suspended, whole or in part: what, why, and whom to ask."""

from app.certification.lifecycle import State
from app.certification.recalling import OVERDUE
from app.certification.standing import Standing
from app.web.words import Context, held_notes, sentence

ASK = "Ask your medical director or your clinic's manager about it."
BACK = "A medical director reinstates it."
BY_ITSELF = "When that one is renewed, it counts again by itself."
DO_IT = "It counts again from the day on which you do it."


def held_alert(where: Standing, title: str, number: Context | None) -> Context | None:
    """Return the banner of a suspended certification, or of one with cells on hold; None where all of it stands."""
    state = where.state
    if state.state is State.SUSPENDED:
        why = sentence(state.reason) if state.reason else "Ask your manager for the reason."
        back = BY_ITSELF if state.lapsed else DO_IT if state.reason_code == OVERDUE else f"{ASK} {BACK}"
        text = f"{why} Do not treat under it. {back}"
        return {"tone": "danger", "title": f"{title} is suspended", "text": text, "action": number}
    if where.held and (notes := held_notes(state, where.held.certification.scheme["devices"])):
        recalled = {one.code for one in state.back} == {OVERDUE}
        text = f"{' '.join(notes)} Do not treat there. {DO_IT if recalled else ASK}"
        return {"tone": "danger", "title": f"Part of {title} is on hold", "text": text, "action": number}
    return None
