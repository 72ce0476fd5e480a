"""Writing the audit trail. Every service that changes something calls one of these, never commits."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Protocol

from sqlalchemy import inspect

from crm.core.db import Base, db
from crm.history.models import AuditEvent

UNTOLD = {
    "version",
    "search_text",
    "name_norm",
    "name_loose",
    "title_key",
    "pinyin_initials",
    "initials",
    "password_hash",
    "session_stamp",
}


class Doer(Protocol):
    """Whoever acts: the permission module's Actor fits."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def address(self) -> str | None: ...
    @property
    def department_id(self) -> int | None: ...


def plain(value: Any) -> Any:
    """A value as JSON keeps it: days and moments as ISO text, decimals as text, codes as words."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return value


def changed_fields(record: Base) -> tuple[dict[str, Any], dict[str, Any]]:
    """Before and after of every changed column of a record not yet flushed, derived columns left out."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    state = inspect(record)
    for attribute in state.mapper.column_attrs:
        if attribute.key in UNTOLD:
            continue
        # PASSIVE_OFF loads an expired value, so that "before" is never lost.
        history = state.attrs[attribute.key].load_history()
        if not history.has_changes():
            continue
        old = plain(history.deleted[0]) if history.deleted else None
        new = plain(history.added[0]) if history.added else None
        if old != new:
            before[attribute.key], after[attribute.key] = old, new
    return before, after


def record(
    actor: Doer,
    at: datetime,
    action: str,
    subject: Base | None,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    lead_id: int | None = None,
    department_id: int | None = None,
    note: str | None = None,
    subject_type: str | None = None,
) -> AuditEvent:
    """Add one event. `subject` must already have its id (flush first)."""
    event = AuditEvent(
        at=at,
        actor_id=actor.id or None,
        actor_name=actor.name,
        address=actor.address,
        action=action,
        subject_type=subject_type or (subject.__tablename__ if subject is not None else "app"),
        subject_id=getattr(subject, "id", None),
        lead_id=lead_id,
        department_id=department_id if department_id is not None else actor.department_id,
        before={k: plain(v) for k, v in before.items()} if before else None,
        after={k: plain(v) for k, v in after.items()} if after else None,
        note=note,
    )
    db.session.add(event)
    return event


def record_changes(
    actor: Doer,
    at: datetime,
    action: str,
    subject: Base,
    *,
    lead_id: int | None = None,
    department_id: int | None = None,
    note: str | None = None,
    more: Iterable[tuple[str, Any, Any]] = (),
) -> AuditEvent | None:
    """Add one event with what changed on `subject` (call before the flush); None if nothing did.

    `more` are further (name, before, after) that stand in other tables.
    """
    before, after = changed_fields(subject)
    for name, old, new in more:
        if plain(old) != plain(new):
            before[name], after[name] = plain(old), plain(new)
    if not after:
        return None
    return record(
        actor, at, action, subject,
        before=before, after=after, lead_id=lead_id, department_id=department_id, note=note,
    )  # fmt: skip
