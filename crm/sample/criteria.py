"""Criteria of the sample district: one version signed this spring, one in draft."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from crm.accounts.models import User
from crm.accounts.queries import actor_by_id
from crm.accounts.rules import Actor
from crm.core.db import db
from crm.quotas import services as quotas
from crm.quotas.models import CriteriaVersion
from crm.quotas.queries import computed_quotas
from crm.quotas.rules import CountingEvent
from crm.quotas.services import Signature

PRIVATE_500: dict[str, Any] = {
    "clause": "ranking",
    "lists": ["china_private_500"],
    "min_shareholding": "0.5",
}
TWO_YI: dict[str, Any] = {
    "clause": "amount",
    "field": "total_investment",
    "at_least_yuan": 200_000_000,
}
ACTUAL_REVENUE: dict[str, Any] = {
    "clause": "amount",
    "field": "headquarters_revenue",
    "at_least_yuan": 1_000_000_000,
    "basis": ["actual"],
}


def load(leader: User, today: date, at: datetime) -> None:
    """大项目 also takes the private 500 since March; other thresholds for 实体总部 are being drafted."""
    actor = actor_by_id(leader.id)
    found = {quota.code: quota for quota in db.session.scalars(computed_quotas(today.year))}
    if actor is None or not {"A", "B"} <= found.keys():
        return
    signed, drafted = found["A"], found["B"]
    version = _drafted(actor, signed.id, at, lambda parts: [*parts, PRIVATE_500])
    spring = min(max(date(today.year, 3, 1), signed.opens + timedelta(days=1)), signed.closes)
    quotas.publish(
        actor,
        signed.id,
        version.version,
        Signature(
            f"天招〔{today.year}〕8号（示例）", spring, "经局长办公会研究，增加中国民营企业500强"
        ),
        today=today,
        at=at,
    )
    _drafted(actor, drafted.id, at, _proposed)


def _proposed(_parts: list[Any]) -> list[Any]:
    return [
        {"all": [{"clause": "is_physical"}, TWO_YI]},
        {"all": [{"clause": "is_headquarters"}, ACTUAL_REVENUE]},
    ]


def _drafted(
    actor: Actor, quota_id: int, at: datetime, change: Callable[[list[Any]], list[Any]]
) -> CriteriaVersion:
    draft = quotas.draft(actor, quota_id, at)
    criteria = {**draft.criteria, "any_of": change(list(draft.criteria["any_of"]))}
    event = CountingEvent(draft.event or CountingEvent.SIGNED_AND_REGISTERED)
    return quotas.save_draft(actor, quota_id, draft.version, criteria, event, at)
