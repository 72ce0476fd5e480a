"""What ever happened to a lead, and the names of what its events point to."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, literal, select, true, union_all

from crm.accounts.models import Department, User
from crm.accounts.rules import Actor
from crm.chains.models import Chain, ChainGroup, Segment
from crm.core.db import db, rows_of
from crm.core.lists import Order, Page, keyset_page, whole
from crm.enterprises.models import Enterprise
from crm.history.models import ON_BEHALF, AuditEvent
from crm.leads.access import may_see
from crm.leads.models import Attachment, Lead
from crm.places.models import Carrier, Street, Zone

_NEWEST_EVENT = Order("id", AuditEvent.id, True, whole, is_nullable=False)


def events_of(lead_id: int, cursor: str | None) -> Page:
    """One page of what ever happened to a lead, newest first. Raises CursorError."""
    statement = select(
        AuditEvent.id,
        AuditEvent.at,
        AuditEvent.actor_name,
        AuditEvent.address,
        AuditEvent.action,
        AuditEvent.subject_type,
        AuditEvent.before,
        AuditEvent.after,
        AuditEvent.note,
    ).where(AuditEvent.lead_id == lead_id)
    return keyset_page(db.session(), statement, _NEWEST_EVENT, AuditEvent.id, cursor)


def changed_on_behalf(owner_id: int, since: datetime, limit: int) -> list[Row[Any]]:
    """What bureau leaders changed of a person's leads (代改) since a moment, newest first."""
    statement: Select[*tuple[Any, ...]] = (
        select(
            AuditEvent.lead_id,
            Lead.title,
            AuditEvent.at,
            AuditEvent.action,
            AuditEvent.actor_name,
        )
        .join(Lead, Lead.id == AuditEvent.lead_id)
        .where(
            Lead.owner_id == owner_id,
            AuditEvent.note == literal(ON_BEHALF, literal_execute=True),
            AuditEvent.at >= since,
        )
        .order_by(AuditEvent.id.desc())
        .limit(limit)
    )
    return list(rows_of(statement))


_NAMED: dict[str, tuple[Any, ...]] = {
    "users": (User.id, User.name),
    "departments": (Department.id, Department.name, Department.name_en),
    "enterprises": (Enterprise.id, Enterprise.name),
    "chains": (Chain.id, Chain.name, Chain.name_en),
    "segments": (Segment.id, Segment.name, Segment.name_en),
    "chain_groups": (ChainGroup.id, ChainGroup.name, ChainGroup.name_en),
    "zones": (Zone.id, Zone.name, Zone.name_en),
    "carriers": (Carrier.id, Carrier.name),
    "streets": (Street.id, Street.name),
    "leads": (Lead.id, Lead.title),
    "attachments": (Attachment.id, Attachment.filename),
}


_OF_A_LEAD = ("enterprises", "attachments")


def names_in(
    references: Iterable[tuple[str, int]], *, english: bool = False, actor: Actor | None = None
) -> dict[tuple[str, int], str]:
    """The names behind (table, id) pairs, in one query; what has no name is left out.

    In English where asked for and known.
    A lead is named by its title only to whoever may read the history that mentions it: in a trail of
    more than one lead, to the `actor` who may see it. There companies and files have no name, for they may
    be those of a lead the actor may not know.
    """
    wanted: dict[str, set[int]] = {}
    for table, row_id in references:
        if table in _NAMED and not (actor is not None and table in _OF_A_LEAD):
            wanted.setdefault(table, set()).add(row_id)
    if not wanted:
        return {}
    parts = [
        select(
            literal(table),
            column,
            func.coalesce(*reversed(names)) if english and names[1:] else names[0],
        ).where(
            column.in_(sorted(ids)),
            may_see(actor) if actor is not None and table == Lead.__tablename__ else true(),
        )
        for table, ids in sorted(wanted.items())
        for column, *names in [_NAMED[table]]
    ]
    return {(table, row_id): name for table, row_id, name in db.session.execute(union_all(*parts))}


def kept_secret(actor: Actor, lead_ids: Collection[int]) -> frozenset[int]:
    """Those of these leads that are sensitive and not this person's to read."""
    statement = select(Lead.id).where(
        Lead.id.in_(sorted(set(lead_ids))), Lead.is_sensitive, ~may_see(actor)
    )
    return frozenset(db.session.scalars(statement))
