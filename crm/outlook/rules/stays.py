"""From the moves of leads to stays in stages, as the forecast learns from them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby

from crm.leads.rules import CLOSED, Path, Stage
from crm.outlook.rules.forecasting import Ending, Spell

BULK_MOVES = 5
"""So many moves by one person in a day are bookkeeping, not a day's work."""

LATE_DAYS = 7
"""Entered later than this after the event, a move tells when somebody tidied up."""

YI = 100_000_000
SIZE_BANDS = ((50 * YI, "over_50yi"), (5 * YI, "over_5yi"))
"""The thresholds quotas ask for, in yuan; below both, or without an amount: UNDER."""
UNDER = "under_5yi"


class Backfill(StrEnum):
    """Why a move is marked 补录 and teaches nothing."""

    BULK = "bulk"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Step:
    """A row of stage_changes: into which stage, on which event day, known since when, by whom.

    Imported rows state where a lead stands, not that it moved.
    """

    lead_id: int
    to: Stage
    on: date
    known_on: date
    by_id: int | None = None
    is_imported: bool = False


@dataclass(frozen=True, slots=True)
class Trait:
    """What a lead shares its hazards by."""

    size_band: str = UNDER
    path: Path | None = None
    chain_id: int | None = None


NOBODY_KNOWS = Trait()


def size_band(investment_yuan: int | None) -> str:
    for least, band in SIZE_BANDS:
        if investment_yuan is not None and investment_yuan >= least:
            return band
    return UNDER


def ending_of(before: Stage, after: Stage) -> Ending:
    """How a stay ended by the stage that followed it."""
    if after in CLOSED:
        return Ending.LOST
    if after is Stage.PARKED:
        return Ending.PARKED
    if before is not Stage.PARKED and after.is_before(before):
        return Ending.RETURNED
    return Ending.ADVANCE


def backfilled(steps: Sequence[Step]) -> list[Backfill | None]:
    """Of each step (by lead, in order of entry) why it is marked; None for an ordinary move.

    The first step of a lead and imported ones are no moves.
    """
    moves = [
        place > 0 and steps[place - 1].lead_id == step.lead_id and not step.is_imported
        for place, step in enumerate(steps)
    ]
    per_day = Counter(
        (step.by_id, step.known_on)
        for step, is_move in zip(steps, moves, strict=True)
        if is_move and step.by_id is not None
    )
    found: list[Backfill | None] = []
    for step, is_move in zip(steps, moves, strict=True):
        if not is_move:
            found.append(None)
        elif step.by_id is not None and per_day[step.by_id, step.known_on] >= BULK_MOVES:
            found.append(Backfill.BULK)
        else:
            is_late = (step.known_on - step.on).days > LATE_DAYS
            found.append(Backfill.LATE if is_late else None)
    return found


def stays_of(steps: Sequence[Step], traits: Mapping[int, Trait]) -> list[Spell]:
    """The stays of all leads. `steps` stand lead by lead, each lead's in the order of entry.

    A stay ends on the event day of the next step; where that was imported nobody saw it end, and it
    is observed until the day the ledger came in. Being lost or transferred is no stay.
    """
    marked = list(zip(steps, backfilled(steps), strict=True))
    spells: list[Spell] = []
    for lead_id, own in groupby(marked, key=lambda pair: pair[0].lead_id):
        spells += _stays(list(own), traits.get(lead_id, NOBODY_KNOWS))
    return spells


def _stays(own: list[tuple[Step, Backfill | None]], trait: Trait) -> Iterator[Spell]:
    merged = [
        pair
        for place, pair in enumerate(own)
        if place == 0 or pair[0].to is not own[place - 1][0].to
    ]
    entered_on: date | None = None
    for place, (step, _mark) in enumerate(merged):
        entered_on = step.on if entered_on is None else max(entered_on, step.on)
        if step.to in CLOSED:
            continue
        after, mark = merged[place + 1] if place + 1 < len(merged) else (None, None)
        ended_on, ending = None, None
        if after is not None and after.is_imported:
            ended_on = max(after.known_on, entered_on)
        elif after is not None:
            ended_on, ending = max(after.on, entered_on), ending_of(step.to, after.to)
        yield Spell(
            lead_id=step.lead_id,
            stage=step.to,
            entered_on=entered_on,
            known_on=max(step.known_on, entered_on),
            ended_on=ended_on,
            ending=ending,
            size_band=trait.size_band,
            path=trait.path,
            chain_id=trait.chain_id,
            is_backfilled=mark is not None,
        )


@dataclass(frozen=True, slots=True)
class Excluded:
    """剔除后: how many moves there are, and how many of them teach nothing."""

    moves: int
    bulk: int
    late: int

    @property
    def used(self) -> int:
        return self.moves - self.bulk - self.late


def excluded(steps: Sequence[Step]) -> Excluded:
    marks = backfilled(steps)
    moves = sum(
        place > 0 and steps[place - 1].lead_id == step.lead_id and not step.is_imported
        for place, step in enumerate(steps)
    )
    return Excluded(moves, marks.count(Backfill.BULK), marks.count(Backfill.LATE))


def shrunk(successes: int, trials: int, *, prior: float, weight: float) -> float:
    """A share that leans on `prior` as strongly as `weight` trials would (Beta prior, its mean)."""
    return (successes + prior * weight) / (trials + weight)
