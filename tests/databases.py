"""One database per worker and backend, made by the real migrations and `flask prepare`, once per run.

Tests commit for real. Afterwards a database that was written to is put back: SQLite by copying the
prepared file over it, PostgreSQL by emptying the tables that were written and filling them again from
a copy kept in the schema `pristine`. Anything less usual than INSERT, UPDATE and DELETE, or a writer
that is another process (`spoil`), and the database is made anew from the prepared one.
"""

import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from sqlalchemy import Connection, event, update
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from crm.config import Settings
from crm.core.db import Base, db, transaction
from crm.factory import create_app
from crm.reminders.models import ReminderBeginning
from tests.servers import Run, postgres_url, start_postgres, stop

READS = re.compile(
    r"\s*(SELECT|BEGIN|PRAGMA|SAVEPOINT|RELEASE|ROLLBACK|SHOW|EXPLAIN)\b", re.IGNORECASE
)
WRITES = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)"?', re.IGNORECASE)
ANYTHING = "*"


def settings_for(url: str, data: Path, **environment: str) -> Settings:
    """Settings of a test: nothing but what is given here, whatever the real environment says."""
    return Settings.from_env(
        {
            "LIANZHAO_ENV": "test",
            "LIANZHAO_DATA": str(data),
            "DATABASE_URL": url,
            "SECRET_KEY": "test-only-secret-of-more-than-32-characters",
            **environment,
        }
    )


class Database:
    """A prepared database that remembers which tables were written to."""

    def __init__(self, url: str, data: Path) -> None:
        self.url = url
        self.data = data
        self.app: Flask | None = None
        self.written: set[str] = set()

    def create_app(self, **environment: str) -> Flask:
        """The product on this database; forms take no CSRF token unless a test switches that on."""
        app = create_app(settings_for(self.url, self.data, **environment))
        app.config["WTF_CSRF_ENABLED"] = False
        with app.app_context():
            event.listen(db.engine, "before_cursor_execute", self._note)
        self.app = self.app or app
        return app

    def spoil(self) -> None:
        """Say that another process writes here, so the whole database must be made anew."""
        self.written.add(ANYTHING)

    def restore(self) -> None:
        """Put back what was written since the last time; free if nothing was."""
        if not self.written:
            return
        tables, self.written = self.written, set()
        self.disconnect()
        self.put_back(tables)

    def disconnect(self) -> None:
        if self.app is not None:
            with self.app.app_context():
                db.session.remove()
                db.engine.dispose()

    def close(self) -> None:
        self.disconnect()

    def put_back(self, tables: set[str]) -> None:
        raise NotImplementedError

    def _note(self, _connection: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
        if READS.match(statement):
            return
        written = WRITES.match(statement)
        self.written.add(written[1] if written else ANYTHING)


class SqliteDatabase(Database):
    """A file, and the prepared file it began as."""

    def __init__(self, prepared: Path, folder: Path) -> None:
        self.prepared = prepared
        self.file = folder / "lianzhao.db"
        super().__init__(f"sqlite:///{self.file}", folder)
        self.put_back(set())

    def put_back(self, tables: set[str]) -> None:
        for suffix in ("-wal", "-shm"):
            self.file.with_name(self.file.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(self.prepared, self.file)


class PostgresDatabase(Database):
    """A clone of the prepared database on the run's server."""

    def __init__(self, host: str, name: str, folder: Path) -> None:
        self.host = host
        self.name = name
        super().__init__(postgres_url(host, name), folder)
        self.put_back({ANYTHING})

    def put_back(self, tables: set[str]) -> None:
        if ANYTHING in tables:
            with _connect(self.host, "postgres") as server:
                server.execute(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")
                server.execute(f"CREATE DATABASE {self.name} TEMPLATE prepared STRATEGY file_copy")
            return
        touched = [f'"{name}"' for name in _with_dependants(tables)]
        with _connect(self.host, self.name) as connection, connection.transaction():
            # Order and triggers do not matter to rows that are put back as they were.
            connection.execute("SET LOCAL session_replication_role = replica")
            for table in touched:
                connection.execute(f"DELETE FROM {table}")
                connection.execute(
                    f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM pristine.{table}"
                )

    def close(self) -> None:
        super().close()
        with _connect(self.host, "postgres") as server:
            server.execute(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")


def _connect(host: str, name: str) -> psycopg.Connection[Any]:
    return psycopg.connect(host=host, user="postgres", dbname=name, autocommit=True)


def _with_dependants(tables: Iterable[str]) -> list[str]:
    """The tables and all that refer to them: a DELETE may have reached those by its foreign keys."""
    found = set(tables)
    while True:
        more = {
            table.name
            for table in Base.metadata.tables.values()
            if any(key.column.table.name in found for key in table.foreign_keys)
        }
        if more <= found:
            return sorted(found)
        found |= more


def prepare_on(url: str, folder: Path) -> None:
    """Migrate and load reference data, through the command a person would use."""
    app = create_app(settings_for(url, folder))
    with app.app_context():
        done = app.test_cli_runner().invoke(args=["prepare"])
        if done.exit_code:
            raise RuntimeError(f"flask prepare failed on {url}: {done.output}") from done.exception
        # An office of some years, so that what a test enters in the past is asked for.
        with transaction() as session:
            session.execute(update(ReminderBeginning).values(began_on=date(2020, 1, 1)))
        db.engine.dispose()


def database_for(backend: str, run: Run, worker: str, folder: Path) -> Database:
    """The database of one worker, prepared. Starts the PostgreSQL of the run if need be.

    Raises `NoServerError`.
    """
    if backend == "sqlite":
        prepared = run.folder / "prepared.db"

        def prepare_file() -> dict[str, Any]:
            prepare_on(f"sqlite:///{prepared}", run.folder)
            return {}

        run.shared("sqlite", prepare_file)
        return SqliteDatabase(prepared, folder)

    def start() -> dict[str, Any]:
        server = start_postgres(run)
        try:
            with _connect(server["host"], "postgres") as connection:
                connection.execute("CREATE DATABASE prepared")
            prepare_on(postgres_url(server["host"], "prepared"), run.folder)
        except BaseException:
            stop(server["keeper"])
            raise
        with _connect(server["host"], "prepared") as connection:
            connection.execute("CREATE SCHEMA pristine")
            tables = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            ).fetchall()
            for (table,) in tables:
                connection.execute(
                    f'CREATE TABLE pristine."{table}" AS SELECT * FROM public."{table}"'
                )
        return server

    server = run.shared("postgres", start)
    return PostgresDatabase(server["host"], f"of_{worker}", folder)


def is_sqlite(app: Flask) -> bool:
    """Whether an app stands on SQLite; the two differ in text search and in locking."""
    return make_url(app.config["SQLALCHEMY_DATABASE_URI"]).get_backend_name() == "sqlite"


class _Undone(Exception):
    """Ends a trial."""


@contextmanager
def trial() -> Iterator[Session]:
    """A transaction whose changes can be looked at inside and are gone afterwards."""
    with suppress(_Undone), transaction() as session:
        yield session
        raise _Undone
