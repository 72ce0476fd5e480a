"""Which leads a company, a ranking list or a rate concerns: they are judged again when it changes."""

from collections.abc import Collection

from sqlalchemy import Select, or_, select

from crm.core.bulk import among, chunked
from crm.core.db import db
from crm.enterprises.models import RankingEdition, RankingEntry, RankingList
from crm.leads.models import Figure as FigureRow
from crm.leads.models import Lead
from crm.quotas.groups import companies_below


def leads_of_ranked_groups(list_codes: Collection[str]) -> list[int]:
    """Leads of companies on one of these lists, and of those below them in their groups."""
    return leads_of_enterprises(
        select(RankingEntry.enterprise_id)
        .join(RankingEdition, RankingEdition.id == RankingEntry.edition_id)
        .join(RankingList, RankingList.id == RankingEdition.list_id)
        .where(RankingList.code.in_(list_codes))
    )


def leads_of_enterprises(enterprise_ids: Collection[int] | Select[int]) -> list[int]:
    """Leads whose investor or list company is one of these or one that is, or was, below them."""
    found: set[int] = set()
    for ids in chunked(companies_below(enterprise_ids)):
        concerned = or_(among(Lead.investor_id, ids), among(Lead.list_enterprise_id, ids))
        found |= set(db.session.scalars(select(Lead.id).where(concerned)))
    return sorted(found)


def leads_of_ranking_list(list_id: int) -> list[int]:
    """Leads with a company of this list above them: a new edition may end their membership."""
    return leads_of_enterprises(
        select(RankingEntry.enterprise_id)
        .join(RankingEdition, RankingEdition.id == RankingEntry.edition_id)
        .where(RankingEdition.list_id == list_id)
    )


def leads_in_currency(currency: str) -> list[int]:
    """Leads with a figure in this currency."""
    return list(
        db.session.scalars(
            select(FigureRow.lead_id)
            .where(FigureRow.currency == currency, FigureRow.is_withdrawn.is_(False))
            .distinct()
            .order_by(FigureRow.lead_id)
        )
    )
