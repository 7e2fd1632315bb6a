"""Dates, lives and renewals against oracles that hold none of the house's code: the suite's properties, very often.

The chances here are not Hypothesis's: so many cases cost little, and most certifications have begun on the day asked.
"""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Any

from app import clock
from app.certification import dates
from app.certification.dates import BASES, Period
from app.certification.holds import Hold
from app.certification.lifecycle import Event, EventKind, state_as_of
from app.certification.scope import Cell, GrantedCell
from app.db import Database
from tests.bench import zones
from tests.postgres import Server
from tests.unit import test_dates, test_holds, test_renewal, test_resting
from tests.unit.life_oracle import GRANTS, OF_SOME, SCOPES, SPAN, at, day_of, event, granted
from tests.unit.test_timing_days import ZONES

CHUNK = 5_000  # instants asked of PostgreSQL at once
EVERY = tuple(granted(skin_type) for skin_type in (1, 2, 3))
Case = dict[str, Any]


def _some(chance: random.Random) -> tuple[GrantedCell, ...]:
    return tuple(one for one in EVERY if chance.random() < 0.6) or EVERY[:1]


def _offset(chance: random.Random) -> date:
    return day_of(chance.randint(0, SPAN))


def _span(chance: random.Random, first_on: date) -> Period:
    last_on = first_on + timedelta(days=chance.randint(0, 15))
    return Period(
        first_on=first_on,
        last_on=last_on,
        grace_last_on=last_on + timedelta(days=chance.randint(0, 6)),
        due_from_on=max(first_on, last_on - timedelta(days=chance.randint(-1, 5))),
    )


def _act(chance: random.Random, so_far: list[Event]) -> Event:
    """Return any act: effective on one day, recorded on the same or another; some reinstatements lift one suspension."""
    kind = chance.choice((*EventKind, *OF_SOME, *OF_SOME, *SCOPES))
    on = _offset(chance)
    suspended = [one.seq for one in so_far if one.kind is EventKind.SUSPENDED]
    cells = _some(chance) if kind in {*GRANTS, *SCOPES, *OF_SOME} else None
    return event(
        kind,
        on,
        recorded_at=at(chance.choice((on, on, _offset(chance))), chance.choice((9, 12, 12))),
        period=_span(chance, chance.choice((on, _offset(chance)))) if kind in GRANTS else None,
        cells=None if kind in OF_SOME and chance.random() < 0.3 else cells,
        lifts=chance.choice(suspended)
        if kind is EventKind.REINSTATED and suspended and chance.random() < 0.5
        else None,
    )


def _life(chance: random.Random) -> list[Event]:
    """Return an issue, nine times in ten at the beginning, and up to six acts."""
    on = day_of(chance.randint(0, 4) if chance.random() < 0.9 else chance.randint(0, SPAN))
    found = [event(EventKind.ISSUED, on, period=_span(chance, on), cells=_some(chance))]
    for _ in range(chance.randint(0, 6)):
        found.append(_act(chance, found))
    chance.shuffle(found)
    return found


def _hold(chance: random.Random) -> Hold:
    from_on = _offset(chance)
    until_on = from_on + timedelta(days=chance.randint(0, 12)) if chance.random() < 0.6 else None
    cells: frozenset[Cell] | None = frozenset(one.cell for one in _some(chance))
    return Hold(
        cells=cells if chance.random() < 0.8 else None,
        from_on=from_on,
        until_on=until_on,
        code="recall_overdue",
        reason="The fact that it rests on changed",
        known_at=at(day_of(chance.randint(0, 10))),
        end_known_at=at(_offset(chance)) if until_on and chance.random() < 0.5 else None,
    )


def _moment(chance: random.Random) -> Case:
    day = _offset(chance)
    return {"day": day, "known_on": chance.choice((day, day_of(SPAN), _offset(chance)))}


def a_life(chance: random.Random) -> Case:
    """Return events and what recalls hold, a day, and by what knowledge it is asked."""
    return {
        "events": _life(chance),
        "holds": [_hold(chance) for _ in range(chance.choice((0, 0, 1, 2)))],
        **_moment(chance),
    }


def two_lives(chance: random.Random) -> Case:
    """Return a certification and the one that it requires."""
    return {"events": _life(chance), "required": _life(chance), **_moment(chance)}


def a_period(chance: random.Random) -> Case:
    """Return an issue, in a sixth of the cases on a 29 February, with its scheme's terms, and renewals early and late."""
    issued = date(1996, 1, 1) + timedelta(days=chance.randint(0, 45_000))
    if chance.random() < 1 / 6:
        issued = date(chance.choice((1996, 2000, 2024, 2028, 2096)), 2, 29)
    return {
        "issued": issued,
        "waits": [chance.randint(-120, chance.choice((0, 30, 500))) for _ in range(chance.randint(0, 5))],
        "terms": {
            "validity_months": chance.choice((12, 24, chance.randint(1, 60))),
            "grace_days": chance.choice((0, chance.randint(0, 120))),
            "renewal_window_days": chance.choice((0, chance.randint(0, 120))),
        },
        "basis": chance.choice(BASES),
    }


def a_dealing(chance: random.Random) -> Case:
    """Return the sections of an exam, and how many items of them a shorter renewal asks."""
    weights = [chance.randint(1, 30) for _ in range(chance.randint(1, 8))]
    return {"dealing": (weights, chance.randint(0, sum(weights)))}


def _of_period(case: Case) -> list[str]:
    leap = (case["issued"].month, case["issued"].day) == (2, 29)
    return [case["basis"], *(["issued on a 29 February"] if leap else []), *("renewals" for _ in case["waits"])]


def _of_life(case: Case) -> list[str]:
    state = state_as_of(case["events"], case["day"], at(case["known_on"]), case.get("holds", ()))
    return [state.state.value, *(["with some cells on hold"] if state.in_force and state.back else [])]


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What is compared, by which properties of the suite, on which cases, and by what each case is counted."""

    name: str
    tests: tuple[Any, ...]
    case: Callable[[random.Random], Case]
    tell: Callable[[Case], list[str]] = lambda _: []


PROOFS = (
    Proof(
        name="periods (three bases, window, grace, renewed early, in grace, late)",
        tests=(test_dates.test_a_life_of_renewals_agrees_with_the_oracle,),
        case=a_period,
        tell=_of_period,
    ),
    Proof(
        name="states, cells, and how long each lasts (every event, interlocks, recalls past their day)",
        tests=(
            test_holds.test_the_fold_by_cells_agrees_with_the_plain_words,
            test_holds.test_every_cell_lasts_as_long_as_is_told,
            test_holds.test_since_and_until_with_holds,
        ),
        case=a_life,
        tell=_of_life,
    ),
    Proof(
        name="what rests on another certification",
        tests=(test_resting.test_what_rests_on_another_agrees_with_the_plain_words,),
        case=two_lives,
        tell=_of_life,
    ),
    Proof(
        name="shorter renewals, section by section",
        tests=(
            test_renewal.test_all_are_dealt_out_and_nobody_gets_more_than_there_is,
            test_renewal.test_shares_are_in_proportion,
            test_renewal.test_the_largest_remainders_are_rounded_up,
        ),
        case=a_dealing,
    ),
)


def measure(postgres: Server, cases: int, defect: str | None) -> bool:
    """Compare so many cases by each; tell whether all agree. One that does not is printed."""
    if defect:
        DEFECTS[defect]()
    wrong = [one.name for one in PROOFS if not agrees(one, cases)]
    return _zones(postgres, cases) and not wrong


def agrees(proof: Proof, cases: int, seed: int = 1) -> bool:
    """Tell whether the house and its oracle agree on so many cases; print how many of each kind there were."""
    began, seen, chance = time.perf_counter(), Counter[str](), random.Random(f"{proof.name}/{seed}")
    for number in range(1, cases + 1):
        case = proof.case(chance)
        seen.update(proof.tell(case))
        for test in proof.tests:
            try:
                test.hypothesis.inner_test(**case)
            except Exception as error:  # noqa: BLE001  whatever it is, it is what the command has to tell
                print(f"{proof.name}: WRONG in case {number:,}, {test.__name__}: {case} {error}")
                return False
    kinds = ", ".join(f"{times:,} {kind}" for kind, times in seen.most_common())
    print(f"{proof.name}: {cases:,} cases in {time.perf_counter() - began:.0f} s{': ' if kinds else ''}{kinds}")
    return True


def _zones(postgres: Server, cases: int) -> bool:
    database, wrong = Database(postgres.create("zones")), list[str]()
    with database.connection() as connection:
        for number in range(-(-cases // CHUNK)):
            wrong += zones.differing(connection, zones.cases(number, CHUNK))
    database.engine.dispose()
    print(f"days in {len(ZONES)} time zones: {-(-cases // CHUNK) * CHUNK:,} cases, of which {len(wrong)} differ")
    print("".join(f"{one}\n" for one in wrong[:3]), end="")
    return not wrong


_right = dates.last_valid_day


def _drifting(anchor: date, months: int) -> date:
    """Reckon a 29 February as the 28th."""
    return _right(date(anchor.year, 2, 28) if (anchor.month, anchor.day) == (2, 29) else anchor, months)


def leap() -> None:
    """Let a 29 February lose a day."""
    vars(dates)["last_valid_day"] = _drifting


def hold() -> None:
    """Let a recall hold its cells for a day less than it should."""
    Hold.counts = _ending_early  # type: ignore[assignment,method-assign]  # it is a fault built in on purpose


def _ending_early(one: Hold, day: date) -> bool:
    return one.from_on <= day and (one.until_on is None or day < one.until_on)


def utc() -> None:
    """Take the day of Greenwich for that of the clinic."""
    vars(clock)["day_in"] = lambda _zone, instant: instant.astimezone(UTC).date()


DEFECTS: dict[str, Callable[[], None]] = {"leap": leap, "hold": hold, "utc": utc}
