"""Who sees and who changes which lead. Every list, page, export, count and file starts here."""

from collections.abc import Collection, Container, Mapping
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute

from crm.accounts.models import Department, User
from crm.accounts.rules import Actor, Role
from crm.chains.models import Chain, ChainGroup, Segment
from crm.core.bulk import among
from crm.core.db import db
from crm.core.errors import NotFound
from crm.core.search import contains, terms
from crm.enterprises.models import Enterprise
from crm.enterprises.rules import clean_uscc, loose_name, normalise_name, search_text
from crm.leads.models import Lead, LeadMember
from crm.leads.rules import MembershipKind, Stage


def _member(actor: Actor, kind: MembershipKind) -> ColumnElement[bool]:
    return Lead.id.in_(
        select(LeadMember.lead_id).where(LeadMember.user_id == actor.id, LeadMember.kind == kind)
    )


def may_see(actor: Actor, *, is_own: bool = False) -> ColumnElement[bool]:
    """The SQL condition on `leads` for what this person may read (DOMAIN: roles and rights).

    A sensitive lead is seen by its named list alone, whatever the role; the list also suffices.
    `is_own` promises that only leads the person owns, or of the person's unit, are asked for: the
    condition is then shorter, which a database plans in half the time.
    """
    match actor.role:
        case Role.SYSTEM:
            return true()
        case Role.DIRECTOR | Role.AUDITOR:
            reach: ColumnElement[bool] = true()
        case Role.STAFF | Role.UNIT_HEAD if is_own:
            reach = true()
        case Role.STAFF | Role.UNIT_HEAD:
            reach = or_(
                Lead.department_id == actor.department_id if actor.department_id else false(),
                Lead.owner_id == actor.id,
                _member(actor, MembershipKind.CO_OWNER),
            )
        case Role.DISTRICT_LEADER:
            own_chains = select(Chain.id).where(Chain.leader_id == actor.id)
            own_groups = select(ChainGroup.id).where(ChainGroup.leader_id == actor.id)
            in_groups = select(Segment.id).where(Segment.group_id.in_(own_groups))
            reach = or_(
                Lead.sponsor_id == actor.id,
                Lead.chain_id.in_(own_chains),
                Lead.segment_id.in_(in_groups),
            )
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


READERS_AT_A_TIME = 50
"""A database takes some hundred SELECTs in one UNION."""


def seen_among(wanted: Mapping[Actor, Collection[int]]) -> frozenset[tuple[int, int]]:
    """(person, lead) for those of these leads each of these people may read; a SELECT for fifty people."""
    found: set[tuple[int, int]] = set()
    actors = list(wanted)
    for start in range(0, len(actors), READERS_AT_A_TIME):
        each = [
            select(literal(actor.id).label("person"), Lead.id).where(
                among(Lead.id, sorted(set(wanted[actor]))), may_see(actor)
            )
            for actor in actors[start : start + READERS_AT_A_TIME]
        ]
        found |= {(person, lead) for person, lead in db.session.execute(union_all(*each))}
    return frozenset(found)


def lead_for(actor: Actor, lead_id: int) -> Lead:
    """The lead, to read. Raises NotFound for unknown and forbidden alike."""
    return _one(select(Lead).where(Lead.id == lead_id, may_see(actor)))


def lead_to_edit(actor: Actor, lead_id: int) -> Lead:
    """The lead, to change, locked until the transaction ends. Raises NotFound."""
    return _one(
        select(Lead)
        .where(Lead.id == lead_id, may_edit(actor))
        .with_for_update(of=Lead, key_share=True)
    )


def can_edit(actor: Actor, lead_id: int) -> bool:
    """Whether the page may offer this person to change the lead."""
    return db.session.scalar(select(Lead.id).where(Lead.id == lead_id, may_edit(actor))) is not None


def _one(statement: Select[tuple[Lead]]) -> Lead:
    lead = db.session.scalar(statement)
    if lead is None:
        raise NotFound
    return lead


def lead_to_open(actor: Actor, lead_id: int) -> Lead:
    """The lead, to show in a form: as `lead_to_edit`, without the lock. Raises NotFound."""
    return _one(select(Lead).where(Lead.id == lead_id, may_edit(actor)))


@dataclass(frozen=True, slots=True)
class Hit:
    """One finding of the search before entry.

    Masked, it tells how far the matter is and which unit to call; of a sensitive lead not even
    that (`stage` and `department` are None). A company without leads has no stage.
    """

    is_masked: bool
    is_sensitive: bool = False
    stage: Stage | None = None
    department: str | None = None
    lead_id: int | None = None
    title: str | None = None
    owner: str | None = None
    enterprise_id: int | None = None
    enterprise: str | None = None


HITS = 20
LEAST_QUERY = 2


def masked_hits(actor: Actor, query: str) -> tuple[Hit, ...]:
    """Leads and companies of all departments that match a name, a code or pinyin initials.

    The one exception to `may_see`: it tells that something is registered already and whom to call,
    nothing else. The name of a company whose every lead is hidden shows only to whoever typed it
    in full. Doors count and record each call. Three SELECTs at most.
    """
    if len(search_text(query)) < LEAST_QUERY:
        return ()
    hits: list[Hit] = []
    seen = may_see(actor)
    leads = db.session.execute(
        select(
            Lead.id, Lead.title, Lead.stage, Lead.is_sensitive, Lead.investor_id,
            Department.name.label("department"), User.name.label("owner"),
            Enterprise.name.label("enterprise"), seen.label("is_seen"),
        )
        .outerjoin(Department, Department.id == Lead.department_id)
        .outerjoin(User, User.id == Lead.owner_id)
        .outerjoin(Enterprise, Enterprise.id == Lead.investor_id)
        .where(_matches(Lead.search_text, query))
        .order_by(Lead.last_progress_on.desc(), Lead.id.desc())
        .limit(3 * HITS)
    )  # fmt: skip
    for row in leads:
        if row.is_seen:
            if len(hits) > 2 * HITS:
                continue
            hits.append(
                Hit(
                    False, row.is_sensitive, row.stage, row.department, row.id, row.title,
                    row.owner, row.investor_id, row.enterprise,
                )
            )  # fmt: skip
            continue
        masked = (
            Hit(True, True) if row.is_sensitive else Hit(True, False, row.stage, row.department)
        )
        if masked not in hits:
            hits.append(masked)
    return (*hits, *_companies(actor, query, {hit.enterprise_id for hit in hits}))


def _companies(actor: Actor, query: str, shown: Container[int | None]) -> list[Hit]:
    rows = db.session.execute(
        select(Enterprise.id, Enterprise.name, Enterprise.name_norm, Enterprise.name_loose,
               Enterprise.uscc)
        .where(_matches(Enterprise.search_text, query))
        .order_by(Enterprise.name, Enterprise.id)
        .limit(HITS)
    ).all()  # fmt: skip
    wanted = [row.id for row in rows if row.id not in shown]
    if not wanted:
        return []
    is_seen = func.max(case((may_see(actor), 1), else_=0))
    leads = dict(
        db.session.execute(
            select(Lead.investor_id, is_seen)
            .where(Lead.investor_id.in_(wanted))
            .group_by(Lead.investor_id)
        ).all()
    )
    typed = {normalise_name(query), loose_name(query), clean_uscc(query)}
    return [
        Hit(False, enterprise_id=row.id, enterprise=row.name)
        for row in rows
        if row.id in wanted
        and (leads.get(row.id, 1) or {row.name_norm, row.name_loose, row.uscc} & typed)
    ]


def _matches(column: InstrumentedAttribute[str], query: str) -> ColumnElement[bool]:
    return contains(column, terms(query, search_text))
