"""What is reached already: the leads that stand in each quota's number."""

from dataclasses import dataclass

from sqlalchemy import and_, or_, select

from crm.accounts.rules import Actor
from crm.core.db import rows_of
from crm.leads.access import may_see
from crm.leads.models import Lead
from crm.quotas.models import Verdict
from crm.quotas.numbers import EVENT_OF
from crm.quotas.queries import NUMBERS, YearNumbers, reach


@dataclass(frozen=True, slots=True)
class Named:
    """A lead by name; without sight of it nobody is told the name."""

    lead_id: int
    title: str
    is_seen: bool


@dataclass(frozen=True, slots=True)
class Achieved:
    """The leads in a quota's number that wait to be recognised, by code of the quota."""

    awaiting: tuple[Named, ...]


def achieved_of(actor: Actor, numbers: YearNumbers) -> dict[str, Achieved]:
    """Of each quota of `numbers` the leads behind the number held against its target, in one query."""
    if not numbers.quotas:
        return {}
    conditions = []
    for quota in numbers.quotas:
        since, _is_pending = NUMBERS[EVENT_OF[quota.terms.event]]
        conditions.append(and_(Verdict.quota_id == quota.quota_id, since <= numbers.on))
    within = reach(actor)
    statement = (
        select(Verdict.quota_id, Lead.id, Lead.title, may_see(actor).label("is_seen"))
        .join(Lead, Lead.id == Verdict.lead_id)
        .where(or_(*conditions))
        .order_by(Lead.id)
    )
    if within is not None:
        statement = statement.where(within)
    found: dict[int, list[Named]] = {quota.quota_id: [] for quota in numbers.quotas}
    for quota_id, lead_id, title, is_seen in rows_of(statement):
        found[quota_id].append(Named(lead_id, title, bool(is_seen)))
    return {quota.code: Achieved(awaiting=tuple(found[quota.quota_id])) for quota in numbers.quotas}
