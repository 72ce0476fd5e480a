"""Small believable forecasts for tests: stays, open leads, quotas."""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import product
from typing import Any

import numpy as np

from crm.leads.rules.stages import Path, Stage
from crm.outlook.rules.forecasting import Candidate, Ending, QuotaTarget, Spell

ON = date(2026, 6, 30)
CLOSE = date(2026, 12, 31)
IN_TALKS = (Stage.CONTACTED, Stage.NEGOTIATING, Stage.REVIEWED, Stage.PRE_SIGNING)


def spell(stage: Stage = Stage.NEGOTIATING, **changed: Any) -> Spell:
    facts: dict[str, Any] = {
        "lead_id": 1,
        "stage": stage,
        "entered_on": date(2026, 1, 5),
        "known_on": date(2026, 1, 5),
        "ended_on": None,
        "ending": None,
        "size_band": "small",
        "path": Path.LAND,
        "chain_id": None,
    } | changed
    return Spell(**facts)


def history(seed: int = 7, count: int = 400) -> list[Spell]:
    """A year and a half of stays, known from the day they began, in two size bands."""
    random = np.random.default_rng(seed)
    found = []
    for n in range(count):
        entered = ON - timedelta(days=int(random.integers(1, 500)))
        days = int(random.exponential(110))
        ends = days <= (ON - entered).days
        ending = random.choice(list(Ending), p=[0.6, 0.25, 0.1, 0.05])
        found.append(
            spell(
                IN_TALKS[int(random.integers(4))],
                lead_id=10_000 + n,
                entered_on=entered,
                known_on=entered,
                ended_on=entered + timedelta(days=days) if ends else None,
                ending=Ending(str(ending)) if ends else None,
                size_band="small" if n % 3 else "large",
                chain_id=1 + n % 4,
            )
        )
    return found


def lead(lead_id: int, stage: Stage = Stage.PRE_SIGNING, **changed: Any) -> Candidate:
    facts: dict[str, Any] = {
        "days_in_stage": 20,
        "size_band": "small",
        "path": Path.LAND,
        "chain_id": 1 + lead_id % 4,
        "counts_to": frozenset({"A"}),
    } | changed
    return Candidate(lead_id, stage, **facts)


def leads(count: int, suits: Iterable[str] = ("A", "B", "AB")) -> list[Candidate]:
    """Open leads in all stages, in turn suiting the quotas named."""
    kinds = list(suits)
    return [
        lead(
            n,
            IN_TALKS[n % 4],
            days_in_stage=11 * n % 200,
            size_band="small" if n % 2 else "large",
            counts_to=frozenset(kinds[n % len(kinds)]),
            amount_gate=0.9,
            recognition_gate=1.0 if n % 5 else 0.6,
        )
        for n in range(1, count + 1)
    ]


def quota(code: str = "A", target: int = 5, certain: int = 1, **changed: Any) -> QuotaTarget:
    facts: dict[str, Any] = {"closes_on": CLOSE} | changed
    return QuotaTarget(code, target, certain, **facts)


def enumerated(p: list[float]) -> list[float]:
    """P(count = k) by going through every outcome."""
    found = [0.0] * (len(p) + 1)
    for outcome in product((0, 1), repeat=len(p)):
        chance = 1.0
        for each, happened in zip(p, outcome, strict=True):
            chance *= each if happened else 1 - each
        found[sum(outcome)] += chance
    return found
