"""Who can decide on projects, and what a person is to each, read from people and leads."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select

from crm.accounts.models import Department, User
from crm.accounts.rules import Actor, Role
from crm.core.bulk import among
from crm.core.db import rows_of
from crm.leads.access import may_see
from crm.leads.models import Lead, LeadMember
from crm.leads.rules import MembershipKind
from crm.recognition.queries.pages import Name
from crm.recognition.rules import Decider, Deciders, Hand, Manned, deciders


@dataclass(frozen=True, slots=True)
class Manning:
    """Of some projects: the names of those the person may see, the person's hand in each, and who
    decides."""

    names: Mapping[int, Name]
    hands: Mapping[int, Hand]
    deciders: Mapping[int, Deciders]


def manning_of(actor: Actor, lead_ids: Collection[int]) -> Manning:
    """The people of these projects; two queries."""
    if not lead_ids:
        return Manning({}, {}, {})
    rows = rows_of(
        select(
            Lead.id,
            Lead.title,
            User.name.label("owner"),
            Department.name.label("department"),
            Lead.owner_id,
            Lead.sponsor_id,
            Lead.department_id,
            Lead.is_sensitive,
            may_see(actor).label("is_seen"),
        )
        .outerjoin(User, User.id == Lead.owner_id)
        .outerjoin(Department, Department.id == Lead.department_id)
        .where(among(Lead.id, lead_ids))
    ).all()
    people, members = _people(lead_ids, actor)
    deciding = {row.id: _deciders(row, people, members) for row in rows}
    return Manning(
        {row.id: Name(row.title, row.owner, row.department) for row in rows if row.is_seen},
        {row.id: _hand(actor, row, members, deciding[row.id]) for row in rows},
        deciding,
    )


def deciders_of(lead_ids: Collection[int]) -> dict[int, Deciders]:
    """By lead: everybody who may decide on it; two queries."""
    if not lead_ids:
        return {}
    rows = rows_of(
        select(
            Lead.id, Lead.department_id, Lead.owner_id, Lead.sponsor_id, Lead.is_sensitive
        ).where(among(Lead.id, lead_ids))
    ).all()
    people, members = _people(lead_ids)
    return {row.id: _deciders(row, people, members) for row in rows}


Members = Mapping[tuple[int, MembershipKind], set[int]]


def _people(
    lead_ids: Collection[int], actor: Actor | None = None
) -> tuple[Sequence[Decider], Members]:
    """Everybody who may decide on any project, and on which of these they, and the person, are
    named; one query."""
    decides = User.role.in_(DECIDING) & User.is_active
    rows = rows_of(
        select(
            User.id,
            User.name,
            User.role,
            User.department_id,
            User.is_active,
            LeadMember.lead_id,
            LeadMember.kind,
        )
        .outerjoin(
            LeadMember, (LeadMember.user_id == User.id) & among(LeadMember.lead_id, lead_ids)
        )
        .where(decides if actor is None else or_(decides, User.id == actor.id))
        .order_by(User.id)
    )
    people: dict[int, Decider] = {}
    members: dict[tuple[int, MembershipKind], set[int]] = defaultdict(set)
    for row in rows:
        if row.is_active and row.role in DECIDING:
            people[row.id] = Decider(row.id, row.name, row.role, row.department_id)
        if row.lead_id is not None:
            members[row.lead_id, row.kind].add(row.id)
    return [*people.values()], members


DECIDING = frozenset({Role.UNIT_HEAD, Role.DIRECTOR})


def _hand(actor: Actor, row: Any, members: Members, who: Deciders) -> Hand:
    co_owners = members.get((row.id, MembershipKind.CO_OWNER), ())
    return Hand(
        actor.role,
        is_own=row.owner_id == actor.id or actor.id in co_owners,
        is_sponsor=row.sponsor_id == actor.id,
        is_of_unit=row.department_id is not None and row.department_id == actor.department_id,
        stands_in=not who.unit,
    )


def _deciders(row: Any, people: Sequence[Decider], members: Members) -> Deciders:
    hands = {row.owner_id, row.sponsor_id} | members.get((row.id, MembershipKind.CO_OWNER), set())
    named = members.get((row.id, MembershipKind.NAMED), set())
    project = Manned(
        row.department_id,
        frozenset(hands - {None}),
        frozenset(named) if row.is_sensitive else None,
    )
    return deciders(project, people)
