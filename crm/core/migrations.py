"""Alembic by program: the same code for commands, tests and the model comparison."""

from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

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
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            # Two hosts starting together: the second waits, then finds nothing to do.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7011051)")
        command.upgrade(alembic_config(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), revision)


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
