"""Who answers for a quota, and what is due by when: owner, cut-off day, curve and nodes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from crm.accounts.models import Department
from crm.accounts.rules import Actor
from crm.core.db import db
from crm.core.errors import Faults, NotFound, Stale
from crm.history import queries as trail
from crm.history import services as history
from crm.quotas.access import may_set_pacing
from crm.quotas.models import Quota, QuotaNode, QuotaOwner
from crm.quotas.rules import Curve, Node
from crm.quotas.wording import FIELD

CHANGED = "quota_pacing_changed"


@dataclass(frozen=True, slots=True)
class Pacing:
    """The nodes are cumulative, in the quota's unit."""

    owner_department_id: int | None
    monthly_cutoff_day: int
    curve: Curve
    nodes: Sequence[Node]


def change_pacing(
    actor: Actor, quota_id: int, version: int | None, pacing: Pacing, *, at: datetime
) -> Quota:
    """Change owner, cut-off day, curve and nodes. Raises Refused with all faults, NotFound, Stale."""
    if not may_set_pacing(actor):
        raise NotFound
    quota = db.session.scalar(select(Quota).where(Quota.id == quota_id).with_for_update())
    if quota is None:
        raise NotFound
    if quota.version != version:
        missed = trail.missed_changes(
            Quota.__tablename__, quota.id, CHANGED, quota.version - (version or 0), FIELD
        )
        raise Stale(quota, missed)
    _check(quota, pacing)
    owner = db.session.get(QuotaOwner, quota_id)
    before = [Node(node.due_on, node.count) for node in quota.nodes]
    after = sorted(pacing.nodes, key=lambda node: node.on)
    names = _names({owner.department_id if owner else None, pacing.owner_department_id})
    quota.monthly_cutoff_day, quota.curve = pacing.monthly_cutoff_day, pacing.curve
    more = [
        (
            "owner_department",
            names.get(owner.department_id) if owner else None,
            names.get(pacing.owner_department_id),
        ),
        ("nodes", _told(before), _told(after)),
    ]
    if history.record_changes(actor, at, CHANGED, quota, more=more) is None:
        return quota
    _keep_owner(owner, quota_id, pacing.owner_department_id)
    if before != after:
        _keep_nodes(quota, after)
    quota.version += 1
    db.session.flush()
    db.session.expire(quota, ["nodes"])
    return quota


def _check(quota: Quota, pacing: Pacing) -> None:
    faults = Faults()
    if quota.frozen_at is not None:
        faults.add("", "frozen", _l("这一年已封账，不能再修改"))
    if not 1 <= pacing.monthly_cutoff_day <= 28:
        faults.add("monthly_cutoff_day", "cutoff_outside", _l("截止日应在1日到28日之间"))
    wanted = pacing.owner_department_id
    if wanted is not None and wanted not in _names({wanted}):
        faults.add("owner_department_id", "unknown", _l("请从列表中选择"))
    reached, days = 0, set()
    for node in sorted(pacing.nodes, key=lambda each: each.on):
        name = node_field(node.on)
        if not quota.opens <= node.on <= quota.closes or node.on in days:
            faults.add(name, "node_outside", _l("节点应在年度内，一天一个"))
        elif node.count < reached:
            faults.add(name, "node_falls", _l("累计节点不能小于前一个节点"))
        elif node.count > quota.target:
            faults.add(name, "node_above_target", _l("节点不能超过全年目标"))
        reached = max(reached, node.count)
        days.add(node.on)
    faults.raise_if_any()


def node_field(on: date) -> str:
    """The form field a month's node is typed into."""
    return f"node_{on:%Y_%m}"


def _names(ids: set[int | None]) -> dict[int | None, str]:
    found = db.session.execute(
        select(Department.id, Department.name).where(Department.id.in_(ids - {None}))
    )
    return {row.id: row.name for row in found}


def _told(nodes: Sequence[Node]) -> str | None:
    return "; ".join(f"{node.on.isoformat()}: {node.count}" for node in nodes) or None


def _keep_owner(owner: QuotaOwner | None, quota_id: int, department_id: int | None) -> None:
    if owner is None:
        if department_id is not None:
            db.session.add(QuotaOwner(quota_id=quota_id, department_id=department_id))
    elif department_id is None:
        db.session.delete(owner)
    else:
        owner.department_id = department_id


def _keep_nodes(quota: Quota, nodes: Sequence[Node]) -> None:
    db.session.execute(delete(QuotaNode).where(QuotaNode.quota_id == quota.id))
    db.session.add_all(
        QuotaNode(quota_id=quota.id, due_on=node.on, count=node.count) for node in nodes
    )
