"""How good archived forecasts of leads were: Brier score and reliability.

Brier 1950 (Monthly Weather Review 78:1) for the score; the table of stated against observed shares
is the reliability diagram of Murphy & Winkler 1977 (Applied Statistics 26:41) in five bins. Leads
are scored, quotas never: a year has two of them, and two outcomes say nothing of a method.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

HORIZONS = (30, 60, 90)
"""Days ahead."""

ENOUGH = 30
"""Fewer different leads than this, and nothing is said of the method: 不足以评价."""

BINS = ((0.0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.0))


@dataclass(frozen=True, slots=True)
class Stated:
    """What was said on a day of one lead: P(counting event within the horizon, in days).

    `event` names the counting event, so that a lead of two quotas with one event is scored once.
    """

    made_on: date
    lead_id: int
    event: str
    horizon: int
    p: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Of `n` statements between two probabilities: their mean, and how many came true."""

    low: float
    high: float
    n: int
    mean: float
    observed: float


@dataclass(frozen=True, slots=True)
class Score:
    """At one horizon: `n` statements about `leads` different leads, `came_true` of them.

    Without ENOUGH leads Brier score and bins are left out. `base` is the Brier score of saying
    the observed share of every lead; a method below it knows something.
    """

    horizon: int
    n: int
    leads: int
    came_true: int
    brier: float | None
    base: float | None
    bins: tuple[Bin, ...]


def came_true(stated: Stated, reached_on: Mapping[tuple[int, str], date]) -> bool:
    day = reached_on.get((stated.lead_id, stated.event))
    return day is not None and day <= stated.made_on + timedelta(days=stated.horizon)


def is_due(stated: Stated, on: date) -> bool:
    """Whether the horizon has passed by the end of the day `on`."""
    return stated.made_on + timedelta(days=stated.horizon) <= on


def scores(
    said: Iterable[Stated], reached_on: Mapping[tuple[int, str], date], on: date
) -> tuple[Score, ...]:
    """One score per horizon over the statements that are due; each lead once a day and event.

    `reached_on` is the day of the event by (lead, event), for those that reached it.
    """
    due = dict.fromkeys(
        sorted(
            (each for each in said if is_due(each, on)),
            key=lambda each: (each.horizon, each.made_on, each.lead_id, each.event, each.p),
        )
    )
    once = {(each.horizon, each.made_on, each.lead_id, each.event): each for each in due}
    return tuple(
        _score(horizon, [each for each in once.values() if each.horizon == horizon], reached_on)
        for horizon in HORIZONS
    )


def _score(horizon: int, said: list[Stated], reached_on: Mapping[tuple[int, str], date]) -> Score:
    outcomes = [(each.p, came_true(each, reached_on)) for each in said]
    leads = len({each.lead_id for each in said})
    true = sum(outcome for _p, outcome in outcomes)
    if leads < ENOUGH:
        return Score(horizon, len(said), leads, true, None, None, ())
    brier = sum((p - outcome) ** 2 for p, outcome in outcomes) / len(outcomes)
    share = true / len(outcomes)
    return Score(
        horizon, len(said), leads, true, brier, share * (1 - share), tuple(_bins(outcomes))
    )


def _bins(outcomes: list[tuple[float, bool]]) -> Iterable[Bin]:
    for low, high in BINS:
        own = [
            (p, outcome)
            for p, outcome in outcomes
            if low <= p < high or (high == BINS[-1][1] and p == high)
        ]
        if own:
            yield Bin(
                low, high, len(own),
                sum(p for p, _ in own) / len(own),
                sum(outcome for _, outcome in own) / len(own),
            )  # fmt: skip
