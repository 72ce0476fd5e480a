"""Alembic runs inside `flask prepare` (and the tests): the connection is handed in."""

from alembic import context

import crm.core.migrations
from crm.core.db import Base

config = context.config


def run() -> None:
    connection = config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        render_as_batch=connection.dialect.name == "sqlite",
        include_object=crm.core.migrations.is_compared,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
