"""Who already talks to a company, or was refused, as far as a reader may know of the leads.

Of a lead that is not theirs people learn that there is one and which unit to ask, of a sensitive one
not even that: what a company's page tells them, too (`crm.leads.companies.leads_elsewhere`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import or_, select

from crm.accounts.models import Department
from crm.accounts.rules import Actor
from crm.core.bulk import among
from crm.core.db import rows_of
from crm.coverage.queries.known import TALKING, Groups, has_refused
from crm.coverage.rules.scoring import Contribution, Refusal, Score, Talk, Term
from crm.leads.access import may_see
from crm.leads.models import Lead
from crm.leads.models import among as at_stages
from crm.leads.rules import Stage
from crm.leads.rules.stages import FROM_SIGNING

TOLD = 3
"""Leads told of a company."""


def told_to(actor: Actor, scores: Sequence[Score], groups: Groups, today: date) -> list[Score]:
    """The same scores with their leads told as this reader may know of them; one statement.

    `scores` are those of a page: what a lead takes away does not depend on who asks.
    """
    group_of = {
        each.facts.enterprise_id: groups.others(each.facts.enterprise_id)
        for each in scores
        if each.facts.group_talks
    }
    companies = {
        each.facts.enterprise_id
        for each in scores
        if each.facts.talks or each.facts.group_talks or each.facts.refusals
    }
    companies |= {other for others in group_of.values() for other in others}
    if not companies:
        return list(scores)
    talks: defaultdict[int, list[Talk]] = defaultdict(list)
    refusals: defaultdict[int, list[Refusal]] = defaultdict(list)
    for row in _leads(actor, companies, today):
        for company in {row.investor_id, row.list_enterprise_id}:
            if row.stage is Stage.LOST:
                refusals[company].append(_refusal(row))
            else:
                talks[company].append(_talk(row))
    return [
        _retold(
            each,
            talks[each.facts.enterprise_id],
            [t for other in group_of.get(each.facts.enterprise_id, ()) for t in talks[other]],
            refusals[each.facts.enterprise_id],
        )
        for each in scores
    ]


def settled_told(actor: Actor, segment_ids: Collection[int]) -> set[tuple[int, int]]:
    """(company, segment): of those whose project there is signed or registered, whom a reader may be
    told. Of a sensitive lead the search before entry says less than that."""
    rows = rows_of(
        select(Lead.investor_id, Lead.legal_entity_id, Lead.segment_id).where(
            among(Lead.segment_id, sorted(segment_ids)),
            at_stages(FROM_SIGNING),
            or_(Lead.is_sensitive.is_(False), may_see(actor)),
        )
    )
    return {
        (company, segment)
        for investor, entity, segment in rows
        for company in (investor, entity)
        if company is not None and segment is not None
    }


def _leads(actor: Actor, companies: Iterable[int], today: date) -> Any:
    wanted = sorted(companies)
    return rows_of(
        select(
            Lead.id, Lead.title, Lead.stage, Lead.stage_since, Lead.off_ramp_reason,
            Lead.is_sensitive, Lead.investor_id, Lead.list_enterprise_id,
            Department.name.label("unit"), may_see(actor).label("is_seen"),
        )
        .outerjoin(Department, Department.id == Lead.department_id)
        .where(
            or_(among(Lead.investor_id, wanted), among(Lead.list_enterprise_id, wanted)),
            or_(at_stages(TALKING), has_refused(today)),
        )
        .order_by(Lead.last_progress_on.desc(), Lead.id.desc())
    )  # fmt: skip


def _talk(row: Any) -> Talk:
    if row.is_seen:
        return Talk(row.stage, row.id, row.title, row.unit)
    return Talk() if row.is_sensitive else Talk(unit=row.unit)


def _refusal(row: Any) -> Refusal:
    if row.is_seen:
        return Refusal(row.stage_since, row.off_ramp_reason, row.id, row.title, row.unit)
    return Refusal() if row.is_sensitive else Refusal(unit=row.unit)


def _retold(
    found: Score, talks: list[Talk], group_talks: list[Talk], refusals: list[Refusal]
) -> Score:
    told = {
        Term.IN_TALKS: _few(talks),
        Term.GROUP_IN_TALKS: _few(group_talks),
        Term.REFUSED: _few(refusals),
    }
    contributions = tuple(
        Contribution(each.term, each.points, told.get(each.term) or each.behind)
        for each in found.contributions
    )
    return found._replace(contributions=contributions)


def _few(found: list[Any]) -> tuple[Any, ...]:
    """Alike leads that nobody may name are one; those that may be opened come first."""
    alike = sorted(dict.fromkeys(found), key=lambda each: each.lead_id is None)
    return tuple(alike[:TOLD])
