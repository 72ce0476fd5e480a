"""Settings an office keeps in a table of one row: nobody overwrites another's, every change is told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select

from crm.core.bulk import insert_rows
from crm.core.db import Base, db
from crm.core.errors import Stale
from crm.history import queries as trail
from crm.history import services as history
from crm.history.services import Doer

THE_ROW = 1
Kept = TypeVar("Kept", bound=Base)


def row_to_set(
    model: type[Kept],
    version: int | None,
    defaults: Mapping[str, Any],
    action: str,
    words: Mapping[str, Any],
) -> Kept:
    """The one row, locked; made of the defaults where nothing was ever set.

    Raises Stale where somebody set it since `version`, with what their changes (`action`) changed.
    """
    kept: Any = model
    # Before the first change there is no row to lock: two who begin at once both find this one.
    if db.session.get(model, THE_ROW) is None:
        insert_rows(model, [{"id": THE_ROW, **defaults, "version": 1}], once=("id",))
    row: Any = db.session.scalars(
        select(model)
        .where(kept.id == THE_ROW)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if row.version != version:
        ago = row.version - (version or 0)
        missed = trail.missed_changes(model.__tablename__, row.id, action, ago, words)
        raise Stale(row, missed)
    found: Kept = row
    return found


def tell_set(
    actor: Doer,
    at: datetime,
    row: Any,
    action: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Count the version up and tell in the trail what is set otherwise."""
    changed = [name for name, value in after.items() if value != before[name]]
    row.version += 1
    history.record(
        actor,
        at,
        action,
        row,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )
    db.session.flush()
