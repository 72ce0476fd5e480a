"""`make chaos`: the long form. PostgreSQL with two workers and two beats, then SQLite with one of each.

    make chaos                          5,000 mails on PostgreSQL, 1,000 on SQLite
    make chaos ARGS="--db sqlite --mails 200"

Kills a worker every two seconds for a minute, restarts Redis empty twice and PostgreSQL once, kills the beat
that fires, and stops the mail server for twenty seconds. Exit 1 where something promised does not hold.
"""

import argparse
import os
import subprocess
import sys

import psycopg

from crm.config import Settings
from crm.factory import create_app
from tests.chaos.storm import Event, Storm
from tests.servers import ROOT, Run, postgres_url, start_postgres


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__.splitlines()[0])
    parser.add_argument("--db", choices=("postgresql", "sqlite"))
    parser.add_argument("--mails", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--patience", type=float, default=900.0, help="seconds to wait for the rest"
    )
    options = parser.parse_args()
    faults = []
    for kind in [options.db] if options.db else ["postgresql", "sqlite"]:
        run = Run.begin()
        try:
            faults += blow(kind, run, options)
        finally:
            run.end()
    return 1 if faults else 0


def blow(kind: str, run: Run, options: argparse.Namespace) -> list[str]:
    """One storm; tells what came of it and returns what does not hold."""
    is_postgres = kind == "postgresql"
    data = run.folder / "data"
    data.mkdir()
    postgres = None
    if is_postgres:
        # Commits are kept through a restart, as in an installation.
        postgres = start_postgres(run, fsync="on", synchronous_commit="on", full_page_writes="on")
        with psycopg.connect(
            host=postgres["host"], user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute("CREATE DATABASE chaos")
        url = postgres_url(postgres["host"], "chaos")
    else:
        url = f"sqlite:///{data / 'lianzhao.db'}"
    environment = {
        "LIANZHAO_ENV": "test",
        "LIANZHAO_DATA": str(data),
        "DATABASE_URL": url,
        "SECRET_KEY": "of-the-storm-only-of-the-storm-only-of-it",
    }
    subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "prepare"],
        cwd=ROOT, env={**os.environ, **environment}, check=True, capture_output=True,
    )  # fmt: skip
    app = create_app(Settings.from_env(environment))
    storm = Storm(run, app, environment, run.folder / "storm", options.seed, postgres)
    storm.fill(options.mails or (5000 if is_postgres else 1000))
    events = [
        Event(10.5, storm.restart_redis),
        Event(38.0, storm.stop_mail),
        Event(45.5, storm.restart_redis),
        Event(58.0, storm.start_mail),
    ]
    if is_postgres:
        events += [Event(17.0, storm.kill_beat), Event(25.5, storm.restart_postgres)]
    try:
        counted = storm.blow(
            workers=2 if is_postgres else 1,
            beats=2 if is_postgres else 1,
            kills=[2.0 * n for n in range(1, 31)],
            events=events,
            patience=options.patience,
        )
    finally:
        storm.end()
    faults = counted.faults()
    sys.stdout.write(f"{kind}: {counted.told()}\n")
    sys.stdout.writelines(f"! {fault}\n" for fault in faults)
    sys.stdout.flush()
    return faults


if __name__ == "__main__":
    sys.exit(main())
