"""The forecast of 5,000 open leads and two exclusive quotas, from 20,000 stays: pure rules, no database."""

import time
from datetime import date, timedelta
from typing import Any

import numpy as np

from crm.leads.rules.stages import Path, Stage
from crm.outlook.rules.forecasting import (
    Arrivals,
    Candidate,
    Ceremony,
    Ending,
    QuotaTarget,
    Settings,
    Spell,
    forecast,
)

ON, CLOSES = date(2026, 6, 30), date(2026, 12, 31)
LEADS, SPELLS = 5_000, 20_000
LIMIT_MS = 500
STAGES = (
    Stage.LEAD,
    Stage.CONTACTED,
    Stage.NEGOTIATING,
    Stage.REVIEWED,
    Stage.PRE_SIGNING,
    Stage.PARKED,
)
BANDS = ("under 1", "1 to 5", "5 to 10", "10 to 50", "over 50")
PATHS = (None, *Path)
SUITS = (frozenset("A"), frozenset("B"), frozenset("AB"))


def stays(random: np.random.Generator) -> list[Spell]:
    found = []
    for n in range(SPELLS):
        entered = ON - timedelta(days=int(random.integers(1, 700)))
        ended = entered + timedelta(days=int(random.exponential(120)))
        has_ended = ended <= ON
        ending = tuple(Ending)[int(random.choice(4, p=[0.6, 0.25, 0.1, 0.05]))]
        found.append(
            Spell(
                n,
                STAGES[n % 6],
                entered,
                entered,
                ended if has_ended else None,
                ending if has_ended else None,
                BANDS[n % 5],
                PATHS[int(random.integers(4))],
                int(random.integers(13)),
            )
        )
    return found


def open_leads(random: np.random.Generator) -> list[Candidate]:
    return [
        Candidate(
            n,
            STAGES[int(random.integers(6))],
            int(random.exponential(90)),
            BANDS[int(random.integers(5))],
            PATHS[int(random.integers(4))],
            int(random.integers(13)),
            SUITS[int(random.choice(3, p=[0.3, 0.5, 0.2]))],
            0.9,
            0.95,
            1 + n % 2 if n % 100 == 0 else None,
        )
        for n in range(LEADS)
    ]


def measured(times: int = 7) -> dict[str, Any]:
    """The median of some runs, in milliseconds; the targets stand where the chance is about even."""
    random = np.random.default_rng(1)
    spells, leads = stays(random), open_leads(random)
    targets = [
        QuotaTarget("A", 260, 2, CLOSES, exclusive_group="x"),
        QuotaTarget("B", 400, 3, CLOSES, exclusive_group="x"),
    ]
    settings = Settings(
        ceremonies=(Ceremony(1, date(2026, 9, 1)), Ceremony(2, date(2026, 12, 1))),
        arrivals=(Arrivals("A", (3, 5, 2)), Arrivals("B", prior_mean=3.0)),
        month_factors=(*[0.95] * 11, 1.55),
    )
    spent = []
    for _ in range(times):
        begun = time.perf_counter()
        forecast(spells, leads, targets, settings, ON)
        spent.append((time.perf_counter() - begun) * 1000)
    return {"case": "forecast", "leads": LEADS, "spells": SPELLS, "ms": sorted(spent)[times // 2]}
