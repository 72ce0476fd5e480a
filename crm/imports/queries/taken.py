"""The ledgers that were taken in."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, false, or_, select, true

from crm.accounts.models import User
from crm.accounts.rules import Actor, Role
from crm.core.bulk import among
from crm.core.db import db
from crm.core.errors import NotFound
from crm.imports.models import LedgerImport
from crm.leads.access import may_see
from crm.leads.models import Lead


def imports_of(actor: Actor, *, limit: int = 30) -> Sequence[Any]:
    """The newest imports this person may look at, each with who made it."""
    return db.session.execute(
        select(
            LedgerImport.id,
            LedgerImport.filename,
            LedgerImport.as_of,
            LedgerImport.at,
            LedgerImport.added,
            LedgerImport.unchanged,
            LedgerImport.differs,
            LedgerImport.refused,
            User.name.label("by"),
        )
        .outerjoin(User, User.id == LedgerImport.by_id)
        .where(_may_look(actor))
        .order_by(LedgerImport.id.desc())
        .limit(limit)
    ).all()


def import_for(actor: Actor, import_id: int) -> LedgerImport:
    """One import, to read. Raises NotFound for unknown and forbidden alike."""
    found = db.session.scalar(
        select(LedgerImport).where(LedgerImport.id == import_id, _may_look(actor))
    )
    if found is None:
        raise NotFound
    return found


def _may_look(actor: Actor) -> ColumnElement[bool]:
    if actor.role in {Role.DIRECTOR, Role.SYSTEM}:
        return true()
    return or_(
        LedgerImport.by_id == actor.id,
        LedgerImport.department_id == actor.department_id if actor.department_id else false(),
    )


def titles_of(actor: Actor, lead_ids: Collection[int], *, limit: int = 200) -> Sequence[Any]:
    """(id, title, stage) of those of these leads that this person may see, the first `limit`."""
    ids = sorted(lead_ids)[:limit]
    return db.session.execute(
        select(Lead.id, Lead.title, Lead.stage)
        .where(among(Lead.id, ids), may_see(actor))
        .order_by(Lead.id)
    ).all()
