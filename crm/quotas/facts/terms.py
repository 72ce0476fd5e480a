"""A quota as the rules read it, and what all leads share: editions and rates."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from crm.core.db import db
from crm.enterprises.models import RankingEdition, RankingList
from crm.leads.models import ExchangeRate
from crm.leads.rules import Rate
from crm.quotas.models import Quota
from crm.quotas.rules import (
    CountingEvent,
    Edition,
    Modality,
    Node,
    QuotaTerms,
    parse_criteria,
    parse_exclusions,
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all leads share: published editions of the ranking lists, and exchange rates."""

    editions: frozenset[Edition]
    rates: tuple[Rate, ...]


def surroundings(on: date | None = None) -> Surroundings:
    """All editions and rates; with `on` those published by the end of that day."""
    editions = select(RankingList.code, RankingEdition.year, RankingEdition.published_on).join(
        RankingList, RankingList.id == RankingEdition.list_id
    )
    rates = select(ExchangeRate.currency, ExchangeRate.quoted_on, ExchangeRate.cny_per_unit)
    if on is not None:
        editions = editions.where(RankingEdition.published_on <= on)
        rates = rates.where(ExchangeRate.quoted_on <= on)
    return Surroundings(
        frozenset(Edition(*row) for row in db.session.execute(editions)),
        tuple(Rate(*row) for row in db.session.execute(rates)),
    )


def terms_of(quota: Quota) -> QuotaTerms:
    """A computed quota as the rules read it. Raises CriteriaError or ValueError."""
    return QuotaTerms(
        code=quota.code,
        year=quota.year,
        opens=quota.opens,
        closes=quota.closes,
        target=quota.target,
        criteria=parse_criteria(quota.criteria),
        label=quota.label,
        name=quota.name,
        modality=Modality(quota.modality),
        event=CountingEvent(quota.event or CountingEvent.SIGNED_AND_REGISTERED),
        rounding=quota.rounding,
        nodes=nodes_of(quota),
        curve=quota.curve,
        exclusions=parse_exclusions(quota.criteria),
    )


def nodes_of(quota: Quota) -> tuple[Node, ...]:
    return tuple(Node(node.due_on, node.count) for node in quota.nodes)
