"""What the product promises of its speed, and what of a run does not hold."""

from collections.abc import Iterator
from typing import Any

from tests.bench import forecasting, reminding

LIMITS = {
    "list": 8,
    "list filtered": 8,
    "detail": 8,
    "search 2": 15,
    "search 4": 15,
    "home of leader": 15,
    "home of staff": 15,
    "board": 15,
    "chains": 20,
    "chain map": 15,
    "segment": 15,
}
"""How many times the floor a case may take on PostgreSQL at 100,000 leads; others are told only."""


MOST_JUDGING_SECONDS, MOST_JUDGING_MB = 2.5, 400
"""Of 100,000 leads against eight quotas, the facts in memory."""


MOST_TARGETS_MS, MOST_TARGETS_STATEMENTS = 250, 26
"""Whom to call about a segment that some of 20,000 companies suit; where all do it is told only."""


MOST_COMPANIES_SECONDS = 20
"""Of the processor, for 10,000 companies of a file, all of them new."""


def verdicts(results: list[dict[str, Any]]) -> list[str]:
    """What does not hold of what the product promises, one sentence each."""
    found = []
    by_case = {(r["database"], r["rows"], r["case"], r.get("clients")): r for r in results}
    for (kind, rows, name, clients), row in by_case.items():
        if name == "memory":
            if row["rss"] > 160:
                found.append(f"{kind} {rows}: a worker takes {row['rss']:.0f} MB, more than 160")
            continue
        if name == "forecast":
            if row["ms"] > forecasting.LIMIT_MS:
                found.append(
                    f"a forecast takes {row['ms']:.0f} ms, more than {forecasting.LIMIT_MS}"
                )
            continue
        if name == "import":
            if kind == "postgresql" and rows == 100_000 and row["new"]["rows_per_second"] < 1000:
                found.append(
                    f"{kind} {rows}: the ledger came in at {row['new']['rows_per_second']:.0f} rows/s"
                )
            continue
        if name == "reminding":
            if kind == "postgresql" and rows == 100_000:
                found += reminding.faults(row)
            continue
        if name == "companies":
            if row["new"]["cpu_seconds"] > MOST_COMPANIES_SECONDS:
                found.append(
                    f"{kind} {rows}: 10,000 companies took {row['new']['cpu_seconds']:.0f} s of the "
                    f"processor, more than {MOST_COMPANIES_SECONDS}"
                )
            continue
        if name == "targets":
            if row["usual"]["ms"] > MOST_TARGETS_MS:
                found.append(
                    f"{kind} {rows}: targets take {row['usual']['ms']:.0f} ms, "
                    f"more than {MOST_TARGETS_MS}"
                )
            if row["all"]["statements"] > MOST_TARGETS_STATEMENTS:
                found.append(f"{kind} {rows}: targets ask {row['all']['statements']} times")
            continue
        if name == "judging":
            found += [f"{kind} {rows}: {fault}" for fault in judging_faults(row)]
            continue
        if kind != "postgresql":
            continue
        limit = LIMITS.get(name)
        if limit is None:
            continue
        if rows == 100_000 and clients == 1 and row["ratio"] > limit:
            found.append(f"{name} takes {row['ratio']:.1f} times the floor, more than {limit}")
        if rows == 100_000 and clients == 8 and row["throughput_ratio"] > limit:
            found.append(
                f"{name} by 8: {row['throughput_ratio']:.1f} times fewer answers than the floor gives, "
                f"more than {limit}"
            )
        small = by_case.get((kind, 10_000, name, clients))
        if rows == 100_000 and small and row["p50"] > 1.5 * small["p50"]:
            found.append(
                f"{name}: {row['p50'] / small['p50']:.1f} times slower with ten times the leads"
            )
    return found


def judging_faults(row: dict[str, Any]) -> Iterator[str]:
    if row["differs"]:
        yield f"{row['differs']} stored verdicts are not what the facts say"
    if row["leads"] < 100_000:
        return
    if row["judge"]["seconds"] > MOST_JUDGING_SECONDS:
        yield f"judging took {row['judge']['seconds']:.1f} s, more than {MOST_JUDGING_SECONDS}"
    if row["mb"]["judge"] > MOST_JUDGING_MB:
        yield f"judging took {row['mb']['judge']:.0f} MB, more than {MOST_JUDGING_MB}"
