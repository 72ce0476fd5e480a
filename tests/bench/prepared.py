"""A database of the bench: prepared, filled, and judged by the rule itself."""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from argon2 import PasswordHasher

from crm.config import Settings
from crm.core import clock
from tests.bench.district import district
from tests.bench.filling import Table, fill_postgres, fill_sqlite
from tests.servers import Run, postgres_url, start_postgres

ROOT = Path(__file__).resolve().parents[2]


BIN = Path(sys.executable).parent


PASSWORD = "Bench-2026-word"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


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
            fill_postgres(connection, tables(rows, lambda sql: connection.execute(sql).fetchall()))
    else:
        with sqlite3.connect(data / "lianzhao.db") as connection:
            fill_sqlite(connection, tables(rows, lambda sql: connection.execute(sql).fetchall()))
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


def tables(rows: int, ask: Callable[[str], list[Any]]) -> Iterator[Table]:
    segments = ask("SELECT id, chain_id FROM segments ORDER BY chain_id, position")
    return district(
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
