"""Alembic by program: the same code for commands, tests and the model comparison."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from crm.config import ROOT
from crm.core.db import Base


def is_compared(_item: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
    """Search indexes stand in migrations only: each database has its own kind."""
    return not (kind == "index" and name and name.startswith("search_"))


def alembic_config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema up to a revision, in one transaction."""
    with _changing(engine) as connection:
        if connection.dialect.name == "postgresql":
            # Two hosts starting together: the second waits, then finds nothing to do.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7011051)")
        command.upgrade(alembic_config(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    with _changing(engine) as connection:
        command.downgrade(alembic_config(connection), revision)


@contextmanager
def _changing(engine: Engine) -> Iterator[Connection]:
    """A transaction that may rebuild tables others point at, which SQLite's ALTER TABLE often must.

    SQLite looks at foreign keys once, when all is done, as its documentation asks for
    (https://sqlite.org/lang_altertable.html, section 7). Raises IntegrityError for a row left alone.
    """
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            yield connection
        return
    with engine.connect() as connection:
        file: Any = connection.connection.driver_connection
        file.execute("PRAGMA foreign_keys=OFF")  # before BEGIN, inside it nothing would happen
        try:
            with connection.begin():
                yield connection
                alone = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                if alone:
                    raise IntegrityError("PRAGMA foreign_key_check", None, Exception(alone[:5]))
        finally:
            file.execute("PRAGMA foreign_keys=ON")


def current(engine: Engine) -> str | None:
    """The revision the database stands at."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


def differences(engine: Engine) -> list[Any]:
    """What the migrated database and the models disagree on; empty when they are equal."""
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_object": is_compared,
            },
        )
        return list(compare_metadata(context, Base.metadata))


def make(engine: Engine, message: str, number: str) -> None:
    """Write the next numbered migration from the difference between models and database."""
    with engine.connect() as connection:
        command.revision(
            alembic_config(connection), message=message, rev_id=number, autogenerate=True
        )
