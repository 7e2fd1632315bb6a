"""Why somebody cannot sit an exam now, in words."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from app.certification.refusals import why_no_seat
from app.exams.timing import RefusalKind, Refused

ZURICH = "Europe/Zurich"


@pytest.mark.parametrize(
    ("hour", "minute", "told"),
    [(0, 0, "10 September 2027."), (0, 1, "10 September 2027, 00:01."), (9, 30, "10 September 2027, 09:30.")],
)
def test_midnight_is_told_as_the_day_alone(hour: int, minute: int, told: str) -> None:
    when = datetime(2027, 9, 10, hour, minute, tzinfo=ZoneInfo(ZURICH))
    for kind in (RefusalKind.NOT_OPEN, RefusalKind.WAIT):
        assert f"from {told}" in why_no_seat(Refused(kind=kind, when=when), managers=[], zone=ZURICH)
