"""Projects that may be one: what is compared, and what a certifier has said of each pair."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, literal, select, union
from sqlalchemy.orm import aliased

from crm.core.bulk import among
from crm.core.db import rows_of
from crm.enterprises.models import Contact, Enterprise
from crm.leads.models import Lead
from crm.quotas.models import Quota, Verdict
from crm.quotas.rules import Outcome
from crm.recognition.models import Decision, SuspectRuling
from crm.recognition.rules import Known, Pair, Ruling, pairs_alike


def contending(year: int) -> frozenset[int]:
    """The leads that stand in a number of the year's quotas, or were ever proposed for one."""
    ids = select(Quota.id).where(Quota.year == year)
    judged = select(Verdict.lead_id).where(
        Verdict.quota_id.in_(ids), Verdict.verdict != Outcome.NO, Verdict.signed_from.is_not(None)
    )
    decided = select(Decision.lead_id).where(Decision.quota_id.in_(ids))
    return frozenset(row[0] for row in rows_of(judged.union(decided)))


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A pair that looks alike, and the certifier's word, if there is one."""

    pair: Pair
    ruling: Ruling | None = None
    reason: str | None = None

    @property
    def is_open(self) -> bool:
        return self.ruling is None


def suspicions(year: int, lead_ids: Collection[int] | None = None) -> list[Suspicion]:
    """Pairs of the year's contenders, and of them with leads signed in other years (phases).

    With `lead_ids` only the pairs of these leads. Four queries or fewer. Compared is with every lead
    that stands in a number of any year: few even in a large district, and sooner read than looked up
    by eight keys of which half are texts.
    """
    wanted = contending(year) if lead_ids is None else frozenset(lead_ids)
    if not wanted:
        return []
    counting = select(Verdict.lead_id).where(
        Verdict.verdict != Outcome.NO, Verdict.signed_from.is_not(None)
    )
    pairs = pairs_alike(
        _known(union(select(Lead.id).where(among(Lead.id, wanted)), counting)), wanted
    )
    said = _rulings() if pairs else {}
    return [Suspicion(pair, *said.get((pair.first, pair.second), ())) for pair in pairs]


def open_against(found: Iterable[Suspicion]) -> Mapping[int, frozenset[int]]:
    """By lead: the leads it looks like on which nobody has ruled yet."""
    against: dict[int, set[int]] = defaultdict(set)
    for each in found:
        if each.is_open:
            against[each.pair.first].add(each.pair.second)
            against[each.pair.second].add(each.pair.first)
    return {lead_id: frozenset(others) for lead_id, others in against.items()}


def _rulings() -> dict[tuple[int, int], tuple[Ruling, str]]:
    last = select(func.max(SuspectRuling.id)).group_by(
        SuspectRuling.first_id, SuspectRuling.second_id
    )
    rows = rows_of(
        select(
            SuspectRuling.first_id,
            SuspectRuling.second_id,
            SuspectRuling.ruling,
            SuspectRuling.reason,
        ).where(SuspectRuling.id.in_(last))
    )
    return {(row.first_id, row.second_id): (row.ruling, row.reason) for row in rows}


def known_projects(lead_ids: Collection[int]) -> list[Known]:
    """What is compared of these leads; two queries or fewer."""
    return _known(select(Lead.id).where(among(Lead.id, lead_ids)))


def _known(lead_ids: Any) -> list[Known]:
    rows = rows_of(
        select(
            Lead.id,
            Lead.title,
            Lead.title_key,
            Lead.investor_id,
            Lead.legal_entity_id,
            Lead.landing_address,
            Lead.contract_lead_id,
            ENTITY.address,
            ENTITY.legal_representative,
            INVESTOR.legal_representative.label("investor_representative"),
            INVESTOR.parent_id,
            _phones(Lead.investor_id).label("investor_phones"),
            _phones(Lead.legal_entity_id).label("entity_phones"),
        )
        .outerjoin(INVESTOR, INVESTOR.id == Lead.investor_id)
        .outerjoin(ENTITY, ENTITY.id == Lead.legal_entity_id)
        .where(Lead.id.in_(lead_ids))
    ).all()
    parents = {row.investor_id: row.parent_id for row in rows if row.parent_id is not None}
    parents |= _above(set(parents.values()))
    return [
        Known(
            id=row.id,
            title=row.title,
            title_key=row.title_key,
            investor_id=row.investor_id,
            group_id=None if row.investor_id is None else _top(row.investor_id, parents),
            entity_id=row.legal_entity_id,
            addresses=tuple(filter(None, (row.landing_address, row.address))),
            representatives=tuple(
                filter(None, (row.legal_representative, row.investor_representative))
            ),
            phones=tuple(
                phone
                for several in (row.investor_phones, row.entity_phones)
                if several
                for phone in several.split(BETWEEN)
            ),
            contract_id=row.contract_lead_id,
        )
        for row in rows
    ]


INVESTOR, ENTITY = aliased(Enterprise), aliased(Enterprise)
BETWEEN = "\n"
HIGHEST = 8
"""How far up a group of companies is followed, as for ranking lists."""


def _phones(company: Any) -> Any:
    return (
        select(func.aggregate_strings(Contact.phone, BETWEEN))
        .where(Contact.enterprise_id == company)
        .correlate(Lead)
        .scalar_subquery()
    )


def _above(companies: Collection[int]) -> dict[int, int]:
    """The company above each of these, and above that, and so on."""
    if not companies:
        return {}
    base = (
        select(Enterprise.id, Enterprise.parent_id, literal(1).label("height"))
        .where(among(Enterprise.id, companies))
        .cte("owners", recursive=True)
    )
    owners = base.union(
        select(INVESTOR.id, INVESTOR.parent_id, base.c.height + 1)
        .join(base, base.c.parent_id == INVESTOR.id)
        .where(base.c.height < HIGHEST)
    )
    rows = rows_of(select(owners.c.id, owners.c.parent_id))
    return {number: above for number, above in rows if above is not None}


def _top(company: int, parents: Mapping[int, int]) -> int:
    """The company at the top of the ownership chain; a cycle ends at its smallest number."""
    way = [company]
    while (above := parents.get(way[-1])) is not None and above not in way:
        way.append(above)
    is_cycle = parents.get(way[-1]) in way
    return min(way) if is_cycle else way[-1]
