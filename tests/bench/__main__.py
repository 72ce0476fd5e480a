"""`make bench`: how fast the product is, beside the least a page can cost on the same machine.

    make bench                                all: both databases, 10,000 and 100,000 leads
    make bench ROWS=10000 DB=postgresql       some of it; ARGS="--cases list,detail --seconds 2" less still
    make bench ARGS=--quick                   10,000 leads on PostgreSQL, two seconds a case

Prints a table and writes var/bench.json. Everything runs on this machine in a folder that is removed.
"""

import argparse
import itertools
import json
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from crm.core import clock
from tests.bench import forecasting
from tests.bench.cases import Case, cases, reading
from tests.bench.commands import call, import_companies, import_ledger, judge_leads, remind
from tests.bench.limits import verdicts
from tests.bench.load import Browser, Measured, Request, measure
from tests.bench.prepared import PASSWORD, ROOT, database, say
from tests.bench.serving import gunicorn, memory_per_worker, query_counts
from tests.servers import Run


def bench(kind: str, rows: int, run: Run, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Every case on one database of one size."""
    results: list[dict[str, Any]] = []
    with database(kind, rows, run) as environment:
        wanted = [case for case in cases(rows) if not options.cases or case.name in options.cases]
        counts = query_counts(environment, wanted)
        missing = [
            case.name for case in wanted if case.expected == 200 and counts[case.name] is None
        ]
        for name in missing:
            say(f"  {name}: not there yet, left out")
        wanted = [case for case in wanted if case.name not in missing]

        with (
            gunicorn("tests.bench.floor:app", environment) as (ground, _master),
            gunicorn("app:app", environment) as (port, master),
        ):
            for case in wanted:
                results += bench_case(case, kind, rows, ground, port, options, counts[case.name])
            memory = memory_per_worker(master)
            say(f"  memory per worker: {memory['pss']:.0f} MB PSS, {memory['rss']:.0f} MB RSS")
            results.append({"database": kind, "rows": rows, "case": "memory", **memory})
        if not options.cases or "judging" in options.cases:
            results.append({"database": kind, "rows": rows, **judge_leads(environment)})
        if not options.cases or "reminding" in options.cases:
            results.append({"database": kind, "rows": rows, **remind(environment)})
        if not options.cases or "targets" in options.cases:
            results.append({"database": kind, "rows": rows, **call(environment)})
        if not options.cases or "import" in options.cases:
            taken = import_ledger(environment, run.folder)
            results.append({"database": kind, "rows": rows, **taken})
        if not options.cases or "companies" in options.cases:
            taken = import_companies(environment, run.folder)
            results.append({"database": kind, "rows": rows, **taken})
    return results


def bench_case(
    case: Case,
    kind: str,
    rows: int,
    ground: int,
    port: int,
    options: argparse.Namespace,
    queries: int | None,
) -> list[dict[str, Any]]:
    """One case, and before and after it the floor, so that both see the same machine."""
    browser, bare = Browser(port).sign_in(case.login, PASSWORD), Browser(ground)
    request = with_token(case, browser) if case.form_page else case.request
    floor = reading("floor", "", "/").request
    warm_up(bare.send, floor)
    warm_up(browser.send, request)
    found = []
    for clients in options.clients:

        def floor_now(clients: int = clients) -> Measured:
            return measure(bare.send, floor, clients=clients, seconds=options.seconds / 4, least=40)

        before = floor_now()
        measured = measure(
            browser.send,
            request,
            clients=clients,
            seconds=options.seconds,
            least=40,
            expected=case.expected,
        )
        after = floor_now()
        p50 = (before.p50 + after.p50) / 2
        per_second = (before.per_second + after.per_second) / 2
        row = {"database": kind, "rows": rows, "case": case.name, "clients": clients}
        row |= asdict(measured) | {"queries": queries}
        row |= {"floor_p50": p50, "floor_per_second": per_second}
        row["ratio"] = measured.p50 / p50
        row["throughput_ratio"] = per_second / measured.per_second
        found.append(row)
        say(
            f"  {case.name:<16}{clients:>2}  p50 {measured.p50:7.2f}  p95 {measured.p95:7.2f} ms  "
            f"{measured.per_second:6.1f}/s   floor {p50:6.2f} ms {per_second:6.1f}/s   "
            f"{row['ratio']:5.1f}x {row['throughput_ratio']:5.1f}x  {queries or '':>3} queries  "
            f"{measured.kilobytes:.0f} kB"
        )
    return found


NUMBERS = itertools.count(1)


def with_token(case: Case, browser: Browser) -> Callable[[int], Request]:
    """The requests of a form: with the session's token, and no two ever alike."""
    token = urlencode({"csrf_token": browser.token(case.form_page)})

    def request(_n: int) -> Request:
        method, path, form = case.request(next(NUMBERS))
        return method, path, f"{form}&{token}"

    return request


def warm_up(send: Callable[[Request], Any], request: Callable[[int], Request]) -> None:
    """Both workers have compiled the page and the database has read what it needs."""
    for n in range(24):
        send(request(n))


def listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", default=os.environ.get("ROWS") or "10000,100000")
    parser.add_argument("--db", default=os.environ.get("DB") or "sqlite,postgresql")
    parser.add_argument("--cases", type=listed, default=[])
    parser.add_argument(
        "--clients", type=lambda text: [int(n) for n in listed(text)], default=[1, 8]
    )
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "bench.json")
    options = parser.parse_args()
    if options.quick:
        options.rows, options.db, options.seconds = "10000", "postgresql", 2.0
    run = Run.begin()
    results: list[dict[str, Any]] = []
    try:
        for kind in listed(options.db):
            for rows in listed(options.rows):
                results += bench(kind, int(rows), run, options)
    finally:
        run.end()
    if not options.cases or "forecast" in options.cases:
        results.append({"database": "none", "rows": forecasting.LEADS} | forecasting.measured())
        say(f"forecast of {forecasting.LEADS:,} open leads: {results[-1]['ms']:.0f} ms")
    faults = verdicts(results)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "at": clock.now().isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "results": results,
        "faults": faults,
    }
    options.out.write_text(
        json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    for fault in faults:
        say(f"! {fault}")
    say(f"written: {options.out}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
