"""The plan of a quota: target, wording, rounding and period, changed on a document."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from crm.accounts.rules import Actor
from crm.core.db import db
from crm.core.errors import Fault, NotFound, Refused, Stale
from crm.history import queries as trail
from crm.history import services as history
from crm.quotas.facts import nodes_of
from crm.quotas.models import Quota
from crm.quotas.rules import Modality, PlannedPeriod, Rounding, VersionFault, why_not_planned
from crm.quotas.services.judging import rejudge_quota
from crm.quotas.wording import FIELD, word

CHANGED = "quota_plan_changed"

PLACE = {
    VersionFault.NO_DOCUMENT: "document_number",
    VersionFault.TARGET_NOT_POSITIVE: "target",
    VersionFault.TARGET_TOO_LARGE: "target",
    VersionFault.CLOSES_BEFORE_OPENS: "closes",
    VersionFault.OTHER_YEAR: "closes",
    VersionFault.OVERLAPS: "opens",
    VersionFault.NODE_ABOVE_TARGET: "target",
    VersionFault.NODE_OUTSIDE: "closes",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """`target` in the unit of the quota; `opens` and `closes` both belong to the period."""

    target: int
    modality: Modality
    rounding: Rounding
    opens: date
    closes: date


def change_plan(
    actor: Actor,
    quota_id: int,
    version: int,
    plan: Plan,
    document_number: str,
    *,
    today: date,
    at: datetime,
) -> Quota:
    """Change target, modality, rounding and period of a quota or indicator.

    A moved period has its leads judged again.

    Raises Refused with everything that is wrong, NotFound, Stale.
    """
    quota = db.session.scalar(
        select(Quota)
        .where(Quota.id == quota_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if quota is None:
        raise NotFound
    if quota.version != version:
        missed = trail.missed_changes(
            Quota.__tablename__, quota.id, CHANGED, quota.version - version, FIELD
        )
        raise Stale(quota, missed)
    faults = why_not_planned(
        PlannedPeriod(
            quota.year,
            plan.target,
            plan.opens,
            plan.closes,
            others=_periods_beside(quota),
            nodes=tuple(nodes_of(quota)),
            is_frozen=quota.frozen_at is not None,
        )
    )
    if not document_number.strip():
        faults = (*faults, VersionFault.NO_DOCUMENT)
    if faults:
        raise Refused([Fault(PLACE.get(each, ""), each, word(each)) for each in faults])
    moved = (quota.opens, quota.closes) != (plan.opens, plan.closes)
    quota.target, quota.modality, quota.rounding = plan.target, plan.modality, plan.rounding
    quota.opens, quota.closes, quota.is_example = plan.opens, plan.closes, False
    if history.record_changes(actor, at, CHANGED, quota, note=document_number.strip()) is None:
        return quota
    quota.version += 1
    db.session.flush()
    if moved:
        rejudge_quota(quota, today=today, at=at, period_changed=True)
    return quota


def _periods_beside(quota: Quota) -> tuple[tuple[date, date], ...]:
    rows = db.session.execute(
        select(Quota.opens, Quota.closes).where(Quota.code == quota.code, Quota.id != quota.id)
    )
    return tuple((row.opens, row.closes) for row in rows)
