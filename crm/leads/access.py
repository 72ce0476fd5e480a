"""Who sees and who changes which lead. Every list, page, export, count and file starts here."""

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from crm.accounts.rules import Actor, Role
from crm.chains.models import Chain
from crm.core.db import db
from crm.core.errors import NotFound
from crm.leads.models import Lead, LeadMember
from crm.leads.rules import MembershipKind


def _member(actor: Actor, kind: MembershipKind) -> ColumnElement[bool]:
    return Lead.id.in_(
        select(LeadMember.lead_id).where(LeadMember.user_id == actor.id, LeadMember.kind == kind)
    )


def may_see(actor: Actor) -> ColumnElement[bool]:
    """The SQL condition on `leads` for what this person may read (DOMAIN: roles and rights).

    A sensitive lead is seen by its named list alone, whatever the role; the list also suffices.
    """
    match actor.role:
        case Role.SYSTEM:
            return true()
        case Role.DIRECTOR | Role.AUDITOR:
            reach: ColumnElement[bool] = true()
        case Role.STAFF | Role.UNIT_HEAD:
            reach = or_(
                Lead.department_id == actor.department_id if actor.department_id else false(),
                Lead.owner_id == actor.id,
                _member(actor, MembershipKind.CO_OWNER),
            )
        case Role.DISTRICT_LEADER:
            own_chains = select(Chain.id).where(Chain.leader_id == actor.id)
            reach = or_(Lead.sponsor_id == actor.id, Lead.chain_id.in_(own_chains))
        case _:
            return false()
    named = and_(Lead.is_sensitive, _member(actor, MembershipKind.NAMED))
    return or_(and_(reach, Lead.is_sensitive.is_(False)), named)


def may_edit(actor: Actor) -> ColumnElement[bool]:
    """The SQL condition for what this person may change: own, unit's, or all that they see."""
    match actor.role:
        case Role.SYSTEM | Role.DIRECTOR:
            return may_see(actor)
        case Role.UNIT_HEAD:
            own_unit = Lead.department_id == actor.department_id if actor.department_id else false()
            return may_see(actor) & or_(own_unit, _own(actor))
        case Role.STAFF:
            return may_see(actor) & _own(actor)
        case _:
            return false()


def _own(actor: Actor) -> ColumnElement[bool]:
    return or_(Lead.owner_id == actor.id, _member(actor, MembershipKind.CO_OWNER))


def visible_leads(
    actor: Actor, *columns: InstrumentedAttribute[object]
) -> Select[tuple[object, ...]]:
    """A Select over the leads this person may read: whole leads, or the named columns."""
    return (select(*columns) if columns else select(Lead)).where(may_see(actor))


def lead_for(actor: Actor, lead_id: int) -> Lead:
    """The lead, to read. Raises NotFound for unknown and forbidden alike."""
    return _one(select(Lead).where(Lead.id == lead_id, may_see(actor)))


def lead_to_edit(actor: Actor, lead_id: int) -> Lead:
    """The lead, to change, locked until the transaction ends. Raises NotFound."""
    return _one(select(Lead).where(Lead.id == lead_id, may_edit(actor)).with_for_update(of=Lead))


def can_edit(actor: Actor, lead_id: int) -> bool:
    """Whether the page may offer this person to change the lead."""
    return db.session.scalar(select(Lead.id).where(Lead.id == lead_id, may_edit(actor))) is not None


def _one(statement: Select[tuple[Lead]]) -> Lead:
    lead = db.session.scalar(statement)
    if lead is None:
        raise NotFound
    return lead
