"""What tests of accommodations tell: one that Max grants Ann, and an attempt that has it."""

from datetime import date, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from app.clock import day_in
from app.exams import accommodations
from app.exams.models import Accommodation
from app.exams.timing import Terms
from tests.factories import ZONE, World
from tests.integration.story import NOW

MORE = Terms(time_factor=Fraction(5, 4), extra_attempts=1, breaks=2, break_minutes=10)
REASON = "Confirmed by the clinic's doctor."


def grant(
    session: Session, world: World, terms: Terms = MORE, *, now: datetime = NOW, day: date | None = None, **more: Any
) -> Accommodation:
    """Let Max grant Ann an accommodation from today on, in every exam."""
    today = day or day_in(ZONE, now)
    chosen = {"actor": world.max.actor, "account_id": world.ann.id, "course_id": None, "first_on": today}
    kept = {"last_on": None, "reason": REASON, "today": today}
    return accommodations.grant(session, terms=terms, now=now, **{**chosen, **kept, **more})
