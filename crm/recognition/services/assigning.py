"""The exclusive group: switched on and off, locks, and the published assignment."""

from collections.abc import Collection
from datetime import date, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, update

from crm.accounts.rules import Actor
from crm.core.bulk import insert_rows
from crm.core.db import db
from crm.core.errors import Fault, NotFound, Refused
from crm.history import services as history
from crm.leads.access import lead_to_edit
from crm.leads.services import marks
from crm.quotas.models import Quota
from crm.quotas.queries import computed_quotas
from crm.recognition.models import Assignment, AssignmentLock, AssignmentPlace, Credit
from crm.recognition.queries.assigning import group_of, proposal
from crm.recognition.queries.claims import hands_of, terms_of_year, year_of_claims
from crm.recognition.queries.pages import names_of
from crm.recognition.rules import WhyNot
from crm.recognition.services.refusing import refuse
from crm.recognition.wording import joined

GROUP = "once"
"""The name of a year's exclusive group: its quotas count a project once among them."""

TITLES_TOLD = 5


def make_exclusive(actor: Actor, at: datetime, year: int, quota_ids: Collection[int]) -> None:
    """From now on these quotas of the year count a project once among them; none: each for itself.

    Refused while a project is credited in two of them, or a quota is frozen. Raises NotFound too.
    """
    quotas = list(
        db.session.scalars(computed_quotas(year).order_by(Quota.position).with_for_update())
    )
    if not quotas or not set(quota_ids) <= {quota.id for quota in quotas}:
        raise NotFound
    if any(quota.frozen_at for quota in quotas):
        refuse([WhyNot.PERIOD_CLOSED])
    if len(quota_ids) == 1:
        raise Refused([Fault("quotas", "one", _l("至少选两个指标，或者都不选"))])
    twice = (
        select(Credit.lead_id)
        .where(Credit.quota_id.in_(quota_ids))
        .group_by(Credit.lead_id, Credit.at_level)
        .having(func.count() > 1)
    )
    if ids := set(db.session.scalars(twice)):
        titles = [name.title for name in names_of(actor, ids).values()][:TITLES_TOLD]
        named = joined(titles) or _l("敏感项目（不显示名称）")
        text = _l("%(names)s已在其中两个指标认定（共%(n)d个），请先更正", names=named, n=len(ids))
        raise Refused([Fault("quotas", "credited_twice", text)])
    for quota in quotas:
        quota.exclusive_group = GROUP if quota.id in quota_ids else None
        history.record_changes(actor, at, "exclusive_group_set", quota)
        db.session.execute(
            update(Credit)
            .where(Credit.quota_id == quota.id)
            .values(exclusive_group=quota.exclusive_group)
        )
        quota.version += 1


def lock(
    actor: Actor, at: datetime, year: int, lead_id: int, quota_id: int | None, reason: str
) -> AssignmentLock:
    """Hold the project in a quota of the group, whatever would be best; None lifts it.

    Raises NotFound, Refused.
    """
    lead = lead_to_edit(actor, lead_id)
    terms = terms_of_year(year)
    group = group_of(terms)
    if group is None or (quota_id is not None and quota_id not in terms):
        raise NotFound
    if quota_id is not None and terms[quota_id].exclusive_group != group:
        raise NotFound
    hand = hands_of(actor, [lead.id])[lead.id]
    if hand.is_own or hand.is_sponsor:
        refuse([WhyNot.OWN_LEAD])
    row = AssignmentLock(
        year=year,
        exclusive_group=group,
        lead_id=lead.id,
        quota_id=quota_id,
        reason=reason,
        by_id=actor.id,
        at=at,
    )
    db.session.add(row)
    db.session.flush()
    label = terms[quota_id].label if quota_id is not None else None
    marks.record(
        actor, at, "assignment_locked", lead, row, after={"quota": label, "reason": reason}
    )
    return row


def publish(
    actor: Actor, at: datetime, year: int, digest: str, note: str | None, *, today: date
) -> Assignment:
    """Publish the proposed assignment, if it still is the one that was seen. Raises NotFound, Refused."""
    found = proposal(year_of_claims(year), today)
    if found is None:
        raise NotFound
    if found.digest != digest:
        text = _l("分配方案刚刚有变化，请核对后再公布")
        raise Refused([Fault("", "proposal_changed", text)])
    row = Assignment(
        year=year,
        exclusive_group=found.group,
        note=note,
        published_by_id=actor.id,
        published_at=at,
    )
    db.session.add(row)
    db.session.flush()
    insert_rows(
        AssignmentPlace,
        [
            {"assignment_id": row.id, "lead_id": lead_id, "quota_id": quota_id}
            for lead_id, quota_id in sorted(found.contest.quota_of.items())
        ],
    )
    history.record(
        actor, at, "assignment_published", row,
        after={"year": year, "leads": len(found.contest.quota_of)}, note=note,
    )  # fmt: skip
    return row
