"""How many leads there are, and of what amount: by filter, by stage, by segment."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, func, literal_column, select, union_all

from crm.accounts.rules import Actor
from crm.core.db import db, rows_of
from crm.core.lists import COUNT_LIMIT, capped_count
from crm.leads.access import may_see
from crm.leads.models import Lead, among
from crm.leads.queries.matching import STATEMENTS_KEPT, leads_matching
from crm.leads.rules import FROM_SIGNING, IN_TALKS, OPEN_STAGES, Stage
from crm.leads.rules.filters import LeadFilter


def count_leads(matching: Select[int]) -> int:
    """How many there are, counted no further than "1000+"."""
    return capped_count(db.session(), matching)


def pipeline(actor: Actor, wanted: LeadFilter) -> dict[Stage, tuple[int, int | None]]:
    """Leads and yuan (amounts known) at each open stage, of a person's list of leads.

    Each stage is counted no further than "1000+", and what is not counted to its end is not summed
    (None). `wanted` has no quota, due day or light.
    """
    rows = rows_of(_pipeline(actor, wanted, COUNT_LIMIT))
    return {
        stage: (count, None if count > COUNT_LIMIT else int(amount or 0))
        for stage, count, amount in rows
    }


@lru_cache(maxsize=STATEMENTS_KEPT)
def _pipeline(actor: Actor, wanted: LeadFilter, limit: int) -> Any:
    matching = leads_matching(actor, wanted, date.min)
    if actor.sees_all and not wanted.narrows:
        return _along_the_stages(matching, limit)
    # A part of the district, found by its own index, is summed in one pass.
    return (
        matching.with_only_columns(Lead.stage, func.count(), func.sum(Lead.investment_yuan))
        .where(among(OPEN_STAGES))
        .group_by(Lead.stage)
    )


def _along_the_stages(matching: Select[int], limit: int) -> Any:
    """(stage, leads, yuan) of each open stage, reading no more leads of it than are counted."""
    parts = []
    for stage in OPEN_STAGES:
        of_stage = matching.with_only_columns(Lead.investment_yuan).where(among([stage]))
        first = of_stage.limit(limit + 1).subquery()
        parts.append(
            select(
                literal_column(f"'{stage.value}'", Lead.stage.type).label("stage"),
                func.count(),
                func.sum(first.c.investment_yuan),
            ).select_from(first)
        )
    return union_all(*parts)


def leads_by_segment(actor: Actor) -> Sequence[Row[*tuple[Any, ...]]]:
    """(chain, segment, in talks, signed): visible leads at each place of the chains, one query."""
    return rows_of(
        select(
            Lead.chain_id,
            Lead.segment_id,
            func.count().filter(Lead.stage.in_(IN_TALKS)).label("in_talks"),
            func.count().filter(Lead.stage.in_(FROM_SIGNING)).label("signed"),
        )
        .where(may_see(actor), Lead.stage.in_((*IN_TALKS, *FROM_SIGNING)))
        .group_by(Lead.chain_id, Lead.segment_id)
    ).all()
