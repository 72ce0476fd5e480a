"""One database per worker and backend, made by the real migrations and `flask prepare`, once per run.

Tests commit for real. Afterwards a database that was written to is put back: SQLite by copying the
prepared file over it, PostgreSQL by emptying the tables that were written and filling them again from
a copy kept in the schema `pristine`. Anything less usual than INSERT, UPDATE and DELETE, or a writer
that is another process (`spoil`), and the database is made anew from the prepared one.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Connection, event, update
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session

from crm.config import Settings
from crm.core.db import Base, db, transaction
from crm.factory import create_app
from crm.reminders.models import ReminderBeginning
from tests.servers import Run, postgres_url, start_postgres, stop

READS = re.compile(
    r"\s*(SELECT|BEGIN|PRAGMA|SAVEPOINT|RELEASE|ROLLBACK|SHOW|EXPLAIN|SET LOCAL)\b", re.IGNORECASE
)
WRITES = re.compile(
    r'(?<!FOR )(?<!DO )\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)"?', re.IGNORECASE
)
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
    """A prepared database that remembers which tables were written to.

    `compiled` is a folder of compiled templates that every app of the run shares.
    """

    def __init__(self, url: str, data: Path, compiled: Path) -> None:
        self.url = url
        self.data = data
        self.compiled = compiled
        self.app: Flask | None = None
        self.written: set[str] = set()

    def create_app(self, **environment: str) -> Flask:
        """The product on this database; forms take no CSRF token unless a test switches that on."""
        app = create_app(settings_for(self.url, self.data, **environment))
        app.config["WTF_CSRF_ENABLED"] = False
        app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(self.compiled))
        with app.app_context():
            event.listen(db.engine, "before_cursor_execute", self._note)
            if db.engine.dialect.name == "sqlite":
                event.listen(db.engine, "connect", _hurry)
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
        written = set(WRITES.findall(statement))
        if not written and statement.lstrip().upper().startswith("WITH "):
            return
        known = written and written <= Base.metadata.tables.keys()
        self.written |= written if known else {ANYTHING}


class SqliteDatabase(Database):
    """A file, and the prepared file it began as."""

    def __init__(self, prepared: Path, folder: Path, compiled: Path) -> None:
        self.prepared = prepared
        self.file = folder / "lianzhao.db"
        super().__init__(f"sqlite:///{self.file}", folder, compiled)
        self.put_back(set())

    def become(self, run: Run, name: str, fill: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Hold what `fill` made, with the files it wrote, and return what it returned.

        It is called once per run; the other tests get a copy of the database.
        """
        kept = run.folder / name

        def make() -> dict[str, Any]:
            told = fill()
            self.disconnect()
            shutil.copytree(self.data, kept)
            return told

        told = run.shared(name, make)
        self.disconnect()
        shutil.copytree(kept, self.data, dirs_exist_ok=True)
        self.written.add(ANYTHING)
        return told

    def put_back(self, tables: set[str]) -> None:
        self.disconnect()
        for suffix in ("-wal", "-shm"):
            self.file.with_name(self.file.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(self.prepared, self.file)


class PostgresDatabase(Database):
    """A clone of the prepared database on the run's server."""

    def __init__(self, host: str, name: str, folder: Path, compiled: Path) -> None:
        self.host = host
        self.name = name
        self.own: psycopg.Connection[Any] | None = None
        super().__init__(postgres_url(host, name), folder, compiled)
        self.put_back({ANYTHING})

    def put_back(self, tables: set[str]) -> None:
        if ANYTHING in tables:
            self.disconnect()
            with _connect(self.host, "postgres") as server:
                server.execute(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")
                server.execute(f"CREATE DATABASE {self.name} TEMPLATE prepared STRATEGY file_copy")
            return
        if self.app is not None:
            with self.app.app_context():
                db.session.remove()
        if self.own is None:
            # Connections stay open from test to test: a new one is slow until it knows the tables.
            self.own = _connect(self.host, self.name)
            # Order and triggers do not matter to rows that are put back as they were. No foreign
            # key of ours deletes along, so no other table than the written ones can have changed.
            self.own.execute("SET session_replication_role = replica")
        self.own.execute(
            "".join(
                f'DELETE FROM "{table}"; INSERT INTO "{table}" OVERRIDING SYSTEM VALUE '
                f'SELECT * FROM pristine."{table}";'
                for table in sorted(tables)
            )
        )

    def disconnect(self) -> None:
        super().disconnect()
        if self.own is not None:
            self.own.close()
            self.own = None

    def close(self) -> None:
        super().close()
        with _connect(self.host, "postgres") as server:
            server.execute(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")


def _hurry(connection: DBAPIConnection, _entry: object) -> None:
    """Nobody wants this file after a power cut: its last connection need not wait for the disk.

    Rows nobody ordered come last first: PostgreSQL gives them as it likes, on another day than this.
    """
    connection.cursor().executescript("PRAGMA synchronous=OFF; PRAGMA reverse_unordered_selects=ON")


def _connect(host: str, name: str) -> psycopg.Connection[Any]:
    return psycopg.connect(host=host, user="postgres", dbname=name, autocommit=True)


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
    compiled = run.folder / "templates"
    compiled.mkdir(exist_ok=True)
    if backend == "sqlite":
        prepared = run.folder / "prepared.db"

        def prepare_file() -> dict[str, Any]:
            prepare_on(f"sqlite:///{prepared}", run.folder)
            return {}

        run.shared("sqlite", prepare_file)
        return SqliteDatabase(prepared, folder, compiled)

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
    return PostgresDatabase(server["host"], f"of_{worker}", folder, compiled)


def is_sqlite(app: Flask) -> bool:
    """Whether an app stands on SQLite; the two differ in text search and in locking."""
    return make_url(app.config["SQLALCHEMY_DATABASE_URI"]).get_backend_name() == "sqlite"


class _Undone(Exception):
    """Ends a trial."""


@contextmanager
def trial(*, alone: bool = False) -> Iterator[Session]:
    """A transaction whose changes can be looked at inside and are gone afterwards."""
    with suppress(_Undone), transaction(alone=alone) as session:
        yield session
        raise _Undone
