"""Who can decide on projects, read from people and leads."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import select

from crm.accounts.models import User
from crm.accounts.rules import Role
from crm.core.bulk import among
from crm.core.db import rows_of
from crm.leads.models import Lead, LeadMember
from crm.leads.rules import MembershipKind
from crm.recognition.rules import Decider, Deciders, Manned, deciders


def deciders_of(lead_ids: Collection[int]) -> dict[int, Deciders]:
    """By lead: everybody who may decide on it; three queries."""
    if not lead_ids:
        return {}
    people = [
        Decider(row.id, row.name, row.role, row.department_id)
        for row in rows_of(
            select(User.id, User.name, User.role, User.department_id)
            .where(User.role.in_((Role.UNIT_HEAD, Role.DIRECTOR)), User.is_active)
            .order_by(User.id)
        )
    ]
    members: dict[tuple[int, MembershipKind], set[int]] = defaultdict(set)
    for lead_id, user_id, kind in rows_of(
        select(LeadMember.lead_id, LeadMember.user_id, LeadMember.kind).where(
            among(LeadMember.lead_id, lead_ids)
        )
    ):
        members[lead_id, kind].add(user_id)
    found = {}
    for row in rows_of(
        select(
            Lead.id, Lead.department_id, Lead.owner_id, Lead.sponsor_id, Lead.is_sensitive
        ).where(among(Lead.id, lead_ids))
    ):
        hands = {row.owner_id, row.sponsor_id} | members[row.id, MembershipKind.CO_OWNER]
        named = frozenset(members[row.id, MembershipKind.NAMED]) if row.is_sensitive else None
        project = Manned(row.department_id, frozenset(hands - {None}), named)
        found[row.id] = deciders(project, people)
    return found
