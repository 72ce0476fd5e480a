"""Judging measured in a process of its own: `python -m tests.bench.judging` prints one JSON document.

Every lead of the database named by the environment against eight quotas: the two of the preset and
six that ask for everything criteria can ask. `read` is from the tables to the facts in memory,
`judge` from there to the verdicts (whose reasons are made when they are read), `tell` to every
reason of every verdict; `stored` judges, compares and finds no difference, as `quotas check` does.
MB are the most this process ever held; `start` is what it holds before the first lead.
"""

import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import select

from crm.config import Settings
from crm.core import clock
from crm.core.bulk import without_collecting
from crm.core.db import db, transaction
from crm.factory import create_app
from crm.leads.models import Lead
from crm.quotas.facts import Surroundings, facts_of, surroundings, terms_of
from crm.quotas.queries import computed_quotas
from crm.quotas.rules import (
    JudgedLead,
    Judging,
    QuotaTerms,
    Verdict,
    parse_criteria,
    with_yuan,
)
from crm.quotas.services import differences, rejudge

YI = 100_000_000
EVER = date.max


def at_least(field: str, yuan: int, **more: Any) -> dict[str, Any]:
    return {"clause": "amount", "field": field, "at_least_yuan": yuan, **more}


def of(clause: str, *codes: str) -> dict[str, Any]:
    return {"clause": clause, "of": list(codes)}


SIX: list[dict[str, Any]] = [
    {
        "any_of": [
            at_least("total_investment", 10 * YI),
            {"all": [at_least("fixed_assets", YI), {"clause": "is_physical"}]},
        ]
    },
    {
        "all": [
            of("nature", "new"),
            of("origin", "overseas", "other_province"),
            at_least("total_investment", YI),
        ]
    },
    {
        "all": [
            of("chain", "NFM", "IME"),
            {"not": of("nature", "phase_two")},
            at_least("total_investment", 2 * YI),
        ]
    },
    {
        "any_of": [
            {
                "clause": "ranking",
                "lists": ["china_500", "china_private_500"],
                "min_shareholding": 0.3,
                "edition_policy": "signing_or_latest",
            },
            of("ownership", "central"),
        ]
    },
    {
        "all": [
            of("zone", "smart"),
            at_least("total_investment", 5 * YI, sources=["agreement", "filing"]),
        ]
    },
    {
        "all": [
            {"clause": "is_headquarters", "types": ["regional", "scale"]},
            at_least("headquarters_revenue", 10 * YI, basis=["committed", "actual"]),
        ]
    },
]


def eight(year: int) -> list[QuotaTerms]:
    preset = [terms_of(quota) for quota in db.session.scalars(computed_quotas(year))]
    others = [
        replace(preset[0], code=f"X{number}", criteria=parse_criteria(data))
        for number, data in enumerate(SIX)
    ]
    return [*preset, *others]


def most_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(run: Callable[[], Any]) -> tuple[float, float, Any]:
    """Seconds by the clock, seconds of this processor, and what came out."""
    wall, cpu = time.perf_counter(), time.process_time()
    out = run()
    return time.perf_counter() - wall, time.process_time() - cpu, out


def judged(
    leads: Iterable[JudgedLead], quotas: Sequence[QuotaTerms], around: Surroundings
) -> list[Verdict]:
    """Cold: nothing is left from an earlier judging."""
    judging = Judging(quotas, EVER, around.editions)
    return [
        verdict for lead in leads for verdict in judging.of(with_yuan(lead, around.rates, EVER))
    ]


def measured() -> dict[str, Any]:
    today = clock.today()
    quotas, around = eight(today.year), surroundings()
    ids = list(db.session.scalars(select(Lead.id).order_by(Lead.id)))
    found: dict[str, Any] = {"leads": len(ids), "quotas": len(quotas), "mb": {"start": most_mb()}}

    def note(name: str, run: Callable[[], Any]) -> Any:
        wall, cpu, out = timed(run)
        found[name] = {"seconds": wall, "cpu_seconds": cpu}
        found["mb"][name] = most_mb()
        return out

    with without_collecting():
        leads = note("read", lambda: list(facts_of(ids)))
        verdicts = note("judge", lambda: judged(leads, quotas, around))
        found["reasons"] = note("tell", lambda: sum(len(each.reasons) for each in verdicts))
        leads, verdicts = [], []
    found["differs"] = len(note("stored", lambda: list(differences(today=today))))
    one = []
    for lead_id in ids[:: max(1, len(ids) // 40)][:40]:
        with transaction():
            one.append(
                timed(lambda lead_id=lead_id: rejudge([lead_id], today=today, at=clock.now()))[0]
            )
    found["one_lead"] = {"p50_ms": 1000 * statistics.median(one), "max_ms": 1000 * max(one)}
    return found


def main() -> None:
    with create_app(Settings.from_env()).app_context():
        json.dump(measured(), sys.stdout)


if __name__ == "__main__":
    main()
