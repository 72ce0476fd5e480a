"""Moves, the stays between them, and which of them somebody entered long after the fact (补录)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from crm.leads.rules.stages import CLOSED, ORDER, Path, Stage
from crm.outlook.rules.forecasting.facts import Ending, Spell

MANY_MOVES = 5
LATE_DAYS = 7
PLACE = {stage: position for position, stage in enumerate(ORDER)}


@dataclass(frozen=True, slots=True)
class Move:
    """A lead came to stand in a stage. ``from_stage`` is None where the ledger first heard of it.

    An import states where a lead stands; that it moved there meanwhile is nobody's observation.
    """

    lead_id: int
    from_stage: Stage | None
    to_stage: Stage
    event_on: date
    recorded_on: date
    by_id: int | None
    is_import: bool = False


@dataclass(frozen=True, slots=True)
class Traits:
    """What pools a lead with others."""

    size_band: str
    path: Path | None
    chain_id: int | None


def mark_backfilled(moves: Sequence[Move]) -> tuple[bool, ...]:
    """For each move whether it is 补录: its person recorded five or more that day, or it was recorded
    more than seven days after the event, or an import states it.

    First entries of leads are no moves between stages: they count neither as such nor to the five.
    """
    per_day = Counter(
        (move.by_id, move.recorded_on)
        for move in moves
        if move.from_stage is not None and move.by_id is not None and not move.is_import
    )
    return tuple(
        move.from_stage is not None
        and (
            move.is_import
            or (move.by_id is not None and per_day[move.by_id, move.recorded_on] >= MANY_MOVES)
            or (move.recorded_on - move.event_on).days > LATE_DAYS
        )
        for move in moves
    )


def spells_of(moves: Iterable[Move], traits: Mapping[int, Traits]) -> tuple[Spell, ...]:
    """The stays between moves, by event dates, oldest lead first.

    A stay that a backfilled move ended is marked: when it really ended is not known. A stay such a
    move began is observed from the day it was recorded on. A move past several stages went through
    each of those between within the day.
    """
    by_lead: dict[int, list[tuple[Move, bool]]] = defaultdict(list)
    listed = list(moves)
    for move, is_backfilled in zip(listed, mark_backfilled(listed), strict=True):
        by_lead[move.lead_id].append((move, is_backfilled))
    found = []
    for lead_id in sorted(by_lead.keys() & traits.keys()):
        trait = traits[lead_id]
        steps = sorted(by_lead[lead_id], key=lambda each: (each[0].event_on, each[0].recorded_on))
        for n, (move, _) in enumerate(steps):
            if move.to_stage in CLOSED:
                continue
            after, is_backfilled = steps[n + 1] if n + 1 < len(steps) else (None, False)
            ending = None if after is None else ending_of(move.to_stage, after.to_stage)
            found.append(
                Spell(
                    lead_id,
                    move.to_stage,
                    move.event_on,
                    max(move.recorded_on, move.event_on),
                    None if after is None else after.event_on,
                    ending,
                    trait.size_band,
                    trait.path,
                    trait.chain_id,
                    is_backfilled,
                )
            )
            if after is None or ending is not Ending.ADVANCE or move.to_stage is Stage.PARKED:
                continue
            found += [
                Spell(
                    lead_id,
                    skipped,
                    after.event_on,
                    after.event_on,
                    after.event_on,
                    Ending.ADVANCE,
                    trait.size_band,
                    trait.path,
                    trait.chain_id,
                    is_backfilled,
                )
                for skipped in ORDER[PLACE[move.to_stage] + 1 : PLACE[after.to_stage]]
            ]
    return tuple(found)


def ending_of(stage: Stage, following: Stage) -> Ending:
    """How a stay in ``stage`` ended when the lead came to ``following``."""
    if following in CLOSED:
        return Ending.LOST
    if following is Stage.PARKED:
        return Ending.PARKED
    if stage is Stage.PARKED or PLACE[stage] < PLACE[following]:
        return Ending.ADVANCE
    return Ending.RETURNED
