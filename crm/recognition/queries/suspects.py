"""Projects that may be one: what is compared, and what a certifier has said of each pair."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import func, literal, select
from sqlalchemy.orm import aliased

from crm.core.bulk import among
from crm.core.db import rows_of
from crm.enterprises.models import Contact, Enterprise
from crm.leads.models import Lead
from crm.quotas.models import Quota, Verdict
from crm.quotas.rules import Outcome
from crm.recognition.models import Decision, SuspectRuling
from crm.recognition.queries.sharing import HIGHEST, sharing
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

    With `lead_ids` only the pairs of these leads.
    """
    wanted = contending(year) if lead_ids is None else frozenset(lead_ids)
    if not wanted:
        return []
    own = known_projects(wanted)
    others = sharing(own) - wanted
    pairs = pairs_alike(known_projects(wanted | others) if others else own, wanted)
    said = _rulings()
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
    """What is compared of these leads; four queries."""
    investor = aliased(Enterprise)
    rows = rows_of(
        select(
            Lead.id,
            Lead.title,
            Lead.title_key,
            Lead.investor_id,
            Lead.legal_entity_id,
            Lead.landing_address,
            Lead.contract_lead_id,
            Enterprise.address,
            Enterprise.legal_representative,
            investor.legal_representative.label("investor_representative"),
        )
        .outerjoin(investor, investor.id == Lead.investor_id)
        .outerjoin(Enterprise, Enterprise.id == Lead.legal_entity_id)
        .where(among(Lead.id, lead_ids))
    ).all()
    companies = {row.investor_id for row in rows if row.investor_id is not None}
    tops = _tops(companies)
    phones = _phones(companies | {row.legal_entity_id for row in rows if row.legal_entity_id})
    return [
        Known(
            id=row.id,
            title=row.title,
            title_key=row.title_key,
            investor_id=row.investor_id,
            group_id=tops.get(row.investor_id),
            entity_id=row.legal_entity_id,
            addresses=tuple(filter(None, (row.landing_address, row.address))),
            representatives=tuple(
                filter(None, (row.legal_representative, row.investor_representative))
            ),
            phones=(*phones.get(row.investor_id, ()), *phones.get(row.legal_entity_id, ())),
            contract_id=row.contract_lead_id,
        )
        for row in rows
    ]


def _tops(companies: Collection[int]) -> dict[int | None, int]:
    """The company at the top of each one's ownership chain; a cycle ends at its smallest number."""
    if not companies:
        return {}
    base = (
        select(Enterprise.id, Enterprise.parent_id, literal(0).label("height"))
        .where(among(Enterprise.id, companies))
        .cte("owners", recursive=True)
    )
    parent = aliased(Enterprise)
    owners = base.union(
        select(parent.id, parent.parent_id, base.c.height + 1)
        .join(base, base.c.parent_id == parent.id)
        .where(base.c.height < HIGHEST)
    )
    parent_of = {row.id: row.parent_id for row in rows_of(select(owners.c.id, owners.c.parent_id))}
    found: dict[int | None, int] = {}
    for company in companies:
        way = [company]
        while (above := parent_of.get(way[-1])) is not None and above not in way:
            way.append(above)
        is_cycle = parent_of.get(way[-1]) in way
        found[company] = min(way) if is_cycle else way[-1]
    return found


def _phones(companies: Collection[int]) -> dict[int | None, list[str]]:
    if not companies:
        return {}
    rows = rows_of(
        select(Contact.enterprise_id, Contact.phone).where(
            among(Contact.enterprise_id, companies), Contact.phone.is_not(None)
        )
    )
    found: dict[int | None, list[str]] = defaultdict(list)
    for company, phone in rows:
        found[company].append(phone or "")
    return found
