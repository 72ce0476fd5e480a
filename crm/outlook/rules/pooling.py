"""What pools leads with each other, and shares that lean on an assumption until history tells."""

from collections.abc import Sequence
from dataclasses import dataclass

from crm.outlook.rules.forecasting import Move, mark_backfilled

YI = 100_000_000
SIZE_BANDS = ((50 * YI, "over_50yi"), (5 * YI, "over_5yi"))
"""The thresholds quotas ask for, in yuan; below both, or without an amount: UNDER."""
UNDER = "under_5yi"


def size_band(investment_yuan: int | None) -> str:
    for least, band in SIZE_BANDS:
        if investment_yuan is not None and investment_yuan >= least:
            return band
    return UNDER


def shrunk(successes: int, trials: int, *, prior: float, weight: float) -> float:
    """A share that leans on `prior` as strongly as `weight` trials would (Beta prior, its mean)."""
    return (successes + prior * weight) / (trials + weight)


@dataclass(frozen=True, slots=True)
class Excluded:
    """剔除后: the moves people entered, and how many of them are 补录 and teach nothing.

    First entries and imports are no moves.
    """

    moves: int
    backfilled: int

    @property
    def used(self) -> int:
        return self.moves - self.backfilled


def excluded(moves: Sequence[Move]) -> Excluded:
    marks = [
        mark
        for move, mark in zip(moves, mark_backfilled(moves), strict=True)
        if move.from_stage is not None and not move.is_import
    ]
    return Excluded(len(marks), sum(marks))
