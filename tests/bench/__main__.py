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
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
from argon2 import PasswordHasher
from sqlalchemy import event

from crm.config import Settings
from crm.core import clock
from tests.bench import forecasting, reminding
from tests.bench.filling import Filler, fill_postgres, fill_sqlite, is_sensitive, write_ledger
from tests.bench.load import Browser, Measured, Request, measure
from tests.servers import Run, postgres_url, start_postgres

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
PASSWORD = "Bench-2026-word"
LIMITS = {
    "list": 8,
    "list filtered": 8,
    "detail": 8,
    "search 2": 15,
    "search 4": 15,
    "home of leader": 15,
    "home of staff": 15,
    "board": 15,
}
"""How many times the floor a case may take on PostgreSQL at 100,000 leads; others are told only."""


@dataclass(frozen=True, slots=True)
class Case:
    """One thing people do: who does it, and the request number n of it."""

    name: str
    login: str
    request: Callable[[int], Request]
    form_page: str = ""  # where the token of a form comes from; `request` then gives its fields
    expected: int = 200


def reading(name: str, login: str, *paths: str) -> Case:
    return Case(name, login, lambda n: ("GET", paths[n % len(paths)], None))


def searching(text: str) -> str:
    return f"/leads/?q={quote(text)}"


def cases(rows: int) -> list[Case]:
    """What is measured; the paths vary, so that no answer can be kept from the last one."""
    today = clock.today()
    days = [(today - timedelta(days=ago)).isoformat() for ago in (1, 7, 30)]
    return [
        reading("list", "leader", "/leads/"),
        reading(
            "list filtered",
            "leader",
            *(
                f"/leads/?stage=IN_TALKS&chain={chain}&amount_from=1%E4%BA%BF&sort=amount"
                for chain in range(1, 6)
            ),
        ),
        reading(
            "search 2",
            "leader",
            *(f"/leads/?q={quote(q)}" for q in ("项目", "硅溶", "轴承", "华建", "氢能")),
        ),
        reading(
            "search 4",
            "leader",
            *map(searching, ("生产基地", "动力电池", "检验检测", "高端轴承", "济南华建")),
        ),
        Case("detail", "leader", lambda n: ("GET", f"/leads/{open_lead(n, rows)}", None)),
        reading("list of staff", "staff3", "/leads/"),
        reading("home of leader", "leader", "/"),
        reading("home of staff", "staff3", "/"),
        reading("board", "leader", "/quotas/"),
        reading("three books", "leader", "/outlook/"),
        reading("checkup", "leader", "/checkup/"),
        reading("recognition", "leader", "/recognition/"),
        reading("breakdown", "leader", *(f"/quotas/breakdown?by={each}" for each in TAKEN_APART)),
        reading("bridge", "leader", *(f"/closing/bridge?from={day}&to={today}" for day in days)),
        reading("closed periods", "leader", "/closing/periods"),
        Case("create", "staff3", registering, form_page="/leads/new", expected=302),
    ]


TAKEN_APART = ("department", "sponsor", "chain", "zone", "month")


def open_lead(n: int, rows: int) -> int:
    """A lead anywhere in the district, none of the sensitive ones: those are hidden from leaders."""
    lead_id = n * 7919 % rows + 1
    return lead_id + 1 if is_sensitive(lead_id) else lead_id


def registering(n: int) -> Request:
    """The quick form as somebody fills it in after a search that found nothing."""
    fields = {
        "investor": f"山东{n}号新型材料有限公司",
        "title": f"第{n}号功能材料项目",
        "contact": "赵经理 13800001001",
        "total_investment": "5.2亿",
        "source": "以商招商",
        "next_action": "约谈投资方负责人",
        "next_action_on": clock.today().isoformat(),
    }
    return "POST", "/leads/new", urlencode(fields)


# ---------------------------------------------------------------- what it runs on


def connected(host: str, name: str) -> psycopg.Connection[Any]:
    return psycopg.connect(host=host, user="postgres", dbname=name, autocommit=True)


@contextmanager
def database(kind: str, rows: int, run: Run) -> Iterator[dict[str, str]]:
    """A prepared and filled database: the environment that leads the product to it."""
    data = run.folder / f"{kind}-{rows}"
    data.mkdir(mode=0o755)
    if kind == "postgresql":
        # As in production: nothing of safety is switched off.
        server = run.shared(
            "postgres",
            lambda: start_postgres(
                run,
                fsync="on",
                synchronous_commit="on",
                full_page_writes="on",
                shared_buffers="256MB",
            ),
        )
        name = f"bench_{rows}"
        with psycopg.connect(
            host=server["host"], user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        url = postgres_url(server["host"], name)
    else:
        url = f"sqlite:///{data / 'lianzhao.db'}"
    environment = {
        **os.environ,
        "LIANZHAO_ENV": "production",
        "LIANZHAO_DATA": str(data),
        "DATABASE_URL": url,
        "SECRET_KEY": "of-the-bench-only-of-the-bench-only",
        "REDIS_URL": "redis://127.0.0.1:1/0",  # nobody there: no page may ask it
        "MAIL_URL": "smtp://127.0.0.1:1",
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # nobody runs a server so
    subprocess.run(
        [BIN / "flask", "--app", "app", "prepare"],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
    )
    begun = time.monotonic()
    if kind == "postgresql":
        with psycopg.connect(
            host=server["host"], user="postgres", dbname=name, autocommit=True
        ) as connection:
            fill_postgres(connection, filler(rows, lambda sql: connection.execute(sql).fetchall()))
    else:
        with sqlite3.connect(data / "lianzhao.db") as connection:
            fill_sqlite(connection, filler(rows, lambda sql: connection.execute(sql).fetchall()))
        connection.close()
    judge_everything(environment, rows)
    if kind == "postgresql":
        # What autovacuum would have done by the next morning.
        with psycopg.connect(
            host=server["host"], user="postgres", dbname=name, autocommit=True
        ) as connection:
            connection.execute("VACUUM ANALYZE")
    else:
        with sqlite3.connect(data / "lianzhao.db") as connection:
            connection.execute("ANALYZE")
        connection.close()
    say(f"{kind}, {rows:,} leads: filled and judged in {time.monotonic() - begun:.0f} s")
    yield environment
    if kind == "postgresql":
        with psycopg.connect(
            host=server["host"], user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def filler(rows: int, ask: Callable[[str], list[Any]]) -> Filler:
    segments = ask("SELECT id, chain_id FROM segments ORDER BY chain_id, position")
    return Filler(
        rows,
        clock.today(),
        PasswordHasher().hash(PASSWORD),
        {
            "chains": [row[0] for row in ask("SELECT id FROM chains ORDER BY position")],
            "segments": [row[0] for row in segments],
            "segment_chains": [row[1] for row in segments],
            "first_user": [ask("SELECT max(id) FROM users")[0][0] + 1],
            "quotas": [
                row[0]
                for row in ask(
                    f"SELECT id FROM quotas WHERE year = {clock.today().year} "
                    "AND criteria IS NOT NULL AND universe = 'leads' ORDER BY position, id"
                )
            ],
        },
    )


def judge_everything(environment: dict[str, str], rows: int) -> None:
    """Verdicts come from the rule itself, as for leads that people entered."""
    from crm.core.db import db, transaction
    from crm.factory import create_app
    from crm.quotas.services import rejudge

    with create_app(Settings.from_env(environment)).app_context():
        for start in range(1, rows + 1, 10_000):
            with transaction():
                rejudge(
                    range(start, min(start + 10_000, rows + 1)), today=clock.today(), at=clock.now()
                )
        db.session.remove()
        db.engine.dispose()


@contextmanager
def gunicorn(app: str, environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    """An application under two workers: its port and the master's process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [BIN / "gunicorn", f"--bind=127.0.0.1:{port}", "--workers=2", "--log-level=error", app],
        cwd=ROOT,
        env=environment,
    )
    try:
        until = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if server.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"{app} does not start") from None
                time.sleep(0.05)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(20)


def memory_per_worker(master: int) -> dict[str, float]:
    """MB of the largest worker: PSS (its share of what workers share) and RSS."""
    found = {"pss": 0.0, "rss": 0.0}
    for children in Path(f"/proc/{master}/task/{master}/children").read_text().split():
        rollup = Path(f"/proc/{children}/smaps_rollup").read_text()
        sizes = {
            name.rstrip(":").lower(): int(size) / 1024
            for name, size, *_unit in (line.split() for line in rollup.splitlines()[1:])
        }
        found = {name: max(found[name], sizes[name]) for name in found}
    return found


def query_counts(environment: dict[str, str], wanted: list[Case]) -> dict[str, int | None]:
    """How many statements each page sends, counted in this process."""
    from crm.core.db import db
    from crm.factory import create_app

    app = create_app(Settings.from_env(environment))
    counts: dict[str, int | None] = {}
    with app.app_context():
        seen: list[str] = []

        def note(_c: Any, _u: Any, statement: str, *_rest: Any) -> None:
            if not statement.lstrip().upper().startswith(("BEGIN", "PRAGMA")):
                seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        users = dict(db.session.execute(db.text("SELECT login, id FROM users")).all())
        stamps = dict(db.session.execute(db.text("SELECT login, session_stamp FROM users")).all())
    for case in wanted:
        client = app.test_client()
        with client.session_transaction() as session:
            session["_user_id"] = f"{users[case.login]}:{stamps[case.login]}"
            session["_fresh"] = True
        if case.form_page:
            client.get(case.form_page)
            counts[case.name] = None
            continue
        _method, path, _form = case.request(1)
        seen.clear()
        answer = client.get(path)
        counts[case.name] = len(seen) if answer.status_code == case.expected else None
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    return counts


# ---------------------------------------------------------------- the run


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


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
        if not options.cases or "import" in options.cases:
            taken = import_ledger(environment, run.folder)
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


def with_token(case: Case, browser: Browser) -> Callable[[int], Request]:
    """The requests of a form: with the session's token, and no two ever alike."""
    token = urlencode({"csrf_token": browser.token(case.form_page)})

    def request(_n: int) -> Request:
        method, path, form = case.request(next(NUMBERS))
        return method, path, f"{form}&{token}"

    return request


NUMBERS = itertools.count(1)


def import_ledger(environment: dict[str, str], folder: Path) -> dict[str, Any]:
    """A ledger of 10,000 rows through the command, twice: all new, then all unchanged."""
    file = folder / "ledger.xlsx"
    write_ledger(file, LEDGER_ROWS)
    found: dict[str, Any] = {"case": "import", "ledger_rows": LEDGER_ROWS}
    for name in ("new", "again"):
        begun = time.monotonic()
        done = subprocess.run(
            [BIN / "flask", "--app", "app", "ledger", "import", file, "--json", "--as", "leader"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            check=True,
        )
        spent = time.monotonic() - begun
        told = json.loads(done.stdout)
        found[name] = {
            "seconds": spent,
            "rows_per_second": LEDGER_ROWS / spent,
            **{key: told[key] for key in ("added", "unchanged", "differs")},
        }
        say(f"  import {name:<9} {LEDGER_ROWS / spent:6.0f} rows/s  {found[name]}")
    return found


LEDGER_ROWS = 10_000


def judge_leads(environment: dict[str, str]) -> dict[str, Any]:
    """All leads against eight quotas, and one lead judged again, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.judging"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    for name in ("read", "judge", "tell", "stored"):
        say(
            f"  judging {name:<8} {found[name]['seconds']:7.2f} s  "
            f"{found[name]['cpu_seconds']:7.2f} s of the processor  {found['mb'][name]:4.0f} MB"
        )
    say(
        f"  judging one lead again: p50 {found['one_lead']['p50_ms']:.1f} ms; "
        f"{found['differs']} stored verdicts differ"
    )
    return {"case": "judging", **found}


def remind(environment: dict[str, str]) -> dict[str, Any]:
    """Planning a day, rendering a digest and sending mails, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.reminding"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    for name in ("first", "usual"):
        say(
            f"  planning {name:<7} {found[name]['seconds']:7.2f} s  "
            f"{found[name]['cpu_seconds']:7.2f} s of the processor  {found[name]['mb']:4.0f} MB  "
            f"{found[name]['begun']:,} begun of {found['open_leads']:,} open leads"
        )
    say(
        f"  digest of {found['digest']['items']}: p50 {found['digest']['p50_ms']:.1f} ms; mails: "
        f"{found['mails']['per_second']:.0f}/s, {found['mails']['cpu_ms_per_mail']:.1f} ms of the "
        "processor each"
    )
    return {"case": "reminding", **found}


def warm_up(send: Callable[[Request], Any], request: Callable[[int], Request]) -> None:
    """Both workers have compiled the page and the database has read what it needs."""
    for n in range(24):
        send(request(n))


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


MOST_JUDGING_SECONDS, MOST_JUDGING_MB = 2.5, 400
"""Of 100,000 leads against eight quotas, the facts in memory."""


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
