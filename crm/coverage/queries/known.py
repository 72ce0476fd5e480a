"""What is known of the companies that suit some segments: one statement a kind of fact, however many.

None of it depends on who asks: a score must be one truth. What a reader may know of the leads behind
it is asked for those shown alone (`talks.py`).
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Subquery,
    and_,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from crm.chains.models import AnchorNeed, Presence, SegmentFit
from crm.chains.rules import FitState
from crm.core.bulk import among
from crm.core.db import db, rows_of
from crm.coverage.models import TargetDismissal
from crm.coverage.rules.goals import Announced, Goal, goal_of
from crm.coverage.rules.grouping import tops_of
from crm.coverage.rules.scoring import Listed, Sign, Wanted, kind_of_list
from crm.coverage.rules.status import COMING
from crm.enterprises.models import (
    Contact,
    Enterprise,
    ExpansionSignal,
    RankingEdition,
    RankingEntry,
    RankingList,
    RankingProposal,
    RankingRow,
)
from crm.enterprises.rules import normalise_name
from crm.enterprises.rules.shareholding import Link
from crm.leads.models import Lead
from crm.leads.models import among as at_stages
from crm.leads.rules import Stage
from crm.leads.rules.stages import FROM_SIGNING
from crm.outlook.queries import last_forecast
from crm.quotas.models import Quota
from crm.quotas.rules import parse_criteria

TALKING = (*COMING, Stage.PARKED)
"""The stages at which somebody here has the company in hand: before registration, or put off."""

REFUSED_WITHIN_DAYS = 365


def fitting(segment_ids: Collection[int]) -> ColumnElement[bool]:
    return SegmentFit.segment_id.in_(segment_ids) & (SegmentFit.state != FitState.REJECTED)


def candidates(segment_ids: Collection[int], today: date) -> Sequence[Any]:
    """Companies that suit one of the segments, a row for each segment they suit: thousands at once.

    (company, segment, score, name, region, industry code, is confirmed, somebody there has a telephone,
    somebody here has it in hand, a lead of it was lost within a year, somebody recommended it)
    """
    hand = _in_hand(segment_ids, today)
    reachable = exists().where(Contact.enterprise_id == Enterprise.id, Contact.phone.is_not(None))
    return rows_of(
        select(
            SegmentFit.enterprise_id, SegmentFit.segment_id, SegmentFit.score, Enterprise.name,
            Enterprise.region_code, Enterprise.industry_code,
            (SegmentFit.state == FitState.CONFIRMED).label("is_confirmed"),
            reachable, hand.c.talks, hand.c.refused, hand.c.referred,
        )
        .join(Enterprise, Enterprise.id == SegmentFit.enterprise_id)
        .outerjoin(hand, hand.c.company == SegmentFit.enterprise_id)
        .where(fitting(segment_ids))
    ).all()  # fmt: skip


def has_refused(today: date) -> ColumnElement[bool]:
    """Leads lost within a year."""
    since = today - timedelta(days=REFUSED_WITHIN_DAYS)
    return at_stages([Stage.LOST]) & (Lead.stage_since > since) & (Lead.stage_since <= today)


def _in_hand(segment_ids: Collection[int], today: date) -> Subquery:
    """By company what its leads say; the ranked company of a lead counts, too.

    Of the tens of thousands of leads with an investor each kind is read in an index alone.
    """
    suiting = _suiting(segment_ids)
    talks, refused = _flag(at_stages(TALKING)), _flag(has_refused(today))
    referred = _flag(Lead.referrer.is_not(None))
    told = or_(at_stages(TALKING), has_refused(today))
    ranked = (Lead.list_enterprise_id.is_not(None), Lead.list_enterprise_id.in_(suiting))
    leads = union_all(
        _leads_of(Lead.investor_id, talks, refused, _NOT).where(
            Lead.investor_id.in_(suiting), told
        ),
        _leads_of(Lead.investor_id, _NOT, _NOT, referred).where(
            Lead.investor_id.in_(suiting), Lead.referrer.is_not(None)
        ),
        _leads_of(Lead.list_enterprise_id, talks, refused, referred).where(*ranked),
    ).subquery()
    return (
        select(
            leads.c.company, func.max(leads.c.talks).label("talks"),
            func.max(leads.c.refused).label("refused"), func.max(leads.c.referred).label("referred"),
        )
        .group_by(leads.c.company)
        .subquery()
    )  # fmt: skip


_NOT: ColumnElement[int] = literal_column("0", Integer)


def _flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _leads_of(
    company: InstrumentedAttribute[Any],
    talks: ColumnElement[int],
    refused: ColumnElement[int],
    referred: ColumnElement[int],
) -> Select[*tuple[Any, ...]]:
    return select(
        company.label("company"), talks.label("talks"), refused.label("refused"),
        referred.label("referred"),
    )  # fmt: skip


def _suiting(segment_ids: Collection[int]) -> Select[int]:
    return select(SegmentFit.enterprise_id).where(fitting(segment_ids))


@dataclass(slots=True)
class Groups:
    """The groups of companies to which candidates belong, by who stands at the top."""

    top_of: dict[int, int] = field(default_factory=dict)
    members: dict[int, list[int]] = field(default_factory=dict)
    links: dict[int, list[Link]] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    regions: dict[int, str | None] = field(default_factory=dict)
    talking: Counter[int] = field(default_factory=Counter)
    """By group how many of its companies somebody here has in hand."""

    def others(self, company: int) -> list[int]:
        """The other companies of its group."""
        top = self.top_of.get(company)
        return [] if top is None else [each for each in self.members[top] if each != company]

    def first_inside(self, province: str, most: int) -> dict[int, list[tuple[int, str]]]:
        """By group its first companies (by name) with a seat in the province: (id, name)."""
        found = {}
        for top, members in self.members.items():
            inside = [
                (each, self.names[each])
                for each in members
                if (self.regions[each] or "").startswith(province)
            ]
            if inside:
                found[top] = sorted(inside, key=lambda one: (one[1], one[0]))[:most]
        return found


def groups(candidates: Sequence[Any]) -> Groups:
    """Two statements: who holds whom in the whole base, and what is to be known of the others of a group.

    Groups are put together here, for a recursive statement costs a database more than reading the
    few companies that have a parent.
    """
    found = Groups()
    statement = select(
        Enterprise.id, Enterprise.parent_id, Enterprise.parent_shareholding, Enterprise.parent_since
    ).where(Enterprise.parent_id.is_not(None))
    held = {
        company: (parent, share, since)
        for company, parent, share, since in rows_of(statement)
        if parent is not None
    }
    tops = tops_of({company: parent for company, (parent, _, _) in held.items()})
    known = {
        company: (name, region, talks)
        for company, _1, _2, name, region, _3, _4, _5, talks, _6, _7 in candidates
        if company in tops
    }
    wanted = {tops[each] for each in known}
    for each, top in tops.items():
        if top in wanted:
            found.top_of[each] = top
            found.members.setdefault(top, []).append(each)
            if each in held:
                found.links[each] = [Link(*held[each])]
    others = found.top_of.keys() - known.keys()
    told = select(
        Enterprise.id,
        Enterprise.name,
        Enterprise.region_code,
        or_(*(_talks_of(column) for column in (Lead.investor_id, Lead.list_enterprise_id))),
    )
    for each, name, region, is_talking in rows_of(told.where(one_of(Enterprise.id, others))):
        if each in others:
            known[each] = (name, region, is_talking)
    for each, (name, region, is_talking) in known.items():
        found.names[each], found.regions[each] = name, region
        found.talking[found.top_of[each]] += bool(is_talking)
    return found


def _talks_of(company: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    return exists().where(company.is_not(None), company == Enterprise.id, at_stages(TALKING))


MOST_NAMED = 30_000
"""SQLite takes about so many values in one statement; beyond, all rows are read and passed over here."""


def one_of(column: InstrumentedAttribute[Any], ids: Collection[int]) -> ColumnElement[bool]:
    return among(column, sorted(ids)) if len(ids) <= MOST_NAMED else true()


@dataclass(frozen=True, slots=True)
class Place:
    """A company's place on the newest edition of a ranking, with the ranking's code."""

    code: str
    listed: Listed


def goals(today: date) -> tuple[Goal, ...]:
    """The quotas of the year that judge leads, with what the forecast kept last says of one more."""
    gains = {row.code: (row.told or {}).get("gain_of_one") for row in last_forecast(today.year)}
    rows = rows_of(
        select(Quota.code, Quota.label, Quota.label_en, Quota.criteria)
        .where(Quota.opens <= today, Quota.closes >= today, Quota.criteria.is_not(None))
        .order_by(Quota.position, Quota.id)
    )
    return tuple(
        goal_of(
            row.code, row.label, row.label_en, parse_criteria(row.criteria), gains.get(row.code)
        )
        for row in rows
        if row.criteria  # an indicator may hold JSON's null
    )


def places(today: date, counted: Collection[str]) -> dict[int, list[Place]]:
    """By company its places on the newest edition of each ranking published by today.

    Whom the newest edition may name and nobody has confirmed there yet keeps the place on the one before:
    to import an edition takes nothing away.
    """
    order = func.row_number().over(
        partition_by=RankingEdition.list_id,
        order_by=(RankingEdition.published_on.desc(), RankingEdition.id.desc()),
    )
    published = select(RankingEdition.id, RankingEdition.list_id, order.label("age")).where(
        RankingEdition.published_on <= today
    )
    edition, newest = published.subquery(), published.subquery()
    found: defaultdict[int, list[Place]] = defaultdict(list)
    for row in rows_of(
        select(
            RankingEntry.enterprise_id, RankingEntry.rank, RankingEdition.year, RankingList.code,
            RankingList.name, RankingList.name_en,
        )
        .join(RankingEdition, RankingEdition.id == RankingEntry.edition_id)
        .join(RankingList, RankingList.id == RankingEdition.list_id)
        .join(edition, edition.c.id == RankingEntry.edition_id)
        .join(newest, and_(newest.c.list_id == edition.c.list_id, newest.c.age == 1))
        .where(or_(edition.c.age == 1, and_(edition.c.age == 2, _awaits_word(newest.c.id))))
    ):  # fmt: skip
        listed = Listed(kind_of_list(row.code, counted), row.name, row.name_en, row.year, row.rank)
        found[row.enterprise_id].append(Place(row.code, listed))
    return found


def _awaits_word(edition_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether an edition may name the company of an entry, and nobody has said so or no."""
    confirmed = aliased(RankingEntry)
    return and_(
        exists().where(
            RankingProposal.enterprise_id == RankingEntry.enterprise_id,
            RankingProposal.rejected_at.is_(None),
            RankingRow.id == RankingProposal.row_id,
            RankingRow.edition_id == edition_id,
            ~exists().where(confirmed.row_id == RankingRow.id),
        ),
        ~exists().where(
            confirmed.edition_id == edition_id,
            confirmed.enterprise_id == RankingEntry.enterprise_id,
        ),
    )


@dataclass(frozen=True, slots=True)
class Needs:
    """Open needs of anchor firms: by the company they name, and by segment."""

    naming: Mapping[int, tuple[Wanted, ...]]
    at: Mapping[int, tuple[Wanted, ...]]


def needs() -> Needs:
    """Two statements: the needs of the whole district, and the companies that they name in words."""
    at: defaultdict[int, list[Wanted]] = defaultdict(list)
    by_id: defaultdict[int, list[Wanted]] = defaultdict(list)
    by_name: defaultdict[str, list[Wanted]] = defaultdict(list)
    for row in rows_of(
        select(
            AnchorNeed.segment_id, AnchorNeed.kind, AnchorNeed.description, AnchorNeed.partner_id,
            AnchorNeed.partner_name, Enterprise.name,
        )
        .join(Enterprise, Enterprise.id == AnchorNeed.enterprise_id)
        .where(AnchorNeed.met_on.is_(None))
        .order_by(AnchorNeed.id)
    ):  # fmt: skip
        wanted = Wanted(row.name, row.kind, row.description)
        at[row.segment_id].append(wanted)
        if row.partner_id is not None:
            by_id[row.partner_id].append(wanted)
        elif row.partner_name and (key := normalise_name(row.partner_name)[:120]):
            by_name[key].append(wanted)
    named = select(Enterprise.id, Enterprise.name_norm).where(
        Enterprise.name_norm.in_(sorted(by_name))
    )
    for company, key in db.session.execute(named):
        by_id[company] += by_name[key]
    return Needs(_tuples(by_id), _tuples(at))


def _tuples(found: Mapping[int, list[Any]]) -> dict[int, tuple[Any, ...]]:
    return {key: tuple(dict.fromkeys(each)) for key, each in found.items()}


@dataclass(frozen=True, slots=True)
class Signs:
    """Signs of expansion by company, and the amounts that they name."""

    of: Mapping[int, tuple[Sign, ...]]
    announced: Mapping[int, Sequence[Announced]]


def signs(segment_ids: Collection[int]) -> Signs:
    found: defaultdict[int, list[Sign]] = defaultdict(list)
    announced: defaultdict[int, list[Announced]] = defaultdict(list)
    for row in rows_of(
        select(
            ExpansionSignal.enterprise_id, ExpansionSignal.kind, ExpansionSignal.happened_on,
            ExpansionSignal.source, ExpansionSignal.amount_yuan,
        )
        .where(
            ExpansionSignal.withdrawn_at.is_(None),
            ExpansionSignal.enterprise_id.in_(_suiting(segment_ids)),
        )
        .order_by(ExpansionSignal.id)
    ):  # fmt: skip
        found[row.enterprise_id].append(Sign(row.kind, row.happened_on, row.source))
        if row.amount_yuan:
            announced[row.enterprise_id].append(Announced(row.happened_on, row.amount_yuan))
    return Signs({company: tuple(each) for company, each in found.items()}, dict(announced))


def standing(segment_ids: Collection[int], today: date) -> set[int]:
    """Candidates that stand on a chain here already, at whatever segment."""
    statement = (
        select(Presence.enterprise_id)
        .where(
            Presence.enterprise_id.in_(_suiting(segment_ids)),
            or_(Presence.ended_on.is_(None), Presence.ended_on > today),
        )
        .distinct()
    )
    return set(db.session.scalars(statement))


def settled(segment_ids: Collection[int]) -> set[tuple[int, int]]:
    """(company, segment): its project at the segment is signed or registered here."""
    found: set[tuple[int, int]] = set()
    statement = (
        select(Lead.investor_id, Lead.legal_entity_id, Lead.segment_id)
        .where(Lead.segment_id.in_(segment_ids), at_stages(FROM_SIGNING))
        .distinct()
    )
    for investor, entity, segment in db.session.execute(statement):
        if segment is not None:
            found |= {(company, segment) for company in (investor, entity) if company is not None}
    return found


def dismissed(segment_ids: Collection[int], today: date) -> set[tuple[int, int]]:
    """(company, segment): put aside until a day to come."""
    statement = select(TargetDismissal.enterprise_id, TargetDismissal.segment_id).where(
        TargetDismissal.segment_id.in_(segment_ids),
        TargetDismissal.withdrawn_at.is_(None),
        TargetDismissal.until_on > today,
    )
    return {(company, segment) for company, segment in db.session.execute(statement)}
