"""Reading the audit trail."""

from sqlalchemy import ColumnElement, Select, false, or_, select, true

from crm.core.db import db
from crm.core.lists import Order, Page, keyset_page
from crm.history.models import AuditEvent

ADMIN_SUBJECTS = ("users", "departments", "workday_calendar", "deliveries", "app")
"""What an administrator works on; business records are not theirs to read (三员 separation)."""

NEWEST_FIRST = Order("id", AuditEvent.id, is_descending=True, is_nullable=False)


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
