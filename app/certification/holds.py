"""What holds cells of a certification back: acts that nobody has lifted, and what is told from outside; pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from app.certification.scope import Cell, GrantedCell


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """What holds a certification back without an act on it, as a recall does past its deadline.

    `cells` are those that it holds (None: all), `from_on` and `until_on` its first and last day (None: without an end).
    It counts for who asks as known at `known_at` or later, its end from `end_known_at` (None: as soon as itself).
    """

    cells: frozenset[Cell] | None
    from_on: date
    until_on: date | None
    code: str
    reason: str
    known_at: datetime
    end_known_at: datetime | None = None

    def known(self, known_at: datetime) -> "Hold":
        """Return it as it was known at an instant, by which it has to be known at all."""
        told = self.end_known_at is None or self.end_known_at <= known_at
        return self if told else replace(self, until_on=None)

    def counts(self, day: date) -> bool:
        """Tell whether it holds anything on a day."""
        return self.from_on <= day and (self.until_on is None or day <= self.until_on)

    def turns(self) -> set[date]:
        """Return the days on which it begins and no longer counts."""
        if self.until_on is None or self.until_on == date.max:
            return {self.from_on}
        return {self.from_on, self.until_on + timedelta(days=1)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Matching:
    """Which cells, and whose: None and empty stand for any device, procedure, skin type and clinic."""

    device: str | None = None
    procedure: str | None = None
    skin_types: frozenset[int] = frozenset()
    clinic_id: int | None = None

    def matches(self, cell: Cell) -> bool:
        """Tell whether a cell is meant."""
        return (
            self.device in (None, cell.device)
            and self.procedure in (None, cell.procedure)
            and (not self.skin_types or cell.skin_type in self.skin_types)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Brake:
    """A suspension that stands on a day: of `cells` (None: of all), less those that were `lifted`.

    `event_id` is the act's, None where a `Hold` brings it.
    """

    since_on: date
    cells: frozenset[Cell] | None
    event_id: int | None
    recorded: tuple[datetime, int]
    code: str | None
    reason: str | None
    lifted: frozenset[Cell] = frozenset()

    def holds(self, cell: Cell) -> bool:
        """Tell whether it holds a cell back."""
        return cell not in self.lifted and (self.cells is None or cell in self.cells)

    @property
    def stands(self) -> bool:
        """Whether anything of it is left."""
        return self.cells is None or not self.cells <= self.lifted

    @property
    def of_all(self) -> bool:
        """Whether it holds the whole certification, whatever that grants."""
        return self.cells is None and not self.lifted


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldBack:
    """A granted cell in which nobody may treat on the day: since when, and why; by the brake that stands longest."""

    cell: Cell
    since_on: date
    event_id: int | None
    code: str | None
    reason: str | None


def released(
    brakes: Iterable[Brake], recorded: tuple[datetime, int], lifts: int | None, cells: Collection[Cell] | None
) -> list[Brake]:
    """Return what still stands after a reinstatement of `cells` (None: of all) that was recorded then.

    It lifts only what was on record when it was made: a suspension recorded later, though effective earlier, was not
    what the person who reinstated had decided about. With `lifts` it concerns that one suspension alone.
    """
    left = []
    for one in brakes:
        if one.recorded > recorded or lifts not in (None, one.event_id):
            left.append(one)
        elif cells is not None:
            rest = replace(one, lifted=one.lifted | frozenset(cells))
            left.extend([rest] if rest.stands else [])
    return left


def braked_by(hold: Hold) -> Brake:
    """Return an outside hold as what stands while it counts."""
    return Brake(
        since_on=hold.from_on,
        cells=hold.cells,
        event_id=None,
        recorded=(hold.known_at, 0),
        code=hold.code,
        reason=hold.reason,
    )


def held_back(brakes: Iterable[Brake], granted: Iterable[GrantedCell]) -> tuple[HeldBack, ...]:
    """Return the granted cells that any brake holds; `brakes` come in the order in which they began."""
    standing, found = tuple(brakes), []
    for one in granted if standing else ():
        brake = next((brake for brake in standing if brake.holds(one.cell)), None)
        if brake is not None:
            told = HeldBack(
                cell=one.cell,
                since_on=brake.since_on,
                event_id=brake.event_id,
                code=brake.code,
                reason=brake.reason,
            )
            found.append(told)
    return tuple(found)


def stopping(brakes: Iterable[Brake], granted: Collection[GrantedCell]) -> Brake | None:
    """Return the brake for which the whole certification counts as suspended, or None: one of all, or of all cells."""
    standing = tuple(brakes)
    whole = next((brake for brake in standing if brake.of_all), None)
    if whole or not standing or not granted:
        return whole
    if all(any(brake.holds(one.cell) for brake in standing) for one in granted):
        return next(brake for brake in standing if any(brake.holds(one.cell) for one in granted))
    return None
