"""Reading the audit trail."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true

from crm.core.db import Base, db
from crm.core.errors import TheirChange
from crm.core.lists import Order, Page, keyset_page, whole
from crm.history.models import AuditEvent

ADMIN_SUBJECTS = (
    "users",
    "departments",
    "workday_calendar",
    "deliveries",
    "reminder_settings",
    "absences",
    "ranking_switches",
    "app",
)
"""What an administrator works on; business records are not theirs to read (三员 separation)."""

NEWEST_FIRST = Order("id", AuditEvent.id, True, whole, is_nullable=False)


def readable(role: str, actor_id: int, department_id: int | None) -> ColumnElement[bool]:
    """What of the trail a role may read: own, the unit's, everything, or administration only."""
    match role:
        case "director" | "auditor" | "system":
            return true()
        case "unit_head":
            return or_(
                AuditEvent.actor_id == actor_id,
                AuditEvent.department_id == department_id if department_id else false(),
            )
        case "staff":
            return AuditEvent.actor_id == actor_id
        case "administrator":
            return AuditEvent.subject_type.in_(ADMIN_SUBJECTS)
        case _:
            return false()


def latest_of(
    subject_type: str, subject_id: int, actions: Collection[str] = (), limit: int = 50
) -> Sequence[AuditEvent]:
    """The newest events of one record, newest first; of the named actions if any are named."""
    statement = (
        select(AuditEvent)
        .where(AuditEvent.subject_type == subject_type, AuditEvent.subject_id == subject_id)
        .order_by(AuditEvent.id.desc())
        .limit(limit)
    )
    if actions:
        statement = statement.where(AuditEvent.action.in_(actions))
    return db.session.scalars(statement).all()


def missed_changes(
    subject_type: str,
    subject_id: int,
    action: str,
    versions: int,
    words: Mapping[str, Any],
    tell: Callable[[str, Any], Any] = lambda _name, value: value,
) -> list[TheirChange]:
    """What the last `versions` changes of a record changed, in words, oldest first.

    `words` names the fields a person knows; the others (keys, stamps) are left out. `tell` puts a
    value of a field into words.
    """
    missed = latest_of(subject_type, subject_id, (action,), limit=max(versions, 0))
    return their_changes(missed, words, tell)


def their_changes(
    events: Sequence[AuditEvent],
    words: Mapping[str, Any],
    tell: Callable[[str, Any], Any] = lambda _name, value: value,
) -> list[TheirChange]:
    """Events (newest first) as a 409 page tells them: by field, oldest first."""
    return [
        TheirChange(
            str(words[name]),
            tell(name, (event.before or {}).get(name)),
            tell(name, value),
            event.actor_name,
            event.at,
        )
        for event in reversed(events)
        for name, value in (event.after or {}).items()
        if name in words
    ]


def how_often(actor_id: int, action: str, since: datetime) -> int:
    """How many times a person did something since a moment; what limits on haste are judged by."""
    statement = select(func.count()).where(
        AuditEvent.actor_id == actor_id, AuditEvent.action == action, AuditEvent.at > since
    )
    return db.session.scalar(statement) or 0


def events(
    condition: ColumnElement[bool],
    *,
    actor_name: str | None = None,
    action: str | None = None,
    lead_id: int | None = None,
    cursor: str | None = None,
) -> Page:
    """One page of events, newest first."""
    statement: Select[AuditEvent] = select(*AuditEvent.__table__.c).where(condition)
    if actor_name:
        statement = statement.where(AuditEvent.actor_name == actor_name)
    if action:
        statement = statement.where(AuditEvent.action == action)
    if lead_id:
        statement = statement.where(AuditEvent.lead_id == lead_id)
    return keyset_page(db.session(), statement, NEWEST_FIRST, AuditEvent.id, cursor)


# --- what the facts of events point to ---


def references(events: Sequence[Any]) -> Iterator[tuple[str, int]]:
    """(table, id) of everything the changed fields of these events point to."""
    for event in events:
        for facts in (event.before, event.after):
            for name, value in (facts or {}).items():
                target = target_of(event.subject_type, name)
                if target and type(value) is int:
                    yield target, value


def target_of(table: str, column: str) -> str | None:
    """The table a column of another one points to, None if it points nowhere."""
    found = Base.metadata.tables.get(table)
    if found is None or column not in found.c:
        return None
    return next((key.column.table.name for key in found.c[column].foreign_keys), None)
